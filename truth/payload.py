"""What a payload says, read by the words of docs/report.md with the standard library's JSON alone."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

FLAGS = tuple("NFMSDCTB")
NO_COMMUNICATION = "B"
REQUIRED = frozenset({"station", "time", "seq", "values"})
ALLOWED = REQUIRED | {"period", "run", "origin", "issued"}
ORIGINS = frozenset({"live", "resent", "replay"})
MAX_NUMBER = 2**63 - 2
HUGE = 10**300
"""A whole number above it is no finite double."""
MAX_PERIOD_S = 366 * 86400

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_PERIOD = re.compile(r"P(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?", re.ASCII)
_UNITS = (86400, 3600, 60, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MalformedPayload(Exception):  # noqa: N818  (named for what it is)
    """The payload is no report."""


Value = tuple[str, float, str]
"""Name as sent, value and flag: NaN where there is none, infinite where what stood there is no finite number."""


class Report(NamedTuple):
    """A report: `time` and `issued` in UTC seconds, `period` in seconds (0: not named)."""

    station: str
    time: int
    period: int
    run: int
    seq: int
    issued: int | None
    values: list[Value]


class _Object(tuple[tuple[str, Any], ...]):
    """A JSON object as its pairs, so that a name given twice is seen."""

    __slots__ = ()


_decoder = json.JSONDecoder(object_pairs_hook=_Object, parse_constant=lambda _: math.inf)


def read(payload: str) -> Report:
    """The report in a payload; raises `MalformedPayload`."""
    try:
        content = _decoder.decode(payload)
    except (ValueError, RecursionError) as error:
        raise MalformedPayload(f"no JSON: {error}") from None
    if not isinstance(content, _Object):
        raise MalformedPayload("no object")
    head = dict(content)
    if len(head) != len(content):
        raise MalformedPayload("a field named twice")
    if not head.keys() >= REQUIRED or not head.keys() <= ALLOWED:
        raise MalformedPayload("a field is missing or unknown")
    station, values = head["station"], head["values"]
    if not isinstance(station, str) or not 0 < len(station) <= 64 or not isinstance(values, _Object):
        raise MalformedPayload("station or values of the wrong type")
    if head.get("origin", "live") not in ORIGINS:
        raise MalformedPayload("an unknown origin")
    return Report(
        station,
        _instant(head["time"]),
        _period(head["period"]) if "period" in head else 0,
        _number(head.get("run", 0), 0),
        _number(head["seq"], 1),
        _instant(head["issued"]) if "issued" in head else None,
        [_value(name, item) for name, item in values],
    )


def _number(content: object, least: int) -> int:
    if type(content) is not int or not least <= content <= MAX_NUMBER:
        raise MalformedPayload("a number of the wrong type or size")
    return content


def _value(name: str, item: object) -> Value:
    """A number, null, or an object of `v` and `flag`; anything else is not a finite number."""
    flag = "N"
    if isinstance(item, _Object):
        fields = dict(item)
        flag, item = fields.get("flag", "N"), fields.get("v")
        if not fields.keys() <= {"v", "flag"} or flag not in FLAGS:
            return name, math.inf, "N"
    if type(item) is float:
        return name, item, flag
    if item is None:
        return name, math.nan, NO_COMMUNICATION if flag == "N" else flag
    return name, float(item) if type(item) is int and abs(item) < HUGE else math.inf, flag


@lru_cache(maxsize=16384)
def _instant_of(text: str) -> int:
    if not _TIME.fullmatch(text):
        raise MalformedPayload(f"no time with an offset: {text[:40]!r}")
    try:
        return (datetime.fromisoformat(text.upper()) - _EPOCH) // timedelta(seconds=1)
    except ValueError as error:
        raise MalformedPayload(f"no time: {error}") from None


def _instant(content: object) -> int:
    if not isinstance(content, str):
        raise MalformedPayload("a time of the wrong type")
    return _instant_of(content)


@lru_cache(maxsize=1024)
def _period_of(text: str) -> int:
    found = _PERIOD.fullmatch(text)
    parts = found.groups() if found else ()
    seconds = sum(int(part or 0) * unit for part, unit in zip(parts, _UNITS, strict=False))
    if not 0 < seconds <= MAX_PERIOD_S:
        raise MalformedPayload(f"no period: {text[:40]!r}")
    return seconds


def _period(content: object) -> int:
    if not isinstance(content, str):
        raise MalformedPayload("a period of the wrong type")
    return _period_of(content)
