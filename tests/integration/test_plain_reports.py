"""Reports taken by columns come to the same as reports taken one by one, whatever stands between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, OZONE, PM10, PM25, Value, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.hours import HourKey
from aggregate.judge import ORIGINS
from aggregate.plain.sorter import Sorted, Sorter
from aggregate.reading import Position
from core.clock import MICROS
from core.settings import CoreSettings
from ingest.envelope import Entry, EntryKind, Source
from ingest.report import Origin

pytestmark = pytest.mark.stack

PERIOD = 20 * MINUTE
STATIONS = ("plain-air", "plain-dust", "plain-moved")
MOVED_AT = MIDNIGHT + 8 * HOUR
"""From then on the third station is another's, with a narrower range of PM10."""
BEGIN = MIDNIGHT + 7 * HOUR
TABLES = {
    "report": "station_id, time, period, source, run, seq, issued",
    "rejected": "partition, log_offset, entry",
    "intake": "partition, from_offset",
    "statistic": "object, time_window, start, tier, sanddust",
}
UNLIKE = {
    "rejected": ("rejected_id",),
    "intake": ("intake_id", "cluster"),
    "statistic": ("version", "revision", "due", "changed_at"),
}
"""Numbers that the database gives out, and what is not compared between runs (state-model)."""
SETTLED = MIDNIGHT + 10 * DAY


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("plain"))
    kinds = ("air", "dust", "dust")
    made.stations(
        *(f"{name},站,{kind},140502,plain-city,PT20M,city,," for name, kind in zip(STATIONS, kinds, strict=True))
    )
    made.stations(f"{STATIONS[2]},站,dust,140502,plain-city,PT20M,city,,PM10 0..90", since="2026-03-10T08:00:00+08:00")
    return made


class Turn(NamedTuple):
    """What happens to the worker next."""

    entries: tuple[Entry, ...]
    after: str
    """`go on`, `tick` or `gain` (take the partitions over anew)."""


ODD = (
    "flag",
    "none",
    "far",
    "unknown",
    "bad",
    "twice",
    "names",
    "period",
    "origin",
    "source",
    "topic",
    "late",
    "status",
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """A report of one of the stations, in order or not, the half of them plain."""
    name = draw(st.sampled_from(STATIONS))
    slot = draw(st.integers(0, 8))
    time = BEGIN + slot * PERIOD
    odd = draw(st.sampled_from(("",) * len(ODD) + ODD))
    some_names = st.sampled_from(((PM25, PM10), (OZONE, CO, PM10), ("PM10",), ()))
    names = draw(some_names) if odd == "names" else (PM10, PM25)
    pairs: list[tuple[str, Value]] = [(factor, draw(st.sampled_from((1, 17.5, 80.25, 95.0)))) for factor in names]
    more: dict[str, tuple[str, Value]] = {
        "flag": (CO, {"v": 5.0, "flag": draw(st.sampled_from("NDM"))}),
        "none": (CO, None),
        "far": (CO, 1e9),
        "unknown": ("zzz", 1.0),
        "twice": (PM10, 3.0),
    }
    if odd in more:
        pairs.append(more[odd])
    head: dict[str, Any] = {"period": "PT20M", "run": draw(st.sampled_from((0, 0, 0, 1)))}
    if odd == "period":
        head["period"] = draw(st.sampled_from(("PT1H", "P1D", "PT0S")))
    if odd == "origin":
        head["origin"] = draw(st.sampled_from(("live", "resent")))
    if draw(st.booleans()) and odd != "period":
        del head["period"]
    body = report(time + draw(st.sampled_from((0, 0, 0, 7))), draw(st.sampled_from((slot + 1, slot + 20))), pairs,
                  name=name, **head)  # fmt: skip
    made = entry(
        body[:-1] if odd == "bad" else body,
        name="plain-other" if odd == "topic" else name,
        received=time + (draw(st.sampled_from((PERIOD + HOUR + 1, -600))) if odd == "late" else PERIOD),
        source=draw(st.sampled_from((Source.REPLAY, Source.PERSON))) if odd == "source" else Source.DEVICE,
        kind=EntryKind.STATUS if odd == "status" else EntryKind.REPORT,
        retry=odd == "none",
    )
    return msgspec.structs.replace(made, correlation=draw(st.sampled_from(("", "c-1", "c-10", "关联"))))


def turns() -> st.SearchStrategy[list[Turn]]:
    """Single reports and small batches, so that hours come about over several turns."""
    after = st.sampled_from(("go on",) * 6 + ("tick", "gain"))
    batch = st.lists(entries(), min_size=1, max_size=8)
    in_order = batch.map(lambda found: sorted(found, key=lambda each: each.received))
    return st.lists(st.builds(Turn, st.one_of(batch, in_order).map(tuple), after), min_size=1, max_size=8)


def outcome(ground: Ground, story: Sequence[Turn]) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in the tables when all is settled."""
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(BEGIN)
        for number, turn in enumerate(story):
            now = BEGIN + (number + 1) * HOUR
            made.log.add(*turn.entries)
            made.take(now)
            _after(made, turn.after, now)
        for day in range(3):  # open, provisional, final
            made.tick(SETTLED + day * DAY)
    return {table: _rows(ground, table, order) for table, order in TABLES.items()}


def _after(made: Worker, what: str, now: int) -> None:
    if what == "gain":
        made.gain(now)
    if what != "go on":
        made.tick(now + 10 * MINUTE)


def _rows(ground: Ground, table: str, order: str) -> list[tuple[Any, ...]]:
    columns = ground.rows(
        "select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns"
        " where table_schema = 'lantian' and table_name = %s and column_name <> all(%s)",
        table, list(UNLIKE.get(table, ())),
    )  # fmt: skip
    return ground.rows(f"select array[row({columns[0][0]})::text] from {table} order by {order}")


@seed(7)
@settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
@given(story=turns())
def test_by_columns_comes_to_the_same_as_one_by_one(ground: Ground, story: list[Turn]) -> None:
    by_columns = outcome(ground, story)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sorter, "sort", lambda _self, _cursor, of: Sorted([], {each.station for _, each in of}, {}))
        one_by_one = outcome(ground, story)
    assert by_columns == one_by_one


@pytest.fixture
def made(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as found:
        found.gain(BEGIN)
        yield found


def sent(slot: int, value: float = 80.0, **head: Any) -> Entry:
    time = BEGIN + slot * PERIOD
    body = report(time, slot + 1, {PM10: value, PM25: 40.0}, name=STATIONS[0], period="PT20M", **head)
    return entry(body, name=STATIONS[0], received=time + PERIOD + 1)


def sorted_as_plain(made: Worker, *of: Entry) -> int:
    step: Any = made.step
    located = [(Position(0, 0, place), each) for place, each in enumerate(of)]
    with made.database, made.database.cursor() as cursor:
        return sum(len(reports.time) for reports in step._sorter.sort(cursor, located).plain)


def test_reports_in_order_are_plain(made: Worker) -> None:
    made.log.add(sent(0))
    made.take(BEGIN + HOUR)
    assert sorted_as_plain(made, sent(1), sent(2)) == 2


def test_a_report_of_a_time_that_stands_is_not_plain(made: Worker) -> None:
    made.log.add(sent(1))
    made.take(BEGIN + HOUR)
    assert sorted_as_plain(made, sent(1)) == 0


def test_two_reports_of_one_time_are_not_plain(made: Worker) -> None:
    made.log.add(sent(0))
    made.take(BEGIN + HOUR)
    assert sorted_as_plain(made, sent(1), sent(1, run=1), sent(2)) == 0


def named(slot: int, *factors: str) -> Entry:
    time = BEGIN + slot * PERIOD
    body = report(time, slot + 1, dict.fromkeys(factors, 10.1 * (slot + 1)), name=STATIONS[0], period="PT20M")
    return entry(body, name=STATIONS[0], received=time + PERIOD + 1)


def test_a_station_that_names_its_factors_in_two_ways_in_one_batch_has_no_plain_reports(made: Worker) -> None:
    made.log.add(sent(0))
    made.take(BEGIN + HOUR)
    assert sorted_as_plain(made, named(1, PM10, PM25), named(2, PM25, PM10)) == 0


def test_an_hour_told_in_several_ways_at_once_is_made_of_all_its_reports(made: Worker, ground: Ground) -> None:
    made.log.add(named(0, PM10, PM25), named(1, PM10), named(2, PM25, PM10))
    made.take(BEGIN + HOUR)
    made.tick(BEGIN + 2 * HOUR)
    cells, _, _ = ground.hour(f"station:{STATIONS[0]}", BEGIN)
    assert (cells[PM10].n_valid, cells[PM25].n_valid) == (3, 2)


def test_one_report_that_is_not_plain_has_all_of_its_station_taken_one_by_one(made: Worker) -> None:
    made.log.add(sent(0))
    made.take(BEGIN + HOUR)
    assert sorted_as_plain(made, sent(1), sent(2, value=1e9)) == 0


def test_a_report_in_a_day_that_is_closed_somewhere_is_not_plain(made: Worker, ground: Ground) -> None:
    made.log.add(sent(0))
    made.take(BEGIN + HOUR)
    assert sorted_as_plain(made, sent(1)) == 1
    ground.rows(
        "insert into closed_day (station, day, partition, closed_at) values ('elsewhere', lantian.day_of("
        "to_timestamp(%s)), 0, now())", BEGIN,
    )  # fmt: skip
    assert sorted_as_plain(made, sent(1)) == 0


def test_a_version_of_the_station_that_begins_later_judges_from_then_on(made: Worker, ground: Ground) -> None:
    def of_moved(slot: int) -> Entry:
        time = MOVED_AT + slot * PERIOD
        body = report(time, slot + 9, {PM10: 95.0}, name=STATIONS[2], period="PT20M")
        return entry(body, name=STATIONS[2], received=time + PERIOD + 1)

    for slot in (-1, 0, 1):
        made.log.add(of_moved(slot))
        made.take(MOVED_AT + HOUR)
    assert ground.rows("select reason from rejected order by log_offset") == [("OUT_OF_RANGE",)] * 2


def test_a_live_report_that_comes_late_is_kept_as_resent(made: Worker, ground: Ground) -> None:
    late = msgspec.structs.replace(sent(1), received=(BEGIN + 2 * PERIOD + HOUR + 1) * MICROS)
    for each in (sent(0), late):
        made.log.add(each)
        made.take(BEGIN + 3 * HOUR)
    live, resent = ORIGINS[Origin.LIVE], ORIGINS[Origin.RESENT]
    assert ground.rows("select origin from report order by time") == [(live,), (resent,)]


def test_an_hour_in_memory_is_not_read_back(made: Worker, monkeypatch: pytest.MonkeyPatch, ground: Ground) -> None:
    asked: list[HourKey] = []

    def read_back(_cursor: object, _layouts: object, keys: Sequence[HourKey]) -> dict[HourKey, Any]:
        asked.extend(keys)
        return {}

    monkeypatch.setattr("aggregate.recompute.load_readings", read_back)
    for slot in range(3):
        made.log.add(sent(slot))
        made.take(BEGIN + HOUR)
    cells, _, states = ground.hour(f"station:{STATIONS[0]}", BEGIN)
    assert (cells[PM10].value, set(states), asked) == (80.0, {"P"}, [])


def test_an_hour_in_memory_that_is_corrected_is_read_back(made: Worker, ground: Ground) -> None:
    corrected = sent(0, value=20.0, run=1)
    for each in (sent(0), sent(1), corrected, sent(2)):
        made.log.add(each)
        made.take(BEGIN + HOUR)
    assert ground.hour(f"station:{STATIONS[0]}", BEGIN)[0][PM10].value == 60.0


def test_an_hour_whose_beginning_was_not_seen_is_read_back(made: Worker, ground: Ground) -> None:
    made.log.add(sent(0, value=20.0))
    made.take(BEGIN + HOUR)
    made.gain(BEGIN + HOUR)
    made.log.add(sent(1), sent(2))
    made.take(BEGIN + HOUR)
    assert ground.hour(f"station:{STATIONS[0]}", BEGIN)[0][PM10].value == 60.0


def test_hours_of_yesterday_are_taken_like_those_of_today(made: Worker, ground: Ground) -> None:
    for day in (-1, 0):
        time = BEGIN + day * DAY
        body = report(time, day + 2, {PM10: 70.0}, name=STATIONS[0], period="PT1H")
        made.log.add(entry(body, name=STATIONS[0], received=time + HOUR))
        made.take(BEGIN + HOUR)
    assert {start for window, start in ground.windows(f"station:{STATIONS[0]}") if window == "hour"} == {
        BEGIN - DAY, BEGIN,
    }  # fmt: skip
