"""A trial as lines and tables for people: Chinese first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from aggregate.evaluation.days import DayColumns
from aggregate.regions.notes import Note
from aggregate.regions.show import DUST, TIERS
from aggregate.regions.tables import NONE, Line, Table, figure_tables, pollutants
from aggregate.whatif.trial import RegionDay, Trial

_WHO = ("名称 Name", "版本 Edition")
_OF_DAY = ("版本 Edition", "AQI", "级别 Level", "首要污染物 Primary")


def headline(trial: Trial, notes: Sequence[Note]) -> list[str]:
    """What is judged, under what, and what must be said of it."""
    span, variant, own = trial.stretch.span, trial.variant, "+".join(trial.stretch.editions)
    differing = f"{np.count_nonzero(trial.differs)}/{trial.differs.size} 天不同 days differ"
    return [
        f"{span.first} … {span.last}  {trial.level.zh} {trial.level}  {TIERS[variant.tier]}  {DUST[variant.sanddust]}",
        f"本版 own {own}，假设 what if {trial.edition.id}：{differing}",
        *(f"{note.zh} {note.en}" for note in notes),
    ]


def tables(trial: Trial, *, every: bool) -> Iterator[Table]:
    """The sums under both, and the days that differ, or every day."""
    sides = (f"本版 {'+'.join(trial.stretch.editions)}", trial.own), (f"假设 {trial.edition.id}", trial.other)
    lines = [
        Line((region.name, name), assessed, row) for row, region in enumerate(trial.regions) for name, assessed in sides
    ]
    yield from figure_tables(lines, _WHO, trial.edition, trial.stretch.span)
    yield Table(
        "逐日 Days" if every else "不同的日子 Days that differ",
        ("名称 Name", "日期 Date", *_OF_DAY, *_OF_DAY),
        [_pair(trial, at) for at in trial.days(every=every)],
    )


def _pair(trial: Trial, at: RegionDay) -> tuple[str, ...]:
    return (
        trial.regions[at.row].name,
        at.day.isoformat(),
        trial.editions.at(at.day).id,
        *_day(trial.own_days, at, trial),
        trial.edition.id,
        *_day(trial.other_days, at, trial),
    )


def _day(days: DayColumns, at: RegionDay, trial: Trial) -> tuple[str, str, str]:
    """AQI, level and primary pollutants; levels have the same names in all editions."""
    aqi = days.aqi[at.row, at.number]
    level = trial.edition.level(aqi)
    if level is None:
        return NONE, NONE, NONE
    primary = pollutants(int(days.primary[at.row, at.number]))
    return f"{aqi:.0f}", f"{level.level_zh} {level.name_zh}", primary
