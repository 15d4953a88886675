"""Evaluation of air: hours of many stations to hours, days and periods with their indices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from aggregate.evaluation.columns import Table, table_of
from aggregate.evaluation.days import edition_runs, evaluate_days
from aggregate.evaluation.editions import AUTO, editions_of
from aggregate.evaluation.grid import Block
from aggregate.evaluation.hours import evaluate_hours
from aggregate.evaluation.intake import Intake
from aggregate.evaluation.notes import EditionUse, MixedPeriod, Notes, Source, unconfirmed_index
from aggregate.evaluation.periods import calendar_spans, evaluate_periods
from aggregate.evaluation.spans import Span
from aggregate.evaluation.tables import Tables, daily_table, given_spans, hourly_table, period_table
from aggregate.windows import DAY_HOURS

_IN_MEMORY = "data"


@dataclass(frozen=True, slots=True)
class AirEvaluation:
    """What `evaluate_air` gives: tables with the columns of the files, rows by station and time."""

    hourly: pa.Table
    daily: pa.Table
    period: pa.Table
    notes: Notes


class Evaluation:
    """Inputs on their way to tables; `notes` is complete when all tables have been made."""

    def __init__(self, edition: str, *, rounded: bool) -> None:
        """Raises `InputError` for an edition that there is not."""
        self.editions = editions_of(edition)
        self.notes = Notes(edition, rounded)
        self._intake = Intake()

    def take(self, table: Table, sha256: str | None = None) -> None:
        """Read and check an input. Raises `InputError`."""
        self._intake.take(table)
        self.notes.inputs.append(Source(table.name, table.data.num_rows, sha256))

    def tables(self) -> Iterator[Tables]:
        """The figures of all stations, a block at a time. Raises `InputError`."""
        days: list[date] = []
        judges: dict[str, set[str]] = {}
        with_index: set[str] = set()
        for block in self._intake.blocks():
            end = block.first + timedelta(days=block.given.shape[1] // DAY_HOURS)
            days += [block.first, end]
            spans = sorted(calendar_spans(block.first, end), key=lambda span: (span.first, span.end))
            yield self._evaluated(block, spans, judges, with_index)
        self.notes.mixed_periods = [
            MixedPeriod(label, tuple(edition.id for edition in self.editions.all if edition.id in judges[label]))
            for label in sorted(judges)
            if len(judges[label]) > 1
        ]
        own = (unconfirmed_index(edition) for edition in self.editions.all if edition.id in with_index)
        self.notes.unconfirmed = [one for one in own if one]
        self.notes.warnings = self._intake.warnings
        if days:
            first = min(days)
            self.notes.editions = [
                EditionUse(edition.id, first + timedelta(days=start), first + timedelta(days=stop))
                for start, stop, edition in edition_runs(first, (max(days) - first).days, self.editions)
            ]

    def _evaluated(self, block: Block, spans: list[Span], judges: dict[str, set[str]], with_index: set[str]) -> Tables:
        """A block's figures; tells which editions judge periods, and which of them gave an index."""
        rounded = self.editions if self.notes.rounded else None
        days = evaluate_days(block.hours, block.first, self.editions)
        periods = evaluate_periods(days, spans, self.editions)
        indexed = np.any(~np.isnan(periods.composite), axis=0).tolist()
        for span, is_mixed, has_index in zip(spans, periods.mixed, indexed, strict=True):
            if is_mixed:
                judges.setdefault(span.label, set()).update(self._judges(block, span))
            if has_index:
                with_index.add(self.editions.at(span.last).id)
        return Tables(
            hourly_table(block, evaluate_hours(block.hours, block.first, self.editions), rounded),
            daily_table(block, days, rounded),
            period_table(block, spans, periods, self.editions, rounded=self.notes.rounded),
        )

    def _judges(self, block: Block, span: Span) -> Iterator[str]:
        """The editions of the days that the input has, and that of the last day, by which limits and index are."""
        runs = list(edition_runs(span.first, (span.end - span.first).days, self.editions))
        parts = [
            Span(edition.id, span.first + timedelta(days=start), span.first + timedelta(days=stop))
            for start, stop, edition in runs
        ]
        given = np.any(given_spans(block, parts), axis=0)
        if given.any():
            yield from (part.label for part, there in zip(parts, given, strict=True) if there)
            yield parts[-1].label


def evaluate_air(data: Any, *, edition: str = AUTO, rounded: bool = False) -> AirEvaluation:
    """Evaluate hourly means of stations by HJ 633, GB 3095 and HJ 663.

    `data` is a pandas or Polars DataFrame, a `pyarrow.Table`, or whatever `pyarrow.table` takes, with columns
    `station`, `time` (beginning of the hour, as text, or as timestamps; without an offset or zone UTC+8) and any of
    `PM2.5, PM10, SO2, NO2, CO, O3` (µg/m³, CO mg/m³; NaN or null for missing). `edition` is `auto` or the id of the
    edition to judge all dates by; with `rounded` concentrations are given to the edition's places (GB/T 8170).
    Columns of the tables: docs/evaluation.md. Raises `InputError`.
    """
    evaluation = Evaluation(edition, rounded=rounded)
    table = table_of(data)
    own = [  # all but pandas's row labels
        place for place, name in enumerate(table.column_names) if not name.startswith("__index_level_")
    ]
    evaluation.take(Table(_IN_MEMORY, table.select(own), lambda row: row + 1))
    parts = list(evaluation.tables())
    hourly, daily, period = (pa.concat_tables(of_kind).unify_dictionaries() for of_kind in zip(*parts, strict=True))
    return AirEvaluation(hourly, daily, period, evaluation.notes)
