"""The windows around those that changed: as few as tell surely what became of alerts, read from the statistics.

Read first some days around, then more where an alert or its counting reaches further. Nothing is kept between calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aggregate.statistic import PERIODS, Window
from aggregate.store import Layouts
from alerts import store
from alerts.asking import Question
from alerts.engine import episodes_of, settled
from alerts.rows import Rows, judged_rows, read_rows, widen
from alerts.rules.model import Rule
from alerts.surroundings import Surroundings
from alerts.watched import Judged
from core.clock import DAY

AROUND = 2
"""Windows read at first before and after what changed, beside those that a rule counts."""
FURTHER = 16
"""How many times more in each further reading."""
PERIOD_S = 366 * DAY
"""At first, of windows of the calendar, which are few."""


_BOUNDS = """
select w.object, w.time_window, extract(epoch from a.start)::bigint, extract(epoch from b.start)::bigint
from unnest(%s::text[], %s::text[]) as w (object, time_window)
cross join lateral (
    select s.start from statistic s where s.object = w.object and s.time_window = w.time_window and s.tier = 'raw'
    and s.sanddust order by s.start limit 1
) a
cross join lateral (
    select s.start from statistic s where s.object = w.object and s.time_window = w.time_window and s.tier = 'raw'
    and s.sanddust order by s.start desc limit 1
) b
"""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The windows of an object under a rule, in order of time; from `since` on (UTC seconds) all is certain.

    There is no alert at `since`, and none reaches over the end of `windows`.
    """

    question: Question
    windows: Sequence[Judged]
    since: float


@dataclass(frozen=True, slots=True)
class _Look:
    """What is read for a question: `before` and `after`, seconds around what changed."""

    question: Question
    before: int
    after: int

    @property
    def span(self) -> tuple[int, int]:
        """Half-open, as `read_spans` takes it."""
        return self.question.changed.low - self.before, self.question.changed.high + self.after + 1


def read(
    cursor: Any, layouts: Layouts, surroundings: Surroundings, questions: Iterable[Question]
) -> list[Neighbourhood]:
    """The neighbourhood of each question's changed windows, as the transaction of `cursor` sees the statistics.

    Questions whose answer is that nothing has changed are left out.
    """
    looks = [_first_look(question) for question in questions]
    found: list[Neighbourhood] = []
    while looks:
        rows = _rows(cursor, layouts, surroundings, looks)
        stored = store.extents(cursor, {look.question.key: look.span for look in looks})
        seen = [_Seen(look, _judged(surroundings, rows, look), stored.get(look.question.key, ())) for look in looks]
        seen = [one for one in seen if not one.quiet]
        bounds = _bounds(cursor, [one for one in seen if one.unsure])
        answers = [one.answer(bounds) for one in seen]
        found += [answer for answer in answers if isinstance(answer, Neighbourhood)]
        looks = [answer for answer in answers if isinstance(answer, _Look)]
    return found


def _first_look(question: Question) -> _Look:
    rule = question.rule
    if rule.watch.window in PERIODS:
        return _Look(question, PERIOD_S, PERIOD_S)
    counted = rule.watch.lookback + rule.hold.of + rule.clear_after + AROUND
    return _Look(question, counted * rule.watch.window.step, counted * rule.watch.window.step)


class _Seen:
    """What a look has shown: its windows, from where on they are certain, and whether an alert reaches over the end."""

    def __init__(self, look: _Look, windows: Sequence[Judged], stored: Sequence[store.Extent]) -> None:
        """`stored`: the alerts that touch it."""
        self.look = look
        self.windows = windows
        self._stored = stored
        low, _ = look.span
        self._certain = _after_lookback(look.question.rule, windows, low)
        self._since = _since(look.question.rule, self._certain)
        self._lasting = self._lasts(self._certain)

    @property
    def quiet(self) -> bool:
        """Whether no alert is here, and none can begin: no window that may have changed meets a level."""
        low, high = self.look.question.changed
        return not self._stored and not any(w.reach for w in self.windows if low <= w.start <= high)

    @property
    def unsure(self) -> bool:
        """Whether it must be asked what lies beyond."""
        return self._needs_earlier or self._lasting

    @property
    def _needs_earlier(self) -> bool:
        """Whether what changed, or an alert that touches it, begins before all is certain."""
        since = self._since
        return since > self.look.question.changed.low or any(
            first < since and (lasts or since <= last) for first, last, lasts in self._stored
        )

    def _lasts(self, windows: Sequence[Judged]) -> bool:
        episodes = episodes_of(self.look.question.rule, windows)
        return bool(episodes) and episodes[-1].ended_by is None

    def answer(self, bounds: Mapping[tuple[str, Window], tuple[int, int]]) -> Neighbourhood | _Look:
        """The answer, or how much further to look; `bounds` are the first and the last start of objects."""
        look, changed = self.look, self.look.question.changed
        low, end = look.span
        certain, since, lasting = self._certain, self._since, self._lasting
        before, after = look.before, look.after
        earliest, latest = bounds.get((look.question.object, look.question.rule.watch.window), (low, end - 1))
        if self._needs_earlier:
            if earliest >= low:
                certain, since, lasting = self.windows, float("-inf"), self._lasts(self.windows)
            else:
                before = min(look.before * FURTHER, changed.low - earliest)
        if latest >= end and lasting:
            after = min(look.after * FURTHER, latest - changed.high)
        for _, last, _ in self._stored:
            if last >= end:
                after = max(after, last - changed.high + look.after)
        if (before, after) == (look.before, look.after):
            return Neighbourhood(look.question, certain, since)
        return replace(look, before=before, after=after)


def _judged(surroundings: Surroundings, rows: Rows, look: _Look) -> list[Judged]:
    return judged_rows(look.question.rule, look.question.object, rows, surroundings, *look.span)


def _since(rule: Rule, windows: Sequence[Judged]) -> float:
    place = settled(rule, windows)
    return windows[place].start if place < len(windows) else float("inf")


def _after_lookback(rule: Rule, windows: Sequence[Judged], low: int) -> Sequence[Judged]:
    """Those whose measure is made of what was read."""
    back = rule.watch.lookback
    return [w for w in windows if w.start >= low + back * rule.watch.window.step] if back else windows


def _rows(cursor: Any, layouts: Layouts, surroundings: Surroundings, looks: Iterable[_Look]) -> Rows:
    """The rows of each object and of those it is compared with; the span of a company is joined before its members'."""
    wanted: dict[tuple[Window, tuple[str, ...]], tuple[int, int]] = {}
    for look in looks:
        rule, name = look.question.rule, look.question.object
        for names in ((name,), surroundings.ever_beside(rule, name, look.question.changed.low)):
            widen(wanted, (rule.watch.window, names), *look.span)
    spans: defaultdict[Window, dict[str, tuple[int, int]]] = defaultdict(dict)
    for (window, names), span in wanted.items():
        for one in names:
            widen(spans[window], one, *span)
    return read_rows(cursor, layouts, spans)


def _bounds(cursor: Any, seen: Sequence[_Seen]) -> dict[tuple[str, Window], tuple[int, int]]:
    """By object and kind of window the first and the last start there is; without those that have none."""
    if not seen:
        return {}
    wanted = list({(one.look.question.object, one.look.question.rule.watch.window) for one in seen})
    cursor.execute(_BOUNDS, ([name for name, _ in wanted], [str(window) for _, window in wanted]))
    return {
        (name, Window(window)): (first, last) for name, window, first, last in cursor.fetchall() if first is not None
    }
