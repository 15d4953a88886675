"""Who is told of what: targets, routes and duties, as the notifications' file (TOML) says. Pure but for reading it.

All routes that a telling meets count, in the order of the file, until one that says `stop`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from alerts.happening import Happening
from alerts.notify.roster import Roster
from alerts.notify.roster import load as load_roster
from alerts.notify.target import Id, Target
from alerts.notify.telling import About, Telling
from alerts.rules.deadlines import Duration
from alerts.rules.watch import CITY
from alerts.severity import Severity
from alerts.toml_file import read_entries
from core.clock import DAY, HOUR
from core.errors import InputError
from ingest.kinds import Kind

DUTY = "duty:"
LAST_RESORT = "last-resort"
"""The addressee of what could not be told to another."""

Addressee = Annotated[str, StringConstraints(pattern=rf"^({DUTY})?[a-z0-9][a-z0-9-]{{0,39}}$")]
"""The id of a target, or `duty:` and that of a duty."""
Region = Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")]


class Route(BaseModel):
    """Who is told of what; a condition that is not given is met by anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    to: tuple[Addressee, ...] = Field(min_length=1)
    about: tuple[About, ...] = (About.ALERT, About.ORDER, About.OVERDUE, About.WARNING)
    severity: Severity = Severity.INFO
    """At least so grave."""
    happenings: tuple[Happening, ...] = ()
    """Of alerts alone."""
    cities: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    """Beginnings of codes."""
    kinds: tuple[Kind | str, ...] = ()
    stations: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    stop: bool = False
    """What meets it goes no further."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for kind in self.kinds:
            if kind not in {CITY, *Kind}:
                raise ValueError(f"{kind} is no kind; write {CITY}, {', '.join(Kind)}")
        return self

    def meets(self, telling: Telling) -> bool:
        """Whether a telling meets all that is asked."""
        return (
            telling.about in self.about
            and telling.severity.rank >= self.severity.rank
            and (not self.happenings or telling.about is not About.ALERT or telling.happening in self.happenings)
            and (not self.cities or telling.city in self.cities)
            and (not self.regions or telling.region.startswith(self.regions))
            and (not self.kinds or telling.kind in self.kinds)
            and (not self.stations or telling.station in self.stations)
            and (not self.rules or telling.rule_id in self.rules)
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cities: tuple[str, ...] = ()
    """Whose alerts are told; none: all. Centres that share a database have each a file, and cities, of their own."""
    roster: Path | None = None
    """CSV, beside this file if it is no absolute path."""
    last_resort: Id | None = None
    """Target of what nobody is on duty for, and of what could not be delivered to another."""
    gather: Duration = 5
    """What is told is held back for so long, so that many stations make one message."""
    give_up: Annotated[Duration, Field(le=7 * DAY)] = 6 * HOUR
    """After so long without success a message is given up, and the last resort told."""
    target: tuple[Target, ...] = Field(min_length=1)
    route: tuple[Route, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, ids in (("target", [t.id for t in self.target]), ("route", [r.id for r in self.route])):
            for one in ids:
                if ids.count(one) > 1:
                    raise ValueError(f"{name} {one} stands twice; give one of them another id")
        targets = {target.id for target in self.target}
        for route in self.route:
            for to in route.to:
                if to not in targets and not to.startswith(DUTY):
                    raise ValueError(f"route {route.id}: {to} is no target; add it, or correct its spelling")
        if self.last_resort is not None and self.last_resort not in targets:
            raise ValueError(f"last_resort: {self.last_resort} is no target; add it, or correct its spelling")
        return self


class Told(msgspec.Struct, frozen=True):
    """Who is told: by which addressees of routes, which target, and from when on."""

    addressees: tuple[str, ...]
    target: str
    due: datetime


class Routes:
    """The notifications' file and its roster."""

    def __init__(self, file: _File, roster: Roster, paths: tuple[Path, ...]) -> None:
        self.cities = file.cities
        self.paths = paths
        """The files that it was read from."""
        self.targets: dict[str, Target] = {target.id: target for target in file.target}
        self.roster = roster
        self.last_resort = file.last_resort
        self.give_up = timedelta(seconds=file.give_up)
        self._gather = timedelta(seconds=file.gather)
        self._routes = file.route

    def serves(self, city: str) -> bool:
        """Whether the file is for a city's alerts; another file may be for others."""
        return not self.cities or city in self.cities

    def addressees(self, telling: Telling, begun: Collection[str] = ()) -> list[str]:
        """Whom to tell, each once: of news whom the routes name, of what follows who was told (`begun`) and wants it.

        What follows is told whatever the severity is by then: who heard that it began hears that it is over.
        """
        if not telling.news:
            return [one for one in begun if self._wants(one, telling)]
        found: dict[str, None] = {}
        for route in self._routes:
            if route.meets(telling):
                found.update(dict.fromkeys(route.to))
                if route.stop:
                    break
        return [*found, *(one for one in telling.targets if one in self.targets and one not in found)]

    def told(self, telling: Telling, begun: Collection[str], now: datetime) -> list[Told]:
        """Each target that is to be told, once; `begun`: addressees that were told of its thread before.

        What nobody is on duty for goes to the last resort.
        """
        found: dict[str, Told] = {}
        for addressee in self.addressees(telling, begun):
            for target in self._targets(addressee, now):
                known = found[target].addressees if target in found else ()
                found[target] = Told((*known, addressee), target, self.due(target, telling, now))
        return list(found.values())

    def due(self, target: str, telling: Telling, now: datetime) -> datetime:
        """From when on a target may be told: a little later, or after its quiet hours."""
        ready = now + self._gather
        quiet = self.targets[target].quiet if target in self.targets else None
        if quiet is None or telling.urgency.rank >= quiet.unless.rank:
            return ready
        return quiet.over_at(ready) or ready

    def _wants(self, addressee: str, telling: Telling) -> bool:
        naming = [route for route in self._routes if addressee in route.to and telling.about in route.about]
        return not naming or any(not route.happenings or telling.happening in route.happenings for route in naming)

    def _targets(self, addressee: str, now: datetime) -> list[str]:
        resort = [self.last_resort] if self.last_resort else []
        if addressee == LAST_RESORT:
            return resort
        if not addressee.startswith(DUTY):
            return [addressee] if addressee in self.targets else []
        return [shift.target for shift in self.roster.on_duty(addressee.removeprefix(DUTY), now)] or resort


def load(path: Path) -> Routes:
    """The notifications' file; raises `InputError` naming file, line, entry, field and remedy."""
    file = read_entries(path, _File, "target", "route")
    roster_path = None if file.roster is None else path.parent / file.roster
    roster = Roster() if roster_path is None else load_roster(roster_path, {target.id for target in file.target})
    for route in file.route:
        for to in route.to:
            duty = to.removeprefix(DUTY)
            if duty != to and duty not in roster.duties:
                raise InputError(
                    "duty_unknown",
                    f"{path}: route {route.id}: no shift of this duty stands in the roster",
                    value=to,
                    hint=f"add its shifts, or name one of {', '.join(sorted(roster.duties)) or '(none)'}",
                )
    return Routes(file, roster, tuple(one for one in (path, roster_path) if one))
