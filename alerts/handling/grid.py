"""The grid (网格): who answers for which stations, from a CSV; whom to tell, the nearest first.

Columns `town,leader,contact,stations,regions`, the last two lists with `;`: ids of stations, and beginnings of region
codes. Who answers for a station by its id comes before who does by a region, a longer beginning before a shorter.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from core.errors import InputError
from ingest.rows import RowError, csv_rows, heading, in_one_line, open_text, too_many_cells

COLUMNS = ("town", "leader", "contact", "stations", "regions")


class Leader(msgspec.Struct, frozen=True):
    """A town, or what stands above it, with who answers for it."""

    town: str
    leader: str
    contact: str
    stations: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


class Grid(msgspec.Struct, frozen=True):
    """All leaders, in the order of their file."""

    leaders: tuple[Leader, ...] = ()

    def chain(self, station: str | None, region: str | None) -> tuple[Leader, ...]:
        """Whom to tell of a station (None: of a city) in a region, the nearest first; of equals, all, by the file."""
        found = [(_nearness(leader, station, region), leader) for leader in self.leaders]
        return tuple(leader for nearness, leader in sorted(found, key=lambda pair: -pair[0]) if nearness)


def load(path: Path | None) -> Grid:
    """The grid of a file; an empty one without. Raises `InputError` that names file, row and field."""
    if path is None:
        return Grid()
    errors: list[RowError] = []
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows, COLUMNS)
        leaders = [found for row, cells in rows if (found := _leader(path.name, row, names, cells, errors))]
    _unique(path.name, leaders, errors)
    if errors:
        said = in_one_line(errors)
        raise InputError("grid", f"cannot be used: {said}", field="grid_file", hint="correct it and start again")
    return Grid(tuple(leader for _, leader in leaders))


def _leader(
    file: str, row: int, names: list[str], cells: list[str], errors: list[RowError]
) -> tuple[int, Leader] | None:
    if len(cells) > len(names):
        errors.append(too_many_cells(file, row, cells))
        return None
    given = dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=True))
    for name in ("town", "leader", "contact"):
        if not given[name]:
            errors.append(RowError(file, row, name, "", "is empty", "name it"))
            return None
    stations, regions = _list(given["stations"]), _list(given["regions"])
    if not stations and not regions:
        errors.append(RowError(file, row, "stations", "", "is empty, and so is regions", "give one of the two"))
        return None
    for region in regions:
        if not (region.isascii() and region.isdigit()):
            errors.append(RowError(file, row, "regions", region, "is no region code", "write digits, as 140502"))
            return None
    return row, Leader(given["town"], given["leader"], given["contact"], stations, regions)


def _unique(file: str, leaders: Iterable[tuple[int, Leader]], errors: list[RowError]) -> None:
    seen: dict[str, int] = {}
    for row, leader in leaders:
        if leader.town in seen:
            hint = f"it stands in row {seen[leader.town]} too; join the two"
            errors.append(RowError(file, row, "town", leader.town, "is named twice", hint))
        seen.setdefault(leader.town, row)


def _nearness(leader: Leader, station: str | None, region: str | None) -> float:
    if station is not None and station in leader.stations:
        return float("inf")
    return max((len(code) for code in leader.regions if region and region.startswith(code)), default=0)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())
