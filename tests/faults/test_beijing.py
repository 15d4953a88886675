"""Six Beijing sites, 2013–2017, over MQTT, Kafka and TimescaleDB: the published days, whatever dies on the way.

`make test` replays a winter month that holds the end of a year, in which days without readings, without valid O3 and
with few hours stand; `make test-beijing` all four years, and tells how long it took.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import md5
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pipeline import ROOT, Pipeline, Process, Row, frozen, outage, running_pipeline
from waiting import eventually

from alerts.rules import book
from core import kafka

pytestmark = [pytest.mark.stack, pytest.mark.timeout(3600)]

REGISTRY = ROOT / "ingest" / "registries" / "beijing.csv"
FACTORS = {"PM2.5": "a34004", "PM10": "a34002", "SO2": "a21026", "NO2": "a21004", "CO": "a21005", "O3": "a05024"}
EIGHT_HOUR_MAX = "a05024_8h_max"
HOURLY_MAX = "a05024_1h_max"

Cell = tuple[int, float | None]
"""How many valid hours or windows, and the value if it is valid."""
Day = tuple[str, str]
"""A station and a day of Asia/Shanghai."""


@dataclass(frozen=True)
class Extent:
    """Which days to replay, how fast the disturbed replays may go, and how long servers are away."""

    first: date
    end: date
    window: int
    """Reports under way at once: what paces a replay so that something is always under way when something dies."""
    away: float
    patience: float

    @property
    def options(self) -> list[str]:
        return ["--from", self.first.isoformat(), "--to", self.end.isoformat()]


WINTER = Extent(date(2014, 12, 15), date(2015, 1, 15), window=250, away=5, patience=240)
WHOLE = Extent(date(2013, 3, 1), date(2017, 3, 1), window=5000, away=30, patience=2400)


@dataclass
class Outcome:
    """What a replay left in the database, once nothing moves any more."""

    sent: dict[str, Any]
    seconds: float
    """From the start of the replay to its last statistic."""
    days: dict[Day, dict[str, Cell]]
    statistics: dict[tuple[str, str, str], str]
    """Object, window and start → MD5 of all that is compared."""
    rejected: list[Row] = field(default_factory=list)
    crowded: list[Row] = field(default_factory=list)
    """Readings with more than one current value."""
    numbers: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Station → rows, distinct numbers, greatest number."""
    current: int = 0
    """Current readings."""
    alerts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Rule, object and first window → MD5 of what ended it and of its windows."""
    backtested: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    """Rule → object and first window (UTC seconds) of the alerts that `lantian rules backtest` names."""

    @property
    def checksum(self) -> str:
        """Of everything that is compared."""
        return md5(json.dumps(sorted(self.statistics.items())).encode(), usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module", params=[WINTER, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=["winter", "whole"])
def extent(request: pytest.FixtureRequest) -> Extent:
    found: Extent = request.param
    return found


@pytest.fixture(scope="module")
def reference(data_dir: Path, extent: Extent) -> dict[Day, dict[str, Cell]]:
    """What the days should be; a day or a factor without any reading has no statistic, so none is expected."""
    table = pd.read_csv(data_dir / "air" / "beijing_daily_reference.csv.gz")
    table = table[(table["date"] >= extent.first.isoformat()) & (table["date"] < extent.end.isoformat())]
    found = {}
    for row in table.to_dict("records"):
        cells = {
            code: (int(row[f"{name}_n"]), _number(row[f"{name}_mean"]))
            for name, code in FACTORS.items()
            if row[f"{name}_n"]
        }
        if FACTORS["O3"] in cells:
            cells[EIGHT_HOUR_MAX] = (int(row["O3_8h_windows"]), _number(row["O3_8h_max_valid"]))
            cells[HOURLY_MAX] = (int(row["O3_n"]), _number(row["O3_1h_max"]))
        if cells:
            found[row["station"], row["date"]] = cells
    return found


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@contextmanager
def beijing(folder: Path, **settings: str) -> Iterator[Pipeline]:
    with running_pipeline(folder, REGISTRY, **settings) as pipeline:
        pipeline.engine.start()
        pipeline.engine.wait_ready()
        yield pipeline


def outcome(pipeline: Pipeline, replay: Process, started: float, extent: Extent) -> Outcome:
    """Wait for the end of a replay and of all that follows from it, and look."""
    sent = pipeline.finished(replay, extent.patience)
    pipeline.wait_settled(extent.patience)
    seconds = time.monotonic() - started
    return Outcome(sent, seconds, days(pipeline), statistics(pipeline), *standing(pipeline), alerts(pipeline))


def days(pipeline: Pipeline) -> dict[Day, dict[str, Cell]]:
    rows = pipeline.rows(
        "select substr(s.object, 9), (s.start at time zone 'Asia/Shanghai')::date::text, l.factors, s.n_valid,"
        ' s."values", s.states from statistic s join layout l on l.layout_id = s.layout'
        " where s.time_window = 'day' and s.object like 'station:%'"
    )
    assert not [row for row in rows if "O" in row[5]], "every day is over"
    return {
        (station, day): {
            factor: (n, _number(value))
            for factor, n, value in zip(factors, n_valid, values, strict=True)
            if "AQI" not in factor  # of which the reference has none
        }
        for station, day, factors, n_valid, values, _ in rows
    }


def statistics(pipeline: Pipeline) -> dict[tuple[str, str, str], str]:
    rows = pipeline.rows(
        'select s.object, s.time_window, s.start::text, md5(row(s.tier, s.sanddust, l.factors, s."values", s.n_valid,'
        " s.n_expected, s.reasons, s.edition)::text) from statistic s join layout l on l.layout_id = s.layout"
    )
    return {(name, window, start): digest for name, window, start, digest in rows}


def alerts(pipeline: Pipeline) -> dict[tuple[str, str, str], str]:
    rows = pipeline.rows(
        "select a.rule_id, a.object, a.first_start::text,"
        " md5(row(a.cleared_at, a.peak_start, a.severity, a.peak_severity,"
        " array_agg((v.start, v.value, v.level, v.lead) order by v.start))::text)"
        " from v_alerts a join v_alert_values v using (alert_id) where a.state <> 'withdrawn' group by a.alert_id,"
        " a.rule_id, a.object, a.first_start, a.cleared_at, a.peak_start, a.severity, a.peak_severity"
    )
    return {(rule, name, first): digest for rule, name, first, digest in rows}


def backtested(pipeline: Pipeline, extent: Extent) -> dict[str, set[tuple[str, int]]]:
    last = (extent.end - timedelta(days=1)).isoformat()
    found = {}
    for rule in book.load():
        if {"air", "city"} & set(rule.watch.kinds):
            words = ("rules", "backtest", rule.id, "--from", extent.first.isoformat(), "--to", last, "--json")
            answer = json.loads(pipeline.run(*words))
            found[rule.id] = {(item["object"], item["first_start"]) for item in answer["items"]}
    return found


def standing(pipeline: Pipeline) -> tuple[list[Row], list[Row], dict[str, tuple[int, int, int]], int]:
    rejected = pipeline.rows("select reason, count(*) from rejected group by 1")
    crowded = pipeline.rows(
        "select r.station_id, r.period, r.time, v.factor from report r join layout l on l.layout_id = r.layout,"
        " unnest(l.factors) with ordinality as v(factor, place)"
        " where coalesce(substr(r.mask, v.place::int, 1), 'C') = 'C' group by 1, 2, 3, 4 having count(*) > 1"
    )
    numbers = pipeline.rows(
        "select s.station, count(*), count(distinct (r.source, r.run, r.seq)), max(r.seq)"
        " from report r join station s using (station_id) group by 1"
    )
    current = pipeline.rows(
        'select count(*) from report r, unnest(r."values") with ordinality as v(value, place)'
        " where coalesce(substr(r.mask, v.place::int, 1), 'C') = 'C'"
    )
    return rejected, crowded, {name: tuple(counts) for name, *counts in numbers}, current[0][0]


@pytest.fixture(scope="module")
def undisturbed(data_dir: Path, extent: Extent, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """In order, once, with nothing dying."""
    with beijing(tmp_path_factory.mktemp("undisturbed") / "stack") as pipeline:
        started = time.monotonic()
        replay = pipeline.replay(str(measurements(data_dir)), *extent.options)
        found = outcome(pipeline, replay, started, extent)
        found.backtested = backtested(pipeline, extent)
    tell("in order", found)
    return found


def measurements(data_dir: Path) -> Path:
    return data_dir / "air" / "beijing_2013_2017.parquet"


def tell(how: str, found: Outcome) -> None:
    """For who runs this with `-s`: the figures."""
    readings = found.sent["readings"]
    sys.stderr.write(
        f"\nbeijing {how}: {found.sent['reports']} reports, {readings} readings in {found.seconds:.1f} s from the first"
        f" report to the last statistic: {readings / found.seconds:.0f} readings/s; durable in Kafka after"
        f" {found.sent['seconds']:.1f} s: {readings / found.sent['seconds']:.0f} readings/s;"
        f" {found.sent['copies']} copies, {found.sent['repeated']} repeats; checksum {found.checksum}\n"
    )


def test_no_day_is_missing_and_none_is_extra(undisturbed: Outcome, reference: dict[Day, dict[str, Cell]]) -> None:
    assert undisturbed.days.keys() == reference.keys()


def test_every_day_has_the_factors_and_counts_of_the_reference(
    undisturbed: Outcome, reference: dict[Day, dict[str, Cell]]
) -> None:
    found = {day: {factor: n for factor, (n, _) in cells.items()} for day, cells in undisturbed.days.items()}
    assert found == {day: {factor: n for factor, (n, _) in cells.items()} for day, cells in reference.items()}


def test_every_day_has_the_means_and_ozone_maxima_of_the_reference(
    undisturbed: Outcome, reference: dict[Day, dict[str, Cell]]
) -> None:
    places = [(day, factor) for day, cells in reference.items() for factor in cells]
    found = [undisturbed.days[day][factor][1] for day, factor in places]
    expected = [reference[day][factor][1] for day, factor in places]
    assert [value is None for value in found] == [value is None for value in expected]
    values, wanted = (np.array([value for value in side if value is not None]) for side in (found, expected))
    np.testing.assert_allclose(values, wanted, rtol=0, atol=1e-6)


def test_every_report_is_stored_once_and_none_is_rejected(undisturbed: Outcome) -> None:
    assert_complete(undisturbed)


def test_the_engine_has_opened_the_alerts_that_a_backtest_names(undisturbed: Outcome) -> None:
    opened: dict[str, set[tuple[str, int]]] = {rule: set() for rule in undisturbed.backtested}
    for rule, name, first in undisturbed.alerts:
        opened[rule].add((name, int(datetime.fromisoformat(first).timestamp())))
    assert opened == undisturbed.backtested
    assert sum(map(len, opened.values())) > 20


def assert_complete(found: Outcome) -> None:
    """Every number has arrived, none twice; every reading is current, once."""
    assert found.sent["complete"]
    assert found.rejected == []
    assert found.crowded == []
    assert all(rows == distinct == last for rows, distinct, last in found.numbers.values()), found.numbers
    assert sum(rows for rows, _, _ in found.numbers.values()) == found.sent["reports"]
    assert found.current == found.sent["readings"]


def assert_same(found: Outcome, undisturbed: Outcome) -> None:
    """The same tables: value, counts, validity, reason and edition of every statistic, and every alert's windows."""
    before, after = undisturbed.statistics, found.statistics
    different = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    assert not different, f"{len(different)} of {len(before)} statistics differ, first {different[:5]}"
    assert found.checksum == undisturbed.checksum
    assert found.alerts == undisturbed.alerts


def disturbed(data_dir: Path, folder: Path, extent: Extent) -> Any:
    """A pipeline whose senders keep little under way, so that a replay lasts long enough to be disturbed."""
    return beijing(
        folder,
        LANTIAN_SENDER_WINDOW=str(extent.window),
        LANTIAN_SENDER_RESEND_SECONDS="2",
        LANTIAN_BRIDGE_ACK_SECONDS="0.3",
    )


def test_shuffled_with_copies_and_kills_gives_the_same_statistics(
    data_dir: Path, extent: Extent, undisturbed: Outcome, tmp_path: Path
) -> None:
    with disturbed(data_dir, tmp_path / "stack", extent) as pipeline:
        started = time.monotonic()
        replay = pipeline.replay(
            str(measurements(data_dir)), *extent.options, "--shuffle", "--duplicate", "0.1", "--seed", "7"
        )
        eventually("reports arrive", partial(arrived, pipeline))
        kill_worker_within_a_transaction(pipeline)
        pipeline.engine.kill()
        pipeline.engine.start()
        kill_bridge_with_reports_in_flight(pipeline)
        kill_broker_and_bridge_with_undelivered_reports(pipeline)
        assert replay.running, "all of them died in the middle"
        found = outcome(pipeline, replay, started, extent)
    tell("shuffled, copied, killed", found)
    assert found.sent["copies"] > 0
    assert found.sent["repeated"] > 0, "what died with the broker or the bridge had to be sent again"
    assert_complete(found)
    assert_same(found, undisturbed)


def kill_worker_within_a_transaction(pipeline: Pipeline) -> None:
    """It dies with rows written and not committed."""

    def caught() -> bool:
        with frozen(pipeline.worker.pid):
            if not pipeline.writing():
                return False
            pipeline.worker.kill()
            return True

    eventually("the worker is in the middle of a transaction", caught)
    pipeline.worker.start()


def kill_bridge_with_reports_in_flight(pipeline: Pipeline) -> None:
    """It dies with reports taken from the broker that Kafka has not acknowledged."""
    with frozen(pipeline.stack.pid("kafka")):
        eventually("the bridge waits for Kafka", lambda: pipeline.bridge.metric("lantian_bridge_in_flight_entries") > 0)
        pipeline.bridge.kill()
    pipeline.bridge.start()
    pipeline.bridge.wait_ready()


def kill_broker_and_bridge_with_undelivered_reports(pipeline: Pipeline) -> None:
    """Reports die that the broker has confirmed to the sender: with the bridge, what waits in its socket does, too."""
    with frozen(pipeline.bridge.pid):
        eventually("reports wait for the bridge", lambda: pipeline.unread(pipeline.bridge) > 0)
        pipeline.stack.kill("mosquitto")
        pipeline.bridge.kill()
    pipeline.stack.start("mosquitto")
    pipeline.bridge.start()
    pipeline.bridge.wait_ready()


def test_outages_of_kafka_and_of_the_database_lose_nothing_and_repeat_nothing(
    data_dir: Path, extent: Extent, undisturbed: Outcome, tmp_path: Path
) -> None:
    with disturbed(data_dir, tmp_path / "stack", extent) as pipeline:
        started = time.monotonic()
        replay = pipeline.replay(str(measurements(data_dir)), *extent.options)
        eventually("reports arrive", partial(arrived, pipeline))
        outage(pipeline.stack, "kafka", extent.away)
        assert replay.running, "no replay ends without Kafka"
        eventually("reports arrive again", partial(arrived, pipeline, beyond=arrived(pipeline)))
        before = pipeline.log_ends(kafka.REPORTS)
        outage(pipeline.stack, "postgres", extent.away)
        assert pipeline.log_ends(kafka.REPORTS) != before, "Kafka took reports while the database was away"
        found = outcome(pipeline, replay, started, extent)
        assert pipeline.bridge.running
        assert pipeline.worker.running
    tell("with outages", found)
    assert_complete(found)
    assert_same(found, undisturbed)


def arrived(pipeline: Pipeline, beyond: int = 0) -> int:
    """Reports in the database, 0 if there are not more than `beyond`."""
    found = int(pipeline.rows("select count(*) from report")[0][0])
    return found if found > beyond else 0
