"""What operators ask for, done in one transaction each: the alert locked, the machine asked, the outcome written.

Delivery guarantee: the alert's row is locked from reading to commit, so of two operators at once the second is judged
by what the first did. What was done and its line in the log are one transaction; who asks again is told “already”.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from psycopg2.extensions import connection

from alerts.handling import store
from alerts.handling.answers import Taken
from alerts.handling.chain import Subject
from alerts.handling.log import append, line_about
from alerts.handling.machine import (
    Action,
    Answer,
    DataState,
    Handling,
    Request,
    Situation,
    take,
)
from alerts.handling.order import OrderAction, OrderAnswer, take_order
from alerts.rules.book import RuleBook
from core.errors import InputError


def act(database: connection, book: RuleBook, alert_id: int, request: Request, who: str, at: datetime) -> Answer:
    """Do what `who` asks for about an alert, as `lantian_operator`; raises `InputError` if there is no such alert.

    A dispatch without a deadline takes that of the alert's rule, from `at` (data time) on.
    """
    with database, database.cursor() as cursor:
        alert = store.lock_alert(cursor, alert_id)
        if alert is None:
            raise unknown(alert_id)
        handling = store.load_handlings(cursor, [alert_id]).get(alert_id, Handling())
        order = store.load_orders(cursor, [alert_id]).get(alert_id)
        situation = Situation(DataState(alert.state), order is not None and order.stage.stands)
        answer = take(handling, situation, _with_deadline(request, handling, book, alert.rule_id), who.strip(), at)
        if isinstance(answer, Taken):
            if request.action is not Action.COMMENT:
                store.save_handlings(cursor, {alert_id: answer.now})
            if bool(answer.now.closed) is not bool(handling.closed):
                store.close_alert(cursor, alert_id, at if answer.now.closed else None)
            append(cursor, [line_about(alert, Subject.HANDLING, answer.entry)])
    return answer


def act_on_order(
    database: connection, alert_id: int, action: OrderAction, who: str, why: str, at: datetime
) -> OrderAnswer:
    """Do what `who` asks for about an alert's order, as `lantian_operator`; raises `InputError` without such alert."""
    with database, database.cursor() as cursor:
        alert = store.lock_alert(cursor, alert_id)
        if alert is None:
            raise unknown(alert_id)
        order = store.load_orders(cursor, [alert_id]).get(alert_id)
        answer = take_order(order, action, who.strip(), why, at)
        if isinstance(answer, Taken):
            store.save_order(cursor, alert_id, answer.now)
            append(cursor, [line_about(alert, Subject.ORDER, answer.entry)])
    return answer


def _with_deadline(request: Request, handling: Handling, book: RuleBook, rule_id: str) -> Request:
    """The request, a dispatch with the deadline of its rule where it names none."""
    if request.action is not Action.DISPATCH or request.deadline is not None or handling.dispatched is not None:
        return request
    seconds = next((rule.deadlines.feedback for rule in book.all if rule.id == rule_id), None)
    return msgspec.structs.replace(request, deadline=None if seconds is None else timedelta(seconds=seconds))


def unknown(alert_id: int) -> InputError:
    """There is no such alert."""
    return InputError(
        "alert_unknown", "there is no such alert", value=alert_id, hint="`lantian alerts list` names them"
    )
