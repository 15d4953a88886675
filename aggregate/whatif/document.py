"""A trial as JSON and as rows of CSV. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from aggregate.evaluation.days import DayColumns
from aggregate.evaluation.tables import tokens
from aggregate.regions.document import figures_shown, stretch_shown
from aggregate.regions.notes import Note
from aggregate.whatif.trial import RegionDay, Trial

Plain = dict[str, Any]

_OF_DAY = ("edition", "aqi", "level", "primary")
COLUMNS = ("object", "name", "date", *(f"own_{name}" for name in _OF_DAY), *_OF_DAY, "differs")


def document(trial: Trial, notes: Sequence[Note], *, every: bool) -> Plain:
    """One JSON value (docs/periods.md); days that differ, or every one."""
    span = trial.stretch.span
    days: list[list[Plain]] = [[] for _ in trial.regions]
    for at in trial.days(every=every):
        days[at.row].append(
            {
                "date": at.day.isoformat(),
                "differs": bool(trial.differs[at.row, at.number]),
                "own": _day(trial.own_days, at, trial.editions.at(at.day).id),
                "other": _day(trial.other_days, at, trial.edition.id),
            }
        )
    return {
        "period": stretch_shown(trial.stretch),
        "edition": trial.edition.id,
        "by": trial.level,
        "tier": trial.variant.tier,
        "sanddust": "in" if trial.variant.sanddust else "out",
        "notes": [{"note": note.name.lower(), "zh": note.zh, "en": note.en} for note in notes],
        "days_differing": int(np.count_nonzero(trial.differs)),
        "objects": [
            {
                "object": region.key,
                "name": region.name,
                "days_differing": int(np.count_nonzero(trial.differs[row])),
                "days": days[row],
                "own": figures_shown(trial.own, row, (span.end - span.first).days),
                "other": figures_shown(trial.other, row, (span.end - span.first).days),
            }
            for row, region in enumerate(trial.regions)
        ],
    }


def rows(trial: Trial, *, every: bool) -> Iterator[Plain]:
    """A row a region and day that differs, or every day; columns are `COLUMNS`."""
    for at in trial.days(every=every):
        region = trial.regions[at.row]
        own = _day(trial.own_days, at, trial.editions.at(at.day).id)
        yield {
            "object": region.key,
            "name": region.name,
            "date": at.day.isoformat(),
            **{f"own_{name}": value for name, value in own.items()},
            **_day(trial.other_days, at, trial.edition.id),
            "differs": bool(trial.differs[at.row, at.number]),
        }


def _day(days: DayColumns, at: RegionDay, edition: str) -> Plain:
    cell = at.row, at.number
    return {
        "edition": edition,
        "aqi": None if np.isnan(days.aqi[cell]) else int(days.aqi[cell]),
        "level": int(days.level[cell]) or None,
        "primary": tokens(int(days.primary[cell])) or None,
    }
