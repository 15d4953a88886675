"""Stop-work orders: proposed by the engine, decided by persons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.handling.answers import Already, Entry, Mark, Refusal, Refused, Taken
from alerts.handling.order import (
    Order,
    OrderAction,
    OrderEvent,
    OrderStage,
    goes_on,
    handed_on,
    order_after,
    replay_orders,
    take_order,
    withdrawn_by_data,
)

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ZHANG, LI = "张三", "李四"


def taken(order: Order, action: OrderAction, who: str = ZHANG, why: str = "已核实") -> Order:
    answer = take_order(order, action, who, why, NINE)
    assert isinstance(answer, Taken), answer
    return answer.now


def refusal(order: Order | None, action: OrderAction, who: str = LI, why: str = "已核实") -> Refused:
    answer = take_order(order, action, who, why, NINE)
    assert isinstance(answer, Refused), answer
    return answer


PROPOSED = Order()
CONFIRMED = taken(PROPOSED, OrderAction.CONFIRM)
ISSUED = taken(CONFIRMED, OrderAction.ISSUE)
RECEIVED = taken(ISSUED, OrderAction.RECEIVE, LI)
LIFTED = taken(RECEIVED, OrderAction.LIFT)


def test_an_order_goes_from_proposed_to_lifted_and_each_step_has_a_name() -> None:
    assert [one.stage for one in (PROPOSED, CONFIRMED, ISSUED, RECEIVED, LIFTED)] == [
        "proposed", "confirmed", "issued", "received", "lifted",
    ]  # fmt: skip
    assert RECEIVED.last == Mark(LI, NINE, "已核实")


@pytest.mark.parametrize(
    ("order", "action"),
    [
        (PROPOSED, OrderAction.ISSUE),
        (PROPOSED, OrderAction.LIFT),
        (CONFIRMED, OrderAction.RECEIVE),
        (ISSUED, OrderAction.DECLINE),
        (LIFTED, OrderAction.ISSUE),
    ],
)
def test_no_step_is_left_out(order: Order, action: OrderAction) -> None:
    refused = refusal(order, action)
    assert (refused.reason, refused.value) == (Refusal.OUT_OF_TURN, order.stage)


@pytest.mark.parametrize(
    ("order", "action"),
    [(PROPOSED, OrderAction.CONFIRM), (PROPOSED, OrderAction.DECLINE), (ISSUED, OrderAction.LIFT)],
)
def test_who_decides_says_why(order: Order, action: OrderAction) -> None:
    assert refusal(order, action, why=" ").reason is Refusal.NO_TEXT


def test_the_same_person_twice_changes_nothing_and_another_is_told_who_was_first() -> None:
    for why in ("", "已核实", " 已核实 "):
        assert isinstance(take_order(CONFIRMED, OrderAction.CONFIRM, ZHANG, why, NINE), Already)
    refused = refusal(CONFIRMED, OrderAction.CONFIRM)
    assert (refused.reason, refused.before) == (Refusal.ANOTHER_WAS_FIRST, Mark(ZHANG, NINE, "已核实"))


def test_the_same_person_deciding_again_in_other_words_is_told_that_they_are_not_kept() -> None:
    refused = refusal(LIFTED, OrderAction.LIFT, ZHANG, "整改完成")
    assert (refused.reason, refused.value) == (Refusal.SAID_OTHERWISE, "已核实")


def test_nobody_decides_under_a_name_that_cannot_be_read() -> None:
    assert refusal(PROPOSED, OrderAction.CONFIRM, " ").reason is Refusal.NO_NAME
    assert refusal(PROPOSED, OrderAction.CONFIRM, "张三\u202e").reason is Refusal.NAME_UNREADABLE


def test_an_alert_without_an_order_says_so() -> None:
    assert refusal(None, OrderAction.CONFIRM).reason is Refusal.NO_ORDER


@pytest.mark.parametrize("order", [PROPOSED, CONFIRMED])
def test_what_nobody_issued_goes_with_its_alert(order: Order) -> None:
    withdrawn = withdrawn_by_data(order, NINE)
    assert withdrawn is not None
    assert withdrawn.now.stage is OrderStage.WITHDRAWN


@pytest.mark.parametrize("order", [ISSUED, RECEIVED])
def test_what_was_issued_is_flagged_once_and_only_a_person_lifts_it(order: Order) -> None:
    flagged = withdrawn_by_data(order, NINE)
    assert flagged is not None
    assert (flagged.now.stage, flagged.now.flagged) == (order.stage, True)
    assert withdrawn_by_data(flagged.now, NINE) is None
    assert taken(flagged.now, OrderAction.LIFT, why="数据更正").stage is OrderStage.LIFTED


@pytest.mark.parametrize(
    ("order", "heirs", "goes"),
    [
        (PROPOSED, None, True),
        (PROPOSED, LIFTED, True),
        (PROPOSED, PROPOSED, False),
        (CONFIRMED, PROPOSED, False),
        (ISSUED, CONFIRMED, True),
        (RECEIVED, ISSUED, False),
        (LIFTED, None, False),
    ],
)
def test_of_the_orders_of_alerts_that_are_joined_one_goes_on(order: Order, heirs: Order | None, goes: bool) -> None:
    assert goes_on(order, heirs) is goes


@pytest.mark.parametrize("order", [PROPOSED, CONFIRMED, ISSUED, msgspec.structs.replace(RECEIVED, flagged=True)])
def test_an_order_goes_on_with_the_later_alert_as_it_stood(order: Order) -> None:
    there, here = handed_on(order, 4, 7, NINE)
    assert (there.now.stage, here.now) == (OrderStage.HANDED_ON, order)
    assert replay_orders([here.entry]) == [order]


def test_each_proposal_begins_another_order() -> None:
    proposed = Entry(OrderEvent.PROPOSED, NINE)
    declined = taken(PROPOSED, OrderAction.DECLINE)
    log = [proposed, Entry(OrderAction.DECLINE, NINE, ZHANG, {"text": "已核实"}), proposed]
    assert replay_orders(log) == [declined, PROPOSED]


wishes = st.lists(st.tuples(st.sampled_from([*OrderAction, None]), st.sampled_from([ZHANG, LI])), max_size=20)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(wishes)
def test_the_log_replays_to_the_same_order_and_what_ended_stays_ended(
    story: list[tuple[OrderAction | None, str]],
) -> None:
    order, log = Order(), list[Entry]()
    for minute, (action, who) in enumerate(story):
        at = NINE + timedelta(minutes=minute)
        answer = take_order(order, action, who, "因为", at) if action else withdrawn_by_data(order, at)
        if isinstance(answer, Taken):
            assert order.stage.stands
            order = answer.now
            log.append(answer.entry)
    replayed = Order()
    for entry in log:
        replayed = order_after(replayed, entry)
    assert replayed == order
