"""A stop-work order: what a person, or the data, may do to it at which stage; pure functions.

The engine proposes it with the alert; only persons confirm, issue and lift it. Of an alert's orders at most one stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from alerts.handling.answers import Already, Entry, Mark, Refusal, Refused, Taken
from alerts.handling.names import fault_of, same_person
from alerts.rules.deadlines import OrderKind


class OrderStage(StrEnum):
    """How far an order has come."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    ISSUED = "issued"
    RECEIVED = "received"
    """By the site."""
    LIFTED = "lifted"
    DECLINED = "declined"
    """A person decided that work need not stop."""
    WITHDRAWN = "withdrawn"
    """A correction of the data left no ground for it, before it was issued."""
    HANDED_ON = "handed-on"
    """Its alert was joined to a later one, and it goes on there."""

    @property
    def stands(self) -> bool:
        """Whether it waits for somebody, or is in force."""
        return self in {OrderStage.PROPOSED, OrderStage.CONFIRMED} or self.in_force

    @property
    def in_force(self) -> bool:
        """Whether the site has to obey it."""
        return self in {OrderStage.ISSUED, OrderStage.RECEIVED}


class OrderAction(StrEnum):
    """What a person may ask for; the log names what was done by it."""

    CONFIRM = "confirm"
    ISSUE = "issue"
    RECEIVE = "receive"
    LIFT = "lift"
    DECLINE = "decline"


class OrderEvent(StrEnum):
    """What data does to an order."""

    PROPOSED = "propose"
    WITHDRAWN = "withdraw"
    FLAGGED = "flag"
    """It is in force, and the data has withdrawn its ground: somebody has to lift it, or say why not."""
    HANDED_ON = "hand-on"
    """Its alert was merged: it goes on with the alert that does."""
    TAKEN_ON = "take-on"
    """It comes from an alert that was merged into this one, as it stood there."""


class Order(msgspec.Struct, frozen=True):
    """An order as it stands; `last` is who brought it there, None where the engine did."""

    kind: OrderKind = OrderKind.STOP_WORK
    stage: OrderStage = OrderStage.PROPOSED
    flagged: bool = False
    last: Mark | None = None


OrderAnswer = Taken[Order] | Already | Refused

_FROM = {
    OrderAction.CONFIRM: {OrderStage.PROPOSED},
    OrderAction.ISSUE: {OrderStage.CONFIRMED},
    OrderAction.RECEIVE: {OrderStage.ISSUED},
    OrderAction.LIFT: {OrderStage.ISSUED, OrderStage.RECEIVED},
    OrderAction.DECLINE: {OrderStage.PROPOSED, OrderStage.CONFIRMED},
}
_TO = {
    OrderAction.CONFIRM: OrderStage.CONFIRMED,
    OrderAction.ISSUE: OrderStage.ISSUED,
    OrderAction.RECEIVE: OrderStage.RECEIVED,
    OrderAction.LIFT: OrderStage.LIFTED,
    OrderAction.DECLINE: OrderStage.DECLINED,
}
_NEEDS_REASON = {OrderAction.CONFIRM, OrderAction.LIFT, OrderAction.DECLINE}


def take_order(order: Order | None, action: OrderAction, who: str, why: str, at: datetime) -> OrderAnswer:
    """What comes of a request; `at` is data time, aware. A receipt is by whoever received it at the site."""
    fault = fault_of(who)
    if fault is not None:
        return Refused(Refusal(fault.value), who)
    if order is None:
        return Refused(Refusal.NO_ORDER)
    if order.stage is _TO[action] and order.last is not None:
        if not same_person(order.last.who, who):
            return Refused(Refusal.ANOTHER_WAS_FIRST, order.last.who, order.last)
        if why.strip() not in {"", order.last.text}:
            return Refused(Refusal.SAID_OTHERWISE, order.last.text, order.last)
        return Already(order.last)
    return _decided(order, action, who, why.strip(), at)


def _decided(order: Order, action: OrderAction, who: str, why: str, at: datetime) -> Taken[Order] | Refused:
    if order.stage not in _FROM[action]:
        return Refused(Refusal.OUT_OF_TURN, order.stage, order.last)
    if action in _NEEDS_REASON and not why:
        return Refused(Refusal.NO_TEXT)
    entry = Entry(action.value, at, who, {"text": why} if why else {})
    return Taken(order_after(order, entry), entry)


def withdrawn_by_data(order: Order, at: datetime) -> Taken[Order] | None:
    """What becomes of an order whose alert the data withdrew; None where nothing does.

    What nobody has issued goes with its alert; what was issued is flagged, for only a person may lift it.
    """
    if not order.stage.stands or order.flagged:
        return None
    entry = Entry((OrderEvent.FLAGGED if order.stage.in_force else OrderEvent.WITHDRAWN).value, at)
    return Taken(order_after(order, entry), entry)


def goes_on(order: Order, heirs: Order | None) -> bool:
    """Whether an order goes on with the alert that its own was merged into; `heirs`: the latest that one has.

    Of two that stand the one that is in force does; of two equals that of the heir.
    """
    if heirs is None or not heirs.stage.stands:
        return order.stage.stands
    return order.stage.in_force and not heirs.stage.in_force


def handed_on(order: Order, alert_id: int, heir: int, at: datetime) -> tuple[Taken[Order], Taken[Order]]:
    """What the logs of an alert that was merged, and of its heir, say of an order that goes on; both as they stand."""
    there = Entry(OrderEvent.HANDED_ON.value, at, "", {"alert": str(heir)})
    said = {"alert": str(alert_id), "stage": order.stage.value, "flagged": "true" if order.flagged else ""}
    if order.last:
        said |= {"by": order.last.who, "since": order.last.at.isoformat(), "text": order.last.text}
    here = Entry(OrderEvent.TAKEN_ON.value, at, "", {name: value for name, value in said.items() if value})
    return Taken(order_after(order, there), there), Taken(order_after(order, here), here)


def replay_orders(entries: Iterable[Entry]) -> list[Order]:
    """The orders that the entries of an alert amount to, in their order: only the last may stand."""
    found: list[Order] = []
    for entry in entries:
        if entry.happened in {OrderEvent.PROPOSED, OrderEvent.TAKEN_ON} or not found:
            found.append(Order())
        found[-1] = order_after(found[-1], entry)
    return found


def order_after(order: Order, entry: Entry) -> Order:
    """How an order stands after an entry of its log."""
    if entry.happened == OrderEvent.PROPOSED:
        return Order(order.kind)
    if entry.happened == OrderEvent.TAKEN_ON:
        return _taken_on(order.kind, entry.detail)
    if entry.happened == OrderEvent.HANDED_ON:
        return msgspec.structs.replace(order, stage=OrderStage.HANDED_ON)
    if entry.happened == OrderEvent.WITHDRAWN:
        return msgspec.structs.replace(order, stage=OrderStage.WITHDRAWN)
    if entry.happened == OrderEvent.FLAGGED:
        return msgspec.structs.replace(order, flagged=True)
    mark = Mark(entry.who, entry.at, entry.detail.get("text", ""))
    return msgspec.structs.replace(order, stage=_TO[OrderAction(entry.happened)], last=mark)


def _taken_on(kind: OrderKind, detail: Mapping[str, str]) -> Order:
    by = detail.get("by")
    last = Mark(by, datetime.fromisoformat(detail["since"]), detail.get("text", "")) if by else None
    return Order(kind, OrderStage(detail["stage"]), "flagged" in detail, last)
