"""The judgement of statistics: a pure function of a rule, what was judged before, and one more statement.

Law: the alerts of an object under a rule are a function of its judged windows, each at its highest version, whatever
the order in which they came. Windows stand in order of time; those that clear divide them; between two of these there
is one alert if any window exceeds, from the first that exceeds to the last that exceeds or holds. What an alert is
called (its number) is what order may change: where windows are joined or divided late, the latest part keeps it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from aggregate.statistic import Reason, State, Statement, Tier
from alerts.rules.model import Comparison, Happening, Rule

NOISE_DECIMALS = 6
"""A mean of exactly 250 may come as 249.99999999999997; nothing coarser is rounded away (249.6 does not reach 250)."""


class Verdict(StrEnum):
    """What a window says to a rule."""

    EXCEEDS = "exceeds"
    HOLDS = "holds"
    """Under the threshold, not under the clear value."""
    CLEARS = "clears"
    INVALID = "invalid"
    """Neither opens nor clears."""


class Passed(StrEnum):
    """Why a statement was not judged."""

    OPEN = "open"
    NOT_NEWER = "not_newer"


class Fact(msgspec.Struct, frozen=True, gc=False):
    """What a statement says of one factor; `start` and `end` in UTC seconds."""

    object: str
    start: int
    end: int
    version: int
    state: State
    value: float | None
    n_valid: int
    n_expected: int
    reason: Reason
    edition: str
    live: bool


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A window as a rule judged it last."""

    start: int
    end: int
    version: int
    verdict: Verdict
    value: float | None
    n_valid: int
    n_expected: int
    edition: str
    live: bool

    @property
    def measured(self) -> float:
        """The value of a window that belongs to an alert: such a window is valid."""
        if self.value is None:
            raise ValueError("a window without a value belongs to no alert")
        return self.value


class Episode(msgspec.Struct, frozen=True):
    """The windows of one alert, in order of time, and the one that ended it (None: it lasts)."""

    windows: tuple[Judged, ...]
    ended_by: Judged | None

    @property
    def first(self) -> Judged:
        """The window that opened it; its end is the alert's time."""
        return self.windows[0]

    @property
    def last(self) -> Judged:
        """The latest window that exceeds or holds."""
        return self.windows[-1]

    @property
    def peak(self) -> Judged:
        """The window with the largest value; of equals the earliest."""
        return max(self.windows, key=lambda window: (window.measured, -window.start))

    @property
    def live(self) -> bool:
        """Whether a window that exceeds stands on live readings: nothing else may page."""
        return any(window.live for window in self.windows if window.verdict is Verdict.EXCEEDS)

    @property
    def starts(self) -> frozenset[int]:
        """What tells whether two episodes share a window."""
        return frozenset(window.start for window in self.windows)

    def tells_as(self, other: Episode) -> bool:
        """Whether both say the same: a window that became final, with nothing else changed, is no news."""
        ends = [episode.ended_by.start if episode.ended_by else None for episode in (self, other)]
        mine, theirs = ([msgspec.structs.replace(w, version=0) for w in e.windows] for e in (self, other))
        return ends[0] == ends[1] and mine == theirs


class Track(msgspec.Struct, frozen=True):
    """What a rule knows of an object: judged windows by time, alerts' numbers by the start of their first window.

    It may be cut to what lies between the nearest clearing windows around a statement (both included): the outcome
    is the same.
    """

    windows: tuple[Judged, ...] = ()
    numbers: Mapping[int, int] = msgspec.field(default_factory=dict)
    next_number: int = 1


class Event(msgspec.Struct, frozen=True):
    """What happened to the alert `number`, by which statement; `at` is the time that was passed in.

    `before` and `after` are its windows; `after` is None if nothing of it is left. `heir` is the alert that goes on
    where one was merged.
    """

    happening: Happening
    number: int
    before: Episode | None
    after: Episode | None
    cause: Fact
    at: float
    heir: int | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The state after a statement, and what happened; `passed` says why it was not judged."""

    track: Track
    events: tuple[Event, ...] = ()
    passed: Passed | None = None


def fact_of(rule: Rule, statement: Statement) -> Fact | None:
    """What the statement says of the rule's factor; None if it is none of the rule's statistics.

    Rules judge the tier of the devices with sand-dust in: what was measured, not what an evaluation leaves out.
    """
    if statement.kind != rule.kind or statement.window != rule.window:
        return None
    if statement.tier is not Tier.RAW or not statement.sanddust or rule.factor not in statement.factors:
        return None
    i = statement.factors.index(rule.factor)
    return Fact(
        statement.object,
        statement.start,
        statement.end,
        statement.version,
        State(statement.states[i]),
        statement.values[i],
        statement.n_valid[i],
        statement.n_expected[i],
        Reason(statement.reasons[i]),
        statement.edition,
        statement.live[i],
    )


def judge(rule: Rule, track: Track, fact: Fact, now: float) -> Outcome:
    """One statement judged: the state after it and what it did to alerts, by the law above.

    `now` is data time in Unix seconds; it only dates the events.
    """
    if fact.state is State.OPEN and not rule.judges_open:
        return Outcome(track, passed=Passed.OPEN)
    known = {window.start: window for window in track.windows}
    if fact.start in known and fact.version <= known[fact.start].version:
        return Outcome(track, passed=Passed.NOT_NEWER)
    known[fact.start] = Judged(
        fact.start,
        fact.end,
        fact.version,
        verdict_of(rule, fact),
        fact.value,
        fact.n_valid,
        fact.n_expected,
        fact.edition,
        fact.live,
    )
    windows = tuple(known[start] for start in sorted(known))
    before = [(track.numbers[episode.first.start], episode) for episode in episodes_of(track.windows)]
    numbers, next_number, events = _named(before, episodes_of(windows), track.next_number, fact, now)
    return Outcome(Track(windows, numbers, next_number), events)


def verdict_of(rule: Rule, fact: Fact) -> Verdict:
    """What a window says to a rule."""
    if fact.reason is not Reason.VALID or fact.value is None or not math.isfinite(fact.value):
        return Verdict.INVALID
    value = round(fact.value, NOISE_DECIMALS)
    if _meets(rule.comparison, value, rule.threshold):
        return Verdict.EXCEEDS
    return Verdict.HOLDS if _meets(rule.comparison, value, rule.clear_value) else Verdict.CLEARS


def _meets(comparison: Comparison, value: float, limit: float) -> bool:
    return value >= limit if comparison is Comparison.REACHES else value > limit


def episodes_of(windows: Sequence[Judged]) -> list[Episode]:
    """The alerts that windows in order of time amount to."""
    found: list[Episode] = []
    current: list[Judged] = []
    for window in windows:
        if window.verdict is Verdict.EXCEEDS or (window.verdict is Verdict.HOLDS and current):
            current.append(window)
        elif window.verdict is Verdict.CLEARS and current:
            found.append(Episode(tuple(current), window))
            current = []
    if current:
        found.append(Episode(tuple(current), None))
    return found


def _named(
    before: Sequence[tuple[int, Episode]], after: Sequence[Episode], next_number: int, fact: Fact, now: float
) -> tuple[dict[int, int], int, tuple[Event, ...]]:
    """Which alert each episode goes on as, and what that means for every alert.

    The latest episode chooses first, the latest alert it shares a window with; so what is open stays open under the
    number people know.
    """
    left = list(before)
    numbers: dict[int, int] = {}
    events: list[Event] = []
    for episode in reversed(after):
        shared = [pair for pair in left if pair[1].starts & episode.starts]
        left = [pair for pair in left if pair not in shared]
        if shared:
            number, old = shared[-1]
            events += [
                Event(Happening.MERGED, absorbed, former, None, fact, now, number) for absorbed, former in shared[:-1]
            ]
            events += _changed(number, old, episode, fact, now)
        else:
            number, next_number = next_number, next_number + 1
            divided = any(old.starts & episode.starts for _, old in before)
            happening = Happening.SPLIT if divided else Happening.OPENED
            events.append(Event(happening, number, None, episode, fact, now))
        numbers[episode.first.start] = number
    events += [Event(Happening.WITHDRAWN, number, old, None, fact, now) for number, old in left]
    return numbers, next_number, tuple(events)


def _changed(number: int, old: Episode, new: Episode, fact: Fact, now: float) -> list[Event]:
    if new.tells_as(old):
        return []
    if new.ended_by is not None and old.ended_by is None:
        happening = Happening.CLEARED
    elif new.ended_by is None and old.ended_by is not None:
        happening = Happening.REOPENED
    elif new.starts > old.starts:
        happening = Happening.EXTENDED
    else:
        happening = Happening.CORRECTED
    return [Event(happening, number, old, new, fact, now)]
