"""A scenario's tables, held against its network and against each other: every refusal names table, field and remedy."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import numpy as np

from core.clock import SHANGHAI
from ingest.kinds import MINUTE, Kind
from ingest.period import format_period
from ingest.simulation.episodes import Cheat, Episode, EpisodeKind
from ingest.simulation.faults import NEEDS, Fault, FaultKind
from ingest.simulation.monitor import Monitor, River
from ingest.simulation.network import Network
from ingest.simulation.noise import hashed, key_of
from ingest.simulation.scenario_file import (
    EpisodePart,
    FaultPart,
    Placed,
    RiverPart,
    ScenarioPart,
    SelectPart,
    SpanPart,
    Where,
)
from ingest.simulation.span import Span, begins_period
from standards.factors import load_catalogue


class EpisodeNeeds(NamedTuple):
    """What an episode of a kind must and may say.

    `kinds`: of the stations at which it happens; none: it happens everywhere. `manners`: one of these is said, the
    first if it says nothing. `factors`: the manner is one of these factor codes.
    """

    kinds: tuple[Kind, ...] = ()
    peak: bool = True
    manners: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()


STACK_POLLUTANTS = ("a34013", "a21026", "a21002")
WATER_POLLUTANTS = ("w01018", "w21003", "w21011", "w21001")
SPILLED = ("w21003", "w01019", "w21011", "w21001")

EPISODE_NEEDS: Mapping[EpisodeKind, EpisodeNeeds] = {
    EpisodeKind.DUST_STORM: EpisodeNeeds(),
    EpisodeKind.HEAVY_POLLUTION: EpisodeNeeds(),
    EpisodeKind.OZONE: EpisodeNeeds(),
    EpisodeKind.CONSTRUCTION_DUST: EpisodeNeeds((Kind.DUST,)),
    EpisodeKind.EXCEEDANCE: EpisodeNeeds(
        (Kind.CEMS, Kind.EFFLUENT, Kind.FACILITY), factors=(*STACK_POLLUTANTS, *WATER_POLLUTANTS)
    ),
    EpisodeKind.CHEATING: EpisodeNeeds((Kind.CEMS, Kind.POWER, Kind.FACILITY), peak=False, manners=tuple(Cheat)),
    EpisodeKind.SPILL: EpisodeNeeds((Kind.WATER,), factors=SPILLED),
    EpisodeKind.SEWAGE_BYPASS: EpisodeNeeds((Kind.EFFLUENT,)),
    EpisodeKind.RESTART: EpisodeNeeds((Kind.POWER, Kind.FACILITY, Kind.CEMS, Kind.EFFLUENT), peak=False),
    EpisodeKind.NIGHT_NOISE: EpisodeNeeds((Kind.NOISE,)),
}


class CheckedTables:
    """The tables of a file, held against the network and each other."""

    def __init__(self, file: str, part: ScenarioPart, network: Network) -> None:
        self._file = file
        self._part = part
        self._network = network
        self._kinds = {monitor.station: monitor.kind for monitor in network.monitors}
        self._enterprises: defaultdict[str, list[Monitor]] = defaultdict(list)
        for monitor in network.monitors:
            if monitor.enterprise:
                self._enterprises[monitor.enterprise].append(monitor)
        self.rivers = tuple(self._river(number, river) for number, river in enumerate(part.river, 1))
        self._no_section_twice()
        self.spans = tuple(self._spans(part.span))
        self._start, self._end = self.spans[0].start, self.spans[-1].end

    def episodes(self) -> tuple[Episode, ...]:
        """What happens."""
        return tuple(self._episode(number, episode) for number, episode in enumerate(self._part.episode, 1))

    def faults(self) -> tuple[Fault, ...]:
        """What goes wrong."""
        return tuple(self._fault(number, fault) for number, fault in enumerate(self._part.fault, 1))

    def _river(self, number: int, river: RiverPart) -> River:
        where = Where(self._file, "river", number)
        for section in river.sections:
            self._check_station(where, "sections", section.station, (Kind.WATER,))
        km = [section.km for section in river.sections]
        if sorted(set(km)) != km:
            raise where.error("sections", "must stand in order downstream", hint="let km ascend")
        return River(river.name, river.km_per_hour, tuple((section.station, section.km) for section in river.sections))

    def _no_section_twice(self) -> None:
        seen: set[str] = set()
        for number, river in enumerate(self.rivers, 1):
            for station, _ in river.sections:
                if station in seen:
                    where = Where(self._file, "river", number)
                    raise where.error("sections", "is a section already", station, hint="keep one of them")
                seen.add(station)

    def _spans(self, spans: Sequence[SpanPart]) -> Iterator[Span]:
        last = -math.inf
        for number, span in enumerate(spans, 1):
            where = Where(self._file, "span", number)
            grid = span.period or MINUTE
            for field, moment in (("from", span.start), ("to", span.end)):
                if not begins_period(moment, grid):
                    hint = f"a period of {format_period(grid)} must begin then"
                    raise where.error(field, "is within a period", _shown(moment), hint=hint)
            if span.start < last:
                raise where.error("from", "is before the last span's end", _shown(span.start), hint="put them in order")
            last = span.end
            yield Span(span.start, span.end, span.period, span.origin, span.paced)

    def _episode(self, number: int, part: EpisodePart) -> Episode:
        where = Where(self._file, "episode", number)
        self._check_time(where, part)
        needs = EPISODE_NEEDS[part.kind]
        if not needs.kinds and (part.stations or part.select):
            field = "stations" if part.stations else "select"
            raise where.error(field, f"{part.kind} happens everywhere", hint=f"leave {field} out")
        stations = self._stations(where, "episode", number, part, needs.kinds)
        if needs.kinds and not stations:
            raise where.error("stations", f"{part.kind} happens at some stations", hint="give stations or select")
        if needs.peak != (part.peak is not None):
            message = f"{part.kind} has {'a' if needs.peak else 'no'} peak"
            raise where.error("peak", message, part.peak, hint="give it" if needs.peak else "leave it out")
        manner = self._manner(where, part, needs)
        if part.kind is EpisodeKind.SPILL:
            self._check_spill(where, stations)
        return Episode(part.kind, part.start, part.end, stations, part.peak or 0.0, manner)

    def _manner(self, where: Where, part: EpisodePart, needs: EpisodeNeeds) -> str:
        if part.manner is None:
            return needs.manners[0] if needs.manners else ""
        if needs.factors:
            factor = load_catalogue().resolve(part.manner)
            if factor is not None and factor.code in needs.factors:
                return factor.code
        elif part.manner in needs.manners:
            return part.manner
        known = (*needs.manners, *(load_catalogue().by_code[code].symbol for code in needs.factors))
        hint = f"one of {', '.join(known)}" if known else "leave it out"
        raise where.error("manner", f"is no manner of {part.kind}", part.manner, hint=hint)

    def _check_spill(self, where: Where, stations: tuple[str, ...]) -> None:
        if len(stations) != 1:
            raise where.error("stations", "a spill begins at one section", len(stations), hint="name one")
        if not any(stations[0] == station for river in self.rivers for station, _ in river.sections):
            raise where.error("stations", "is at no river", stations[0], hint="name it in a [[river]]")

    def _fault(self, number: int, part: FaultPart) -> Fault:
        where = Where(self._file, "fault", number)
        self._check_time(where, part)
        needs = NEEDS[part.kind]
        for field in ("factors", "amount", "seconds", "share"):
            value = getattr(part, field)
            if value is None and field in needs.required:
                raise where.error(field, f"{part.kind} needs it", hint="give it")
            if value is not None and field not in (*needs.required, *needs.optional):
                raise where.error(field, f"{part.kind} does not heed it", _plain(value), hint="leave it out")
        self._check_size(where, part)
        if part.kind in {FaultKind.LATE, FaultKind.RECONNECT_STORM} and part.end > self._end:
            raise where.error(
                "to", "is after the last span, so nothing would come", _shown(part.end), hint="end it before"
            )
        return Fault(
            part.kind,
            part.start,
            part.end,
            self._members(self._stations(where, "fault", number, part, tuple(Kind))),
            part.factors or (),
            part.amount or 0.0,
            part.seconds or 0,
            1.0 if part.share is None else part.share,
        )

    def _check_size(self, where: Where, part: FaultPart) -> None:
        """A drift may go down and a clock be slow; all else goes one way."""
        for field, backward in (("amount", FaultKind.DRIFT), ("seconds", FaultKind.CLOCK_SKEW)):
            value = getattr(part, field)
            if value is not None and (value == 0 or (value < 0 and part.kind is not backward)):
                raise where.error(field, "changes nothing, or cannot be", value, hint="give it above 0")

    def _check_time(self, where: Where, part: Placed) -> None:
        if part.start >= self._end or part.end <= self._start:
            raise where.error("from", "is outside all spans", _shown(part.start), hint="correct from and to")

    def _stations(
        self, where: Where, table: str, number: int, part: Placed, kinds: tuple[Kind, ...]
    ) -> tuple[str, ...]:
        if part.select:
            return self._selected(where, key_of(self._part.seed, "select", table, str(number)), part.select, kinds)
        for name, times in Counter(part.stations or ()).items():
            if times > 1:
                raise where.error("stations", "is named twice", name, hint="name it once")
            if name not in self._enterprises:
                self._check_station(where, "stations", name, kinds)
            elif not any(monitor.kind in kinds for monitor in self._enterprises[name]):
                hint = f"name one with stations of kind {' or '.join(kinds)}"
                raise where.error("stations", "is an enterprise without any such station", name, hint=hint)
        return part.stations or ()

    def _selected(self, where: Where, key: int, select: SelectPart, kinds: tuple[Kind, ...]) -> tuple[str, ...]:
        if select.kind not in kinds:
            hint = f"one of {', '.join(kinds)}"
            raise where.error("select kind", "cannot be chosen here", select.kind.value, hint=hint)
        found = [monitor for monitor in self._network.monitors if monitor.kind is select.kind]
        names = [monitor.station for monitor in found]
        if select.enterprises:
            names = list(dict.fromkeys(monitor.enterprise for monitor in found if monitor.enterprise))
        if select.count > len(names):
            what = "enterprises with" if select.enterprises else "of"
            message = f"the network has {len(names)} {what} kind {select.kind}"
            raise where.error("select count", message, select.count, hint="ask for fewer")
        drawn = np.argsort(hashed(key, np.arange(len(names))), kind="stable")
        return tuple(names[place] for place in sorted(drawn[: select.count].tolist()))

    def _members(self, names: Iterable[str]) -> tuple[str, ...]:
        """The stations that the names stand for: a fault befalls one by one."""
        stations = ([monitor.station for monitor in self._enterprises.get(name, ())] or [name] for name in names)
        return tuple(dict.fromkeys(chain.from_iterable(stations)))

    def _check_station(self, where: Where, field: str, station: str, kinds: tuple[Kind, ...]) -> None:
        kind = self._kinds.get(station)
        if kind is None:
            raise where.error(field, "is no station of the network", station, hint="correct its id")
        if kind not in kinds:
            raise where.error(field, f"is of kind {kind}", station, hint=f"name one of kind {' or '.join(kinds)}")


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, SHANGHAI).isoformat()


def _plain(value: object) -> object:
    return ", ".join(value) if isinstance(value, tuple) else value
