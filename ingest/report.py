"""The report contract: what a monitor publishes on `…/report` and `…/replay`, and its decoded form.

The model below is the contract: `docs/report.schema.json` is generated from it, `docs/report.md` explains it.
A report that breaks it is malformed as a whole; a single value that is no number spoils only its factor.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.errors import InputError
from ingest.lenient import load_pairs, read_pairs
from ingest.period import parse_period
from ingest.value import Flag, MalformedReport, join_flags, settle

__all__ = [
    "MAX_NUMBER",
    "FlaggedValue",
    "MalformedReport",
    "Origin",
    "ParsedReport",
    "PlainReport",
    "Report",
    "decode_plain",
    "decode_report",
    "encode_report",
    "format_instant",
    "parse_instant",
    "read_number",
]

MAX_NUMBER = 2**63 - 2
"""Of `run` and `seq`: an `int8range` that ends with it still has a bigint above it."""


class Origin(StrEnum):
    """How the report comes: only `live` may page anyone."""

    LIVE = "live"
    RESENT = "resent"
    """Late, from the device's own buffer."""
    REPLAY = "replay"
    """History."""


_TIME_SCHEMA = Meta(extra_json_schema={"format": "date-time"})
_PERIOD_SCHEMA = Meta(extra_json_schema={"format": "duration"})
_Time = Annotated[str, _TIME_SCHEMA]
_Period = Annotated[str, _PERIOD_SCHEMA, Meta(description="ISO 8601 duration of fixed length; without it an instant")]
_Run = Annotated[int, Meta(ge=0, le=MAX_NUMBER, description="A larger number when the device lost its counter")]
_Seq = Annotated[int, Meta(ge=1, le=MAX_NUMBER, description="Grows by one a report within a run")]


class FlaggedValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A value with the state of its instrument; `v` may be left out where the flag says why there is none."""

    v: float | UnsetType | None = UNSET
    flag: Annotated[Flag, Meta(description="Default N")] | UnsetType = UNSET


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """Fields of a report but its values; unset stands for the default, so that what was sent can be counted."""

    station: Annotated[str, Meta(min_length=1, max_length=64, description="As in the topic")]
    time: Annotated[_Time, Meta(description="Start of the averaging period, RFC 3339 with offset")]
    period: _Period | UnsetType = UNSET
    run: _Run | UnsetType = UNSET
    seq: _Seq
    origin: Annotated[Origin, Meta(description="Default live")] | UnsetType = UNSET
    issued: Annotated[_Time, Meta(description="Of a forecast: when it was made")] | UnsetType = UNSET


class Report(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One report: the values of one station for one averaging period, by factor code or alias."""

    values: Annotated[dict[str, float | FlaggedValue | None], Meta(description="In the factor catalogue's units")]


class PlainReport(_Head, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The commonest report: numbers only. Decoding it apart saves a look at each value."""

    values: dict[str, float]


class ParsedReport(msgspec.Struct, frozen=True, gc=False):
    """A report as the worker judges it.

    `time` and `issued` are UTC seconds (rounded down), `period` seconds (0: an instant). `names` stand as sent and in
    the order sent, repeated if sent twice; `values` is parallel to them. NaN: no value, and then the flag is never N.
    Infinite: what stood there is no finite number (`NaN`, `1e999`, a text). `flags` has one letter a value, or is
    empty if all are N.
    """

    station: str
    time: int
    period: int
    run: int
    seq: int
    origin: Origin
    issued: int | None
    names: tuple[str, ...]
    values: list[float]
    flags: str


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=16384)
def parse_instant(text: str) -> int:
    """UTC seconds, rounded down, of an RFC 3339 time; raises `MalformedReport` if it has no offset or is none."""
    if not _RFC3339.fullmatch(text):
        raise MalformedReport(f"time {text[:40]!r} is not RFC 3339 with an offset")
    try:
        return (datetime.fromisoformat(text.upper()) - _EPOCH) // _SECOND
    except ValueError as error:
        raise MalformedReport(f"time {text[:40]!r}: {error}") from None


def format_instant(seconds: int) -> str:
    """RFC 3339 in Asia/Shanghai's offset, as devices write it."""
    return (_EPOCH + timedelta(seconds=seconds + 8 * 3600)).strftime("%Y-%m-%dT%H:%M:%S+08:00")


_plain = msgspec.json.Decoder(PlainReport)
_encoder = msgspec.json.Encoder()
_full = msgspec.json.Decoder(Report)
_REQUIRED_FIELDS = 4
_LIVE = Origin.LIVE


def decode_report(body: bytes) -> ParsedReport:
    """The report in an MQTT payload; raises `MalformedReport`.

    Decoders of JSON keep the last of a repeated name. A repeated factor must be seen, so the colons of the payload are
    compared with those that the decoded content accounts for; where they differ, or an escape could hide one, the
    payload is read again pair by pair (`ingest.lenient`).
    """
    report = decode_plain(body)
    if report is None:
        return _decode_mixed(body)
    return _parsed(report, tuple(report.values), list(report.values.values()), "")


def decode_plain(body: bytes) -> PlainReport | None:
    """A payload that is a report of numbers only, none of them named twice; its times and period are not looked at."""
    if b'"flag"' in body or b"\\" in body:
        # an attempt that must fail would cost as much again
        return None
    try:
        report = _plain.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return report if body.count(b":") == _colons_of_head(report) + len(report.values) else None


def _decode_mixed(body: bytes) -> ParsedReport:
    """A report with flags, with empty values, or with something wrong."""
    try:
        report = _full.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_pairs(body)
    values: list[float] = []
    flags: list[Flag] = []
    colons = _colons_of_head(report) + len(report.values)
    for item in report.values.values():
        if type(item) is float:
            values.append(item)
            flags.append(Flag.NORMAL)
            continue
        flag, number = Flag.NORMAL, None
        if isinstance(item, FlaggedValue):
            if item.v is not UNSET:
                number = item.v
                colons += 1
            if item.flag is not UNSET:
                flag = item.flag
                colons += 1
        value, flag = settle(number, flag)
        values.append(value)
        flags.append(flag)
    if body.count(b":") != colons or b"\\" in body:
        return _decode_pairs(body)
    return _parsed(report, tuple(report.values), values, join_flags(flags))


def _decode_pairs(body: bytes) -> ParsedReport:
    head, names, values, flags = read_pairs(body)
    try:
        report = msgspec.convert({**head, "values": {}}, PlainReport)
    except msgspec.ValidationError as error:
        raise MalformedReport(str(error)) from None
    return _parsed(report, names, values, flags)


def _colons_of_head(report: _Head) -> int:
    colons = _REQUIRED_FIELDS + report.time.count(":")
    if report.period is not UNSET:
        colons += 1
    if report.run is not UNSET:
        colons += 1
    if report.origin is not UNSET:
        colons += 1
    if report.issued is not UNSET:
        colons += 1 + report.issued.count(":")
    return colons


def _parsed(report: _Head, names: tuple[str, ...], values: list[float], flags: str) -> ParsedReport:
    period, run, origin, issued = report.period, report.run, report.origin, report.issued
    try:
        seconds = 0 if period is UNSET else parse_period(period)
    except InputError as error:
        raise MalformedReport(str(error)) from None
    return ParsedReport(
        report.station,
        parse_instant(report.time),
        seconds,
        0 if run is UNSET else run,
        report.seq,
        _LIVE if origin is UNSET else origin,
        None if issued is UNSET else parse_instant(issued),
        names,
        values,
        flags,
    )


def encode_report(report: Report) -> bytes:
    """The payload of a report, as a device would write it; fields left unset are left out."""
    return _encoder.encode(report)


class _Number(msgspec.Struct, frozen=True, gc=False):
    """What numbers a report, whatever else is in it."""

    seq: _Seq
    run: _Run = 0


_number = msgspec.json.Decoder(_Number)


def read_number(body: bytes) -> tuple[int, int] | None:
    """`(run, seq)` of a payload, or None where they cannot be read; what `decode_report` accepts has one."""
    try:
        number = _number.decode(body)
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            number = msgspec.convert(dict(load_pairs(body)), _Number)
        except (MalformedReport, msgspec.ValidationError):
            return None
    return number.run, number.seq
