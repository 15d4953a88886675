"""A region's climate: what its air and weather are like over year, week and day, as numbers from a TOML file.

The form is told in the head of `climates/beijing.toml`. A file may instead be `like` another, scaled and shifted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InputError
from ingest.simulation.noise import Floats

FOLDER = Path(__file__).with_name("climates")


class Variable(StrEnum):
    """What a climate describes by a course of its own."""

    PM25 = "pm25"
    COARSE = "coarse"
    """PM10 beyond PM2.5."""
    SO2 = "so2"
    NO2 = "no2"
    CO = "co"
    O3 = "o3"
    TEMPERATURE = "temperature"
    DEW_POINT = "dew_point"
    PRESSURE = "pressure"
    WIND_SPEED = "wind_speed"


Part = tuple[float, float, float]
"""Share of the variance, hours, km: how fast noise changes over time and distance."""


@dataclass(frozen=True, slots=True)
class Course:
    """A variable: `scale · course^power + shift`, where the course is normal.

    `month` [12] and `spread` [12] are its mean and standard deviation at mid-month, `day` [4, 24] what the hours add in
    mid-January, April, July and October, `loads` [4, 3] how much of the deviation each shared state brings then.
    """

    power: int
    least: float
    month: Floats
    spread: Floats
    day: Floats
    week: Floats
    loads: Floats
    own: tuple[Part, ...]
    site: float
    scale: float = 1.0
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Shared:
    """States of the air that many variables follow, in the order of `Course.loads`."""

    stagnation: tuple[Part, ...]
    sun: tuple[Part, ...]
    soil: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Rain:
    """Share of hours with rain by month [12]; an hour brings `scale · (exp(steepness · excess) - 1)` mm."""

    share: Floats
    scale: float
    steepness: float
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Wind:
    """Degrees where clean air, stagnant air and the afternoon's breeze come from."""

    clean: float
    stagnant: float
    breeze: float


@dataclass(frozen=True, slots=True)
class Climate:
    """Filled in from `climates/<name>.toml`."""

    name: str
    title_zh: str
    title_en: str
    shared: Shared
    rain: Rain
    wind: Wind
    courses: Mapping[Variable, Course]


Year = Annotated[list[float], Field(min_length=12, max_length=12)]
Seasons = Annotated[list[float], Field(min_length=4, max_length=4)]
Day = Annotated[list[float], Field(min_length=24, max_length=24)]
Week = Annotated[list[float], Field(min_length=7, max_length=7)]
Share = Annotated[float, Field(gt=0, le=1)]
PartRow = tuple[Share, Annotated[float, Field(gt=0)], Annotated[float, Field(ge=0)]]
Parts = Annotated[list[PartRow], Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Loads(_Table):
    stagnation: Seasons
    sun: Seasons
    soil: Seasons

    @model_validator(mode="after")
    def _leave_room(self) -> Self:
        if np.any(self.rows() ** 2 @ np.ones(3) >= 1.0):
            raise ValueError(
                "together the states bring more than all of the deviation; squares must sum to less than 1"
            )
        return self

    def rows(self) -> Floats:
        return np.array([self.stagnation, self.sun, self.soil]).T


class _Course(_Table):
    power: Annotated[int, Field(ge=1, le=4)]
    least: float
    month: Year
    spread: Year
    day: Annotated[list[Day], Field(min_length=4, max_length=4)]
    week: Week = Field(default_factory=lambda: [1.0] * 7)
    loads: _Loads
    own: Parts
    site: float = 0.0

    def course(self) -> Course:
        return Course(
            power=self.power,
            least=self.least,
            month=np.array(self.month),
            spread=np.array(self.spread),
            day=np.array(self.day),
            week=np.array(self.week),
            loads=self.loads.rows(),
            own=tuple(self.own),
            site=self.site,
        )


class _Shared(_Table):
    stagnation: Parts
    sun: Parts
    soil: Parts


class _Rain(_Table):
    share: Annotated[list[Annotated[float, Field(gt=0, lt=0.5)]], Field(min_length=12, max_length=12)]
    scale: Annotated[float, Field(gt=0)]
    steepness: Annotated[float, Field(gt=0)]
    parts: Parts


Degrees = Annotated[float, Field(ge=0, lt=360)]


class _Wind(_Table):
    clean: Degrees
    stagnant: Degrees
    breeze: Degrees

    def wind(self) -> Wind:
        return Wind(self.clean, self.stagnant, self.breeze)


class _File(_Table):
    title_zh: str
    title_en: str
    shared: _Shared
    rain: _Rain
    wind: _Wind
    variables: dict[Variable, _Course]

    def climate(self, name: str) -> Climate:
        missing = [variable for variable in Variable if variable not in self.variables]
        if missing:
            raise _error(name, f"variables.{missing[0]}", "is missing")
        rain = self.rain
        return Climate(
            name=name,
            title_zh=self.title_zh,
            title_en=self.title_en,
            shared=Shared(**{field.name: tuple(getattr(self.shared, field.name)) for field in fields(Shared)}),
            rain=Rain(np.array(rain.share), rain.scale, rain.steepness, tuple(rain.parts)),
            wind=self.wind.wind(),
            courses={variable: self.variables[variable].course() for variable in Variable},
        )


class _Likeness(_Table):
    title_zh: str
    title_en: str
    like: Literal["beijing"]
    scale: dict[Variable, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    shift: dict[Variable, float] = Field(default_factory=dict)
    wind: _Wind

    def climate(self, name: str) -> Climate:
        other = load_climate(self.like)
        courses = {
            variable: replace(course, scale=self.scale.get(variable, 1.0), shift=self.shift.get(variable, 0.0))
            for variable, course in other.courses.items()
        }
        return replace(
            other, name=name, title_zh=self.title_zh, title_en=self.title_en, wind=self.wind.wind(), courses=courses
        )


def climate_names() -> list[str]:
    """The climates there are."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def load_climate(name: str) -> Climate:
    """The climate of `climates/<name>.toml`; `InputError` names the file and field."""
    if name not in climate_names():
        known = ", ".join(climate_names())
        raise InputError(
            "climate", "there is no such climate", field="climate", value=name, hint=f"take one of {known}"
        )
    return read_climate(name, (FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def read_climate(name: str, text: str) -> Climate:
    """A climate from the text of its file; `InputError` names the file and field."""
    try:
        content: dict[str, Any] = tomllib.loads(text)
        form = _Likeness if "like" in content else _File
        return form.model_validate(content).climate(name)
    except tomllib.TOMLDecodeError as error:
        raise _error(name, "the file", f"cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _error(name, where, first["msg"].lower(), first["input"]) from error


def _error(name: str, where: str, message: str, value: object = None) -> InputError:
    shown = value if isinstance(value, int | float | str) else None
    return InputError(
        "climate",
        message,
        field=f"climates/{name}.toml: {where}",
        value=shown,
        hint="see the head of climates/beijing.toml",
    )
