"""Composite index and rank of named objects, from concentrations of a period that have been evaluated before."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aggregate.evaluation.columns import table_of
from aggregate.evaluation.editions import edition_named
from aggregate.evaluation.narrow import widened_table
from aggregate.evaluation.notes import InputWarning
from aggregate.evaluation.screening import CO_ABOVE, outside
from aggregate.evaluation.tables import TOKENS, tokens
from core.errors import InputError
from ingest.importers.source import number
from ingest.rows import csv_rows, heading, open_text
from standards.composite import composite, dense_rank
from standards.editions import HOURLY_FACTORS, Edition
from standards.factors import load_catalogue

COLUMNS = ("name", *TOKENS)
CO = "co"
_HINT = "name the columns name,so2,no2,pm10,pm25,co,o3"


@dataclass(frozen=True, slots=True)
class IndexRow:
    """An object's index by the edition's method; without one of the six pollutants it has none, nor a rank."""

    name: str
    index: float | None
    single: dict[str, float | None]
    """Single indices by `pm25, pm10, so2, no2, co, o3`."""
    largest: str | None
    """Who has the largest single index; those who tie are joined by `;`."""
    rank: int | None
    """The least index is 1; equal ones share a rank, and the next follows without a gap."""


class _Given(NamedTuple):
    where: str
    name: str
    concentrations: list[float]


def composite_index(rows: Any, edition: str) -> list[IndexRow]:
    """Composite indices by the method of an edition, in the order of the rows.

    `rows` are mappings, or a single one, or a DataFrame or what else `pyarrow.table` takes, with `name`, each once, and
    the concentrations `pm25`, `pm10`, `so2`, `no2` (means), `co` (95th percentile, mg/m³) and `o3` (90th percentile of
    the daily maximum 8-hour means); µg/m³, None or NaN for missing. `PM2.5` or `SO₂` name the same, other names are
    left aside. Raises `InputError`.
    """
    judge = edition_named(edition)
    return _indices([_of_mapping(row, f"row {place}") for place, row in enumerate(_mappings(rows), start=1)], judge)


def index_of_file(path: Path, edition: str) -> tuple[list[IndexRow], list[InputWarning]]:
    """Composite indices of a CSV with a heading. Raises `InputError` naming row and column."""
    judge = edition_named(edition)
    with open_text(path) as file:
        lines = csv_rows(path, file)
        names = heading(path, lines)
        known = [_folded(name) for name in names]
        for name in COLUMNS:
            if known.count(name) != 1:
                what = "is missing" if name not in known else "is named twice"
                raise InputError("heading", f"the column {name} {what}", field=str(path), hint=_HINT)
        given = [_of_cells(dict(zip(known, _whole(path, line, cells, known), strict=True)), f"{path} row {line}")
                 for line, cells in lines]  # fmt: skip
    if not given:
        raise InputError("rows", "has no rows", field=str(path), hint="give at least one")
    others = [name for name, token in zip(names, known, strict=True) if token not in COLUMNS]
    warnings = [InputWarning(str(path), "is no column that is known", "not used", column=name) for name in others]
    return _indices(given, judge), warnings


def _indices(given: list[_Given], edition: Edition) -> list[IndexRow]:
    first: dict[str, str] = {}
    for row in given:
        other = first.setdefault(row.name, row.where)
        if other != row.where:
            message = f"is the name of {other} already"
            raise InputError("name", message, field=f"{row.where}, name", value=row.name, hint="give each row its own")
    concentrations = np.array([row.concentrations for row in given]).reshape(-1, len(TOKENS))
    found = composite(concentrations, edition.composite)
    rows = []
    for place, (row, rank) in enumerate(zip(given, dense_rank(found.index).tolist(), strict=True)):
        single = [None if math.isnan(value) else value for value in found.single[place].tolist()]
        index, largest = (float(found.index[place]), tokens(int(found.largest[place]))) if rank else (None, None)
        rows.append(IndexRow(row.name, index, dict(zip(TOKENS, single, strict=True)), largest, rank or None))
    return rows


def _mappings(rows: Any) -> Iterable[Any]:
    if isinstance(rows, Mapping) and any(_folded(str(key)) == "name" and isinstance(rows[key], str) for key in rows):
        return [rows]
    if isinstance(rows, Mapping) or hasattr(rows, "__arrow_c_stream__") or not isinstance(rows, Iterable):
        return list(widened_table(table_of(rows)).to_pylist())
    return rows


def _of_mapping(row: Any, where: str) -> _Given:
    if not isinstance(row, Mapping):
        raise InputError("row", "is no mapping", field=where, value=row, hint=_HINT)
    known = [_folded(str(key)) for key in row]
    for name in COLUMNS:
        if known.count(name) != 1:
            what = "is missing" if name not in known else "is named twice"
            raise InputError("heading", f"{name} {what}", field=where, hint=_HINT)
    return _of_cells(dict(zip(known, row.values(), strict=True)), where)


def _of_cells(cells: Mapping[str, Any], where: str) -> _Given:
    name = cells["name"]
    text = "" if name is None else str(name).strip()
    if not text or (isinstance(name, float) and math.isnan(name)):  # pandas's way to say that there is none
        raise InputError("name", "is empty", field=f"{where}, name", hint="name what the row is of")
    return _Given(where, text, [_concentration(token, cells[token], f"{where}, {token}") for token in TOKENS])


def _whole(path: Path, line: int, cells: list[str], names: list[str]) -> list[str]:
    if len(cells) != len(names):
        raise InputError("row", "is not as long as the heading", field=f"{path} row {line}", hint="complete it")
    return cells


def _concentration(token: str, given: Any, where: str) -> float:
    """NaN for what is missing; raises `InputError`."""
    try:
        value = number(str(given).strip()) if isinstance(given, str | np.floating) else given
        found = math.nan if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError("number", "is no number", field=where, value=given, hint="correct the cell") from None
    if token == CO and found > CO_ABOVE:
        message = f"is above {CO_ABOVE:g} mg/m³: looks like µg/m³"
        raise InputError("unit", message, field=where, value=found, hint="divide by 1000")
    factor = load_catalogue().by_code[HOURLY_FACTORS[TOKENS.index(token)]]
    if found < factor.minimum or found > factor.maximum:
        raise InputError("range", outside(factor), field=where, value=found, hint="correct it")
    return found


def _folded(name: str) -> str:
    """A name in small letters and digits alone: `PM2.5`, `pm_2.5` and `PM₂.₅` are `pm25`."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())
