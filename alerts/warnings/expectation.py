"""An outlook as seen from now: the episode of today, what is still to come of it, and how long it stays clear. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alerts.warnings.assess import Met, conditions_met, episodes, highest
from alerts.warnings.days import ONE_DAY, Day, Kind, Values, at_worst, values_of
from alerts.warnings.scheme import Level, Scheme
from core.clock import SHANGHAI, midnight


@dataclass(frozen=True, slots=True)
class _View:
    """One reading of the days: with those that are not known left out, or at the worst."""

    episodes: Sequence[tuple[date, ...]]
    """Above the lowest threshold of the warnings."""
    met: Sequence[Met]

    @classmethod
    def of(cls, scheme: Scheme, values: Values) -> _View:
        met = [one for one in conditions_met(scheme, values) if one.level.is_warning]
        return cls(list(episodes(values, scheme.floor, scheme.merge_days)), met)

    def ahead(self, episode: Sequence[date], today: date) -> Met | None:
        """The highest condition that the episode meets and whose hottest days are not all over."""
        return highest(one for one in self.met if one.days[0] in episode and one.hot[-1] >= today)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known and expected of particulates, as seen from `now`."""

    scheme: Scheme
    now: datetime
    values: Values
    expected: _View
    worst: _View

    @classmethod
    def of(cls, scheme: Scheme, days: Iterable[Day], now: datetime) -> Expectation:
        """Of days observed and forecast; the days until the scheme's hours are over are there, known or not."""
        values = values_of(days, Kind.PARTICULATE)
        until = now + timedelta(hours=scheme.clear_hours.value)
        day = min([*values, now.astimezone(SHANGHAI).date()])
        while midnight(day) < until.timestamp():
            values.setdefault(day, None)
            day += ONE_DAY
        ordered = dict(sorted(values.items()))
        return cls(scheme, now, ordered, _View.of(scheme, ordered), _View.of(scheme, at_worst(ordered)))

    @property
    def today(self) -> date:
        """The day in China."""
        return self.now.astimezone(SHANGHAI).date()

    def clear(self, since: datetime) -> bool:
        """Whether today is known to be below the warnings' lowest threshold, and will be for the scheme's hours.

        The hours count from `since`, the time of a proposal that stands, or from when it became so if that is later.
        """
        first, end = self.today, self.today
        if not self._is_clear(first):
            return False
        while self._is_clear(first - ONE_DAY):
            first -= ONE_DAY
        while self._is_clear(end):
            end += ONE_DAY
        begin = max(since.timestamp(), midnight(first))
        return midnight(end) - begin >= timedelta(hours=self.scheme.clear_hours.value).total_seconds()

    def next_episode(self) -> tuple[date, Met] | None:
        """The first day of the episode of today, or of the next that begins soon enough, and what it meets."""
        for episode in self.expected.episodes:
            if episode[0] <= self._latest:
                found = self.expected.ahead(episode, self.today)
                if found is not None:
                    return episode[0], found
        return None

    def nothing_ahead(self) -> bool:
        """Whether no condition will be met, whatever the days that are not known bring."""
        return not any(one.hot[-1] >= self.today for one in self.worst.met)

    def needed(self, *, begun: bool) -> Met | None:
        """The highest condition that a warning in force is for, as far as it is known.

        Of one that has begun: of the episode of today, or one too near for the warning to end before it; of one that
        has not: of those that begin soon enough to be proposed.
        """
        if begun:
            return highest(self._ahead(self.expected, self._soon))
        return highest(self._ahead(self.expected, midnight(self._latest + ONE_DAY)))

    def needed_at_worst(self, *, begun: bool) -> Met | None:
        """The same if the days that are not known are the worst there are; of one not begun, of all that is to come."""
        return highest(self._ahead(self.worst, self._soon if begun else None))

    def was_met(self, level: Level) -> bool:
        """Whether days that are over had their part in meeting the level."""
        return any(one.level is level and one.days[0] < self.today for one in self.expected.met)

    @property
    def _latest(self) -> date:
        """The last day on which an episode that is proposed may begin."""
        return self.today + timedelta(days=self.scheme.lead_days.value)

    @property
    def _soon(self) -> float:
        """Unix seconds: what begins before leaves no time to end a warning."""
        return self.now.timestamp() + timedelta(hours=self.scheme.clear_hours.value).total_seconds()

    def _ahead(self, view: _View, before: float | None) -> Iterator[Met]:
        """What episodes that begin before an instant still need."""
        for episode in view.episodes:
            if before is None or midnight(episode[0]) < before:
                found = view.ahead(episode, self.today)
                if found is not None:
                    yield found

    def _is_clear(self, day: date) -> bool:
        value = self.values.get(day)
        return value is not None and value <= self.scheme.floor
