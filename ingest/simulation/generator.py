"""Reports of simulated monitors, block by block in order of time: pure functions of a scenario's world and monitors.

A block is a short stretch of time of all monitors, so memory does not grow with the span asked for.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from core.clock import DAY, SHANGHAI_OFFSET
from ingest.kinds import Kind
from ingest.simulation.models.by_kind import make_model
from ingest.simulation.models.forecast import forecasts, issued_between
from ingest.simulation.models.model import INSTANT_S, Averaging, Instrument, World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, gaussians, key_of, uniforms
from ingest.simulation.outages import away
from ingest.simulation.span import Span
from standards.factors import Measure, load_catalogue

BLOCK_ROWS = 20_000
"""Reports made at a time, where one period of all monitors does not have more."""
INSTANTS = 144
"""At most so many of them: a day's."""
SHORTEST_DELAY_S, LONGEST_DELAY_S = 2.0, 40.0
"""Between a period's end and the sending of its report; each monitor has its own, less than its period."""


class Row(NamedTuple):
    """One report's content: `time` is the start of the period, `send_at` when it is sent, all in UTC seconds.

    `values` has no factor that was not measured. `issued` is of forecasts alone.
    """

    send_at: float
    time: int
    period: int
    monitor: Monitor
    values: dict[str, float]
    issued: int | None = None

    @property
    def ready(self) -> int:
        """When the monitor has it."""
        return self.time + self.period if self.issued is None else self.issued


class Generator:
    """The monitors of a network and what they measure."""

    def __init__(self, world: World, monitors: Sequence[Monitor], *, outages: bool = True) -> None:
        """`outages`: whether instruments fail by themselves."""
        self._world = world
        self._outages = outages
        kinds: defaultdict[Kind, list[Monitor]] = defaultdict(list)
        for monitor in monitors:
            kinds[monitor.kind].append(monitor)
        self._forecasts = kinds.pop(Kind.FORECAST, [])
        self._groups = [group for kind, of_kind in sorted(kinds.items()) for group in self._split(kind, of_kind)]

    def _split(self, kind: Kind, monitors: Sequence[Monitor]) -> Iterator[Group]:
        periods: defaultdict[int, list[Monitor]] = defaultdict(list)
        for monitor in monitors:
            periods[monitor.period].append(monitor)
        for period, of_period in sorted(periods.items()):
            yield Group(self._world, kind, period, of_period, outages=self._outages)

    def rows(self, span: Span) -> Iterator[Row]:
        """All reports of a span in order of sending."""
        step = self._block_seconds(span)
        for start in range(span.start, span.end, step):
            end = min(start + step, span.end)
            streams: list[Iterable[Row]] = [
                group.rows(start, end, span.period_of(group.period)) for group in self._groups
            ]
            streams.append(self._forecast_rows(start, end))
            yield from heapq.merge(*streams, key=lambda row: row.send_at)

    def _block_seconds(self, span: Span) -> int:
        """As many of the shortest periods as keep a block small, at least one."""
        periods = [(span.period_of(group.period), len(group)) for group in self._groups]
        if not periods:
            return max(span.end - span.start, 1)
        shortest = min(period for period, _ in periods)
        rows = sum(count * shortest / period for period, count in periods)
        return shortest * max(1, int(BLOCK_ROWS / rows))

    def _forecast_rows(self, start: int, end: int) -> Iterator[Row]:
        for issued in issued_between(start, end):
            for monitor in self._forecasts:
                for time, values in forecasts(self._world, monitor, issued):
                    yield Row(issued + SHORTEST_DELAY_S, time, DAY, monitor, values, issued)


class Group:
    """Monitors of one kind and reporting period."""

    def __init__(self, world: World, kind: Kind, period: int, monitors: Sequence[Monitor], *, outages: bool) -> None:
        delays = uniforms(key_of(world.seed, "delay"), Places.of(monitors).numbers)
        self.period = period
        self._monitors = [monitors[place] for place in np.argsort(delays, kind="stable")]
        shortest, longest = min(SHORTEST_DELAY_S, period / 2), min(LONGEST_DELAY_S, float(period))
        self._delays: list[float] = (shortest + np.sort(delays) * (longest - shortest)).tolist()
        self._numbers = Places.of(self._monitors).numbers
        self._world = world
        self._kind = kind
        self._outages = outages
        self._model = make_model(world, kind, self._monitors)
        self._codes = tuple(instrument.code for instrument in self._model.instruments)

    def __len__(self) -> int:
        """How many monitors."""
        return len(self._monitors)

    @cached_property
    def _measures(self) -> list[Measure]:
        catalogue = load_catalogue()
        return [catalogue.by_code[code].measure(self._kind) for code in self._codes]

    def rows(self, start: int, end: int, period: int) -> Iterator[Row]:
        """Reports of `period` seconds whose period ends in `(start, end]`, in order of sending."""
        times = starts_of_periods(start, end, period)
        if not times.size:
            return
        table = self.values(times, period)
        complete = np.all(~np.isnan(table), axis=2)
        for place, time in enumerate(times.tolist()):
            rows = zip(self._monitors, self._delays, table[place].tolist(), complete[place].tolist(), strict=True)
            for monitor, delay, row, whole in rows:
                values = dict(zip(self._codes, row, strict=True))
                if not whole:
                    values = {code: value for code, value in values.items() if value == value}  # noqa: PLR0124  (NaN)
                    if not values:
                        continue
                yield Row(time + period + delay, time, period, monitor, values)

    def values(self, times: Ints, period: int) -> Floats:
        """What the instruments show of the periods that begin at `times` [T]: [T, S, F], NaN where nothing."""
        instants = min(max(-(-period // INSTANT_S), 1), INSTANTS)
        offsets = ((np.arange(instants) + 0.5) * period / instants).astype(np.int64)
        true = self._model.at((times[:, None] + offsets).ravel())
        true = true.reshape(times.size, instants, len(self._monitors), len(self._codes))
        shown = np.empty((times.size, len(self._monitors), len(self._codes)))
        for place, (instrument, measure) in enumerate(zip(self._model.instruments, self._measures, strict=True)):
            mean = average(true[..., place], instrument.averaging, period)
            noisy = self._with_noise(mean, instrument, times, period)
            # adding nought turns -0.0 into 0.0
            shown[..., place] = np.round(np.clip(noisy, measure.minimum, measure.maximum), instrument.decimals) + 0.0
        if self._outages:
            shown[away(self._world.seed, self._numbers, self._model.instruments, times)] = np.nan
        return shown

    def _with_noise(self, values: Floats, instrument: Instrument, times: Ints, period: int) -> Floats:
        if not instrument.relative and not instrument.absolute:
            return values
        key = key_of(self._world.seed, "instrument", instrument.code, str(period))
        minutes = 1.0 if instrument.averaging is Averaging.MIDDLE else max(period / 60, 1.0)
        deviation = np.hypot(instrument.relative * values, instrument.absolute) / np.sqrt(minutes)
        noisy: Floats = values + deviation * gaussians(key, times[:, None], self._numbers)
        return noisy


def starts_of_periods(start: int, end: int, period: int) -> Ints:
    """Starts of the periods that end in `(start, end]`, on the grid that begins at Asia/Shanghai's midnights."""
    first = ((start + SHANGHAI_OFFSET) // period + 1) * period - SHANGHAI_OFFSET
    return np.arange(first, end + 1, period, dtype=np.int64) - period


def average(instants: Floats, averaging: Averaging, period: int) -> Floats:
    """What a period of `period` seconds shows of its instants: [T, instants, S] → [T, S].

    Instants at which nothing is measured (NaN: rain that does not fall has no pH) do not count.
    """
    if averaging is Averaging.MIDDLE:
        middle: Floats = instants[:, instants.shape[1] // 2]
        return middle
    energy = averaging is Averaging.ENERGY
    values = 10.0 ** (instants / 10.0) if energy else instants
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.sum(values, axis=1, where=there) / np.count_nonzero(there, axis=1)
    if energy:
        mean = 10.0 * np.log10(mean)
    shown: Floats = mean * period if averaging is Averaging.TOTAL else mean
    return shown
