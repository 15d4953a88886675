"""What follows for people from what data did to alerts: the log, orders proposed or withdrawn, acknowledging again.

All of a batch in the engine's transaction: one statement for the log, and one or two more only where an order or an
alert that was handled is concerned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from alerts.alert import OPEN, WITHDRAWN, Alert
from alerts.engine import Event
from alerts.handling.chain import Line, Subject
from alerts.handling.log import append, detail_text
from alerts.handling.machine import Entry, after
from alerts.handling.order import OrderEvent, withdrawn_by_data
from alerts.handling.store import load_handlings, load_orders, propose_orders, save_handlings, save_order
from alerts.happening import Happening
from alerts.rules.model import RuleBase


class Happened(NamedTuple):
    """What data did to an alert, and how it is stored since."""

    rule: RuleBase
    event: Event
    alert: Alert
    alert_id: int
    version: int


def follow(cursor: Any, happened: Sequence[Happened]) -> None:
    """Write what happened into the log, and let orders and handling follow it."""
    lines = [_data_line(one) for one in happened]
    lines += _proposed(cursor, happened)
    lines += _withdrawn(cursor, happened)
    _reopened(cursor, happened)
    append(cursor, lines)


def about(one: Happened, subject: Subject, entry: Entry) -> Line:
    """The line of the log for what became of an alert's order or handling."""
    alert = one.alert
    return Line(
        city=alert.city,
        at=entry.at,
        subject=subject,
        happening=entry.happened,
        alert_id=one.alert_id,
        version=one.version,
        state=alert.state,
        object=alert.object,
        detail=detail_text(entry.detail),
    )


def _data_line(one: Happened) -> Line:
    alert, cause = one.alert, one.event.cause
    return Line(
        city=alert.city,
        at=alert.updated_at,
        subject=Subject.DATA,
        happening=one.event.happening.value,
        alert_id=one.alert_id,
        version=one.version,
        state=alert.state,
        object=alert.object,
        time_window=alert.time_window,
        start=datetime.fromtimestamp(cause.start, UTC),
        statement_version=cause.version,
        value=cause.value,
        merged_into=alert.merged_into,
    )


def _proposed(cursor: Any, happened: Iterable[Happened]) -> list[Line]:
    """Only what may page anybody asks for an order: nobody stops work for what was long ago."""
    asking = {one.alert_id: one for one in happened if one.rule.order and one.alert.pages and one.alert.state == OPEN}
    proposals = {alert_id: (one.rule.order, one.alert.updated_at) for alert_id, one in asking.items() if one.rule.order}
    return [
        about(asking[alert_id], Subject.ORDER, Entry(OrderEvent.PROPOSED.value, asking[alert_id].alert.updated_at))
        for alert_id in propose_orders(cursor, proposals)
    ]


def _withdrawn(cursor: Any, happened: Iterable[Happened]) -> list[Line]:
    gone = {one.alert_id: one for one in happened if one.alert.state == WITHDRAWN}
    lines: list[Line] = []
    for alert_id, order in load_orders(cursor, gone).items() if gone else ():
        taken = withdrawn_by_data(order, gone[alert_id].alert.updated_at)
        if taken is not None:
            save_order(cursor, alert_id, taken.order)
            lines.append(about(gone[alert_id], Subject.ORDER, taken.entry))
    return lines


def _reopened(cursor: Any, happened: Iterable[Happened]) -> None:
    """What was acknowledged has to be acknowledged again; the log says so by data's own line."""
    again = {one.alert_id: one for one in happened if one.event.happening is Happening.REOPENED}
    if again:
        save_handlings(
            cursor,
            {
                alert_id: after(handling, Entry(Happening.REOPENED.value, again[alert_id].alert.updated_at))
                for alert_id, handling in load_handlings(cursor, again).items()
            },
        )
