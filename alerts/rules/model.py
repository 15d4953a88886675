"""What a rule is: what it watches, its levels of severity, when it holds and clears, its texts, and its cases."""

from __future__ import annotations

import string
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from aggregate.statistic import IAQI_PREFIX, PERIODS, Window
from alerts.rules.case import Case
from alerts.rules.deadlines import Deadlines, OrderKind
from alerts.severity import Severity
from ingest.kinds import Kind
from standards.factors import load_catalogue

PLACEHOLDERS = frozenset(
    {
        "object",
        "factor",
        "value",
        "own",
        "other",
        "peak",
        "threshold",
        "unit",
        "hour",
        "since",
        "camera",
        "hours",
        "county",
    }
)
"""What a text may name in braces; `alerts.alert` fills them in."""


class Comparison(StrEnum):
    """How a value meets a threshold; its name is the field of a level that gives the threshold."""

    REACHES = "reaches"
    """达到: at or above."""
    EXCEEDS = "exceeds"
    """大于: above."""
    AT_MOST = "at_most"
    """不高于: at or below."""
    BELOW = "below"
    """低于: below."""

    @property
    def sign(self) -> str:
        """As operators read it."""
        return {"reaches": "≥", "exceeds": ">", "at_most": "≤", "below": "<"}[self.value]

    @property
    def falling(self) -> bool:
        """Whether less is worse."""
        return self in {Comparison.AT_MOST, Comparison.BELOW}

    def met(self, value: float, limit: float) -> bool:
        """Whether `value` stands so to `limit`."""
        if self is Comparison.REACHES:
            return value >= limit
        if self is Comparison.EXCEEDS:
            return value > limit
        return value <= limit if self is Comparison.AT_MOST else value < limit


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


def _template(text: str) -> str:
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise ValueError(f"is not a text with placeholders: {error}") from error
    if unknown := sorted(names - PLACEHOLDERS):
        raise ValueError(f"names {', '.join(unknown)}; a text may name {', '.join(sorted(PLACEHOLDERS))}")
    try:
        text.format_map(dict.fromkeys(PLACEHOLDERS, ""))
    except (ValueError, LookupError, AttributeError) as error:
        raise ValueError(f"formats what is a text already: {error}") from error
    return text


Template = Annotated[str, Field(min_length=1), AfterValidator(_template)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Text(_Model):
    """One text in both languages; operators read `zh` first."""

    zh: Template
    en: Template


class Against(_Model):
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


class Watch(_Model):
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


class Level(_Model):
    """A severity, and what a value must meet for it: one of `reaches`, `exceeds`, `at_most`, `below`."""

    severity: Severity
    reaches: float | None = Field(default=None, allow_inf_nan=False)
    exceeds: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    clear: float | None = Field(default=None, allow_inf_nan=False)
    """What a value must still meet, by the same comparison, for the level to last."""

    @cached_property
    def comparison(self) -> Comparison:
        """Which of the four is given."""
        return next(one for one in Comparison if getattr(self, one.value) is not None)

    @cached_property
    def threshold(self) -> float:
        """What opens it."""
        found: float = getattr(self, self.comparison.value)
        return found

    @cached_property
    def clear_value(self) -> float:
        """What a value must still meet for it to last."""
        return self.threshold if self.clear is None else self.clear

    @model_validator(mode="after")
    def _one_threshold(self) -> Self:
        if sum(getattr(self, one.value) is not None for one in Comparison) != 1:
            raise ValueError("needs one of reaches, exceeds, at_most and below")
        if self.clear is not None and not self.comparison.met(self.threshold, self.clear):
            raise ValueError("clear must be easier to meet than the threshold; change it, or leave it out")
        return self


class Hold(_Model):
    """An alert opens when `least` of the last `of` windows meet the level, the latest among them."""

    least: int = Field(default=1, ge=1, le=744)
    of: int = Field(default=1, ge=1, le=744)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.least > self.of:
            raise ValueError("least must not be above of")
        return self


class Schedule(_Model):
    """When a rule watches, by the start of the window in Asia/Shanghai; at other times an alert clears."""

    first: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    """Month and day, `11-15`; with `last` (included) a season, which may go over New Year."""
    last: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    hours: tuple[int, int] | None = None
    """From the first, included, to the second, excluded, of 0 … 24; may go over midnight."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("first and last belong together")
        if self.hours is not None and not all(0 <= hour <= 24 for hour in self.hours):
            raise ValueError("hours are 0 … 24")
        if self.hours is not None and self.hours[0] == self.hours[1]:
            raise ValueError("from an hour to the same hour is no time at all")
        if self.first is None and self.hours is None:
            raise ValueError("needs first and last, or hours")
        return self


class Scope(_Model):
    """Of which objects; each list that is given must name the object's."""

    regions: tuple[str, ...] = ()
    """Beginnings of region codes: `1405` holds `140502`."""
    cities: tuple[str, ...] = ()
    enterprises: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not (self.regions or self.cities or self.enterprises or self.stations):
            raise ValueError("names nothing; leave it out where the rule is for all")
        return self


class RuleBase(_Model):
    """What every rule says of itself: its name, ground, levels, texts, and of whom it speaks."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    levels: tuple[Level, ...] = Field(min_length=1)
    """Least grave first."""
    scope: Scope | None = None
    unit: str
    legal_basis: str = Field(min_length=1)
    """The text that it rests on, or `operational（…）` with what it is for."""
    title: Text
    detail: Text
    todo: Text
    """What the operator has to do."""
    deadlines: Deadlines = Deadlines()
    order: OrderKind | None = None
    """Proposed with the alert."""

    @property
    def severity(self) -> Severity:
        """The gravest that it can come to."""
        return self.levels[-1].severity

    @property
    def falling(self) -> bool:
        """Whether less is worse."""
        return self.levels[0].comparison.falling

    @model_validator(mode="after")
    def _levels_rise(self) -> Self:
        if len({level.comparison for level in self.levels}) > 1:
            raise ValueError("levels must compare in one way")
        comparison = self.levels[0].comparison
        for lower, upper in zip(self.levels, self.levels[1:], strict=False):
            graver = upper.severity.rank >= lower.severity.rank
            if not graver or upper.threshold == lower.threshold or not comparison.met(upper.threshold, lower.threshold):
                raise ValueError("levels must stand in order, the least grave first")
            if not comparison.met(upper.clear_value, lower.clear_value):
                raise ValueError("what clears a level must not be easier to meet than what clears the one before it")
        return self


class Rule(RuleBase):
    """A condition on a statistic, its texts and its ground.

    An alert opens with a valid window that meets a level and `hold`; its severity is that of the gravest level that
    opened and whose clear value is still met; it clears with the last of `clear_after` valid windows in a row that
    meet none. A window that is not valid, or missing, neither opens nor clears: silence is for rules of devices.
    """

    watch: Watch
    hold: Hold = Hold()
    clear_after: int = Field(default=1, ge=1, le=744)
    schedule: Schedule | None = None
    cases: tuple[Case, ...] = Field(min_length=1)

    @cached_property
    def span(self) -> int:
        """Seconds that a window's change reaches forward: by its measure, and by what `hold` counts."""
        windows = self.watch.lookback + self.hold.of - 1
        return windows * self.watch.window.step if windows else 0

    @field_validator("cases")
    @classmethod
    def _names_differ(cls, cases: tuple[Case, ...]) -> tuple[Case, ...]:
        names = [case.name for case in cases]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two cases have the name {twice[0]!r}; give each its own")
        return cases

    @model_validator(mode="after")
    def _counts_windows(self) -> Self:
        if self.hold.of > 1 and self.watch.window in PERIODS:
            raise ValueError(f"windows of a {self.watch.window} have no fixed length to count over")
        if self.schedule and self.schedule.hours and self.watch.window is not Window.HOUR:
            raise ValueError("hours of the day are for windows of an hour")
        if self.watch.against and self.watch.against.factor is None and CITY in self.watch.kinds:
            raise ValueError("a city stands against no stations")
        return self
