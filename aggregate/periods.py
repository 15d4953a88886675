"""Months, quarters and years of stations and cities, from their days (HJ 663).

A period is a function of its days as they stand, each judged by its own edition; limits, percentiles and index are
those of the edition of its last day. Where the days have more than one, the period's edition names them all, the last
one last (`2012+2026`; unconfirmed).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from aggregate.cells import Cell, assemble
from aggregate.cities import CITY, MARGIN_S
from aggregate.evaluation.periods import PeriodColumns, Span, evaluate_periods
from aggregate.evaluation.stored import day_columns
from aggregate.settle import Settled, settle_among
from aggregate.statistic import (
    O3,
    PERIODS,
    VARIANTS,
    Computed,
    Key,
    Reason,
    State,
    Statement,
    Statistic,
    Variant,
    Window,
    city_object,
    holding,
    variants_above,
)
from aggregate.statistic_store import read_keys, read_spans
from aggregate.store import Layouts
from core.clock import DAY, HOUR, date_of
from ingest.kinds import Kind, KindRules
from ingest.registry import Registry
from standards.editions import HOURLY_FACTORS, Edition, Editions

COMPOSITE = "composite_index"
SINGLE_PREFIX = "I_"
DAYS_VALID, DAYS_ATTAINED, DAYS_HEAVY, DAYS_LEVEL = "days_valid", "days_attained", "days_heavy", "days_level"
LEVELS = range(1, 7)


def percentile_name(factor: str, share: float) -> str:
    """What a percentile of a factor's daily values is called: `a34004_p95`, `a05024_8h_p90`."""
    return f"{factor}_8h_p{share * 100:g}" if factor == O3 else f"{factor}_p{share * 100:g}"


class Periods:
    """Makes the months, quarters and years of air stations and cities (aggregate.statement_step.Maker)."""

    name = "period"

    def __init__(self, rules: KindRules, editions: Editions, layouts: Layouts) -> None:
        """`rules`: those of air stations."""
        self._rules = rules
        self._editions = editions
        self._layouts = layouts

    def touched(self, city: str, statement: Statement) -> Iterable[Key]:
        """The periods that hold a day."""
        if statement.window == Window.DAY and statement.kind in {Kind.AIR, CITY}:
            for window in PERIODS:
                yield Key(statement.object, window, window.holding(statement.start))

    def place(self, registry: Registry, key: Key) -> tuple[str, str]:
        """City and kind of an object; a station no longer registered is taken as it was last."""
        name = key.object.partition(":")[2]
        if key.object == city_object(name):
            return name, CITY
        station = registry.at(name, key.start) or registry.history(name)[-1]
        return station.city, station.kind

    def make(
        self, cursor: Any, registry: Registry, windows: Iterable[Key], now: int, over: Mapping[Key, Statistic]
    ) -> list[Settled]:
        """What of these windows has changed; rows in `over` stand for those in the database. Nothing is written."""
        rows = {**read_keys(cursor, self._layouts, {key.base for key in windows}), **over}
        of_objects: dict[str, list[Key]] = defaultdict(list)
        for key in sorted({key.base for key in windows}):
            if not _only_waits(rows.get(key), key, now):
                of_objects[key.object].append(key)
        days = self._days(cursor, of_objects, over)
        made = []
        for name, keys in of_objects.items():
            for key, computed in self._computed(keys, days[name], rows, now):
                settled = settle_among(key, computed, rows.get, now=now, lateness=self._rules.lateness_s)
                if settled is not None:
                    rows[key] = settled.row
                    made.append(settled)
        return made

    def _days(
        self, cursor: Any, of_objects: Mapping[str, Sequence[Key]], over: Mapping[Key, Statistic]
    ) -> dict[str, dict[Key, Statistic]]:
        spans = {name: (min(k.start for k in keys), max(k.end for k in keys)) for name, keys in of_objects.items()}
        found: dict[str, dict[Key, Statistic]] = {name: {} for name in spans}
        for key, row in {**read_spans(cursor, self._layouts, Window.DAY, spans), **over}.items():
            if key.window == Window.DAY and key.object in spans:
                found[key.object][key] = row
        return found

    def _computed(
        self, keys: Sequence[Key], days: Mapping[Key, Statistic], rows: Mapping[Key, Statistic], now: int
    ) -> Iterator[tuple[Key, Computed]]:
        """The periods of one object in every variant that they need, variant by variant."""
        needed: dict[Variant, list[Key]] = defaultdict(list)
        for key in keys:
            for variant in _variants(key, days, rows):
                needed[variant].append(key.of(variant))
        for variant in VARIANTS:
            if of_variant := needed.get(variant):
                start, end = min(key.start for key in of_variant), max(key.end for key in of_variant)
                day_keys = (Key(keys[0].object, Window.DAY, day, *variant) for day in range(start, end, DAY))
                of_days = {key.start: row for key in day_keys if (row := holding(key, days.get))}
                columns = day_columns([of_days], date_of(start), (end - start) // DAY, self._editions)
                spans = [Span("", date_of(key.start), date_of(key.end)) for key in of_variant]
                evaluated = evaluate_periods(columns, spans, self._editions)
                for place, key in enumerate(of_variant):
                    live = any(any(row.live) for day, row in of_days.items() if key.start <= day < key.end)
                    yield key, self._cells(key, evaluated, place, live, self._open_until(key, of_days, now))

    def _open_until(self, key: Key, days: Mapping[int, Statistic], now: int) -> int:
        """Until the last day is through, or overdue; 0 if nothing more is expected."""
        last = days.get(key.end - DAY)
        until = key.end + self._rules.grace_s + 2 * MARGIN_S
        return until if until > now and (last is None or State.OPEN in last.states) else 0

    def _cells(self, key: Key, periods: PeriodColumns, place: int, live: bool, open_until: int) -> Computed:
        cells = period_cells(periods, 0, place, self._editions.at(key.end - DAY), live)
        return assemble(cells, edition_of(self._editions, key.start, key.end), dict.fromkeys(cells, open_until))


def edition_of(editions: Editions, start: int, end: int) -> str:
    """The editions that the days from `start` to `end` (UTC seconds, exclusive) fall under: ids, joined by `+`."""
    numbers = editions.numbers_at(np.array([start, end - DAY]))
    return "+".join(edition.id for edition in editions.all[numbers[0] : numbers[1] + 1])


def period_cells(periods: PeriodColumns, row: int, place: int, edition: Edition, live: bool) -> dict[str, Cell]:
    """The factors of one period of one object. A mean, a percentile and an index without enough days has no value."""
    expected = int(periods.days_expected[place])
    cells: dict[str, Cell] = {}

    def put(name: str, value: float, count: int, of: int, *, enough: bool) -> None:
        reason = Reason.VALID if enough else Reason.TOO_FEW_DAYS if count else Reason.NO_VALUES
        cells[name] = Cell(float(value) if enough else None, count, of, reason, live, complete=True)

    for column, factor in enumerate(HOURLY_FACTORS):
        count, enough = int(periods.n_days[row, column, place]), bool(periods.valid[row, column, place])
        if factor in edition.period.means:
            put(factor, periods.mean[row, column, place], count, expected, enough=enough)
        name = percentile_name(factor, edition.period.percents[factor])
        put(name, periods.percentile[row, column, place], count, expected, enough=enough)
        put(SINGLE_PREFIX + factor, periods.single[row, column, place], count, expected, enough=enough)
    pollutants = int(np.count_nonzero(periods.valid[row, :, place]))
    all_six = pollutants == len(HOURLY_FACTORS)
    put(COMPOSITE, periods.composite[row, place], pollutants, len(HOURLY_FACTORS), enough=all_six)
    valid = int(periods.days_valid[row, place])
    counts = {f"{DAYS_LEVEL}{level}": periods.days_level[row, level - 1, place] for level in LEVELS}
    counts[DAYS_ATTAINED], counts[DAYS_HEAVY] = periods.days_attained[row, place], periods.days_heavy[row, place]
    for name, days in {DAYS_VALID: valid, **counts}.items():
        put(name, days, valid, expected, enough=True)
    return cells


def _only_waits(row: Statistic | None, key: Key, now: int) -> bool:
    """Whether the period's row stands, open, and cannot be through yet: then a day more changes nothing."""
    return row is not None and row.waits and now < key.end - HOUR


def _variants(key: Key, days: Iterable[Key], rows: Mapping[Key, Statistic]) -> tuple[Variant, ...]:
    below = {day.variant for day in days if key.start <= day.start < key.end}
    return variants_above(below, [variant for variant in VARIANTS if key.of(variant) in rows])


def warm_up(editions: Editions) -> None:
    """Compile, or load from the cache, what evaluates periods: before the first batch, not within it."""
    first = date(2026, 1, 1)
    evaluate_periods(day_columns([{}], first, 31, editions), [Span("", first, date(2026, 2, 1))], editions)
