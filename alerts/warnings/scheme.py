"""Warning schemes as data: which daily AQI, for how long, starts which level; chosen by region and date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from alerts.toml_file import read_entries
from core.errors import InputError

BUILTIN = Path(__file__).parent / "schemes.toml"
EVERYWHERE = "*"
DAY_HOURS = 24
CITY_DIGITS = 4
"""Of a region code (GB/T 2260): those that name the city."""

Region = Annotated[str, Field(pattern=r"^(\*|\d{2}|\d{4}|\d{6})$")]
"""An administrative division (GB/T 2260) by its first digits: 14 a province, 1405 a city; * everywhere."""
Confidence = Literal["A", "B", "C", "M"]
UNCONFIRMED: frozenset[str] = frozenset({"C", "M"})


def closeness(regions: Iterable[str], region: str) -> int:
    """How closely regions name one: digits that agree, 0 for everywhere, -1 for not at all."""
    own = (0 if known == EVERYWHERE else len(known) for known in regions
           if known == EVERYWHERE or region.startswith(known))  # fmt: skip
    return max(own, default=-1)


class Level(StrEnum):
    """Of a warning, least first; the lower tier is no warning."""

    CONTROL = "control"
    """临时管控: lower tier of 2024, temporary control is allowed."""
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """Grows with the level."""
        return list(Level).index(self)

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"control": "临时管控", "blue": "蓝色", "yellow": "黄色", "orange": "橙色", "red": "红色"}[self.value]

    @property
    def is_warning(self) -> bool:
        """Whether it is proposed and issued."""
        return self is not Level.CONTROL


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Model):
    """Where a figure comes from, and how sure it is (A … C, M: memory)."""

    text: str = Field(min_length=1)
    confidence: Confidence

    @property
    def shown(self) -> str:
        """With what is to be said where no official text confirms it."""
        return f"{self.text}（未证实 unconfirmed, {self.confidence}）" if self.confidence in UNCONFIRMED else self.text


class Clause(_Model):
    """A daily AQI above (`above`), or at or above (`reaches`), a number for at least `hours`."""

    above: int | None = Field(default=None, ge=0, le=499)
    reaches: int | None = Field(default=None, ge=1, le=500)
    hours: int = Field(default=DAY_HOURS, ge=DAY_HOURS, multiple_of=DAY_HOURS)

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.above is None) == (self.reaches is None):
            raise ValueError("needs above or reaches, and not both")
        return self

    @property
    def floor(self) -> int:
        """The highest whole AQI that does not meet it."""
        return self.above if self.above is not None else (self.reaches or 0) - 1

    @property
    def days(self) -> int:
        """Whole days for which it must hold."""
        return self.hours // DAY_HOURS

    @property
    def chinese(self) -> str:
        """As operators read it."""
        bound = f"AQI>{self.above}" if self.above is not None else f"AQI≥{self.reaches}"
        return f"{bound} 持续 {self.hours} h 以上"


class Alternative(_Model):
    """Clauses that hold together in one episode; the first, with the lowest AQI, spans it."""

    all: tuple[Clause, ...] = Field(min_length=1)

    @field_validator("all")
    @classmethod
    def _first_is_lowest(cls, clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
        if any(other.floor <= clauses[0].floor for other in clauses[1:]):
            raise ValueError("the first clause must have the lowest AQI; put it first")
        return clauses

    @property
    def floor(self) -> int:
        """Days above this belong to the episode."""
        return self.all[0].floor

    @property
    def hot(self) -> int:
        """While days above this come, the alternative holds on."""
        return max(clause.floor for clause in self.all)

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return " 且 ".join(clause.chinese for clause in self.all)


class LevelPart(_Model):
    """A level, met by any of its alternatives."""

    level: Level
    any: tuple[Alternative, ...] = Field(min_length=1)
    source: Source


class Setting(_Model):
    """A number of hours or days with its source."""

    value: int = Field(ge=0)
    source: Source


class Scheme(_Model):
    """One scheme: its levels, and how warnings begin, merge and end. `until` is exclusive."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    legal_basis: str = Field(min_length=1)
    effective_from: date
    effective_until: date | None = None
    dates_source: Source
    regions: tuple[Region, ...] = Field(min_length=1)
    clear_hours: Setting
    """A warning ends, or steps down, where the AQI is below the condition and expected to stay so for so long."""
    merge_hours: Setting
    """Days above the condition with less than this between them are one episode."""
    lead_days: Setting
    """An episode is proposed when it begins at most so many days after today."""
    level: tuple[LevelPart, ...] = Field(min_length=1)

    @field_validator("level")
    @classmethod
    def _levels_ascend(cls, levels: tuple[LevelPart, ...]) -> tuple[LevelPart, ...]:
        ranks = [part.level.rank for part in levels]
        if ranks != sorted(set(ranks)):
            raise ValueError("levels must be named once each, least first; order them")
        if not any(part.level.is_warning for part in levels):
            raise ValueError("has no level of a warning; add yellow, orange or red")
        return levels

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError("effective_until must come after effective_from; correct one of them")
        return self

    @cached_property
    def floor(self) -> int:
        """The lowest daily AQI threshold of the warnings; a day up to it is below the starting condition."""
        return min(one.floor for part in self.level if part.level.is_warning for one in part.any)

    @property
    def merge_days(self) -> int:
        """So many days below in a row, at most, do not divide an episode."""
        return max(0, -(-self.merge_hours.value // DAY_HOURS) - 1)

    def effective(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)

    def covers(self, region: str) -> int:
        """`closeness` of its regions to a region."""
        return closeness(self.regions, region)


class _File(_Model):
    scheme: tuple[Scheme, ...] = Field(min_length=1)

    @field_validator("scheme")
    @classmethod
    def _differ(cls, schemes: tuple[Scheme, ...]) -> tuple[Scheme, ...]:
        for place, one in enumerate(schemes):
            for other in schemes[:place]:
                if one.id == other.id:
                    raise ValueError(f"two schemes have the id {one.id}; give one of them another")
                if set(one.regions) & set(other.regions) and _overlap(one, other):
                    raise ValueError(f"{one.id} and {other.id} are in force in one region at once; end one of them")
        return schemes


def _overlap(one: Scheme, other: Scheme) -> bool:
    ends = [scheme.effective_until or date.max for scheme in (one, other)]
    return max(one.effective_from, other.effective_from) < min(ends)


@dataclass(frozen=True, slots=True)
class Schemes:
    """All schemes of a file, in its order."""

    all: tuple[Scheme, ...]

    def get(self, scheme_id: str) -> Scheme:
        """The scheme of that id; raises `InputError` if there is none."""
        for scheme in self.all:
            if scheme.id == scheme_id:
                return scheme
        known = ", ".join(scheme.id for scheme in self.all)
        raise InputError("scheme", "is no scheme", field="scheme", value=scheme_id, hint=f"take one of {known}")

    def at(self, region: str, day: date) -> Scheme:
        """The scheme in force in a region (GB/T 2260) on a day, the closest to it; raises `InputError` for none."""
        known = [scheme for scheme in self.all if scheme.effective(day) and scheme.covers(region) >= 0]
        if not known:
            raise InputError("scheme", f"no scheme is in force on {day}", field="region", value=region,
                             hint="add one to the schemes' file")  # fmt: skip
        return max(known, key=lambda scheme: scheme.covers(region))

    def __iter__(self) -> Iterator[Scheme]:
        return iter(self.all)


@cache
def load_schemes(path: Path = BUILTIN) -> Schemes:
    """The schemes of a file; raises `InputError` naming file, line, scheme, field and remedy."""
    return Schemes(read_entries(path, _File, "scheme").scheme)


def scheme_for(region: str, day: date) -> Scheme:
    """The built-in scheme in force in a region (GB/T 2260, e.g. 1405 or 140502) on a day; raises `InputError`."""
    return load_schemes().at(region, day)
