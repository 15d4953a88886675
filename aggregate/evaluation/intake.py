"""Several inputs as one: stations are put together by name, whatever input they stand in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregate.evaluation.columns import Columns, Table, read_columns
from aggregate.evaluation.grid import Block, Grid, RepeatedRowsError, Rows
from aggregate.evaluation.notes import InputWarning
from aggregate.evaluation.screening import screen
from core.errors import InputError


class _Input(NamedTuple):
    """What is kept of an input to name its rows."""

    name: str
    end: int
    """The number, from 0 over all inputs, behind its last row."""
    row: Callable[[int], int]


class Intake:
    """The rows of all inputs; `warnings` tells what of them was not used, or looks wrong."""

    def __init__(self) -> None:
        self.warnings: list[InputWarning] = []
        self._inputs: list[_Input] = []
        self._columns: list[Columns] = []

    def take(self, table: Table) -> None:
        """Read and check an input. Raises `InputError` naming it and the row."""
        columns = read_columns(table)
        if self._inputs and columns.zoned != self._columns[0].zoned:
            names = (table.name, self._inputs[0].name)
            zoned, plain = names if columns.zoned else names[::-1]
            raise InputError(
                "time",
                f"its times have no offset, but those of {zoned} have",
                field=plain,
                hint="give all times an offset, or none for UTC+8",
            )
        self.warnings.extend([*columns.warnings, *screen(table, columns)])
        begin = self._inputs[-1].end if self._inputs else 0
        self._inputs.append(_Input(table.name, begin + table.data.num_rows, table.row))
        self._columns.append(columns)

    def blocks(self) -> Iterator[Block]:
        """The hours of all stations, once, a block at a time. Raises `InputError` for rows of one hour that differ."""
        grid = Grid(self._rows())
        try:
            yield from grid.blocks()
        except RepeatedRowsError as error:
            (source, row), (other, first) = self._place(error.second), self._place(error.first)
            station = grid.rows.stations[grid.rows.station[error.second]]
            where = f"row {first}" if other == source else f"{other} row {first}"
            raise InputError(
                "rows",
                f"says something else than {where} of the same hour of station {station}",
                field=f"{source} row {row}",
                hint="leave one of them out",
            ) from None
        if grid.repeat is not None:
            source, row = self._place(grid.repeat)
            self.warnings.append(
                InputWarning(source, "says again what another row says", "counted once", count=grid.repeats, row=row)
            )

    def _rows(self) -> Rows:
        parts, self._columns = self._columns, []
        stations = sorted({name for part in parts for name in part.names})
        places = {name: place for place, name in enumerate(stations)}
        return Rows(
            stations,
            _joined([np.array([places[name] for name in part.names], dtype=np.int32)[part.station] for part in parts]),
            _joined([part.hour for part in parts]),
            tuple(_joined(list(of_factor)) for of_factor in zip(*(part.values for part in parts), strict=True)),
        )

    def _place(self, row: int) -> tuple[str, int]:
        """The input of a row of all, and the row's number there as people count."""
        place = bisect_right([known.end for known in self._inputs], row)
        return self._inputs[place].name, self._inputs[place].row(row - (self._inputs[place - 1].end if place else 0))


def _joined(arrays: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
