"""Payloads that no monitor should send, and what must become of each.

A numbered one takes the next number of its station, so that the ledger knows of none that is missing.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from aggregate.reading import RejectReason
from ingest.entries import MAX_BODY_BYTES
from ingest.envelope import Entry, EntryKind, Source, encode_batch
from ingest.report import MAX_NUMBER, format_instant

DEEP = 100_000
BROKER_BYTES = 4 * 1024 * 1024
"""The broker's limit of a packet (deploy.local.mosquitto)."""
KAFKA_BYTES = 1_000_000
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Poison:
    """A payload; `whole`: why all of it is rejected, None: it is taken, but for `factors` and why these are not."""

    name: str
    body: bytes
    whole: RejectReason | None
    factors: Mapping[str, RejectReason] = field(default_factory=dict)


Number = Callable[[], int]


def poisons(station: str, now: float, dice: random.Random) -> list[Poison]:
    """One of each, on the topic of a station that the registry knows."""
    numbers = itertools.count(1)

    def number() -> int:
        return next(numbers)

    return [
        *_no_json(dice),
        *_no_report(station, now),
        *_numbered(station, now, number),
        *_values(station, now, number),
        *_large(station, now, number),
    ]


def strangers(station: str, now: float) -> list[Poison]:
    """On the topic of a station that nobody knows."""
    reports = [report(station, now, seq, '"PM10":1') for seq in (1, 2)]
    return [Poison(f"unknown station {n}", body, RejectReason.UNKNOWN_STATION) for n, body in enumerate(reports)]


def clocks(station: str, now: float) -> list[Poison]:
    """The reports of a device whose clock jumps: ahead is rejected, back is taken."""
    ahead = {"an hour ahead": HOUR, "a day ahead": DAY, "ten years ahead": 3653 * DAY}
    back = {"right": -HOUR, "a month back": -30 * DAY, "in 1970": DAY - int(now)}
    again = {f"{what} again": by for what, by in ahead.items()}
    return [
        Poison(
            f"clock {what}",
            report(station, now + by, seq, '"PM10":20', period="PT1H"),
            RejectReason.FUTURE if by > 0 else None,
        )
        for seq, (what, by) in enumerate({**ahead, **back, **again}.items(), start=1)
    ]


def records(dice: random.Random) -> Iterator[bytes | None]:
    """Values of Kafka records that are no batch of a bridge."""
    entry = Entry(1, EntryKind.REPORT, Source.DEVICE, f"forged-{dice.random()}", dice.randbytes(8), 0, 1)
    fields = [msgspec.msgpack.encode(part) for part in msgspec.structs.astuple(entry)]
    yield dice.randbytes(300)
    yield encode_batch([entry])[:-3]
    yield msgspec.msgpack.encode({"schema": dice.random()})
    yield msgspec.msgpack.encode([[dice.random(), "another", "schema"]])
    yield dice.randbytes(KAFKA_BYTES)
    yield b"\x91" * DEEP + dice.randbytes(8)
    yield b"\x91\x9a" + b"".join(fields) + b"\x91" * DEEP + b"\xc0"
    yield b"\xdd\xff\xff\xff\xff" + dice.randbytes(8)
    changes = ({"received": -5}, {"received": 2**62}, {"seq": -7}, {"run": 2**63 - 1}, {"station": "a\0b"})
    for change in changes:
        yield encode_batch([msgspec.structs.replace(entry, **change)])
    yield b""
    yield None


def report(station: str, at: float, seq: object, values: str, /, **head: object) -> bytes:
    """A payload of which all may be wrong: `values` is the inside of the JSON object."""
    given = {"station": station, "time": format_instant(int(at)), "seq": seq, "origin": "resent", **head}
    fields = ",".join(f"{json.dumps(key)}:{json.dumps(content)}" for key, content in given.items())
    return f'{{{fields},"values":{{{values}}}}}'.encode()


def _no_json(dice: random.Random) -> Iterator[Poison]:
    bodies = {
        "nothing": b"",
        "no JSON": b"PM10=35.2;SO2=12",
        "random bytes": dice.randbytes(1000),
        "no UTF-8": b'{"station":"\xff\xfe","seq":1}',
        "UTF-16": '{"seq":1}'.encode("utf-16"),
        "nested arrays": b"[" * DEEP,
        "nested objects": b'{"a":' * DEEP,
        "nested and closed": b"[" * DEEP + b"]" * DEEP,
        "NULs": bytes(500),
        "half a payload": b'{"station":"s","time":"2026-',
    }
    for name, body in bodies.items():
        yield Poison(name, body, RejectReason.MALFORMED)


def _no_report(station: str, now: float) -> Iterator[Poison]:
    """JSON without a number that can be read."""
    seqs = {
        "-1": -1,
        "0": 0,
        "beyond 64 bits": 2**70,
        "beyond an int8range": MAX_NUMBER + 1,
        "a text": "1",
        "1e400": 1.5,
    }
    for name, seq in seqs.items():
        yield Poison(f"seq {name}", report(station, now, seq, '"PM10":1'), RejectReason.MALFORMED)
    yield Poison("a list", b"[1,2,3]", RejectReason.MALFORMED)
    yield Poison("seq of 5 000 digits", b'{"seq":' + b"7" * 5000 + b"}", RejectReason.MALFORMED)
    yield Poison("seq Infinity", b'{"seq":Infinity}', RejectReason.MALFORMED)
    yield Poison("half a letter", rb'{"seq":1,"station":"\ud800"}', RejectReason.MALFORMED)


def _numbered(station: str, now: float, number: Number) -> Iterator[Poison]:
    """JSON with a number, and no report all the same."""
    heads: Sequence[tuple[str, dict[str, object]]] = (
        ("time a number", {"time": 1}),
        ("time without offset", {"time": "2026-03-01T00:00:00"}),
        ("time none", {"time": "2026-02-30T00:00:00Z"}),
        ("station a list", {"station": [station]}),
        ("station of 10 kB", {"station": "x" * 10_000}),
        ("run negative", {"run": -1}),
        ("a period of years", {"period": "P99999D"}),
        ("an unknown field", {"poison": True}),
    )
    for name, head in heads:
        if name == "run negative":  # its number cannot be read either
            yield Poison(name, report(station, now, 10**6, '"PM10":1', **head), RejectReason.MALFORMED)
            continue
        yield Poison(name, report(station, now, number(), '"PM10":1', **head), RejectReason.MALFORMED)
    for name, values in (("NUL in a name", '"a\\u0000b":1'), ("half a letter in a name", '"\\udfff":1')):
        yield Poison(name, report(station, now, number(), values), RejectReason.MALFORMED)
    yield Poison("another station", report("another", now, number(), '"PM10":1'), RejectReason.STATION_MISMATCH)
    for name, time in (("year 1", "0001-01-01T00:00:00+14:00"), ("year 9999", "9999-12-31T23:59:59-14:00")):
        yield Poison(name, report(station, now, number(), '"PM10":1', time=time), RejectReason.UNSTORABLE)


def _values(station: str, now: float, number: Number) -> Iterator[Poison]:
    """Reports of which a factor is wrong; each has its own minute, so that none supersedes another."""
    not_finite = RejectReason.NOT_FINITE
    long, many = "x" * 10_000, [f"f{n}" for n in range(5000)]
    cases: Sequence[tuple[str, str, dict[str, RejectReason]]] = (
        ("NaN", '"SO2":NaN', {"a21026": not_finite}),
        ("Infinity", '"SO2":-Infinity', {"a21026": not_finite}),
        ("1e400", '"SO2":1e400', {"a21026": not_finite}),
        ("1e-400", '"SO2":1e-400', {}),
        ("5 000 digits", f'"SO2":{"9" * 5000}', {"a21026": not_finite}),
        ("a text", '"SO2":"12"', {"a21026": not_finite}),
        ("a list", '"SO2":[1]', {"a21026": not_finite}),
        ("a factor twice", '"SO2":1,"SO2":2', {"a21026": RejectReason.FACTOR_TWICE}),
        ("a name of 10 kB", f'"{long}":1', {long: RejectReason.UNKNOWN_FACTOR}),
        ("5 000 factors", ",".join(f'"{n}":1' for n in many), dict.fromkeys(many, RejectReason.UNKNOWN_FACTOR)),
    )
    for place, (name, values, factors) in enumerate(cases):
        body = report(station, now - 60 * place, number(), f'"PM10":20,{values}')
        yield Poison(name, body, None, factors)


def _large(station: str, now: float, number: Number) -> Iterator[Poison]:
    """Sound reports with blanks behind: as long as a record takes, longer, and as long as the broker takes."""
    room = MAX_BODY_BYTES - len(station)
    oversize = RejectReason.OVERSIZE
    sizes = {"just in a record": room, "just beyond": room + 1, "1 MiB": 1 << 20, "4 MB": BROKER_BYTES - 200}
    for place, (name, size) in enumerate(sizes.items()):
        body = report(station, now - HOUR - 60 * place, number(), '"PM10":20').ljust(size)
        yield Poison(name, body, None if size == room else oversize)
