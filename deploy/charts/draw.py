"""Which pictures a day has, each drawn of the rows it needs and written as a PNG file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from aggregate.statistic import AQI, city_object, station_object
from alerts.rules import book
from core.clock import HOUR
from deploy.charts import air, intake, limits, network, power, river
from deploy.charts.canvas import Canvas, Names
from deploy.charts.day import Course, Day, Place, Raised
from deploy.charts.subjects import Subjects
from deploy.totals import Totals
from ingest.kinds import Kind
from standards.editions import edition_at
from standards.factors import load_catalogue

PM25, PM10, AMMONIA = "a34004", "a34002", "w21003"
PRODUCTION, TREATMENT = "x_power_production", "x_power_treatment"


@dataclass(slots=True)
class Pictures:
    """The pictures of a day whose hours since `live` (UTC seconds) were reported minute by minute."""

    canvas: Canvas
    day: Day
    live: int
    last: int
    subjects: Subjects
    totals: Totals
    _places: dict[str, Place] = field(default_factory=dict)
    _alerts: list[Raised] = field(default_factory=list)

    def save(self, folder: Path) -> list[Path]:
        """Draw and write all, in the order in which they are looked at; returns the files."""
        self._places = {place.station: place for place in self.day.stations()}
        self._alerts = self.day.alerts()
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        with self.canvas.drawing():
            for number, (name, draw) in enumerate(self._drawn(), start=1):
                files.append(folder / f"{number}-{name}.png")
                draw().savefig(files[-1])
        return files

    def _drawn(self) -> Iterator[tuple[str, Callable[[], Figure]]]:
        known = self._places
        if known:  # the story is of one city
            yield "city", partial(self._city, min(place.city for place in known.values()))
        if self.subjects.dust in known:
            yield "dust", partial(self._dust, known[self.subjects.dust])
        outlet = known.get(self.subjects.plant)
        if outlet and (limited := _limited(outlet)):
            yield "plant", partial(self._plant, outlet, limited)
        sections = [known[section] for section in self.subjects.sections if section in known]
        if sections:
            yield "river", partial(self._river, sections)
        cheater, closed = self._meter(self.subjects.cheater), self._meter(self.subjects.closed)
        if cheater and closed:
            yield "power", partial(self._power, cheater, closed)
        yield "stations", partial(network.stations, self.canvas, list(known.values()), self._alerts)
        yield (
            "intake",
            partial(intake.intake, self.canvas, self.day.arrivals(self.live), self.totals, self._live_hours),
        )

    def _city(self, name: str) -> Figure:
        subject = city_object(name)
        particles = self.day.hours(subject, PM25), self.day.hours(subject, PM10)
        levels = edition_at(self.day.first).levels
        heavy = book.load().get("heavy-pollution-hour").levels[0].threshold
        return air.city(self.canvas, name, self.day.hours(subject, AQI), particles, levels, heavy, self._of(subject))

    def _dust(self, site: Place) -> Figure:
        subject = station_object(site.station)
        others = [
            station_object(place.station)
            for place in self._places.values()
            if place.kind is Kind.DUST and place.station != site.station
        ]
        return limits.dust(
            self.canvas,
            _names(site),
            self.day.hours(subject, PM10),
            self._minutes(site, PM10),
            self.day.typical(others, PM10),
            book.load().get("dust-stop-work").levels[0].threshold,
            self._of(subject),
            self._live_hours,
        )

    def _plant(self, outlet: Place, limited: Mapping[str, float]) -> Figure:
        """Of the factors with a limit the one that comes highest against it."""
        subject = station_object(outlet.station)
        courses = {code: self.day.hours(subject, code) for code in limited}
        code = max(courses, key=lambda code: courses[code].peak / limited[code])
        symbol = load_catalogue().by_code[code].symbol
        return limits.stack(
            self.canvas,
            _names(outlet),
            symbol,
            limited[code],
            courses[code],
            self._minutes(outlet, code),
            self._of(subject),
            self._live_hours,
        )

    def _river(self, sections: list[Place]) -> Figure:
        courses = [self.day.readings(place.station, AMMONIA, longest=24 * HOUR) for place in sections]
        return river.river(self.canvas, list(zip(map(_names, sections), courses, strict=True)))

    def _power(self, cheater: Place, closed: Place) -> Figure:
        production, treatment = (self._all(cheater, code) for code in (PRODUCTION, TREATMENT))
        running = self._all(closed, PRODUCTION)
        return power.power(self.canvas, _firm(cheater), production, treatment, _firm(closed), running)

    def _minutes(self, place: Place, code: str) -> Course:
        return self.day.readings(place.station, code)

    def _all(self, place: Place, code: str) -> Course:
        return self.day.readings(place.station, code, longest=HOUR)

    def _of(self, subject: str) -> list[Raised]:
        return [raised for raised in self._alerts if raised.object == subject]

    def _meter(self, station: str) -> Place | None:
        """The power meter of a station's enterprise."""
        at = self._places.get(station)
        if at is None or at.kind is Kind.POWER:
            return at
        return next(
            (
                place
                for place in self._places.values()
                if place.kind is Kind.POWER and at.enterprise and place.enterprise == at.enterprise
            ),
            None,
        )

    @property
    def _live_hours(self) -> tuple[float, float]:
        return (self.live - self.day.first) / HOUR, (self.last - self.day.first) / HOUR


def _limited(outlet: Place) -> dict[str, float]:
    """The limits that something can be held against: a limit of 0 has no multiples."""
    return {code: limit for code, limit in outlet.limits.items() if limit > 0}


def _names(place: Place) -> Names:
    return place.name_zh, place.name_en


def _firm(place: Place) -> Names:
    return place.enterprise or place.name_zh, place.name_en
