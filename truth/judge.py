"""The judge: what must follow from what was sent, against what the database holds, figure by figure.

A figure is a factor of a window (value, counts, reason, edition, bit for bit), an alert that stands, a station's
number of current readings, a current reading that no statistic is made of (value and flag), or a station's number of
rejected ones for one reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from aggregate.cities import MARGIN_S
from aggregate.statistic import PERIODS, Reason, Window
from alerts.rules.book import RuleBook
from core.clock import DAY, HOUR, SHANGHAI
from core.errors import InputError
from ingest.kinds import Kind, KindRules
from ingest.period import format_period
from ingest.registry import Registry
from truth import database
from truth.alerts import Watch, judged_by_law
from truth.database import FoundAlert, FoundCell, FoundWindows, WindowKey, found_as
from truth.expected import (
    CITY_KIND,
    STATION,
    ExpectedReadings,
    ExpectedWindow,
    Sample,
    Span,
    cities_of,
    kind_of,
    read_readings,
    read_samples,
    read_windows,
)
from truth.folder import RUN, Folder, Happened, Run
from truth.statistics import Cells

SHOWN = 20
"""Differences told one by one; the others are counted."""
OBJECTS_AT_A_TIME = 200


class Difference(NamedTuple):
    """One figure that is not as it must be."""

    what: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what} {self.where}: expected {self.expected}, found {self.found}"


@dataclass(slots=True)
class Verdict:
    """What the judge says."""

    of: Counter[str] = field(default_factory=Counter)
    """Figures compared, by what they are."""
    differences: int = 0
    open_of: Counter[str] = field(default_factory=Counter)
    """Figures that still wait for values, and may, by kind of window: not judged."""
    shown: list[Difference] = field(default_factory=list)
    not_yet: dict[str, int] = field(default_factory=dict)
    """What nothing computes yet, with counts."""

    @property
    def figures(self) -> int:
        """All figures compared."""
        return self.of.total()

    @property
    def open(self) -> int:
        """All figures of windows that still wait."""
        return self.open_of.total()

    def compare(self, what: str, where: str, expected: Any, found: Any, say: Any = str) -> None:
        """Count a figure; what differs is told by `say`. None stands for what is not there."""
        self.of[what] += 1
        if expected != found:
            self.differences += 1
            if len(self.shown) < SHOWN:
                said = ["nothing" if one is None else say(one) for one in (expected, found)]
                self.shown.append(Difference(what, where, *said))


class Patience(NamedTuple):
    """How long windows may wait: the rules of the kinds, and data time now (UTC seconds)."""

    rules: Mapping[Kind, KindRules]
    now: float

    def waits(self, kind: str, window: str, start: int) -> bool:
        """Whether a window may still be open: its end and grace have not passed."""
        grace = self.rules[Kind.AIR].grace_s + MARGIN_S if kind == CITY_KIND else self.rules[Kind(kind)].grace_s
        if Window(window) in PERIODS:
            grace = self.rules[Kind.AIR].grace_s + 2 * MARGIN_S
        return self.now < Window(window).end(start) + grace


def judge(cursor: Any, folder: Folder, rules: RuleBook, patience: Patience) -> Verdict:
    """Compare all of a folder with the database, as the transaction of `cursor` sees it.

    Raises `InputError` if the folder's expected files cannot be read, or if the registry is not the scenario's.
    """
    check_registry(Registry.load(cursor.connection), folder)
    readings = read_readings(folder)
    verdict = Verdict(not_yet=_not_yet(folder.episodes, readings, rules))
    watch = Watch(rules)
    _judge_windows(cursor, folder, patience, watch, verdict)
    _judge_alerts(cursor, folder, rules, watch, verdict)
    _judge_readings(cursor, folder, readings, verdict)
    return verdict


def check_run(folder: Folder, sent: Span, now: float) -> None:
    """Refuse to judge a run that was not sent whole, or at a data time (UTC seconds) before its last message.

    Before it all windows may still wait: a pipeline that does nothing would pass.
    """
    run = folder.run
    if not run.complete or not run.reports:
        raise InputError(
            "truth_incomplete",
            "not all reports were taken" if run.reports else "no report was sent",
            field=str(folder.path / RUN),
            value=run.reports,
            hint="simulate again into a new folder, until it says that all is sent",
        )
    if now < (last := sent.end - 1):
        raise InputError(
            "truth_clock",
            f"stands before {_when(last)}, when the run's last message was handed over",
            field="LANTIAN_CLOCK_EPOCH",
            value=_when(int(now)),
            hint="give the judge the LANTIAN_CLOCK_* of the run",
        )


def check_registry(registry: Registry, folder: Folder) -> None:
    """Refuse to judge on a registry that does not know the scenario's stations as they were, or more of a city."""
    start = folder.run.start
    for known in folder.stations.values():
        station = registry.at(known.station, start)
        ranges = {code: (_bound(a, -1), _bound(b, 1)) for code, (a, b) in known.valid_ranges.items()}
        wanted = (known.kind, known.city, known.control_level, known.control_point, known.reporting_period, ranges)
        if station is None or wanted != (
            station.kind, station.city, station.control_level, station.control_point, station.reporting_period,
            station.valid_ranges,
        ):  # fmt: skip
            raise InputError(
                "truth_registry",
                "is registered otherwise than in the scenario, or not at all",
                field="station",
                value=known.station,
                hint="judge where the scenario's network was registered before it was sent",
            )
    for city in {known.city for known in folder.stations.values() if known.kind == Kind.AIR}:
        for station in registry.city_stations(city, start):
            if station.kind == Kind.AIR and station.station not in folder.stations:
                raise InputError(
                    "truth_registry",
                    f"counts for {city}, whose other stations the scenario simulated",
                    field="station",
                    value=station.station,
                    hint="judge where that city has the scenario's air stations alone",
                )


def _bound(value: float | None, sign: int) -> float:
    return sign * float("inf") if value is None else value


def _not_yet(episodes: Sequence[Happened], readings: ExpectedReadings, rules: RuleBook) -> dict[str, int]:
    known = {rule.id for rule in rules if judged_by_law(rule)}
    missing = Counter(f"rule {one.expects}" for one in episodes if one.expects and one.expects not in known)
    return dict(sorted(missing.items())) | readings.not_yet


# --- statistics ----------------------------------------------------------------------------------------------------


def _judge_windows(cursor: Any, folder: Folder, patience: Patience, watch: Watch, verdict: Verdict) -> None:
    silent = {*(STATION + name for name in folder.stations), *cities_of(folder.stations.values())}
    for batch in _batches(read_windows(folder), silent):
        starts = [window.start for windows in batch.values() for window in windows]
        first, last = min([folder.run.start - DAY, *starts]), max([folder.run.end, *starts])
        found = database.windows(cursor, batch, first, last + 1)
        for name, expected in batch.items():
            wanted = {(window.window, window.start): _found_as(window) for window in expected}
            standing = {
                key: cells for key, cells in found.get(name, {}).items() if key in wanted or _touches(key, folder.run)
            }
            _judge_object(kind_of(name, folder.stations), name, (wanted, standing), patience, watch, verdict)


def _touches(key: WindowKey, run: Run) -> bool:
    window, start = key
    return start < run.end and Window(window).end(start) > run.start


def _batches(
    objects: Iterator[tuple[str, list[ExpectedWindow]]], silent: set[str]
) -> Iterator[dict[str, list[ExpectedWindow]]]:
    """The objects some at a time; at last those that nothing is expected of."""
    while batch := dict(islice(objects, OBJECTS_AT_A_TIME)):
        silent.difference_update(batch)
        yield batch
    rest = iter(sorted(silent))
    while names := list(islice(rest, OBJECTS_AT_A_TIME)):
        yield {name: [] for name in names}


def _found_as(window: ExpectedWindow) -> dict[str, FoundCell]:
    """How a window that must stand is to be found."""
    return {factor: FoundCell(cell, window.edition, open=False) for factor, cell in window.cells.items()}


def _judge_object(
    kind: str,
    name: str,
    windows: tuple[FoundWindows, FoundWindows],
    patience: Patience,
    watch: Watch,
    verdict: Verdict,
) -> None:
    """Compare the windows of one object, expected and found; what is judged is what its alerts are expected of."""
    expected, found = windows
    for window, start in sorted({*expected, *found}):
        wanted, standing = expected.get((window, start), {}), found.get((window, start), {})
        waits = patience.waits(kind, window, start)
        judged: Cells = {}
        for factor in sorted({*wanted, *standing}):
            cell, other = wanted.get(factor), standing.get(factor)
            # what is made of statistics has no row before the first of these, and an open row has no IAQI
            of_statistics = kind == CITY_KIND or window in PERIODS
            still = other.open if other else of_statistics or any(beside.open for beside in standing.values())
            if cell is not None and waits and still:
                verdict.open_of[window] += 1
                continue
            verdict.compare("statistic", f"{name} {window} {_when(start)} {factor}", cell, other, _cell_text)
            if cell is not None:
                judged[factor] = cell.cell
        watch.see(kind, name, window, start, judged)


def _cell_text(found: FoundCell) -> str:
    value, n_valid, n_expected, reason = found.cell
    shown = "no value" if value is None else repr(value)
    state = ", open" if found.open else ""
    return f"{shown} ({n_valid}/{n_expected} {Reason(reason).name}, edition {found.edition}{state})"


# --- alerts --------------------------------------------------------------------------------------------------------


def _judge_alerts(cursor: Any, folder: Folder, rules: RuleBook, watch: Watch, verdict: Verdict) -> None:
    """The alerts that stand in the run's span, and those that must, wherever a faulty clock has put them."""
    windows = {rule.id: rule.watch.window for rule in rules if judged_by_law(rule)}
    expected = {
        (alert.rule, alert.object, alert.first_start): found_as(alert, windows[alert.rule]) for alert in watch.alerts()
    }
    objects = {*(STATION + name for name in folder.stations), *cities_of(folder.stations.values())}
    found = {
        key: alert
        for key, alert in database.alerts(cursor, objects).items()
        if key in expected
        or (key[0] in windows and key[2] < folder.run.end and alert.last_start >= folder.run.start // HOUR * HOUR)
    }
    for key in sorted({*expected, *found}):
        rule, name, first = key
        verdict.compare("alert", f"{rule} {name} {_when(first)}", expected.get(key), found.get(key), _alert_text)


def _alert_text(alert: FoundAlert) -> str:
    windows = ", ".join(f"{_when(start)} {value!r}" for start, value in alert.windows)
    cleared = "" if alert.cleared_at is None else f" {_when(alert.cleared_at)}"
    return (
        f"{alert.state}{cleared}, value {alert.value!r} of {_when(alert.last_start)}, "
        f"peak {alert.peak!r} of {_when(alert.peak_start)}, windows {windows}"
    )


# --- readings ------------------------------------------------------------------------------------------------------


def _judge_readings(cursor: Any, folder: Folder, expected: ExpectedReadings, verdict: Verdict) -> None:
    stations = expected.stations
    current = database.current(cursor, expected)
    for station in sorted(stations):
        verdict.compare("readings", station, stations[station].current, current.get(station, 0))
    _judge_samples(cursor, folder, expected.readings, verdict)
    found = database.rejected(cursor, expected)
    wanted = {(name, reason): n for name, account in stations.items() for reason, n in account.rejected.items()}
    for station, reason in sorted({*wanted, *found}):
        key = (station, reason)
        verdict.compare("rejected", f"{station} {reason}", wanted.get(key, 0), found.get(key, 0))


def _when(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, SHANGHAI):%Y-%m-%d %H:%M}"


def _judge_samples(cursor: Any, folder: Folder, span: Span, verdict: Verdict) -> None:
    """Of stations that have none, whatever stands too much is seen in the number of current readings."""
    stations = read_samples(folder)
    while batch := dict(islice(stations, OBJECTS_AT_A_TIME)):
        expected = {
            (line.station, line.period, line.time, line.issued, factor): sample
            for lines in batch.values()
            for line in lines
            for factor, sample in line.values.items()
        }
        found = database.samples(cursor, batch, span)
        for key in sorted({*expected, *found}, key=str):
            station, period, time, issued, factor = key
            issue = "" if issued is None else f" of {_when(issued)}"
            where = f"{station} {format_period(period)} {_when(time)}{issue} {factor}"
            verdict.compare("sample", where, expected.get(key), found.get(key), _sample_text)


def _sample_text(sample: Sample) -> str:
    return f"{sample.value!r} {sample.flag}"
