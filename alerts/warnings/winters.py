"""The past by winters: how many warnings of which level, and how many days they were in force. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from alerts.warnings.past import Past
from alerts.warnings.scheme import Level

FIRST_MONTH, LAST_MONTH = 10, 3
"""秋冬季: October to March."""


@dataclass(frozen=True, slots=True)
class Season:
    """A winter of a scheme, or the summer half of a year."""

    label: str
    warnings: Mapping[Level, int]
    """By the highest level each had; a warning belongs to the season of its first day."""
    days: Mapping[Level, int]
    """In force, by the level of the day."""


def season_of(day: date) -> str:
    """`2013/14` for October 2013 to March 2014, `2014` for April to September."""
    if LAST_MONTH < day.month < FIRST_MONTH:
        return f"{day.year}"
    begin = day.year if day.month >= FIRST_MONTH else day.year - 1
    return f"{begin}/{(begin + 1) % 100:02d}"


def seasons(found: Past) -> list[Season]:
    """The seasons of a past in order, those without a warning too."""
    labels: dict[str, None] = {}
    for ordinal in range(found.first.toordinal(), found.last.toordinal() + 1):
        labels.setdefault(season_of(date.fromordinal(ordinal)))
    warnings: dict[str, Counter[Level]] = {label: Counter() for label in labels}
    days: dict[str, Counter[Level]] = {label: Counter() for label in labels}
    for one in found.warnings:
        if one.first_day <= found.last:
            warnings[season_of(one.first_day)][one.highest] += 1
        for day, level in one.levels:
            days[season_of(day)][level] += 1
    return [Season(label, warnings[label], days[label]) for label in labels]
