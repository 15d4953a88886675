"""The evaluation by Lantian: the kernels alone on a grid, from long columns, and from file to files."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from aggregate.evaluation.cli import air
from aggregate.evaluation.columns import Table
from aggregate.evaluation.days import DayColumns, evaluate_days
from aggregate.evaluation.grid import Block
from aggregate.evaluation.intake import Intake
from aggregate.evaluation.periods import PeriodColumns, evaluate_periods
from aggregate.evaluation.spans import Span, calendar_spans
from aggregate.evaluation.tables import daily_table, period_table
from bench.kernels.make import DAY_HOURS, Made
from standards.editions import load_editions


class Arrays(NamedTuple):
    """What the kernels give."""

    days: DayColumns
    periods: PeriodColumns


class Frames(NamedTuple):
    """Rows by station and time."""

    daily: pa.Table
    period: pa.Table


def on_grid(made: Made) -> Arrays:
    """The kernels alone."""
    editions = load_editions()
    days = evaluate_days(made.hours, made.first, editions)
    return Arrays(days, evaluate_periods(days, _spans(made), editions))


def _spans(made: Made) -> list[Span]:
    spans = calendar_spans(made.first, made.first + timedelta(days=made.days))
    return sorted(spans, key=lambda span: (span.first, span.end))


def tables_of_grid(made: Made, found: Arrays) -> Frames:
    """The arrays as tables, to be compared."""
    given = np.ones((len(made.names), made.days * DAY_HOURS), dtype=np.bool_)
    block = Block(made.names, made.first, made.hours, given)
    period = period_table(block, _spans(made), found.periods, load_editions(), rounded=False)
    return Frames(daily_table(block, found.days, None), period)


def on_columns(table: pa.Table) -> Frames:
    """What `evaluate_air` does, checks of the input included, without the indices of hours, which the others lack."""
    editions, intake = load_editions(), Intake()
    intake.take(Table("bench", table, lambda row: row))
    parts = []
    for block in intake.blocks():
        end = block.first + timedelta(days=block.given.shape[1] // DAY_HOURS)
        spans = sorted(calendar_spans(block.first, end), key=lambda span: (span.first, span.end))
        days = evaluate_days(block.hours, block.first, editions)
        periods = evaluate_periods(days, spans, editions)
        parts.append((daily_table(block, days, None), period_table(block, spans, periods, editions, rounded=False)))
    daily, period = (pa.concat_tables(of_kind).unify_dictionaries() for of_kind in zip(*parts, strict=True))
    return Frames(daily, period)


def on_file(source: Path, folder: Path) -> None:
    """What `lantian evaluate air SOURCE --out FOLDER` does."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        air([source], "auto", folder, rounded=False)
