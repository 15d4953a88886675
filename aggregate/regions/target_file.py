"""Targets as a CSV says them: `object,item,base,change`, or `target` for an absolute one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from aggregate.evaluation.spans import Span
from aggregate.regions.period import Heating, parse_period
from aggregate.regions.targets import BEYOND, Item, Target
from core.errors import InputError
from ingest.rows import csv_rows, decimal, heading, open_text

COLUMNS = ("object", "item", "base", "change", "target")
_HINT = "begin it with object,item,base,change or object,item,target"
_ITEMS = {
    **{"".join(letter for letter in item.value if letter.isalnum()): item for item in Item},
    "综合指数": Item.COMPOSITE,
    "优良天数比例": Item.ATTAINED_SHARE,
    "优良率": Item.ATTAINED_SHARE,
    "重污染天数": Item.HEAVY_DAYS,
}


def read_targets(path: Path, heating: Heating) -> list[Target]:
    """The targets of a file, in its order; raises `InputError` naming row and column."""
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = heading(path, rows)
        if unknown := next((name for name in names if name not in COLUMNS), None):
            raise InputError("heading", "is no column of targets", field=str(path), value=unknown, hint=_HINT)
        if not {"object", "item"} <= set(names) or not {"target", "change"} & set(names):
            raise InputError("heading", "lacks a column", field=str(path), hint=_HINT)
        found = [
            _target(_given(names, cells, f"{path} row {row}"), f"{path} row {row}", heating) for row, cells in rows
        ]
    if not found:
        raise InputError("rows", "has no targets", field=str(path), hint="give at least one")
    return found


def _given(names: list[str], cells: list[str], where: str) -> dict[str, str]:
    if len(cells) > len(names):
        raise InputError("row", "has more cells than the heading", field=where, value=",".join(cells),
                         hint="quote commas")  # fmt: skip
    return dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=False))


def _target(given: Mapping[str, str], where: str, heating: Heating) -> Target:
    item = _ITEMS.get("".join(letter for letter in given["item"].casefold() if letter.isalnum()))
    if item is None:
        raise InputError("item", "is nothing that has targets", field=f"{where}, item", value=given["item"],
                         hint="give PM2.5, PM10, SO2, NO2, CO, O3, composite (综合指数), attained_share (优良率) or"
                         " heavy_days (重污染天数)")  # fmt: skip
    if not given["object"].partition(":")[2]:
        raise InputError("object", "names no region", field=f"{where}, object", value=given["object"],
                         hint="write city:太原市, county:太原市/阳曲县, province:14 or group:4+2")  # fmt: skip
    change, absolute = given["change"], given["target"]
    if bool(change) == bool(absolute):
        raise InputError("target", "needs a change against the base or a target, not both", field=where, hint=_HINT)
    if change and not given["base"]:
        raise InputError("base", "is empty", field=f"{where}, base", hint="name the period that it is set against")
    base = _base(given["base"], where, heating) if given["base"] else None
    return Target(
        given["object"],
        item,
        base,
        _number(change.removesuffix("%"), f"{where}, change") if change else None,
        change.endswith("%"),
        _number(absolute.removesuffix("%"), f"{where}, target") if absolute else None,
    )


def _base(text: str, where: str, heating: Heating) -> Span:
    try:
        return parse_period(text, heating)
    except InputError as error:
        raise InputError(error.code, error.message, field=f"{where}, base", value=text, hint=error.hint) from None


def _number(text: str, where: str) -> Decimal:
    try:
        value = decimal(text.replace("−", "-").strip())
    except ValueError:
        value = Decimal("NaN")
    if value.is_nan():
        raise InputError("number", "is no number", field=where, value=text, hint="write -30% or 35")
    if abs(value) > BEYOND:
        raise InputError("number", "is beyond all that can be", field=where, value=text, hint="write -30% or 35")
    return value
