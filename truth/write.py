"""From what was sent to what must follow: the expected files of a truth folder."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

import msgspec

from alerts.rules import book
from alerts.rules.book import RuleBook
from ingest.kinds import Kind
from ingest.period import format_period
from ingest.station import ControlLevel
from standards.factors import Catalogue, load_catalogue
from truth.alerts import Watch
from truth.expected import (
    CITY,
    CITY_KIND,
    STATION,
    ExpectedReadings,
    ExpectedSamples,
    ExpectedWindow,
    Sample,
    Span,
    StationReadings,
)
from truth.folder import (
    ALERTS,
    READINGS,
    SAMPLES,
    STATISTICS,
    Folder,
    KnownStation,
    Run,
    messages,
    open_folder,
    write_json,
    write_lines,
)
from truth.periods import edition_of, period_windows
from truth.readings import Account, Slot
from truth.statistics import Cells, Windows, all_windows, city_cells, city_day_cells, edition_at

_encoder = msgspec.json.Encoder()


MADE_OF_STATIONS = {"hour": city_cells, "day": city_day_cells}


class Cities:
    """Keeps hours and days of the stations that count for their cities, and makes the cities' of them (HJ 663)."""

    def __init__(self) -> None:
        self._members: dict[str, dict[str, tuple[KnownStation, Windows]]] = defaultdict(dict)

    def add(self, station: KnownStation, windows: Windows) -> None:
        """A station's windows: official air stations count, those of enterprises do not."""
        if station.kind == Kind.AIR and station.control_level != ControlLevel.ENTERPRISE:
            self._members[station.city][station.station] = (station, windows)

    def windows(self) -> Iterator[tuple[str, Windows]]:
        """The hours, days and periods of each city; control points count where the window's edition says so."""
        for city, members in sorted(self._members.items()):
            found: Windows = {}
            for key in sorted(
                {key for _, windows in members.values() for key in windows if key[0] in MADE_OF_STATIONS}
            ):
                window, start = key
                control = edition_at(start).city.control_points
                counting = [windows for _, (station, windows) in sorted(members.items())
                            if control or not station.control_point]  # fmt: skip
                if cells := MADE_OF_STATIONS[window](start, [windows.get(key, {}) for windows in counting]):
                    found[key] = cells
            yield city, found | period_windows(_days(found))


OTHER_MEANS = {"dB": "energy means of levels in dB"}
"""By unit: what a plain mean does not say. Until something computes them the plain mean is what stands."""


class Tally:
    """Counts what became of the readings, and what nothing computes of them yet."""

    def __init__(self, run: Run, catalogue: Catalogue) -> None:
        units = {factor.code: factor.unit for factor in catalogue}
        self._other_means = {code: OTHER_MEANS[unit] for code, unit in units.items() if unit in OTHER_MEANS}
        self._stations: dict[str, StationReadings] = {}
        self._not_yet: Counter[str] = Counter()
        self._runs: set[int] = set()
        self._current = self._rejected = Span(run.start, run.end)

    def add(self, account: Account, windows: Windows) -> None:
        """A station's account, and what came of it."""
        self._stations[account.name] = StationReadings(
            account.readings, account.superseded, account.repeats, dict(sorted(account.rejected.items()))
        )
        self._runs |= account.runs
        self._current = _wider(self._current, [slot.time for slot in account.current])
        self._rejected = _wider(self._rejected, account.rejected_times)
        if account.station is not None:
            for period, count in account.unused().items():
                what = "forecasts" if period is None else f"readings over {format_period(period)}"
                self._not_yet[f"statistics of {what} ({account.station.kind})"] += count
            for cells in windows.values():
                for code in self._other_means.keys() & cells.keys():
                    self._not_yet[f"{self._other_means[code]} ({account.station.kind})"] += 1

    def expected(self, sent: Span) -> ExpectedReadings:
        """The whole."""
        return ExpectedReadings(
            self._stations,
            self._current,
            self._rejected,
            sent,
            sorted(self._runs),
            dict(sorted(self._not_yet.items())),
        )


def _days(windows: Windows) -> dict[int, Cells]:
    return {start: cells for (window, start), cells in windows.items() if window == "day"}


def _wider(span: Span, times: Collection[int]) -> Span:
    return Span(min(span.start, *times), max(span.end, max(times) + 1)) if times else span


def write_expected(path: Path, rules: RuleBook | None = None) -> None:
    """Write the expected files into the folder; raises `InputError` if what was sent cannot be read.

    Memory holds the payloads, one station's readings, and the air stations' hours; `rules` are by default the built-in
    ones.
    """
    folder = open_folder(path)
    heard, sent = _heard(folder)
    catalogue, watch, cities = load_catalogue(), Watch(rules or book.load()), Cities()
    tally = Tally(folder.run, catalogue)
    with write_lines(path / STATISTICS) as out, write_lines(path / SAMPLES) as samples:
        for name in sorted({*folder.stations, *heard}):
            account = Account(name, folder.stations.get(name), catalogue)
            for at, payload in heard.pop(name, ()):
                account.hear(at, payload)
            has_aqi = account.station is not None and account.station.kind == Kind.AIR
            windows = all_windows(account.measured(), has_aqi=has_aqi)
            windows |= period_windows(_days(windows)) if has_aqi else {}
            tally.add(account, windows)
            if account.station is not None:
                cities.add(account.station, windows)
                _write(out, watch, account.station.kind, STATION + name, windows)
                _write_samples(samples, account)
        for city, windows in cities.windows():
            _write(out, watch, CITY_KIND, CITY + city, windows)
    write_json(path / READINGS, tally.expected(sent))
    write_json(path / ALERTS, watch.alerts())


def _heard(folder: Folder) -> tuple[dict[str, list[tuple[float, str]]], Span]:
    """The messages on each station's topic in their order, and when the first and the last were handed over."""
    heard: dict[str, list[tuple[float, str]]] = defaultdict(list)
    first, last = float("inf"), float("-inf")
    for at, station, payload in messages(folder):
        heard[station].append((at, payload))
        first, last = min(first, at), max(last, at)
    return heard, Span(int(first), int(last) + 1) if heard else Span(folder.run.start, folder.run.end)


def _write(out: IO[bytes], watch: Watch, kind: str, name: str, windows: Windows) -> None:
    for (window, start), cells in sorted(windows.items()):
        watch.see(kind, name, window, start, cells)
        line = ExpectedWindow(name, window, start, edition_of(window, start), cells)
        out.write(_encoder.encode(line) + b"\n")


def _write_samples(out: IO[bytes], account: Account) -> None:
    def order(sample: tuple[Slot, object]) -> tuple[int, int, int]:
        period, time, issued = sample[0]
        return period, time, issued or 0

    for (period, time, issued), of_slot in sorted(account.samples(), key=order):
        values = {
            code: Sample(None if math.isnan(value) else value, flag)
            for code, (_, _, value, flag) in sorted(of_slot.items())
        }
        out.write(_encoder.encode(ExpectedSamples(account.name, period, time, issued, values)) + b"\n")
