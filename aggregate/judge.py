"""The judge of reports: which report and which factor is taken, and if not, why. Pure; all time is passed in.

Judged by the registry of the report's time and the receipt time in the entry, so that a second reading of the log
judges alike (state-model: one writer). Factors are checked by columns: reports of the same factors at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from aggregate.reading import Judged, Number, Position, RejectReason, Slot, Unparsed
from core.clock import MICROS, day_start, on_grid
from ingest.envelope import Entry, EntryKind, Source
from ingest.kinds import Kind, KindRules
from ingest.registry import Registry
from ingest.report import MAX_NUMBER, Origin, ParsedReport, decode_report
from ingest.station import Station
from ingest.value import MalformedReport
from standards.factors import Catalogue, Factor

FUTURE_LIMIT_S = 300
"""How far a device's clock may run ahead; a forecast may lie in the future."""

UNKNOWN_STATION_ID = -1
"""In the slot of a report whose station the registry has never known."""

NAMES_KEPT = 400_000
"""Factor names in all plans that are kept: 20 each for 20 000 layouts of stations. A device that names its factors anew
in each report, thousands at a time, must not fill the memory."""
NAME_LETTERS = 64
"""A plan with a longer name is not kept; no factor is called so."""

ORIGINS = {Origin.LIVE: 0, Origin.RESENT: 1, Origin.REPLAY: 2}
"""As stored."""


class Told(msgspec.Struct, frozen=True):
    """The retained `…/status` of a device: the last number it gave out, within a report's bounds; 0 for none yet."""

    state: str
    run: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] = 0
    seq: Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of reports of like stations with the same factor names, once for all of them."""

    names: tuple[str, ...]
    fixed: tuple[RejectReason | None, ...] | None
    """Verdicts that no value can change; None if there are none."""
    minimum: npt.NDArray[np.float64]
    maximum: npt.NDArray[np.float64]


_PlanKey = tuple[tuple[str, ...], tuple[object, ...]]
"""Names as sent; and of a station its kind and its instrument's own ranges."""


class Judge:
    """Judges entries; holds the registry and what it has learnt of layouts, nothing else."""

    def __init__(self, catalogue: Catalogue, kinds: Mapping[Kind, KindRules]) -> None:
        self._catalogue = catalogue
        self._kinds = kinds
        self._plans: dict[_PlanKey, Plan] = {}
        self._names_kept = 0
        self.registry = Registry.empty()

    def use(self, registry: Registry) -> None:
        """Judge by another state of the registry from now on."""
        self.registry = registry
        self._forget_plans()

    def judge(self, entries: Iterable[tuple[Position, Entry]]) -> tuple[list[Judged], list[Unparsed]]:
        """The verdicts on reports and oversize payloads, in the order of the entries."""
        judged: list[Judged] = []
        unparsed: list[Unparsed] = []
        groups: dict[int, tuple[Plan, list[Judged]]] = {}
        for position, entry in entries:
            if entry.kind == EntryKind.OVERSIZE:
                unparsed.append(Unparsed(position, entry, RejectReason.OVERSIZE, "larger than a record may be"))
                continue
            try:
                report = decode_report(entry.body)
            except MalformedReport as error:
                unparsed.append(Unparsed(position, entry, RejectReason.MALFORMED, str(error)))
                continue
            verdict, plan = self._whole(position, entry, report)
            judged.append(verdict)
            if verdict.whole is None:
                groups.setdefault(id(plan), (plan, []))[1].append(verdict)
            else:
                verdict.reasons = [verdict.whole] * len(verdict.names)
        for plan, reports in groups.values():
            _judge_columns(plan, reports)
        return judged, unparsed

    def _whole(self, position: Position, entry: Entry, report: ParsedReport) -> tuple[Judged, Plan]:
        station = self.registry.at(entry.station, report.time)
        plan = self.plan(report.names, station)
        period = report.period or (station.reporting_period if station else 0)
        time = align(report.time, period)
        slot = Slot(station.station_id if station else UNKNOWN_STATION_ID, period, time, report.issued)
        origin = self._origin(entry, report, station, time + period)
        verdict = Judged(
            position, entry, Number(entry.source, report.run, report.seq), slot, origin,
            plan.names, report.values, report.flags, day=day_start(time),
        )  # fmt: skip
        if report.station != entry.station:
            verdict.whole = RejectReason.STATION_MISMATCH
            verdict.detail = f"names the station {report.station}"
        elif station is None:
            verdict.whole = RejectReason.UNKNOWN_STATION
            verdict.detail = f"not in the registry at {report.time}"
        elif not _forecasts(station, report) and report.time * MICROS > entry.received + FUTURE_LIMIT_S * MICROS:
            verdict.whole = RejectReason.FUTURE
            verdict.detail = f"{report.time - entry.received // MICROS} s ahead of its receipt"
        return verdict, plan

    def _origin(self, entry: Entry, report: ParsedReport, station: Station | None, end: int) -> int:
        origin = Origin.REPLAY if entry.source == Source.REPLAY else report.origin
        if origin == Origin.LIVE and station is not None:
            late = entry.received // MICROS - end
            if late > self._kinds[station.kind].live_limit_s:
                origin = Origin.RESENT
        return ORIGINS[origin]

    def plan(self, names: tuple[str, ...], station: Station | None) -> Plan:
        """What holds for reports of these names, in this order, of a station version."""
        key = (names, (station.kind, *sorted(station.valid_ranges.items())) if station else ())
        plan = self._plans.get(key)
        if plan is None:
            plan = self._make_plan(names, station)
            self._keep(key, plan)
        return plan

    def _keep(self, key: _PlanKey, plan: Plan) -> None:
        if any(len(name) > NAME_LETTERS for name in plan.names):
            return
        if self._names_kept + len(plan.names) > NAMES_KEPT:
            self._forget_plans()
        self._plans[key] = plan
        self._names_kept += len(plan.names)

    def _forget_plans(self) -> None:
        self._plans.clear()
        self._names_kept = 0

    def _make_plan(self, names: tuple[str, ...], station: Station | None) -> Plan:
        kind = station.kind if station else ""
        factors = [self._factor(name, kind) for name in names]
        codes = tuple(factor.code if factor else name for factor, name in zip(factors, names, strict=True))
        count = Counter(codes)
        fixed: list[RejectReason | None] = []
        ranges = []
        for factor, code in zip(factors, codes, strict=True):
            if count[code] > 1:
                fixed.append(RejectReason.FACTOR_TWICE)
            else:
                fixed.append(None if factor else RejectReason.UNKNOWN_FACTOR)
            ranges.append(range_of(factor, station) if factor else (-np.inf, np.inf))
        bounds = np.array(ranges, dtype=np.float64).reshape(-1, 2)
        return Plan(codes, tuple(fixed) if any(fixed) else None, bounds[:, 0], bounds[:, 1])

    def _factor(self, name: str, kind: str) -> Factor | None:
        """What a report may call `name`; what is computed here may be reported by a forecast alone."""
        factor = self._catalogue.resolve(name)
        return None if factor is None or (factor.derived and kind != Kind.FORECAST) else factor


def range_of(factor: Factor, station: Station | None) -> tuple[float, float]:
    """What a value flagged `N` may be, both ends in: the instrument's own range, or what can physically be."""
    own = station.valid_ranges.get(factor.code) if station else None
    measure = factor.measure(station.kind if station else "")
    return own or (measure.minimum, measure.maximum)


def _forecasts(station: Station, report: ParsedReport) -> bool:
    """Whether the report may lie in the future: `issued` alone gives no monitor that right."""
    return station.kind == Kind.FORECAST and report.issued is not None


def align(time: int, period: int) -> int:
    """`time` down to the grid of its period; as it is without one."""
    return on_grid(time, period) if period > 0 else time


def _judge_columns(plan: Plan, reports: list[Judged]) -> None:
    """Fill in the reasons of reports of one plan. A value's range counts where its flag is N alone."""
    if not plan.names:
        return
    values = np.array([report.values for report in reports], dtype=np.float64)
    outside = (values < plan.minimum) | (values > plan.maximum)
    suspicious = np.isinf(values) | outside
    for index in np.flatnonzero(suspicious.any(axis=1)) if plan.fixed is None else range(len(reports)):
        report = reports[index]
        reasons: list[RejectReason | None] = list(plan.fixed) if plan.fixed else [None] * len(plan.names)
        for place in map(int, np.flatnonzero(suspicious[index])):
            if reasons[place] is not None:
                continue
            if np.isinf(values[index, place]):
                reasons[place] = RejectReason.NOT_FINITE
            elif not report.flags or report.flags[place] == "N":
                reasons[place] = RejectReason.OUT_OF_RANGE
        if any(reasons):
            report.reasons = reasons
