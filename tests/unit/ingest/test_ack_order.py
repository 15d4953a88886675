"""What is durable is acknowledged in the order in which it was delivered."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.mqtt import Message, Receipt
from ingest.ack_order import AckOrder

Numbered = tuple[int, Message]


def message(number: int, *, mid: int = 0, connection: int = 1) -> Numbered:
    return number, Message("t", b"payload", 1, mid or number, connection)


def receipts(*messages: Numbered) -> list[Receipt]:
    return [each.receipt for _, each in messages]


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.integers(0, 4), max_size=40), st.randoms(use_true_random=False))
def test_whatever_becomes_durable_when_each_has_its_turn_once(sizes: list[int], random: Random) -> None:
    order = AckOrder()
    came = [message(number) for number in range(1, sum(sizes) + 1)]
    order.came(1, connection=1)
    left = list(came)
    random.shuffle(left)
    told: list[Receipt] = []
    for size in sizes:
        durable, left = left[:size], left[size:]
        told += order.durable(durable)
        assert told == receipts(*came[: len(told)])
        assert len(told) == min((number - 1 for number, _ in left), default=len(came))


def test_nothing_goes_before_what_is_not_durable() -> None:
    order = AckOrder()
    first, second, third = (message(number) for number in (1, 2, 3))
    order.came(1, connection=1)
    assert order.durable([second]) == []
    assert order.durable([first]) == receipts(first, second)
    assert order.durable([third]) == receipts(third)


def test_another_connection_begins_anew() -> None:
    order = AckOrder()
    lost, durable = message(1), message(2)
    order.came(1, connection=1)
    order.durable([durable])
    again = message(3, mid=2, connection=2)
    order.came(3, connection=2)
    assert order.durable([lost]) == []
    assert order.durable([again]) == receipts(again)


def test_more_of_the_same_connection_changes_no_turn() -> None:
    order = AckOrder()
    first, second = message(1), message(2)
    order.came(1, connection=1)
    order.came(2, connection=1)
    assert order.durable([second]) == []
    assert order.durable([first]) == receipts(first, second)


def test_a_packet_id_that_comes_again_at_once_is_acknowledged_again() -> None:
    order = AckOrder()
    first, again, last = message(1, mid=1), message(2, mid=1), message(3, mid=2)
    order.came(1, connection=1)
    assert order.durable([again, last]) == []
    assert order.durable([first]) == receipts(first, again, last)
