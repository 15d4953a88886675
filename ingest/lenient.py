"""The slow reading of a report: pair by pair, so that a repeated name or one bad value is seen for what it is."""

from __future__ import annotations

import json
from typing import Any

from ingest.value import NO_VALUE, NOT_FINITE, Flag, MalformedReport, join_flags, settle

_MAX_DIGITS = 20
"""Longer whole numbers are above every bound, and Python refuses to parse very long ones."""

_LETTERS = [flag.value for flag in Flag]

Pairs = list[tuple[str, Any]]


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs, to be told from an array."""


def load_pairs(body: bytes) -> Pairs:
    """The pairs of the payload's object, numbers that are none as infinite; raises `MalformedReport`."""
    try:
        content = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_int=_number,
            parse_constant=lambda _: NOT_FINITE,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedReport(f"not JSON: {error}"[:200]) from None
    if not isinstance(content, _Object):
        raise MalformedReport("not a JSON object")
    return content


def _object(pairs: Pairs) -> _Object:
    """The pairs as they are, if all of their texts are texts: half a surrogate pair can be neither kept nor told."""
    for text in (text for pair in pairs for text in pair if isinstance(text, str)):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise MalformedReport(f"holds half a letter: {text[:40]!a}")
    return _Object(pairs)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


def read_pairs(body: bytes) -> tuple[dict[str, Any], tuple[str, ...], list[float], str]:
    """The payload's own fields but `values`, and of these the names, values and flags, repeated names repeated.

    Raises `MalformedReport` if a field of the report itself is repeated or `values` is no object.
    """
    pairs = load_pairs(body)
    head = dict(pairs)
    if len(head) != len(pairs):
        raise MalformedReport("a field is named twice")
    if isinstance(station := head.get("station"), str) and not _storable(station):
        raise MalformedReport(f"no station can be named {station[:40]!a}")
    items = head.pop("values", None)
    if not isinstance(items, _Object):
        raise MalformedReport("values is missing or no object")
    names: list[str] = []
    values: list[float] = []
    flags: list[Flag] = []
    for name, item in items:
        if not _storable(name):
            raise MalformedReport(f"no factor can be named {name[:40]!a}")
        for value, flag in _readings(item):
            names.append(name)
            values.append(value)
            flags.append(flag)
    return head, tuple(names), values, join_flags(flags)


def _storable(name: str) -> bool:
    """Whether the database can keep the name: it has no NUL."""
    return "\0" not in name


def _readings(item: object) -> list[tuple[float, Flag]]:
    """What an item of `values` says: one value, or several if its own fields are repeated."""
    if not isinstance(item, _Object):
        return [settle(_value(item), Flag.NORMAL)]
    given = [_value(content) for key, content in item if key == "v"] or [None]
    letters = [content for key, content in item if key == "flag"] or [Flag.NORMAL.value]
    if any(key not in {"v", "flag"} for key, _ in item) or any(letter not in _LETTERS for letter in letters):
        return [(NOT_FINITE, Flag.NORMAL)]
    return [settle(value, Flag(letter)) for value in given for letter in letters]


def _value(content: object) -> float | None:
    if content is None:
        return None
    if isinstance(content, bool) or not isinstance(content, int | float):
        return NOT_FINITE
    value = float(content)
    return value if value == value else NO_VALUE  # noqa: PLR0124
