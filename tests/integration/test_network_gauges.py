"""How the network stands, seen in the database: by one process at a time, and by another when that is gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from reports import DAY, HOUR, MIDNIGHT, MINUTE, entry, report
from waiting import eventually
from worker_stage import Ground, Log, Worker, worker

from aggregate import network
from aggregate.network import Network
from core import look
from core.clock import Clock
from core.look import Looker
from core.metrics import Family, Samples, Seen
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

KIND = "fume"
"""No other test has stations of this kind."""
NOW = MIDNIGHT + DAY + 10 * HOUR


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("network"))
    names = ("well", "silent", "slow", "unheard", "ahead")
    made.stations(
        *(f"net-{name},站,{KIND},140502,net-city,{'PT1H' if name == 'slow' else 'PT1M'},,," for name in names)
    )
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(MIDNIGHT)
        yield made


def seen(ground: Ground, now: float) -> Samples:
    """One look at data time `now`."""
    work = Network(Clock(epoch=now, started=4e9))
    with closing(connect(ground.settings, "worker", application="test")) as database, database.cursor() as cursor:
        return work(cursor)


def hear(ground: Ground, name: str, received: float, ended: float) -> None:
    ground.rows(
        "insert into heard (station_id, partition, received, ended)"
        " select station_id, 0, to_timestamp(%s), to_timestamp(%s) from station where station = %s",
        received,
        ended,
        f"net-{name}",
    )


def test_who_is_silent_unheard_or_ahead_is_told_by_kind(ground: Ground, step: Worker) -> None:
    ground.rows("insert into heard_until (partition, until) values (0, to_timestamp(%s))", NOW)
    hear(ground, "well", NOW - 9 * MINUTE, NOW - 9 * MINUTE)
    hear(ground, "silent", NOW - 11 * MINUTE, NOW - 11 * MINUTE)
    hear(ground, "slow", NOW - 2 * HOUR, NOW - 2 * HOUR)
    hear(ground, "ahead", NOW, NOW + 2 * MINUTE)
    found = seen(ground, NOW)
    assert found[network.STATIONS][KIND,] == 5
    assert found[network.SILENT][KIND,] == 1
    assert found[network.UNHEARD][KIND,] == 1
    assert found[network.AHEAD][KIND,] == 1


def hours(step: Worker, name: str, first: int, count: int) -> None:
    """So many hours of a station, from `first` hours after midnight on."""
    for hour in range(first, first + count):
        time = MIDNIGHT + hour * HOUR
        step.log.add(entry(report(time, 100 + hour, {"PM10": 80}, name=name, period="PT1H"), name=name,
                           received=time + HOUR + 60))  # fmt: skip
        step.take(time + HOUR + 90)


def test_yesterdays_transmission_rate_counts_a_station_without_data_as_nought(ground: Ground, step: Worker) -> None:
    """12 of 24 hours of one, none of another that had reported before: a quarter. Three never sent anything."""
    for name in ("net-well", "net-silent"):
        hours(step, name, -24, 24)
    hours(step, "net-well", 0, 12)
    while step.tick(NOW):
        pass
    assert seen(ground, NOW)[network.TRANSMISSION][KIND,] == pytest.approx(0.25)


def test_a_first_day_has_no_transmission_rate(ground: Ground, step: Worker) -> None:
    hours(step, "net-well", 0, 12)
    while step.tick(NOW):
        pass
    assert seen(ground, NOW)[network.TRANSMISSION] == {}


def test_what_waits_to_be_told_to_kafka_is_counted_with_its_age(ground: Ground, step: Worker) -> None:
    before = seen(ground, NOW)[network.OUTBOX][()]
    ground.rows(
        "insert into outbox (consumer, partition, topic, key, value, written_at)"
        " values ('city', 99, 'nowhere', 'k', '', now() - interval '1 day')"
    )
    found = seen(ground, NOW)
    assert found[network.OUTBOX][()] == before + 1
    assert DAY <= found[network.OUTBOX_AGE][()] < DAY + MINUTE


def test_the_databases_clock_is_held_against_ours(ground: Ground, step: Worker) -> None:
    assert abs(seen(ground, NOW)[network.DATABASE_AHEAD][()]) < 1


SIGHT = Family("sight", "Of a test.")


@contextmanager
def looking(
    settings: CoreSettings, name: str, every: float = 0.05
) -> Iterator[tuple[CollectorRegistry, threading.Event]]:
    registry, stop = CollectorRegistry(), threading.Event()
    looker = Looker(settings, "worker", name, Seen(SIGHT, registry=registry), lambda _cursor: {SIGHT: {(): 1.0}}, every)
    thread = looker.start(stop)
    try:
        yield registry, stop
    finally:
        stop.set()
        thread.join(timeout=30)


def test_of_two_one_looks_and_the_other_takes_over(stack: CoreSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "ASK_AGAIN_S", 0.05)
    with looking(stack, "test-two") as (first, end_first):
        eventually("the first looks", lambda: first.get_sample_value("sight") == 1)
        with looking(stack, "test-two") as (second, _):
            eventually("it looks on", lambda: first.get_sample_value("sight") == 1)
            assert second.get_sample_value("sight") is None
            end_first.set()
            eventually("the second takes over", lambda: second.get_sample_value("sight") == 1)
            eventually("the first tells nothing", lambda: first.get_sample_value("sight") is None)


def test_who_stands_still_between_looks_loses_the_lock(stack: CoreSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "ASK_AGAIN_S", 0.05)
    monkeypatch.setattr(Looker, "_longest_rest_s", 0.5)
    with looking(stack, "test-still", every=600.0) as (first, _):
        eventually("the first looks", lambda: first.get_sample_value("sight") == 1)
        with looking(stack, "test-still") as (second, _):
            eventually("the second takes over", lambda: second.get_sample_value("sight") == 1)


def test_a_database_that_is_away_is_counted_and_nothing_is_told(
    stack: CoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "ASK_AGAIN_S", 0.05)
    away = stack.model_copy(update={"postgres_port": 1})
    labels = {"of": "test-away", "outcome": "failed"}
    with looking(away, "test-away") as (registry, _):
        eventually("it has failed twice", lambda: (REGISTRY.get_sample_value("lantian_looks_total", labels) or 0) >= 2)
        assert registry.get_sample_value("sight") is None
