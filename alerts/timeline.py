"""What the engine holds of one object under one rule while it judges a batch, and what is to be stored of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from alerts.engine import Fact, Judged, Outcome, Track, Verdict, judge
from alerts.rules.model import Rule


class Timeline:
    """Judged windows in order of time; hands `judge` only the neighbourhood that a statement can change.

    It must hold everything from the last clearing window before the earliest statement to the first clearing window
    after the latest. `changed` are the windows judged since it was made.
    """

    def __init__(self, windows: Iterable[Judged], numbers: Mapping[int, int], next_number: int) -> None:
        self._windows = sorted(windows, key=lambda window: window.start)
        self._starts = [window.start for window in self._windows]
        self._numbers = dict(numbers)
        self._next_number = next_number
        self.changed: dict[int, Judged] = {}

    def judge(self, rule: Rule, fact: Fact, now: float) -> Outcome:
        """One statement judged, as `alerts.engine.judge` does."""
        low, high = self._neighbourhood(fact.start)
        windows = tuple(self._windows[low:high])
        numbers = {w.start: self._numbers[w.start] for w in windows if w.start in self._numbers}
        outcome = judge(rule, Track(windows, numbers, self._next_number), fact, now)
        if outcome.passed is None:
            self._take(low, high, numbers, outcome.track, fact.start)
        return outcome

    def _neighbourhood(self, start: int) -> tuple[int, int]:
        at = bisect_left(self._starts, start)
        low = at
        while low > 0:
            low -= 1
            if self._windows[low].verdict is Verdict.CLEARS:
                break
        high = at + 1 if at < len(self._starts) and self._starts[at] == start else at
        while high < len(self._windows):
            high += 1
            if self._windows[high - 1].verdict is Verdict.CLEARS:
                break
        return low, high

    def _take(self, low: int, high: int, former: Iterable[int], track: Track, start: int) -> None:
        self._windows[low:high] = track.windows
        self._starts[low:high] = [window.start for window in track.windows]
        for opened in former:
            del self._numbers[opened]
        self._numbers.update(track.numbers)
        self._next_number = track.next_number
        self.changed[start] = self._windows[bisect_left(self._starts, start)]
