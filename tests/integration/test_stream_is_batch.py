"""The same reports, in whatever order and pieces, settle to the same statistics: those of the slow computation."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import pytest
from reports import CO, DAY, HOUR, MIDNIGHT, MINUTE, OZONE, PM10, PM25, Value, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.statistic import VARIANTS, Tier, Variant
from aggregate.steps import city_step, period_step
from core.kafka import STATISTICS, partition_of
from core.settings import CoreSettings
from ingest.envelope import Entry, Source
from ingest.kinds import KIND_RULES, Kind, KindSettings
from truth.periods import edition_of, period_windows
from truth.statistics import Reading, Windows, all_windows, city_cells, city_day_cells

pytestmark = pytest.mark.stack

DUST = (MIDNIGHT + 9 * HOUR, MIDNIGHT + 10 * HOUR)
"""Hours that a sand-dust period of the city touches; it does not end at a full hour."""
BEGIN, END = MIDNIGHT - 4 * HOUR, MIDNIGHT + 22 * HOUR
SETTLED = END + 60 * DAY
OUT_OF_RANGE = -80.0
"""What no factor here can be: rejected wherever its flag is N."""


class Station(NamedTuple):
    """A monitor: its name and kind, its periods in seconds, and the layouts that its reports take turns in."""

    name: str
    kind: Kind
    periods: tuple[int, ...]
    layouts: tuple[tuple[str, ...], ...]


STATIONS = (
    Station("mix-air", Kind.AIR, (900, 3600), ((PM10, PM25, OZONE), (CO, OZONE), (OZONE, PM10))),
    Station("mix-five", Kind.AIR, (1200,), ((PM10, CO, OZONE, PM25),)),
    Station("mix-dust", Kind.DUST, (300,), ((PM10,), (PM10, "a01008"), ())),
)


class Sent(NamedTuple):
    """One report as it was made up; values by code with flags."""

    station: Station
    source: Source
    run: int
    seq: int
    period: int
    time: int
    values: Mapping[str, tuple[float | None, str]]
    received: int

    def entry(self) -> Entry:
        values: dict[str, Value] = {
            name: value if flag == "N" else {"v": value, "flag": flag} for name, (value, flag) in self.values.items()
        }
        body = report(self.time, self.seq, values, name=self.station.name, run=self.run, period=f"PT{self.period}S")
        return entry(body, name=self.station.name, source=self.source, received=self.received)


def made_up(seed: int) -> list[Sent]:
    """A day and some hours of three stations, with gaps, corrections, flags, wrong values, persons and history."""
    dice = random.Random(seed)
    found: list[Sent] = []
    for station in STATIONS:
        numbers = dict.fromkeys(Source, 0)
        for period in station.periods:
            for time in range(BEGIN, END, period):
                if dice.random() < 0.04:
                    continue  # a gap
                sources = [Source.DEVICE] + [s for s in Source if dice.random() < 0.03]
                for source in sources:
                    numbers[source] += 1
                    run = int(source == Source.DEVICE and time > MIDNIGHT + 6 * HOUR)
                    layout = dice.choice(station.layouts)
                    values = {name: _value(dice) for name in layout}
                    delay = dice.choice([1, 1, 1, 1, 5, 40]) * MINUTE
                    received = time + period + delay
                    found.append(Sent(station, source, run, numbers[source], period, time, values, received))
    return found


def _value(dice: random.Random) -> tuple[float | None, str]:
    lot = dice.random()
    if lot < 0.03:
        return OUT_OF_RANGE, "N"
    if lot < 0.05:
        return None, "D"
    if lot < 0.08:
        return dice.uniform(0, 500), "M"
    return round(dice.uniform(0, 300), dice.choice([0, 1, 3, 15])), "N"


# --- what must come of it ------------------------------------------------------------------------------------------

RANK = {Source.REPLAY: 0, Source.HJ212: 1, Source.DEVICE: 2, Source.PERSON: 3}


def current(sent: list[Sent], name: str, *, persons: bool) -> dict[tuple[int, int, str], tuple[Any, ...]]:
    """The greatest revision of each reading, by period, time and factor."""
    found: dict[tuple[int, int, str], tuple[Any, ...]] = {}
    for item in sent:
        if item.station.name != name or (item.source == Source.PERSON and not persons):
            continue
        for factor, (value, flag) in item.values.items():
            if flag == "N" and value == OUT_OF_RANGE:
                continue
            reading = (item.source, item.run, item.seq, value, flag)
            key = (item.period, item.time, factor)
            if key not in found or _rank(found[key]) < _rank(reading):
                found[key] = reading
    return found


def _rank(reading: tuple[Any, ...]) -> tuple[int, int, int]:
    return (RANK[reading[0]], reading[1], reading[2])


def slow(sent: list[Sent], station: Station, variant: Variant) -> dict[tuple[str, int], Any]:
    """Every window of a station, with its edition."""
    persons = variant.tier is Tier.REVIEWED
    readings = [
        Reading(time, period, factor, float("nan") if value is None else value, flag)
        for (period, time, factor), (*_, value, flag) in current(sent, station.name, persons=persons).items()
    ]
    dusty = () if variant.sanddust or station.kind != Kind.AIR else DUST
    windows = all_windows(readings, has_aqi=station.kind == Kind.AIR, dusty=dusty)
    return _with_periods(windows) if station.kind == Kind.AIR else _with_editions(windows)


def slow_city(sent: list[Sent], variant: Variant) -> dict[tuple[str, int], Any]:
    """Every window of the city of all air stations, with its edition."""
    members = [slow(sent, station, variant) for station in STATIONS if station.kind == Kind.AIR]
    made_of = {"hour": city_cells, "day": city_day_cells}
    keys = {key for member in members for key in member if key[0] in made_of}
    return _with_periods(
        {key: made_of[key[0]](key[1], [member[key][0] if key in member else {} for member in members]) for key in keys}
    )


def _with_periods(windows: Windows) -> dict[tuple[str, int], Any]:
    days = {start: cells for (window, start), cells in windows.items() if window == "day"}
    return _with_editions(windows | period_windows(days))


def _with_editions(windows: Windows) -> dict[tuple[str, int], Any]:
    return {key: (cells, edition_of(*key)) for key, cells in windows.items()}


# --- streams -------------------------------------------------------------------------------------------------------


class Arrival(NamedTuple):
    """When an entry comes to the worker."""

    at: float
    entry: Entry


def in_one_go(sent: list[Sent], _: random.Random) -> list[Arrival]:
    return [Arrival(END + DAY, item.entry()) for item in sent]


def nearly_as_measured(sent: list[Sent], dice: random.Random) -> list[Arrival]:
    """Most at once, some late, a few days late, many of them twice."""
    found = []
    for item in sent:
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            late = dice.choice([0, 0, 0, 0, MINUTE, 10 * MINUTE, 2 * HOUR]) if dice.random() < 0.97 else 4 * DAY
            found.append(Arrival(item.received + late * dice.random(), item.entry()))
    return sorted(found, key=lambda arrival: arrival.at)


def upside_down(sent: list[Sent], dice: random.Random) -> list[Arrival]:
    """All of it after the end, in no order at all, some of it twice."""
    entries = [item.entry() for item in sent]
    entries += dice.sample(entries, len(entries) // 5)
    dice.shuffle(entries)
    return [Arrival(END + DAY + place * 20 * MINUTE, item) for place, item in enumerate(entries)]


def run(ground: Ground, arrivals: list[Arrival], dice: random.Random, *, disturbed: bool) -> None:
    """Take everything in pieces, with ticks, lost memories and new owners at random, and let all of it settle."""
    ground.clear()
    ground.sanddust(("mix-city", DUST[0], DUST[1] + MINUTE))
    with worker(ground.settings, Log()) as hand:
        hand.gain(arrivals[0].at)
        now = arrivals[0].at
        for _, piece in groupby(enumerate(arrivals), lambda item: item[0] // (60 if disturbed else len(arrivals))):
            batch = [arrival for _, arrival in piece]
            now = max(now, batch[-1].at)
            for first in range(0, len(batch), step := dice.choice([7, 20, 60])):
                hand.log.add(*(arrival.entry for arrival in batch[first : first + step]))
            if disturbed:
                _disturb(hand, now, dice)
            hand.take(now)
        now = _settle(ground, hand, now)
    _run_up(ground, dice, now)


def _settle(ground: Ground, hand: Worker, now: float) -> float:
    """Let the clock run until nothing is due any more."""
    while ground.rows("select 1 from statistic where due is not null and maker = %s limit 1", hand.step.consumer):
        now = max(now, SETTLED) + DAY
        hand.tick(now)
    return now


def _run_up(ground: Ground, dice: random.Random, now: float) -> None:
    """Have cities and periods made of what was told, in pieces, some of it twice, and by new owners."""
    for make, tellers in ((city_step, ("worker",)), (period_step, ("worker", "city"))):
        told = [value for teller in tellers for value in ground.told(STATISTICS, teller)]
        with worker(ground.settings, Log(), make(KindSettings.load())) as hand:
            hand.gain(BEGIN)
            for first in range(0, len(told), step := dice.choice([15, 50, 150])):
                for value in told[max(0, first - 1) : first + step]:
                    hand.log.add_bytes(partition_of("mix-city"), value)
                hand.take(now)
                if dice.random() < 0.2:
                    hand.gain(now)
            _settle(ground, hand, now)


def _disturb(hand: Any, now: float, dice: random.Random) -> None:
    lot = dice.random()
    if lot < 0.25:
        hand.tick(now)
    elif lot < 0.35:
        hand.step.forget()
    elif lot < 0.45:
        hand.gain(now)
    elif lot < 0.55:
        hand.take_and_lose_the_answer(now, most=1, committed=dice.random() < 0.5)
    elif lot < 0.7:
        hand.take(now, most=1)


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    made = Ground(stack, tmp_path_factory.mktemp("ground"))
    made.stations(*(f"{s.name},站,{s.kind},140502,mix-city,PT5M,city,," for s in STATIONS))
    yield made
    made.clear()


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("order", [in_one_go, nearly_as_measured, upside_down])
def test_whatever_the_order_and_the_pieces_all_settles_to_what_the_rules_say(
    ground: Ground, seed: int, order: Any
) -> None:
    dice = random.Random(seed)
    sent = made_up(seed)
    arrivals = order(sent, dice)
    run(ground, arrivals, dice, disturbed=order is not in_one_go)
    for station in STATIONS:
        assert ground.readings(station.name) == current(sent, station.name, persons=True)
        for variant in VARIANTS:
            windows = ground.holding(f"station:{station.name}", variant)
            assert {key: window[:2] for key, window in windows.items()} == slow(sent, station, variant)
            assert {state for *_, states in windows.values() for state in states} == {"F"}
    for variant in VARIANTS:
        windows = ground.holding("city:mix-city", variant)
        assert {key: window[:2] for key, window in windows.items()} == slow_city(sent, variant)
    wrong = [value for item in sent for value in item.values.values() if value == (OUT_OF_RANGE, "N")]
    assert ground.rows("select sum(cardinality(factors)) from rejected") == [(len(wrong),)]
    assert _balance(ground)


def _balance(ground: Ground) -> bool:
    """Taken = current + superseded + repeats + rejected."""
    ((taken, repeats),) = ground.rows("select sum(r), sum(p) from intake, unnest(readings, repeats) as t(r, p)")
    ((stored,),) = ground.rows('select sum(cardinality("values")) from report')
    ((rejected,),) = ground.rows("select coalesce(sum(cardinality(factors)), 0) from rejected")
    return bool(taken == stored + repeats + rejected)


def test_the_rules_of_waiting_are_those_of_the_kinds() -> None:
    assert max(rules.lateness_s for rules in KIND_RULES.values()) <= SETTLED - END
