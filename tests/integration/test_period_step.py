"""Months, quarters and years on a real database: open until their last day, then what their days say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import count
from typing import Any

import psycopg2
import pytest
from reports import DAY, HOUR, PM10
from worker_stage import Ground, Log, Worker, worker

from aggregate import statement_step, statistic_store
from aggregate.cells import Cell, assemble
from aggregate.cities import MARGIN_S
from aggregate.periods import Periods
from aggregate.publish import batches
from aggregate.settle import Settled, settle
from aggregate.statistic import DEVICES, VARIANTS, Key, Reason, Tier, Variant, Window, decode_statements
from aggregate.statistic_store import Writer, read_keys, weight, write
from aggregate.steps import period_step
from aggregate.store import Layouts
from core import offsets
from core.clock import midnight
from core.kafka import STATISTICS, partition_of
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KIND_RULES, Kind, KindSettings
from ingest.registry import Registry
from standards.editions import HOURLY_FACTORS
from truth.periods import DAILY, edition_of, period_windows
from truth.statistics import Cell as TrueCell
from truth.statistics import Cells, day_index_cells, edition_at

pytestmark = pytest.mark.stack

AIR = KIND_RULES[Kind.AIR]
CITY, NAME = "year-town", "year-1"
OBJECT = f"station:{NAME}"
FIRST = date(2025, 12, 20)
DAYS = 110
LATER = midnight(date(2027, 2, 1))


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.stations(f"{NAME},站,air,140502,{CITY},PT1H,city,,")
    return made


class Days:
    """Writes days of the station as its worker would, and tells the step of them."""

    def __init__(self, ground: Ground, step: Worker) -> None:
        self.ground, self.step = ground, step
        self._layouts = Layouts()

    def say(self, now: int, *days: tuple[Key, Cells], city: str = CITY) -> None:
        """Days with their cells, told by a city's partition; all of them provisional."""
        with closing(connect(self.ground.settings, "worker", application="test")) as database, database, \
             database.cursor() as cursor:  # fmt: skip
            standing = read_keys(cursor, self._layouts, [key for key, _ in days])
            made = []
            for key, cells in days:
                content = assemble(
                    {name: Cell(*cell, live=False, complete=True) for name, cell in cells.items()},
                    edition_at(key.start).id,
                    dict.fromkeys(cells, 0),
                )
                settled = settle(key, standing.get(key), content, now=now, lateness=AIR.lateness_s)
                if settled is not None:
                    made.append((settled, Writer("worker", partition_of(NAME))))
            write(cursor, self._layouts, made)
        for message in batches(city, [settled.row.statement(Kind.AIR) for settled, _ in made]):
            self.step.log.add_bytes(partition_of(city), message.value)
        self.step.take(now)


@pytest.fixture
def days(ground: Ground) -> Iterator[Days]:
    ground.clear()
    with worker(ground.settings, Log(), period_step(KindSettings.load())) as step:
        step.gain(midnight(FIRST))
        yield Days(ground, step)


def key_of(day: date, variant: Variant = DEVICES) -> Key:
    return Key(OBJECT, Window.DAY, midnight(day), *variant)


def cells_of(dice: random.Random, day: date) -> Cells:
    cells: Cells = {}
    for name in DAILY:
        n = dice.choice([24, 24, 24, 22, 19])
        valid = n >= 20 and dice.random() < 0.97
        value = round(dice.uniform(0, 3 if name == "a21005" else 180), dice.choice([0, 1, 6]))
        cells[name] = TrueCell(value if valid else None, n, 24, Reason.VALID if valid else Reason.TOO_FEW_HOURS)
    return cells | day_index_cells(midnight(day), cells)


def month(ground: Ground, variant: Variant = DEVICES) -> tuple[Cells, str, str]:
    return ground.windows(OBJECT, variant)["month", midnight(date(2026, 1, 1))]


def test_a_period_is_open_until_its_last_day_is_through(ground: Ground, days: Days) -> None:
    dice = random.Random(1)
    january = [date(2026, 1, 1) + timedelta(days=n) for n in range(31)]
    for day in january[:-1]:
        days.say(midnight(day) + DAY + HOUR, (key_of(day), cells_of(dice, day)))
    assert set(month(ground)[2]) == {"O"}
    days.say(midnight(january[-1]) + DAY + 60, (key_of(january[-1]), cells_of(dice, january[-1])))
    assert set(month(ground)[2]) == {"P"}
    assert set(ground.windows(OBJECT)["year", midnight(date(2026, 1, 1))][2]) == {"O"}


def test_without_its_last_day_a_period_is_told_when_that_is_overdue(ground: Ground, days: Days) -> None:
    days.say(midnight(date(2026, 1, 5)), (key_of(date(2026, 1, 4)), cells_of(random.Random(1), date(2026, 1, 4))))
    overdue = midnight(date(2026, 2, 1)) + AIR.grace_s + 2 * MARGIN_S
    days.step.tick(overdue - 1)
    assert set(month(ground)[2]) == {"O"}
    days.step.tick(overdue)
    cells, edition, states = month(ground)
    assert (set(states), edition) == ({"P"}, "2012")
    assert cells[PM10] == TrueCell(None, cells[PM10].n_valid, 31, Reason.TOO_FEW_DAYS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_the_order_periods_are_what_their_days_say(ground: Ground, days: Days, seed: int) -> None:
    dice = random.Random(seed)
    span = [FIRST + timedelta(days=n) for n in range(DAYS)]
    said: dict[Variant, dict[date, Cells]] = {variant: {} for variant in VARIANTS}
    orders = [(day, DEVICES) for day in span if dice.random() < 0.95]
    orders += [(dice.choice(orders)[0], dice.choice(VARIANTS)) for _ in range(40)]
    half = len(span) // 2
    orders[half:] = dice.sample(orders[half:], len(orders) - half)
    place = 0
    while place < len(orders):
        batch = orders[place : place + dice.choice([1, 5, 30])]
        place += len(batch)
        told = {key_of(day, variant): cells_of(dice, day) for day, variant in batch}
        for day, variant in batch:
            said[variant][day] = told[key_of(day, variant)]
        days.say(LATER + place, *told.items())
        if dice.random() < 0.2:
            days.step.gain(LATER + place)
            days.step.tick(LATER + place)
    for variant in VARIANTS:
        holds: dict[date, Cells] = {}
        for other in VARIANTS:
            nearer = (other.tier is Tier.RAW or variant.tier is Tier.REVIEWED) and (
                other.sanddust or not variant.sanddust
            )
            holds |= said[other] if nearer else {}
        expected = period_windows({midnight(day): cells for day, cells in holds.items()})
        windows = {key: row for key, row in ground.holding(OBJECT, variant).items() if key[0] != "day"}
        assert {key: row[0] for key, row in windows.items()} == expected
        assert all(row[1] == edition_of(*key) for key, row in windows.items())


def test_a_correction_of_a_day_runs_up_to_the_year_as_a_revision(ground: Ground, days: Days) -> None:
    dice = random.Random(4)
    year = [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]
    days.say(LATER, *((key_of(day), cells_of(dice, day)) for day in year))
    days.step.tick(LATER + AIR.lateness_s)
    before = ground.windows(OBJECT)
    assert set(before["year", midnight(year[0])][2]) == {"F"}
    days.say(LATER + 2 * AIR.lateness_s, (key_of(year[40]), cells_of(dice, year[40])))
    after = ground.windows(OBJECT)
    for window, start in (("month", date(2025, 2, 1)), ("quarter", date(2025, 1, 1)), ("year", date(2025, 1, 1))):
        assert before[window, midnight(start)][0] != after[window, midnight(start)][0]
    kept = ground.rows("select time_window from statistic_revision where object = %s order by 1", OBJECT)
    assert [window for (window,) in kept if window != "day"] == ["month", "quarter", "year"]
    assert before["month", midnight(date(2025, 1, 1))] == after["month", midnight(date(2025, 1, 1))]


def test_others_are_told_of_a_period_once_it_is_through(ground: Ground, days: Days) -> None:
    dice = random.Random(5)
    january = [date(2026, 1, 1) + timedelta(days=n) for n in range(31)]
    days.say(midnight(date(2026, 2, 1)) + 60, *((key_of(day), cells_of(dice, day)) for day in january))
    told = [s for record in ground.told(STATISTICS, "period") for s in decode_statements(record).statements]
    assert [(s.object, s.kind, s.window, s.version) for s in told] == [(OBJECT, Kind.AIR, Window.MONTH, 1)]
    assert set(HOURLY_FACTORS[:4]) <= set(told[0].factors)


YEARS = [date(year, 1, 2) for year in range(2021, 2025)]
TWO_YEARS = 2 * weight(Window.YEAR)


def test_years_that_fall_due_at_once_are_made_a_slice_a_transaction(
    ground: Ground, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in YEARS:
        days.say(midnight(day) + DAY, (key_of(day), cells_of(random.Random(1), day)))
    monkeypatch.setattr(statistic_store, "SLICE", TWO_YEARS)
    made, more = [0], True
    while more:
        more = days.step.tick(LATER)
        made.append(ground.count("statistic where time_window = 'year' and strpos(states, 'O') = 0"))
        assert made[-1] - made[-2] <= 2
    assert made[-1] == len(YEARS)
    assert ground.count("statistic where strpos(states, 'O') > 0") == 0


def test_what_statements_touch_of_many_years_is_made_slice_by_slice(
    ground: Ground, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    slices: list[int] = []
    make = Periods.make

    def weighed(maker: Periods, cursor: Any, registry: Registry, windows: list[Key], *rest: Any) -> list[Settled]:
        slices.append(sum(weight(key.window) for key in windows))
        return make(maker, cursor, registry, windows, *rest)

    monkeypatch.setattr(Periods, "make", weighed)
    monkeypatch.setattr(statement_step, "SLICE", TWO_YEARS)
    days.say(LATER, *((key_of(day), cells_of(random.Random(1), day)) for day in YEARS))
    assert max(slices) <= TWO_YEARS
    assert ground.count("statistic where time_window = 'year' and strpos(states, 'O') = 0") == len(YEARS)


def test_of_a_station_that_has_moved_the_year_is_written_under_the_lock_of_its_first_city(
    ground: Ground, days: Days
) -> None:
    elsewhere = next(name for number in count() if partition_of(name := f"elsewhere-{number}") != partition_of(CITY))
    ground.stations(f"moved,站,air,140502,{CITY},PT1H,city,,")
    ground.stations(f"moved,站,air,140502,{elsewhere},PT1H,city,,", since="2026-01-10T00:00:00+08:00")
    key = key_of(date(2026, 1, 12))._replace(object="station:moved")
    with closing(connect(ground.settings, "owner", application="test")) as other, other, other.cursor() as cursor:
        offsets.hold(cursor, "period", STATISTICS, [partition_of(CITY)])
        with days.step.database, days.step.database.cursor() as impatient:
            impatient.execute("set lock_timeout = '200ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            days.say(key.end, (key, cells_of(random.Random(1), date(2026, 1, 12))), city=elsewhere)
    days.step.take(key.end)
    assert ground.rows(
        "select distinct partition from statistic where object = %s and maker = 'period'", key.object
    ) == [(partition_of(CITY),)]
