"""Which statistic a rule watches, and what of it."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, field_validator, model_validator

from aggregate.statistic import IAQI_PREFIX, PERIODS, Window
from alerts.rules.text import FileModel
from ingest.kinds import Kind
from standards.factors import load_catalogue

CITY = "city"


def known_kinds(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds, if there are such; `ValueError` names those that there are not."""
    if unknown := [kind for kind in kinds if kind not in {CITY, *Kind}]:
        raise ValueError(f"there is no kind {', '.join(unknown)}; there are {', '.join(sorted({CITY, *Kind}))}")
    return kinds


def known_factor(factor: str) -> str:
    """The code, if statistics can have it: of the catalogue, or of what is derived from one; else `ValueError`."""
    catalogue = load_catalogue()
    base = factor.removeprefix(IAQI_PREFIX)
    if factor in catalogue.by_code or base in catalogue.by_code or base.split("_")[0] in catalogue.by_code:
        return factor
    meant = catalogue.resolve(factor)
    raise ValueError(f"there is no code {factor}" + (f"; {meant.code} is meant" if meant else ""))


class Measure(StrEnum):
    """What of the watched factor is compared with the thresholds."""

    VALUE = "value"
    RISE = "rise"
    """How much more it is than `over` windows before."""
    RANGE = "range"
    """Largest less least of the last `over` windows, this one the last: nothing for what is stuck."""
    RATIO = "ratio"
    """How many times what it stands `against`."""
    EXCESS = "excess"
    """How much more than what it stands `against`."""


class Around(StrEnum):
    """Whose stations a station is compared with: the others of its kind."""

    COUNTY = "county"
    CITY = "city"


class Against(FileModel):
    """What a value is compared with: another factor of the same window, a station, or the stations around it.

    Of the stations around, the median of those with a valid value counts, the station itself left out; with fewer than
    `least` of them the window is not valid for the rule.
    """

    factor: str | None = None
    station: str | None = None
    """The public id of a background station; of its value of the same factor and window."""
    around: Around | None = None
    least: int = Field(default=3, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("factor", "station", "around") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("needs one of factor, station and around")
        return self


class Watch(FileModel):
    """Which statistic a rule watches, and what of it."""

    kinds: tuple[str, ...] = Field(min_length=1)
    window: Window
    factor: str = Field(min_length=1)
    measure: Measure = Measure.VALUE
    over: int | None = Field(default=None, ge=1, le=744)
    against: Against | None = None
    floor: float | None = Field(default=None, allow_inf_nan=False)
    """A window whose own value is below it clears, whatever the measure says."""

    @cached_property
    def lookback(self) -> int:
        """How many windows before a window its measure is made of."""
        if self.over is None:
            return 0
        return self.over if self.measure is Measure.RISE else self.over - 1

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        through_time = self.measure in {Measure.RISE, Measure.RANGE}
        compared = self.measure in {Measure.RATIO, Measure.EXCESS}
        if through_time != (self.over is not None):
            raise ValueError(f"measure {self.measure} {'needs' if through_time else 'does not take'} over")
        if compared != (self.against is not None):
            raise ValueError(f"measure {self.measure} {'needs' if compared else 'does not take'} against")
        if self.measure is Measure.RANGE and self.over == 1:
            raise ValueError("a range over one window is always 0; let over be 2 or more")
        if self.against and self.against.factor is None and self.floor is None:
            raise ValueError("a comparison with other stations needs a floor, below which nothing is compared")
        if through_time and self.window in PERIODS:
            raise ValueError(f"windows of a {self.window} have no fixed length to look back over")
        if self.against and self.against.factor == self.factor:
            raise ValueError("a factor against itself says nothing")
        return self

    @field_validator("kinds")
    @classmethod
    def _known_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        return known_kinds(kinds)

    @field_validator("factor")
    @classmethod
    def _known_factor(cls, factor: str) -> str:
        return known_factor(factor)
