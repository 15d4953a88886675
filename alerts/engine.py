"""The judgement of statistics: a pure function of a rule, the alerts there are, the windows as they are now, and time.

Law: the alerts of an object under a rule are a function of its windows as they stand, whatever happened before. The
windows in order of time give each a level (`episodes_of`); between two at which there is none lies one alert. What an
alert is called (its number) is what history may change: where windows are joined or divided late, the latest part
keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from alerts.happening import Happening
from alerts.rules.model import Hold, Rule, RuleBase
from alerts.watched import Judged, Verdict


class Episode(msgspec.Struct, frozen=True):
    """The windows of one alert, in order of time, and the one that ended it (None: it lasts).

    `lead`: windows before the first that its opening counted (`Rule.hold`).
    """

    windows: tuple[Judged, ...]
    ended_by: Judged | None
    lead: tuple[Judged, ...] = ()

    @property
    def first(self) -> Judged:
        """The window that opened it; its end is the alert's time."""
        return self.windows[0]

    @property
    def last(self) -> Judged:
        """The latest window that exceeds or holds."""
        return self.windows[-1]

    @property
    def level(self) -> int:
        """As it stands, or stood before it ended; from 1."""
        return self.last.level

    @property
    def peak_level(self) -> int:
        """The gravest it came to."""
        return max(window.level for window in self.windows)

    @property
    def live(self) -> bool:
        """Whether a window that exceeds, or led to it, stands on live readings: nothing else may page."""
        return any(window.live for window in (*self.lead, *self.windows) if window.verdict is Verdict.EXCEEDS)

    @property
    def starts(self) -> frozenset[int]:
        """What tells whether two episodes share a window."""
        return frozenset(window.start for window in self.windows)

    @property
    def ended_at(self) -> int | None:
        """The start of the window that ended it."""
        return None if self.ended_by is None else self.ended_by.start

    def peak(self, rule: RuleBase) -> Judged:
        """The window with the worst measure; of equals the earliest."""
        sign = -1 if rule.falling else 1
        return max(self.windows, key=lambda window: (sign * window.measured, -window.start))

    def tells_as(self, other: Episode) -> bool:
        """Whether both say the same: a window that became final, with nothing else changed, is no news."""
        mine, theirs = ([msgspec.structs.replace(w, version=0) for w in (*e.lead, *e.windows)] for e in (self, other))
        return self.ended_at == other.ended_at and mine == theirs


class Track(msgspec.Struct, frozen=True):
    """The alerts of an object under a rule, by number: all that have a window, or their end, from `since` on.

    `since` (UTC seconds) is a time at which there is surely none.
    """

    alerts: Mapping[int, Episode] = msgspec.field(default_factory=dict)
    next_number: int = 1
    since: float = float("-inf")


class Event(msgspec.Struct, frozen=True):
    """What happened to the alert `number`, by which window; `at` is the time that was passed in.

    `before` and `after` are its windows; `after` is None if nothing of it is left. `heir` is the alert that goes on
    where one was merged.
    """

    happening: Happening
    number: int
    before: Episode | None
    after: Episode | None
    cause: Judged
    at: float
    heir: int | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The alerts as they stand, and what happened to them."""

    track: Track
    events: tuple[Event, ...] = ()


def judge(rule: Rule, track: Track, windows: Sequence[Judged], now: float) -> Outcome:
    """What stands and what happened, now that the windows are these.

    `windows` in order of time; of those before `track.since` only what later ones count is needed. `now` is data time
    in Unix seconds; it only dates the events.
    """
    after = [episode for episode in episodes_of(rule, windows) if episode.first.start >= track.since]
    known = {window.start: window for window in windows}
    alerts, next_number, events = _named(track, after, known, now)
    return Outcome(Track(alerts, next_number, track.since), tuple(events))


def episodes_of(rule: Rule, windows: Iterable[Judged]) -> list[Episode]:
    """The alerts that windows in order of time amount to, by the words of `Rule`."""
    found: list[Episode] = []
    current: list[Judged] = []
    lead: tuple[Judged, ...] = ()
    recent: list[Judged] = []
    level = clearing = 0
    for window in windows:
        if window.verdict is Verdict.INVALID:
            continue
        if window.verdict is Verdict.OFF:
            recent, reached, clearing = [], 0, rule.clear_after
        else:
            recent = [*_counted(rule, recent, window), window]
            reached = max(_opens(rule.hold, recent), min(level, window.keep))
            clearing = 0 if reached else clearing + 1
        if reached:
            if not level:
                lead = tuple(one for one in recent[:-1] if one.reach)
            current.append(msgspec.structs.replace(window, level=reached))
            level = reached
        elif level and clearing >= rule.clear_after:
            found.append(Episode(tuple(current), window, lead))
            current, level = [], 0
    if current:
        found.append(Episode(tuple(current), None, lead))
    return found


def _counted(rule: Rule, recent: list[Judged], window: Judged) -> list[Judged]:
    if rule.hold.of == 1:
        return []
    oldest = window.start - (rule.hold.of - 1) * rule.watch.window.step
    return [one for one in recent if one.start >= oldest]


def _opens(hold: Hold, recent: Sequence[Judged]) -> int:
    """The gravest level that the latest window and enough of the others meet."""
    reached = sorted((one.reach for one in recent), reverse=True)
    return min(recent[-1].reach, reached[hold.least - 1]) if len(reached) >= hold.least else 0


def settled(rule: Rule, windows: Sequence[Judged]) -> int:
    """The place in `windows` from which on their levels are certain, though more may lie before the first of them.

    There is no alert there. `len(windows)` if there is no such place.
    """
    if not windows:
        return 0
    counted = (rule.hold.of - 1) * rule.watch.window.step if rule.hold.of > 1 else 0
    clear = 0
    for place, window in enumerate(windows):
        if clear >= rule.clear_after and window.start - counted >= windows[0].start:
            return place
        if window.verdict is Verdict.OFF:
            clear = rule.clear_after
        elif window.verdict is Verdict.CLEARS:
            clear += 1
        elif window.verdict is not Verdict.INVALID:
            clear = 0
    return len(windows)


def _named(
    track: Track, after: Sequence[Episode], known: Mapping[int, Judged], now: float
) -> tuple[dict[int, Episode], int, list[Event]]:
    """Which alert each episode goes on as, and what that means for every alert.

    The latest episode chooses first, the latest alert it shares a window with; so what is open stays open under the
    number people know.
    """
    left = sorted(track.alerts.items(), key=lambda pair: pair[1].first.start)
    alerts: dict[int, Episode] = {}
    events: list[Event] = []
    fresh: list[Episode] = []
    for episode in reversed(after):
        shared = [pair for pair in left if pair[1].starts & episode.starts]
        left = [pair for pair in left if pair not in shared]
        if not shared:
            fresh.insert(0, episode)
            continue
        number, old = shared[-1]
        joined = _latest(episode, old, known)
        events += [
            Event(Happening.MERGED, absorbed, former, None, joined, now, number) for absorbed, former in shared[:-1]
        ]
        events += _changed(number, old, episode, known, now)
        alerts[number] = episode
    for number, old in left:
        events.append(Event(Happening.WITHDRAWN, number, old, None, known.get(old.first.start, old.first), now))
    for number, episode in enumerate(fresh, track.next_number):
        divided = any(old.starts & episode.starts for old in track.alerts.values())
        events += _split(number, episode, now) if divided else _opened(number, episode, now)
        alerts[number] = episode
    return alerts, track.next_number + len(fresh), events


def _split(number: int, episode: Episode, now: float) -> list[Event]:
    return [Event(Happening.SPLIT, number, None, episode, episode.first, now)]


def _opened(number: int, episode: Episode, now: float) -> list[Event]:
    """A new alert, and its end if that is already known."""
    lasting = msgspec.structs.replace(episode, ended_by=None)
    events = [Event(Happening.OPENED, number, None, lasting, episode.first, now)]
    if episode.ended_by is not None:
        events.append(Event(Happening.CLEARED, number, lasting, episode, episode.ended_by, now))
    return events


def _changed(number: int, old: Episode, new: Episode, known: Mapping[int, Judged], now: float) -> list[Event]:
    """What became of an alert that goes on, its end told apart from the rest."""
    if new.tells_as(old):
        return []
    if new.ended_by is not None and old.ended_by is None:
        lasting = msgspec.structs.replace(new, ended_by=None)
        cleared = Event(Happening.CLEARED, number, lasting, new, new.ended_by, now)
        return [*_changed(number, old, lasting, known, now), cleared]
    if new.ended_by is None and old.ended_by is not None:
        cause = known.get(old.ended_by.start, old.ended_by)
        return [Event(Happening.REOPENED, number, old, new, cause, now)]
    return [Event(_happening(old, new), number, old, new, _latest(new, old, known), now)]


def _happening(old: Episode, new: Episode) -> Happening:
    if new.level > old.level or new.peak_level > old.peak_level:
        return Happening.RAISED  # also where it has come down again between two looks
    if new.level < old.level:
        return Happening.LOWERED
    return Happening.EXTENDED if new.starts > old.starts else Happening.CORRECTED


def _latest(new: Episode, old: Episode, known: Mapping[int, Judged]) -> Judged:
    """The latest window in which two episodes differ, as `known` has it now; the last where none does."""
    former, standing = ({window.start: window for window in one.windows} for one in (old, new))
    differing = [start for start in former.keys() | standing.keys() if former.get(start) != standing.get(start)]
    if not differing:
        return new.last
    start = max(differing)
    return known.get(start) or standing.get(start) or former[start]
