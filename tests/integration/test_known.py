"""What the worker need not ask the database about its reports, and what it must."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from reports import HOUR, MIDNIGHT, MINUTE, PM10, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.known import Known
from aggregate.reading import Judged, Number, Position, Slot
from core.settings import CoreSettings
from ingest.envelope import Entry, Source

pytestmark = pytest.mark.stack

NAME, OTHER = "known-air", "known-silent"
START = MIDNIGHT + 9 * HOUR


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("known"))
    made.stations(*(f"{name},站,air,140502,known-city,PT1M,city,," for name in (NAME, OTHER)))
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


@pytest.fixture
def known(step: Worker) -> Known:
    """Of a worker that has taken minutes 10 … 12 of a station, the last with a value that cannot be."""
    step.log.add(*(sent(minute, {PM10: 80}) for minute in (10, 11)), sent(12, {PM10: 1e9}))
    step.take(START + HOUR)
    return Known()


def sent(minute: int, values: dict[str, Any]) -> Entry:
    time = START + minute * MINUTE
    return entry(report(time, minute, values, name=NAME, period="PT1M"), name=NAME, received=time + 61)


def judged(ground: Ground, minute: int, name: str = NAME, issued: int | None = None) -> Judged:
    [(station,)] = ground.rows("select station_id from station where station = %s", name)
    slot = Slot(station, MINUTE, START + minute * MINUTE, issued)
    number = Number(Source.DEVICE, 0, minute)
    return Judged(Position(0, 0, 0), entry(b"{}", name=name, received=slot.time), number, slot, 0, (PM10,), [80.0])


def learnt(known: Known, step: Worker, reports: list[Judged]) -> Known:
    with step.database, step.database.cursor() as cursor:
        known.learn(cursor, {each.slot.station_id for each in reports}, {each.entry.station for each in reports})
    return known


def test_only_reports_that_are_not_later_than_all_of_their_station_are_asked_for(
    ground: Ground, step: Worker, known: Known
) -> None:
    reports = [judged(ground, minute) for minute in (9, 11, 12, 13)]
    assert {slot.time for slot in learnt(known, step, reports).slots(reports)} == {
        START + minute * MINUTE for minute in (9, 11, 12)
    }


def test_a_station_without_reports_is_not_asked_for(ground: Ground, step: Worker, known: Known) -> None:
    reports = [judged(ground, 1, OTHER)]
    assert not learnt(known, step, reports).slots(reports)


def test_a_forecast_is_always_asked_for(ground: Ground, step: Worker, known: Known) -> None:
    reports = [judged(ground, 40, issued=START)]
    assert len(learnt(known, step, reports).slots(reports)) == 1


def test_rejected_readings_are_asked_for_where_they_are_not_older_than_the_report(
    ground: Ground, step: Worker, known: Known
) -> None:
    reports = [judged(ground, minute, name) for minute in (12, 13) for name in (NAME, OTHER)]
    assert learnt(known, step, reports).numbers(reports) == {(NAME, Number(Source.DEVICE, 0, 12))}


def test_what_has_been_taken_since_is_asked_for(ground: Ground, step: Worker) -> None:
    step.log.add(sent(10, {PM10: 80}))
    step.take(START + HOUR)
    step.log.add(sent(10, {PM10: 80}), sent(11, {PM10: 90}))
    step.take(START + HOUR)
    step.log.add(sent(11, {PM10: 90}), sent(11, {PM10: 91}))
    step.take(START + HOUR)
    assert ground.count("report") == 2
    assert ground.rows("select reason from rejected") == [("CONFLICT",)]
