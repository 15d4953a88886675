"""Poison: it is kept with its bytes and a reason, once, and delays nobody."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from burden import burden
from fault import Fault
from field import Field, running_field
from hostile import ACCOUNT, PoisonPayloads, PoisonRecords, WrongClock
from poison import BROKER_BYTES
from recovery import recover
from stage import NOW, write_probes
from waiting import eventually

from aggregate.ledger.books import read_ledger
from core.mqtt import Connection, Login
from core.postgres import connect
from truth.settled import wait_at_rest

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

BOUND_S = 30.0
"""Longer a good report must not take that is sent behind poison, on a busy machine."""
GROWN_MB = 150.0
"""Poison of some MB is in memory once in each form; more than that, and something keeps it."""


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("hostile")
    with running_field(folder / "stack", write_probes(folder / "probes.csv"), now=NOW, each=1) as made:
        yield made


@pytest.mark.parametrize("fault", [PoisonPayloads(), PoisonRecords(), WrongClock()], ids=str)
def test_poison_is_kept_once_with_its_reason_and_delays_nobody(field: Field, fault: Fault) -> None:
    alone = recover(field, time.monotonic())
    fault.prepare(field)
    before = {process.name: burden(process.pid) for process in field.processes}
    fault.strike(field)
    behind = recover(field, time.monotonic())
    fault.heal(field)
    _wait_for_rest(field)
    fault.check(field)
    with closing(connect(field.core, "reader", application="test")) as database:
        assert [account for account in read_ledger(database, field.core) if not account.balanced] == []
    grown = {process.name: burden(process.pid).memory - before[process.name].memory for process in field.processes}
    sys.stderr.write(
        f"\n{fault}: a good report took {alone:.1f} s before and {behind:.1f} s behind it; MB grown:"
        f" { ({name: round(much) for name, much in grown.items()}) }\n"
    )
    assert behind < BOUND_S
    assert max(grown.values()) < GROWN_MB


def test_a_payload_that_the_broker_does_not_take_ends_its_senders_connection_and_no_other(field: Field) -> None:
    others = _connection(field, "other")
    sender = _connection(field, "sender")
    topic = "lantian/v1/140500/air/too-large/report"
    sender.publish(topic, bytes(BROKER_BYTES + 1))
    eventually("the broker has thrown the sender out twice", lambda: _polled(sender).number >= 3, every=0)
    assert sender.unconfirmed == 1, "whoever repeats it is thrown out again"
    assert _polled(others).number == 1
    assert others.connected
    sender.disconnect()
    others.disconnect()
    recover(field, time.monotonic())
    field.check_alive()
    assert field.rows("select from rejected where station = 'too-large'") == []


_names = itertools.count(1)


def _connection(field: Field, name: str) -> Connection:
    login = Login(ACCOUNT, f"test-{name}-{next(_names)}", keep_session=False)
    made = Connection(field.core, login, on_messages=lambda _messages: None)
    eventually(f"{name} is connected", lambda: _polled(made).connected, every=0)
    return made


def _polled(connection: Connection) -> Connection:
    connection.poll(0.05)
    return connection


def _wait_for_rest(field: Field) -> None:
    with closing(connect(field.core, "reader", application="test")) as database:
        wait_at_rest(field.core, database, 240, field.check_alive, lambda _cursor: True)
