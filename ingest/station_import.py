"""Stations from CSV into the registry: good rows in one transaction, bad rows listed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
from psycopg2.extensions import connection, cursor
from pydantic import ValidationError

from core.errors import InputError
from ingest.registry import COLUMNS, Registry
from ingest.rows import RowError, csv_rows, heading, open_text, too_many_cells
from ingest.station import Station
from ingest.station_row import StationRow

_REQUIRED = tuple(name for name, field in StationRow.model_fields.items() if field.is_required())
_JSON = {"valid_ranges", "limits"}

NumberedRow = tuple[int, StationRow]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file's rows, counted; `errors` may hold several of one row."""

    added: int
    changed: int
    unchanged: int
    failed: int
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """A version to write. `replaces` is the key of the version that began at the same time."""

    row: StationRow
    begins: float
    known: bool
    replaces: int | None


def import_csv(conn: connection, path: Path, *, effective: datetime, user: str) -> ImportResult:
    """Take the stations of `path` into the registry and commit.

    A station not yet known is valid from the beginning of time, so that history can be judged; a known one changes at
    `effective`; a row's own `valid_from` goes before both. Raises `InputError` if the file as a whole cannot be read.
    """
    rows, errors = read_stations(path)
    with conn, conn.cursor() as cur:
        # imports wait here for each other
        cur.execute("select version from registry_version for update")
        registry = Registry.load(conn)
        rows, conflicts = _without_conflicts(path.name, rows, registry, effective.timestamp())
        changes = list(_changes(rows, registry, effective.timestamp()))
        for change in changes:
            _write(cur, change, user)
        if changes:
            cur.execute("update registry_version set version = version + 1")
    errors = sorted([*errors, *conflicts], key=lambda error: error.row)
    added = sum(not change.known for change in changes)
    failed = len({error.row for error in errors})
    return ImportResult(added, len(changes) - added, len(rows) - len(changes), failed, tuple(errors))


def read_stations(path: Path) -> tuple[list[NumberedRow], list[RowError]]:
    """The good rows of a stations CSV, and what is wrong with the others; raises `InputError`."""
    rows: list[NumberedRow] = []
    errors: list[RowError] = []
    with open_text(path) as file:
        numbered = csv_rows(path, file)
        names = heading(path, numbered)
        _check_heading(path, names)
        for number, cells in numbered:
            if len(cells) > len(names):
                errors.append(too_many_cells(path.name, number, cells))
                continue
            given = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell}
            try:
                rows.append((number, StationRow.model_validate(given)))
            except ValidationError as error:
                errors.extend(_row_errors(path.name, number, error))
    return rows, errors


def _check_heading(path: Path, names: Sequence[str]) -> None:
    unknown = [name for name in names if name and name not in StationRow.model_fields]
    missing = [name for name in _REQUIRED if name not in names]
    if unknown or missing:
        raise InputError(
            "heading",
            f"the heading lacks {', '.join(missing)}" if missing else "the heading names an unknown column",
            field=str(path),
            value=unknown[0] if unknown else None,
            hint=f"columns are {', '.join(StationRow.model_fields)}",
        )


def _row_errors(file: str, row: int, error: ValidationError) -> Iterator[RowError]:
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "row"
        missing = problem["type"] == "missing"
        value = "" if missing or field == "row" else str(problem["input"])
        message = "is empty" if missing else problem["msg"].removeprefix("Value error, ")
        yield RowError(file, row, field, value, message, "correct the cell and import the file again")


def _begin(row: StationRow, registry: Registry, effective: float) -> float:
    """When a row's version begins (UTC seconds): a station's first, for ever before."""
    if row.valid_from:
        return row.valid_from.timestamp()
    return effective if registry.knows(row.station) else -math.inf


def _without_conflicts(
    file: str, rows: Sequence[NumberedRow], registry: Registry, seconds: float
) -> tuple[list[NumberedRow], list[RowError]]:
    """Rows less those that repeat a station's version or take another station's MN code."""
    in_file = {row.station for _, row in rows}
    owners = {known.mn: known.station for known in registry.stations(seconds) if known.station not in in_file}
    seen: set[tuple[str, float]] = set()
    good: list[NumberedRow] = []
    errors: list[RowError] = []
    for number, row in rows:
        version = (row.station, _begin(row, registry, seconds))
        if version in seen:
            errors.append(
                RowError(
                    file, number, "station", row.station, "is in the file twice", "keep one row, or give valid_from"
                )
            )
        elif row.mn and owners.setdefault(row.mn, row.station) != row.station:
            errors.append(
                RowError(file, number, "mn", row.mn, f"is the MN code of {owners[row.mn]}", "give each station its own")
            )
        else:
            seen.add(version)
            good.append((number, row))
    return good, errors


def _changes(rows: Sequence[NumberedRow], registry: Registry, effective: float) -> Iterator[_Change]:
    """The versions to write. A file may tell a station's history: each row is compared with what holds before it."""
    told: dict[str, tuple[float, StationRow]] = {}
    begun = ((_begin(row, registry, effective), row) for _, row in rows)
    for start, row in sorted(begun, key=itemgetter(0)):
        known = registry.knows(row.station)
        versions = [v for v in registry.history(row.station) if v.valid_from <= start] if known else []
        stored = versions[-1] if versions else None
        since, before = told.get(row.station, (-math.inf, None))
        in_force = before if before and (stored is None or since >= stored.valid_from) else stored
        if in_force and _same(in_force, row):
            continue
        told[row.station] = start, row
        yield _Change(row, start, known, stored.version_key if stored and stored.valid_from == start else None)


def _same(version: Station | StationRow, row: StationRow) -> bool:
    return version.active == row.active and all(getattr(version, name) == getattr(row, name) for name in COLUMNS)


def _write(cur: cursor, change: _Change, user: str) -> None:
    cur.execute("insert into station (station) values (%s) on conflict do nothing", (change.row.station,))
    if change.replaces is not None:
        cur.execute("update station_version set replaced_at = now() where version_id = %s", (change.replaces,))
    places = ", ".join(["%s"] * len(COLUMNS))
    cur.execute(
        f"""insert into station_version (station_id, valid_from, active, changed_by, {", ".join(COLUMNS)})
        select station_id, to_timestamp(%s), %s, %s, {places} from station where station = %s""",
        (change.begins, change.row.active, user, *_values(change.row), change.row.station),
    )


def _values(row: StationRow) -> Iterator[Any]:
    for name in COLUMNS:
        value = getattr(row, name)
        # what is infinite becomes null in JSON
        if name in _JSON:
            yield json.dumps(msgspec.to_builtins(_finite(value)))
        else:
            yield list(value) if isinstance(value, tuple) else value


def _finite(items: dict[str, Any]) -> dict[str, Any]:
    return {
        code: [bound if math.isfinite(bound) else None for bound in item] if isinstance(item, tuple) else item
        for code, item in items.items()
    }
