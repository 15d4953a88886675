"""The hourly layout in which the national network's values are collected: `date, hour, type, 1001A, 1002A, …`.

A row an hour and kind of value, a column a station. The hour is labelled by its END in Asia/Shanghai: hour 0 of a day
is the last of the day before, which some files write as its hour 24. CO is in mg/m³. Only hourly concentrations are
read; the published AQI and running means are not, for Lantian computes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from core.clock import HOUR, SHANGHAI
from core.errors import InputError
from ingest.importers.source import AIR_FACTORS, OnError, SourceRow, StationOf, number
from ingest.rows import RowError, csv_rows, heading, open_text

KEY_COLUMNS = ("date", "hour", "type")
_FIRST_STATION = len(KEY_COLUMNS)


class _Hour:
    """The values of one hour, as its rows come in."""

    def __init__(self, label: tuple[str, str], row: int, start: int) -> None:
        self.label = label
        self.row = row
        self.start = start
        self.types: set[str] = set()
        self.values: dict[int, tuple[list[str], list[float]]] = {}

    def rows(self, stations: Sequence[str], station_of: StationOf) -> Iterator[SourceRow]:
        """A row a station that has a value, in the order of the columns."""
        for place in sorted(self.values):
            names, values = self.values[place]
            station = station_of(stations[place])
            yield SourceRow(self.row, station, self.start, HOUR, tuple(names), tuple(values))


def read_csv(path: Path, station_of: StationOf, on_error: OnError) -> Iterator[SourceRow]:
    """The stations' hours in the file's order, one hour in memory; raises `InputError` for another heading."""
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows)
        if tuple(names[:_FIRST_STATION]) != KEY_COLUMNS:
            raise InputError(
                "heading", "does not begin with date,hour,type", field=str(path), hint="choose another layout"
            )
        stations = names[_FIRST_STATION:]
        hour: _Hour | None = None
        for row, cells in rows:
            if len(cells) < _FIRST_STATION or cells[2] not in AIR_FACTORS:
                continue
            label = (cells[0], cells[1])
            if hour is None or hour.label != label:
                if hour is not None:
                    yield from hour.rows(stations, station_of)
                hour = _begin(path.name, row, label, on_error)
            if hour is not None:
                _take(path.name, row, cells, hour, len(stations), on_error)
        if hour is not None:
            yield from hour.rows(stations, station_of)


def _begin(file: str, row: int, label: tuple[str, str], on_error: OnError) -> _Hour | None:
    date, hour = label
    try:
        day = datetime.strptime(date.replace("-", ""), "%Y%m%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        on_error(RowError(file, row, "date", date, "is no date", "write it as 20200301"))
        return None
    if not hour.isdecimal() or int(hour) > 24:
        on_error(RowError(file, row, "hour", hour, "is no hour", "write 0 to 24"))
        return None
    start = day + timedelta(hours=int(hour) - 1)
    return _Hour(label, row, int(start.timestamp()))


def _take(file: str, row: int, cells: Sequence[str], hour: _Hour, stations: int, on_error: OnError) -> None:
    name = cells[2]
    if name in hour.types:
        on_error(RowError(file, row, "type", name, "is given twice for this hour", "remove one of the rows"))
        return
    if len(cells) > _FIRST_STATION + stations:
        on_error(RowError(file, row, "row", name, "has more cells than the heading", "remove what is too much"))
        return
    hour.types.add(name)
    for place, cell in enumerate(cells[_FIRST_STATION:]):
        try:
            value = number(cell)
        except ValueError as error:
            on_error(
                RowError(file, row, name, cell, f"{error} (column {place + _FIRST_STATION + 1})", "correct the cell")
            )
            continue
        if value is not None:
            names, values = hour.values.setdefault(place, ([], []))
            names.append(AIR_FACTORS[name])
            values.append(value)
