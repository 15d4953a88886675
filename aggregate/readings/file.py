"""Corrections as people write them: a row of a CSV, or the options of a command. Pure but for reading the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from aggregate.readings.reviews import factor_named, flag_named
from core.clock import parse_time
from core.errors import LantianError
from ingest.importers.source import number
from ingest.period import parse_period
from ingest.rows import RowError, csv_rows, heading, open_text, too_many_cells
from ingest.value import Flag

COLUMNS = ("station", "time", "period", "factor", "value")
"""Of a file; `flag` may follow, by default N. An empty period is an hour."""


class Correction(NamedTuple):
    """What one reading is to say; `time` in UTC seconds, `period` in seconds, `factor` a code, `row` as in the file."""

    row: int
    station: str
    time: int
    period: int
    factor: str
    value: float
    flag: str

    @property
    def averaged(self) -> tuple[int, int]:
        """The averaging period that it is of: its start and its length."""
        return self.time, self.period


class Wrong(NamedTuple):
    """What is wrong with corrections, and where they stand."""

    file: str
    errors: list[RowError]

    def add(self, of: Correction, column: str, value: object, message: str, hint: str) -> None:
        """Note what is wrong with one."""
        self.errors.append(RowError(self.file, of.row, column, str(value), message, hint))


def read_corrections(path: Path, wrong: Wrong) -> Iterator[Correction]:
    """The corrections of a CSV; bad rows are noted. Raises `InputError` if it is none as a whole."""
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows, COLUMNS)
        for row, cells in rows:
            if len(cells) > len(names):
                wrong.errors.append(too_many_cells(wrong.file, row, cells))
                continue
            given = dict.fromkeys(names, "") | dict(zip(names, cells, strict=False))
            found = correction_of(wrong.file, row, given)
            if isinstance(found, RowError):
                wrong.errors.append(found)
            else:
                yield found


def correction_of(file: str, row: int, cells: Mapping[str, str]) -> Correction | RowError:
    """The correction that a row's cells spell, or what is wrong with it."""
    empty = [name for name in COLUMNS if name != "period" and not cells[name]]
    if empty:
        return RowError(file, row, empty[0], "", "is empty", "fill it in, or leave the row out")
    column = "time"
    try:
        time = int(parse_time(cells["time"], field="time").timestamp())
        column = "period"
        period = parse_period(cells["period"] or "PT1H")
        column = "factor"
        factor = factor_named(cells["factor"], field="factor").code
        column = "flag"
        flag = flag_named(cells.get("flag") or Flag.NORMAL, field="flag")
        column = "value"
        value = number(cells["value"])
    except LantianError as error:
        return RowError(file, row, column, cells[column], error.message, error.hint or "correct the cell")
    except ValueError as error:
        return RowError(file, row, column, cells[column], str(error), "correct the cell")
    if value is None:
        return RowError(file, row, "value", cells["value"], "is no value", "to flag readings: `lantian readings flag`")
    return Correction(row, cells["station"], time, period, factor, value, flag)
