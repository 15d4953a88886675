"""What is durable is acknowledged in the order in which it was delivered."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from core.mqtt import Message
from ingest.ack_order import AckOrder


def message(mid: int, *, connection: int = 1, qos: int = 1) -> Message:
    return Message("t", b"", qos, mid, connection)


@settings(max_examples=100, derandomize=True)
@given(st.lists(st.integers(0, 4), max_size=40), st.randoms(use_true_random=False))
def test_whatever_becomes_durable_when_each_has_its_turn_once(sizes: list[int], random: Random) -> None:
    order = AckOrder()
    came = [message(mid) for mid in range(1, sum(sizes) + 1)]
    order.came(came)
    left = list(came)
    random.shuffle(left)
    told: list[Message] = []
    for size in sizes:
        durable, left = left[:size], left[size:]
        told += order.durable(durable)
        assert all(one is other for one, other in zip(told, came, strict=False))
        assert not any(each in left for each in told)
    assert len(told) == len(came)


def test_nothing_goes_before_what_is_not_durable() -> None:
    order = AckOrder()
    first, second, third = came = [message(mid) for mid in (1, 2, 3)]
    order.came(came)
    assert order.durable([second]) == []
    assert order.durable([first]) == [first, second]
    assert order.durable([third]) == [third]


def test_another_connection_begins_anew() -> None:
    order = AckOrder()
    lost, durable = message(1), message(2)
    order.came([lost, durable])
    order.durable([durable])
    again = message(2, connection=2)
    order.came([again])
    assert order.durable([lost]) == []
    assert order.durable([again]) == [again]


def test_what_needs_no_acknowledgement_holds_nothing_up() -> None:
    order = AckOrder()
    unsaid, said = message(0, qos=0), message(1)
    order.came([unsaid, said])
    assert order.durable([said]) == [said]
    assert order.durable([unsaid]) == []


def test_a_packet_id_that_comes_again_at_once_is_acknowledged_again() -> None:
    order = AckOrder()
    first, again, last = message(1), message(1), message(2)
    order.came([first, again, last])
    assert order.durable([again, last]) == []
    assert order.durable([first]) == [first, again, last]
