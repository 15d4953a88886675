"""What a rule is: what it watches, its levels of severity, when it holds and clears, its texts, and its cases."""

from __future__ import annotations

from functools import cached_property
from typing import Self

from pydantic import Field, field_validator, model_validator

from aggregate.statistic import PERIODS, Window
from alerts.rules.case import Case
from alerts.rules.deadlines import Deadlines, OrderKind
from alerts.rules.level import Level
from alerts.rules.text import FileModel, Text
from alerts.rules.watch import CITY, Watch
from alerts.severity import Severity
from alerts.warnings.scheme import Level as WarningLevel


class Hold(FileModel):
    """An alert opens when `least` of the last `of` windows meet the level, the latest among them."""

    least: int = Field(default=1, ge=1, le=744)
    of: int = Field(default=1, ge=1, le=744)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.least > self.of:
            raise ValueError("least must not be above of")
        return self


class Schedule(FileModel):
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


class Scope(FileModel):
    """Of which objects, and while what is in force; all that is given must be met."""

    regions: tuple[str, ...] = ()
    """Beginnings of region codes: `1405` holds `140502`."""
    cities: tuple[str, ...] = ()
    enterprises: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Groups, as the registry has them: of those that are listed the object must be of one."""
    warnings: tuple[WarningLevel, ...] = ()
    """While the city has a heavy-pollution warning of one of these levels in force."""
    order: OrderKind | None = None
    """While such an order is in force at the station."""

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not (self.names_objects or self.in_time):
            raise ValueError("names nothing; leave it out where the rule is for all")
        return self

    @field_validator("warnings")
    @classmethod
    def _of_warnings(cls, levels: tuple[WarningLevel, ...]) -> tuple[WarningLevel, ...]:
        if WarningLevel.CONTROL in levels:
            raise ValueError("control is no warning; take of blue, yellow, orange, red")
        return levels

    @property
    def names_objects(self) -> bool:
        """Whether it says of which objects."""
        return bool(self.regions or self.cities or self.enterprises or self.stations or self.tags)

    @property
    def in_time(self) -> bool:
        """Whether it asks for something that is in force at one time and not at another."""
        return bool(self.warnings or self.order)


class RuleBase(FileModel):
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

    def met(self, value: float) -> tuple[int, int]:
        """How many levels' thresholds a value meets, and how many levels' clear values."""
        reach = sum(level.comparison.met(value, level.threshold) for level in self.levels)
        return reach, sum(level.comparison.met(value, level.clear_value) for level in self.levels)

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
        if self.scope and self.scope.order and CITY in self.watch.kinds:
            raise ValueError("a city has no order; let the rule's scope name order for stations alone")
        return self
