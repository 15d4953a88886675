"""What the worker counts for Prometheus: once, when it stands, by kind of station."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from reports import HOUR, MIDNIGHT, MINUTE, entry, report
from worker_stage import Ground, Log, Worker, worker

from core.settings import CoreSettings
from ingest.envelope import Entry

pytestmark = pytest.mark.stack

NAME, KIND = "tally-radiation", "radiation"
"""No other test has reports of this kind."""
START = MIDNIGHT + 9 * HOUR


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("tally"))
    made.stations(f"{NAME},站,{KIND},140502,tally-city,PT1M,,,")
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(START)
        yield made


def sent(minute: int, seq: int, values: Any, *, received: float | None = None, name: str = NAME) -> Entry:
    time = START + minute * MINUTE
    body = report(time, seq, values, name=name, period="PT1M")
    return entry(body, name=name, received=time + 62 if received is None else received)


class Counted:
    """How far metrics have moved since this was made."""

    def __init__(self) -> None:
        self._before = self._samples()

    def moved(self, name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return self._samples().get(key, 0.0) - self._before.get(key, 0.0)

    @staticmethod
    def _samples() -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for metric in REGISTRY.collect()
            for sample in metric.samples
        }


def test_reports_and_readings_are_counted_by_kind_and_by_what_became_of_them(step: Worker) -> None:
    counted = Counted()
    step.log.add(*(sent(minute, 1 + minute, {"PM10": 80, "SO2": 9}) for minute in range(3)))
    step.take(START + 5 * MINUTE)
    step.log.add(sent(2, 3, {"PM10": 80, "SO2": 9}), sent(3, 4, {"PM10": -7, "SO2": 9}), entry(b"{", name=NAME))
    step.take(START + 5 * MINUTE)
    assert counted.moved("lantian_readings_total", kind=KIND, outcome="stored") == 7
    assert counted.moved("lantian_readings_total", kind=KIND, outcome="repeated") == 2
    assert counted.moved("lantian_readings_total", kind=KIND, outcome="rejected") == 1
    assert counted.moved("lantian_rejected_readings_total", kind=KIND, reason="out_of_range") == 1
    assert counted.moved("lantian_rejected_reports_total", kind=KIND, reason="malformed") == 1
    assert counted.moved("lantian_reports_total", kind=KIND, outcome="parsed") == 5
    assert counted.moved("lantian_reports_total", kind=KIND, outcome="unparsed") == 1
    assert counted.moved("lantian_rows_written_total", table="report") == 4
    assert counted.moved("lantian_rows_written_total", table="rejected") == 2


def test_a_report_is_live_late_or_of_the_future(step: Worker) -> None:
    counted = Counted()
    late = sent(1, 2, {"PM10": 80}, received=START + 5 * HOUR)
    step.log.add(sent(0, 1, {"PM10": 80}), late, sent(30, 3, {"PM10": 80}, received=START))
    step.take(START + 5 * HOUR)
    for origin in ("live", "resent", "future"):
        assert counted.moved("lantian_report_origins_total", kind=KIND, origin=origin) == 1, origin


def test_delays_are_those_of_live_reports(step: Worker) -> None:
    counted = Counted()
    step.log.add(sent(0, 1, {"PM10": 80}), sent(1, 2, {"PM10": 80}, received=START + 5 * HOUR))
    step.take(START + 65)
    assert counted.moved("lantian_report_receipt_delay_seconds_count", kind=KIND) == 1
    assert counted.moved("lantian_report_receipt_delay_seconds_sum", kind=KIND) == 2
    assert counted.moved("lantian_report_commit_delay_seconds_count") == 1
    assert counted.moved("lantian_report_commit_delay_seconds_sum") == 3


def test_what_is_rolled_back_and_taken_again_is_counted_once(step: Worker) -> None:
    counted = Counted()
    step.log.add(sent(0, 1, {"PM10": 80}), sent(1, 2, {"PM10": -80}))
    step.take_and_lose_the_answer(START + 3 * MINUTE, committed=False)
    assert counted.moved("lantian_reports_total", kind=KIND, outcome="parsed") == 0
    step.take(START + 3 * MINUTE)
    assert counted.moved("lantian_reports_total", kind=KIND, outcome="parsed") == 2
    assert counted.moved("lantian_rejected_readings_total", kind=KIND, reason="out_of_range") == 1


def test_a_station_that_nobody_knows_is_of_another_kind(step: Worker) -> None:
    counted = Counted()
    step.log.add(sent(0, 1, {"PM10": 80}, name="tally-nobody"))
    step.take(START + 3 * MINUTE)
    assert counted.moved("lantian_rejected_reports_total", kind="other", reason="unknown_station") == 1


def test_values_of_statistics_are_counted_by_why_they_are_not_valid(step: Worker) -> None:
    step.log.add(*(sent(minute, 1 + minute, {"PM10": 80}) for minute in range(50)))
    step.log.add(*(sent(60 + minute, 100 + minute, {"PM10": 80}) for minute in range(10)))
    counted = Counted()
    step.take(START + 3 * HOUR)
    while step.tick(START + 3 * HOUR):
        pass
    assert counted.moved("lantian_statistics_written_total", window="hour") >= 2
    assert counted.moved("lantian_statistic_values_total", window="hour", validity="valid") == 1
    assert counted.moved("lantian_statistic_values_total", window="hour", validity="too_few_minutes") == 1
