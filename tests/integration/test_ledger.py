"""The ledger on a real database and Kafka: it balances after all that can be sent, and names what does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from reports import HOUR, MIDNIGHT, MINUTE, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.ledger import Account, read_ledger
from core import kafka
from core.postgres import connect
from core.settings import CoreSettings
from ingest.envelope import Entry, EntryKind, Source, encode_batch, headers

pytestmark = pytest.mark.stack

NAME = "ledger-air"
START = MIDNIGHT + 9 * HOUR


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("ledger"))
    made.stations(f"{NAME},站,air,140502,ledger-city,PT1M,city,,")
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


def sent(seq: int, values: dict[str, Any], *, minute: int | None = None, name: str = NAME, says: str = NAME) -> Entry:
    time = START + (seq if minute is None else minute) * MINUTE
    return entry(report(time, seq, values, name=says, period="PT1M"), name=name, received=START + HOUR)


def account(ground: Ground, name: str = NAME, source: str = "device") -> Account:
    with closing(connect(ground.settings, "reader", application="test")) as database:
        accounts = read_ledger(database, ground.settings)
    return next(found for found in accounts if (found.station, found.source) == (name, source))


def take(step: Worker, *entries: Entry) -> None:
    step.log.add(*entries)
    step.take(START + HOUR)


def test_it_balances_after_repeats_corrections_and_every_kind_of_reject(ground: Ground, step: Worker) -> None:
    take(step, *(sent(seq, {"PM10": 80, "SO2": 9}) for seq in range(1, 11)))
    take(
        step,
        *(sent(seq, {"PM10": 80, "SO2": 9}) for seq in range(1, 6)),
        sent(11, {"PM10": 81}, minute=3),
        sent(12, {"PM10": 1e9, "SO2": 9}),
        sent(13, {"PM10": 80, "a34002": 80}),
        sent(14, {"XYZ": 1}),
        sent(15, {"PM10": 80}, minute=200),
        sent(16, {"PM10": 80}, says="somebody-else"),
        sent(2, {"PM10": 99, "SO2": 9}),
    )
    found = account(ground)
    assert found.balanced, found
    assert (found.superseded, found.repeats, found.duplicated) == (1, 11, 0)
    assert found.runs[0].due == found.runs[0].received == 16
    assert found.rejected == 7


def test_it_names_the_numbers_that_never_came(ground: Ground, step: Worker) -> None:
    told = entry(b'{"state":"online","run":0,"seq":9}', name=NAME, kind=EntryKind.STATUS)
    take(step, *(sent(seq, {"PM10": 80}) for seq in (1, 2, 5)), told)
    found = account(ground)
    assert found.runs[0].missing == [(3, 4), (6, 9)]
    assert not found.balanced


def test_what_kafka_holds_after_the_offset_is_in_flight(ground: Ground, step: Worker) -> None:
    name = "ledger-flying"
    entries = [sent(seq, {"PM10": 80}, name=name, says=name) for seq in range(1, 4)]
    producer = kafka.producer(ground.settings)
    try:
        producer.send(
            kafka.REPORTS, value=encode_batch(entries), partition=kafka.partition_of(name), headers=headers(3)
        ).get(timeout=30)
    finally:
        producer.close()
    found = account(ground, name)
    assert (found.in_flight, found.lost, found.balanced) == (3, 0, True)


def test_a_reading_with_two_current_values_is_found(ground: Ground, step: Worker) -> None:
    take(step, sent(1, {"PM10": 80}), sent(2, {"PM10": 90}, minute=1))
    assert account(ground).balanced
    ground.rows("update report set mask = null where true")
    assert account(ground).duplicated == 1


def test_a_reading_that_vanished_is_a_difference(ground: Ground, step: Worker) -> None:
    take(step, sent(1, {"PM10": 80, "SO2": 9}), sent(2, {"PM10": 90}))
    ground.rows("delete from report where seq = 2 and source = %s", int(Source.DEVICE))
    found = account(ground)
    assert (found.difference, found.balanced) == (1, False)
