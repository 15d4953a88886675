"""What can go wrong between a monitor and the centre: faults of instruments, clocks, loggers and lines.

A fault befalls reports on their way, so that what is there to be measured (`episodes`) stays as it was. Everything is
looked up by hash of seed, fault, station and time: the same scenario has the same faults, whatever else is simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from core.clock import DAY
from ingest.kinds import Kind
from ingest.report import Origin
from ingest.simulation.monitor import Monitor
from ingest.simulation.noise import gaussians, key_of, name_numbers, uniforms
from ingest.value import Flag

FEWER = 1 / 3
"""Share of corrections that do not repeat every factor."""
SPANNED = 0.5
"""A calibration shows zero gas until this share of its time, then span gas."""
REPEATED = 0.1
"""In a reconnect storm, reports of this last share of the outage come twice: the device has not heard whether the
first copies arrived."""


class FaultKind(StrEnum):
    """What goes wrong. Faults that meet at one report befall it in this order."""

    GAP = "gap"
    """No reports, or reports without the `factors`; `share`: of the reports."""
    STUCK = "stuck"
    """The `factors` (all of them where none is named) keep the value that they had when the fault began."""
    SPIKE = "spike"
    """A `share` of the values is multiplied by `amount`."""
    DRIFT = "drift"
    """Values grow away from the truth by the share `amount` a day, until the fault ends."""
    WRONG_UNIT = "wrong-unit"
    """Values are multiplied by `amount`: 1000 for µg in place of mg."""
    CALIBRATION = "calibration"
    """Values flagged C: of zero gas, then `amount`, that of the span gas, in the factor's unit."""
    CLOCK_SKEW = "clock-skew"
    """The device's clock is off by `seconds` (before its time: positive). When it is set right, reports name times
    that others had named before, and with their later numbers correct those."""
    FUTURE_STAMPS = "future-stamps"
    """A `share` of the reports name a time that is `seconds` ahead: years."""
    WRONG_STATION = "wrong-station"
    """A `share` of the reports is sent first in another station's name, which uses up a number, then rightly."""
    CORRECTIONS = "corrections"
    """A `share` of the reports is followed `seconds` later by one of the same time with a later number; values differ
    by about the share `amount`, and a third of the corrections names fewer factors."""
    HALF_WRITTEN = "half-written"
    """A `share` of the payloads is first sent cut in the middle, then whole."""
    DUPLICATES = "duplicates"
    """A `share` of the reports is sent twice, byte for byte."""
    LATE = "late"
    """Reports stay in the device's buffer until the fault's end, and are then sent as `resent`, oldest first."""
    RECONNECT_STORM = "reconnect-storm"
    """As late, but all come within `seconds` of the end, in any order, and the last of them twice."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with reports finished in `(start, end]` (UTC seconds), at `stations` or, if there are none, all.

    `factors` are codes. What `amount`, `seconds` and `share` mean is said at the kind.
    """

    kind: FaultKind
    start: int
    end: int
    stations: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    amount: float = 0.0
    seconds: int = 0
    share: float = 1.0


class Needs(NamedTuple):
    """Which fields of a fault its kind cannot do without, and which it may have besides."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


NEEDS: Mapping[FaultKind, Needs] = {
    FaultKind.GAP: Needs((), ("factors", "share")),
    FaultKind.STUCK: Needs((), ("factors",)),
    FaultKind.SPIKE: Needs(("amount", "share"), ("factors",)),
    FaultKind.DRIFT: Needs(("amount",), ("factors",)),
    FaultKind.WRONG_UNIT: Needs(("amount",), ("factors",)),
    FaultKind.CALIBRATION: Needs(("amount",), ("factors",)),
    FaultKind.CLOCK_SKEW: Needs(("seconds",)),
    FaultKind.FUTURE_STAMPS: Needs(("seconds",), ("share",)),
    FaultKind.WRONG_STATION: Needs(("share",)),
    FaultKind.CORRECTIONS: Needs(("share", "seconds", "amount")),
    FaultKind.HALF_WRITTEN: Needs(("share",)),
    FaultKind.DUPLICATES: Needs(("share",)),
    FaultKind.LATE: Needs(),
    FaultKind.RECONNECT_STORM: Needs(("seconds",)),
}
"""By kind, beside kind, from, to, stations and select."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A report not yet numbered. Times are UTC seconds, `period` seconds.

    `flags` has letters other than N alone. `ready` is when
    the monitor has the report by the true clock, `send_at` when it is handed to the broker, not before. `named` is the
    station that the payload names. Of `copies` more, the bytes are the same; with `half_first` it is sent cut in half
    before.
    """

    monitor: Monitor
    time: int
    period: int
    values: dict[str, float]
    flags: dict[str, str]
    ready: int
    send_at: float
    origin: Origin
    named: str
    copies: int = 0
    half_first: bool = False
    issued: int | None = None


@dataclass(slots=True)
class _Active:
    """A fault with its own random numbers; `held` is the values of stuck instruments by station."""

    fault: Fault
    key: int
    held: dict[str, dict[str, float]] = field(default_factory=dict)

    def drawn(self, draft: Draft, *more: str) -> float:
        """A number in (0, 1) for a report, or for one thing of it."""
        return float(uniforms(self.key, *_indices(draft, more)))

    def normal(self, draft: Draft, *more: str) -> float:
        """As `drawn`, a standard normal."""
        return float(gaussians(self.key, *_indices(draft, more)))

    def hits(self, draft: Draft, *more: str) -> bool:
        """Whether the report, or one thing of it, is of the fault's share."""
        return self.fault.share >= 1.0 or self.drawn(draft, *more) < self.fault.share

    def factors(self, draft: Draft) -> Iterable[str]:
        """The factors of a report that are concerned."""
        return [code for code in draft.values if not self.fault.factors or code in self.fault.factors]

    def part(self, draft: Draft) -> float:
        """How much of the fault's time has passed, 0 … 1."""
        return (draft.ready - self.fault.start) / (self.fault.end - self.fault.start)


def _indices(draft: Draft, more: Iterable[str]) -> list[int]:
    return [int(name_numbers([draft.monitor.station])[0]), draft.ready, draft.time, *name_numbers(list(more)).tolist()]


class Faults:
    """The faults of a scenario. Reports of a station are given to it in order of time."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        order = list(FaultKind)
        active = [_Active(fault, key_of(seed, "fault", fault.kind, str(number))) for number, fault in enumerate(faults)]
        active.sort(key=lambda one: order.index(one.fault.kind))
        self._everywhere = tuple(one for one in active if not one.fault.stations)
        self._of = {
            station: tuple(one for one in active if not one.fault.stations or station in one.fault.stations)
            for station in {station for one in active for station in one.fault.stations}
        }

    def touches(self, station: str) -> bool:
        """Whether anything goes wrong at the station, at any time."""
        return bool(self._everywhere) or station in self._of

    def apply(self, draft: Draft) -> list[Draft]:
        """What becomes of a report: none, itself, or several, in the order in which they were made."""
        drafts = [draft]
        for active in self._of.get(draft.monitor.station, self._everywhere):
            drafts = [after for before in drafts for after in _befall(active, before)]
        return drafts


def _befall(active: _Active, draft: Draft) -> list[Draft]:
    fault = active.fault
    return _EFFECTS[fault.kind](active, draft) if fault.start < draft.ready <= fault.end else [draft]


def _gap(active: _Active, draft: Draft) -> list[Draft]:
    if not active.hits(draft):
        return [draft]
    gone = set(active.factors(draft))
    return _with(draft, {code: value for code, value in draft.values.items() if code not in gone})


def _stuck(active: _Active, draft: Draft) -> list[Draft]:
    if draft.monitor.kind is Kind.FORECAST:  # it has no instrument
        return [draft]
    held = active.held.setdefault(draft.monitor.station, {})
    return _with(
        draft, draft.values | {code: held.setdefault(code, draft.values[code]) for code in active.factors(draft)}
    )


def _spike(active: _Active, draft: Draft) -> list[Draft]:
    amount = active.fault.amount
    hit = (code for code in active.factors(draft) if active.hits(draft, code))
    return _with(draft, draft.values | {code: _shown(draft.values[code] * amount) for code in hit})


def _drift(active: _Active, draft: Draft) -> list[Draft]:
    return _scaled(active, draft, max(0.0, 1.0 + active.fault.amount * (draft.ready - active.fault.start) / DAY))


def _wrong_unit(active: _Active, draft: Draft) -> list[Draft]:
    return _scaled(active, draft, active.fault.amount)


def _calibration(active: _Active, draft: Draft) -> list[Draft]:
    gas = 0.0 if active.part(draft) <= SPANNED else active.fault.amount
    codes = active.factors(draft)
    flags = draft.flags | dict.fromkeys(codes, Flag.CALIBRATION.value)
    return [replace(draft, values=draft.values | dict.fromkeys(codes, gas), flags=flags)]


def _ahead(active: _Active, draft: Draft) -> list[Draft]:
    # a forecast may lie in the future: it would be believed
    if draft.monitor.kind is Kind.FORECAST or not active.hits(draft):
        return [draft]
    return [replace(draft, time=draft.time + active.fault.seconds)]


def _wrong_station(active: _Active, draft: Draft) -> list[Draft]:
    if not active.hits(draft):
        return [draft]
    return [replace(draft, named=_neighbour(draft.named)), draft]


def _corrections(active: _Active, draft: Draft) -> list[Draft]:
    if not active.hits(draft):
        return [draft]
    fault = active.fault
    codes = list(draft.values)
    if len(codes) > 1 and active.drawn(draft, "fewer") < FEWER:
        codes = [code for code in codes if active.drawn(draft, code, "kept") < 0.5] or codes[:1]
    values = {
        code: _shown(draft.values[code] * max(0.0, 1.0 + fault.amount * active.normal(draft, code))) for code in codes
    }
    later = replace(
        draft,
        values=values,
        flags={code: flag for code, flag in draft.flags.items() if code in values},
        ready=draft.ready + fault.seconds,
        send_at=draft.send_at + fault.seconds,
    )
    return [draft, later]


def _half_written(active: _Active, draft: Draft) -> list[Draft]:
    return [replace(draft, half_first=True) if active.hits(draft) else draft]


def _duplicates(active: _Active, draft: Draft) -> list[Draft]:
    return [replace(draft, copies=draft.copies + 1) if active.hits(draft) else draft]


def _late(active: _Active, draft: Draft) -> list[Draft]:
    return [_kept_until(active.fault.end, draft)]


def _reconnect_storm(active: _Active, draft: Draft) -> list[Draft]:
    fault = active.fault
    kept = _kept_until(fault.end + active.drawn(draft) * fault.seconds, draft)
    last = draft.ready + draft.period > fault.end or active.part(draft) > 1.0 - REPEATED
    return [replace(kept, copies=kept.copies + 1) if last else kept]


def _kept_until(moment: float, draft: Draft) -> Draft:
    origin = Origin.RESENT if draft.origin is Origin.LIVE else draft.origin
    return replace(draft, send_at=max(draft.send_at, moment), origin=origin)


def _with(draft: Draft, values: dict[str, float]) -> list[Draft]:
    """The report with other values; without any, nothing is sent."""
    flags = {code: flag for code, flag in draft.flags.items() if code in values}
    return [replace(draft, values=values, flags=flags)] if values else []


def _scaled(active: _Active, draft: Draft, by: float) -> list[Draft]:
    return _with(draft, draft.values | {code: _shown(draft.values[code] * by) for code in active.factors(draft)})


def _shown(value: float) -> float:
    """As a logger writes a computed number: six digits."""
    return float(f"{value:.6g}")


def _neighbour(station: str) -> str:
    """An id wrong in its last letter, as set by hand: often that of a station next to it."""
    last = station[-1]
    return station[:-1] + (str((int(last) + 1) % 10) if last.isdecimal() else "0")


_EFFECTS: Mapping[FaultKind, Callable[[_Active, Draft], list[Draft]]] = {
    FaultKind.GAP: _gap,
    FaultKind.STUCK: _stuck,
    FaultKind.SPIKE: _spike,
    FaultKind.DRIFT: _drift,
    FaultKind.WRONG_UNIT: _wrong_unit,
    FaultKind.CALIBRATION: _calibration,
    FaultKind.CLOCK_SKEW: _ahead,
    FaultKind.FUTURE_STAMPS: _ahead,
    FaultKind.WRONG_STATION: _wrong_station,
    FaultKind.CORRECTIONS: _corrections,
    FaultKind.HALF_WRITTEN: _half_written,
    FaultKind.DUPLICATES: _duplicates,
    FaultKind.LATE: _late,
    FaultKind.RECONNECT_STORM: _reconnect_storm,
}
