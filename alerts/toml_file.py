"""TOML files of entries checked by a model, with errors that name file, line, entry, field and remedy."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InputError

_Model = TypeVar("_Model", bound=BaseModel)


def read_entries(path: Path, model: type[_Model], *entries: str) -> _Model:
    """The file as `model`, whose entries stand under `[[entry]]` and have an `id`; raises `InputError`.

    `entries`: the kinds of entry there are.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file", f"{path}: cannot be read: {error}", hint="check the path") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("toml", f"{path}: is not TOML: {error}", hint="correct that line") from error
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise _explained(path, text, table, entries, error) from error


def _explained(
    path: Path, text: str, table: dict[str, Any], entries: tuple[str, ...], error: ValidationError
) -> InputError:
    first = error.errors()[0]
    place, name, location = f"{path}", "", first["loc"]
    entry = str(location[0]) if location else ""
    if len(location) > 1 and entry in entries and isinstance(location[1], int):
        of = table[entry][location[1]]
        name = f" {entry} {of.get('id', f'number {location[1] + 1}')}:" if isinstance(of, dict) else ""
        if isinstance(of, dict) and len(location) > 3 and location[2] not in of:
            location = (*location[:2], *location[3:])  # which of several models was tried is no field
        place = f"{path}:{_line(text, entry, location[1:])}"
        location = location[2:]
    field = ".".join(str(part + 1 if isinstance(part, int) else part) for part in location)
    return InputError(
        "invalid",
        f"{place}:{name} {field or entry or 'file'}: {first['msg'].removeprefix('Value error, ')}",
        value=None if first["type"] in {"missing", "value_error"} else first["input"],
        hint=_remedy(first["type"], field),
    )


def _line(text: str, entry: str, location: tuple[int | str, ...]) -> int:
    """The line of a field, as near as the headers and keys above it say; counts from 1."""
    lines = text.splitlines()
    begin, end = _section(lines, f"[[{entry}]]", int(location[0]), 0, len(lines))
    path = entry
    for key, number in pairwise([*location[1:], 0]):
        if not isinstance(key, str):
            continue
        path = f"{path}.{key}"
        headers = {line.strip() for line in lines[begin:end]}
        if f"[[{path}]]" in headers and isinstance(number, int):
            begin, end = _section(lines, f"[[{path}]]", number, begin, end)
        elif f"[{path}]" in headers:
            begin, end = _section(lines, f"[{path}]", 0, begin, end)
        else:
            own = (place for place in range(begin, end) if re.match(rf"\s*{re.escape(key)}\s*=", lines[place]))
            return next(own, begin) + 1
    return begin + 1


def _section(lines: list[str], header: str, number: int, begin: int, end: int) -> tuple[int, int]:
    """From the header of that number to the next of its kind, within `begin` … `end`."""
    places = [place for place in range(begin, end) if lines[place].strip() == header]
    return places[number], places[number + 1] if number + 1 < len(places) else end


def _remedy(kind: str, field: str) -> str:
    if kind == "missing":
        return f"add {field}"
    if kind == "extra_forbidden":
        return f"remove {field}, or correct its spelling"
    return "correct it, then run this again"
