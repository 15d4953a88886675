"""What a backtest answers: counts by severity and by day, and a chart of them in plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from alerts.backtest.fired import Fired
from alerts.rules.model import Rule
from core.clock import HOUR, date_of, midnight

BAR = 40
"""Characters of the longest bar."""
MOST_BARS = 62


@dataclass(frozen=True, slots=True)
class Summary:
    """What a rule would have said of `[first, end)`, days of Asia/Shanghai."""

    rule: Rule
    first: date
    end: date
    objects: int
    fired: Sequence[Fired]

    @property
    def days(self) -> int:
        """Of the period."""
        return (self.end - self.first).days

    @property
    def by_day(self) -> dict[date, int]:
        """Alerts by the day of their first window; days without are not in it."""
        return dict(sorted(Counter(date_of(one.episode.first.start) for one in self.fired).items()))

    @property
    def by_severity(self) -> dict[str, int]:
        """Alerts by the gravest severity that each came to, the least grave first."""
        counts = Counter(self.rule.levels[one.episode.peak_level - 1].severity for one in self.fired)
        return {level.severity.value: counts[level.severity] for level in self.rule.levels}

    def answer(self) -> dict[str, Any]:
        """One JSON value; times are UTC seconds, hours those from an alert's first window to its end."""
        return {
            "rule": self.rule.id,
            "from": self.first.isoformat(),
            "to": self.end.isoformat(),
            "objects": self.objects,
            "alerts": len(self.fired),
            "alerts_per_day": round(len(self.fired) / self.days, 3),
            "by_severity": self.by_severity,
            "by_day": {day.isoformat(): count for day, count in self.by_day.items()},
            "items": [self._item(one) for one in self.fired],
        }

    def _item(self, one: Fired) -> dict[str, Any]:
        episode, peak = one.episode, one.episode.peak(self.rule)
        return {
            "object": one.object,
            "city": one.city,
            "first_start": episode.first.start,
            "ended_at": None if episode.ended_by is None else episode.ended_by.end,
            "hours": round((episode.last.end - episode.first.start) / HOUR, 2),
            "severity": self.rule.levels[episode.peak_level - 1].severity.value,
            "peak": peak.value,
            "peak_start": peak.start,
            "windows": len(episode.windows),
        }

    def lines(self) -> Iterator[str]:
        """For people, Chinese first."""
        yield (
            f"{self.rule.id}  {self.first} – {self.end - timedelta(days=1)}：{self.objects} 个对象 objects，"
            f"{len(self.fired)} 次报警 alerts，平均每天 a day {len(self.fired) / self.days:.2f}"
        )
        for severity, count in self.by_severity.items():
            yield f"  {severity}: {count}"
        if self.fired:
            yield from chart(self.by_day, self.first, self.end)


def chart(by_day: dict[date, int], first: date, end: date) -> Iterator[str]:
    """Bars of alerts: by day, or by as many days as make the bars fit one screen."""
    step = -(-(end - first).days // MOST_BARS)
    starts = [first + timedelta(days=back) for back in range(0, (end - first).days, step)]
    counts = [sum(by_day.get(start + timedelta(days=day), 0) for day in range(step)) for start in starts]
    most = max(counts, default=0) or 1
    unit = "每天 a day" if step == 1 else f"每 {step} 天 / {step} days"
    yield f"  {unit}"
    for start, count in zip(starts, counts, strict=True):
        yield f"  {start}  {'█' * round(BAR * count / most)} {count or ''}".rstrip()


def bounds(first: date, end: date) -> tuple[int, int]:
    """UTC seconds of the period's start and end."""
    return midnight(first), midnight(end)
