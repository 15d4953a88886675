"""Offsets in the database, among several processes: who may take over what, and what a frozen one keeps back."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg2.extensions import connection
from waiting import eventually

from core import offsets
from core.kafka import REPORTS
from core.offsets import Position
from core.postgres import Gone, connect, end_frozen
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

TABLE = "consumer_offset"


@pytest.fixture
def position() -> Position:
    return Position("worker", f"test-{uuid.uuid4().hex}", REPORTS)


@pytest.fixture
def holder(stack: CoreSettings) -> Iterator[connection]:
    with closing(connect(stack, "worker", application="test offsets")) as made:
        yield made


@pytest.fixture
def successor(stack: CoreSettings) -> Iterator[connection]:
    with closing(connect(stack, "worker", application="test offsets")) as made:
        yield made


def claimed(database: connection, position: Position, *partitions: int) -> dict[int, int]:
    """The epochs of the partitions that a claim got."""
    with database, database.cursor() as cursor:
        return {p: stand.epoch for p, stand in offsets.claim(cursor, position, partitions).items()}


class Endless:
    """A source for COPY that stops in the middle, as a process does that is frozen there."""

    def __init__(self) -> None:
        self.stuck = threading.Event()
        self.go_on = threading.Event()

    def read(self, _size: int) -> bytes:
        if self.stuck.is_set():
            self.go_on.wait(60)
            return b""
        self.stuck.set()
        return b"1\n"


def test_each_claim_raises_the_epoch(holder: connection, successor: connection, position: Position) -> None:
    assert claimed(holder, position, 0, 1) == {0: 1, 1: 1}
    assert claimed(successor, position, 1, 2) == {1: 2, 2: 1}


def test_what_another_has_locked_is_left_out_of_a_claim_until_it_is_free(
    holder: connection, successor: connection, position: Position
) -> None:
    claimed(holder, position, 0, 1)
    with holder, holder.cursor() as cursor:
        offsets.lock(cursor, position, offsets.read(cursor, position, [1]))
        assert claimed(successor, position, 0, 1) == {0: 2}
    assert claimed(successor, position, 1) == {1: 2}


def test_a_session_that_stands_still_in_a_transaction_is_ended_and_that_is_a_server_gone(
    holder: connection, successor: connection, position: Position
) -> None:
    claimed(holder, position, 0)

    def ended() -> int:
        with successor, successor.cursor() as cursor:
            return end_frozen(cursor, TABLE, 0.2)

    def goes_on_too_late() -> None:
        with holder, holder.cursor() as cursor:
            offsets.lock(cursor, position, offsets.read(cursor, position, [0]))
            assert eventually("the session is ended", ended) == 1
            assert claimed(successor, position, 0) == {0: 2}
            offsets.lock(cursor, position, offsets.read(cursor, position, [0]))

    with pytest.raises(Gone):
        goes_on_too_late()


def test_a_session_that_stands_still_in_the_middle_of_a_copy_is_ended(
    holder: connection, successor: connection, position: Position
) -> None:
    claimed(holder, position, 0)
    source = Endless()
    failed = threading.Event()

    def copy() -> None:
        try:
            with holder, holder.cursor() as cursor:
                offsets.lock(cursor, position, offsets.read(cursor, position, [0]))
                cursor.execute("create temporary table half (number int)")
                cursor.copy_expert("copy half from stdin", source)
        except Gone:
            failed.set()

    copying = threading.Thread(target=copy)
    copying.start()
    assert source.stuck.wait(60)

    def ended() -> int:
        with successor, successor.cursor() as cursor:
            return end_frozen(cursor, TABLE, 0.2)

    assert eventually("the session is ended", ended) == 1
    source.go_on.set()
    copying.join(60)
    assert failed.is_set()


def test_a_session_that_stands_still_in_a_transaction_and_holds_no_offsets_is_left_alone(
    holder: connection, successor: connection, position: Position
) -> None:
    with holder, holder.cursor() as cursor:
        cursor.execute("select id from outbox limit 1")  # as it waits for Kafka meanwhile
        with successor, successor.cursor() as other:
            assert end_frozen(other, TABLE, 0.0) == 0
        cursor.execute("select 1")


def test_a_session_that_waits_outside_a_transaction_is_left_alone(holder: connection, successor: connection) -> None:
    with holder, holder.cursor() as cursor:
        cursor.execute("select 1")
    with successor, successor.cursor() as cursor:
        assert end_frozen(cursor, TABLE, 0.0) == 0
    with holder, holder.cursor() as cursor:
        cursor.execute("select 1")
