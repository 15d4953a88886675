"""What follows for people from what data did to alerts: the log, orders proposed or withdrawn, acknowledging again.

All of a batch in the engine's transaction: one statement for the log, and one or two more only where an order or an
alert that was handled is concerned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from alerts.alert import OPEN, WITHDRAWN, Alert, Notice
from alerts.engine import Event
from alerts.handling.answers import Entry
from alerts.handling.chain import Line, Subject
from alerts.handling.log import append, line_about
from alerts.handling.machine import after
from alerts.handling.order import OrderEvent, goes_on, handed_on, withdrawn_by_data
from alerts.handling.store import (
    Handled,
    copy_order,
    load_handlings,
    load_orders,
    propose_orders,
    save_handlings,
    save_order_of_data,
)
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
    lines += _handed_on(cursor, happened)
    lines += _proposed(cursor, happened)
    lines += _withdrawn(cursor, happened)
    _reopened(cursor, happened)
    append(cursor, lines)


def _data_line(one: Happened) -> Line:
    cause = one.event.cause
    start = datetime.fromtimestamp(cause.start, UTC)
    return msgspec.structs.replace(
        _line(one, one.event.happening, start, cause.value),
        statement_version=cause.version,
        merged_into=one.alert.merged_into,
    )


def _line(one: Happened | Notice, happening: Happening, start: datetime, value: float | None) -> Line:
    alert = one.alert
    return Line(
        city=alert.city,
        at=alert.updated_at,
        subject=Subject.DATA,
        happening=happening.value,
        alert_id=one.alert_id,
        version=one.version,
        state=alert.state,
        object=alert.object,
        time_window=alert.time_window,
        start=start,
        value=value,
    )


def retired(cursor: Any, notices: Sequence[Notice]) -> None:
    """Write into the log that the rules of these alerts are in force no more, and let orders follow it."""
    lines = [_line(one, one.happening, one.alert.last_start, one.alert.value) for one in notices]
    append(cursor, lines + _withdrawn(cursor, notices))


def _about(one: Happened | Notice, entry: Entry) -> Line:
    alert = one.alert
    handled = Handled(one.alert_id, one.version, alert.rule_id, alert.city, alert.object, alert.state)
    return line_about(handled, Subject.ORDER, entry)


def _handed_on(cursor: Any, happened: Iterable[Happened]) -> list[Line]:
    """An order of an alert that was merged goes on with the later one, unless that has one which is as far."""
    of = {one.alert_id: one for one in happened}
    merged = {one.alert_id: one.alert.merged_into for one in of.values() if one.alert.merged_into in of}
    orders = load_orders(cursor, [*merged, *filter(None, merged.values())]) if merged else {}
    lines: list[Line] = []
    for alert_id, heir in merged.items():
        if heir is None or alert_id not in orders or not goes_on(orders[alert_id], orders.get(heir)):
            continue
        at = of[alert_id].alert.updated_at
        given_up = withdrawn_by_data(orders[heir], at) if heir in orders else None
        if given_up is not None:
            save_order_of_data(cursor, heir, given_up.now)
            lines.append(_about(of[heir], given_up.entry))
        there, here = handed_on(orders[alert_id], alert_id, heir, at)
        copy_order(cursor, alert_id, heir)
        save_order_of_data(cursor, alert_id, there.now)
        orders[heir] = here.now
        lines += [_about(of[alert_id], there.entry), _about(of[heir], here.entry)]
    return lines


def _proposed(cursor: Any, happened: Iterable[Happened]) -> list[Line]:
    """Only what may page anybody asks for an order: nobody stops work for what was long ago."""
    asking = {one.alert_id: one for one in happened if one.rule.order and one.alert.pages and one.alert.state == OPEN}
    proposals = {alert_id: (one.rule.order, one.alert.updated_at) for alert_id, one in asking.items() if one.rule.order}
    anew = {one.alert_id for one in happened if _begins_anew(one.event)}
    return [
        _about(asking[alert_id], Entry(OrderEvent.PROPOSED.value, asking[alert_id].alert.updated_at))
        for alert_id in propose_orders(cursor, proposals, anew)
    ]


def _begins_anew(event: Event) -> bool:
    """Whether there is ground for an order that nobody had when the last one was lifted or declined."""
    graver = event.before is not None and event.after is not None and event.after.peak_level > event.before.peak_level
    return event.happening is Happening.REOPENED or graver


def _withdrawn(cursor: Any, happened: Iterable[Happened | Notice]) -> list[Line]:
    gone = {one.alert_id: one for one in happened if one.alert.state == WITHDRAWN}
    lines: list[Line] = []
    for alert_id, order in load_orders(cursor, gone).items() if gone else ():
        taken = withdrawn_by_data(order, gone[alert_id].alert.updated_at)
        if taken is not None:
            save_order_of_data(cursor, alert_id, taken.now)
            lines.append(_about(gone[alert_id], taken.entry))
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
