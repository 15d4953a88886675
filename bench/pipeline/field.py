"""The field of monitors: who reports what when, and the MQTT packets that say it, made by columns. Pure.

A report's values have five characters each and all names are equally long, so that the packets of one moment differ in
digits alone: a matrix of bytes, a row a packet, in which the digits are filled in by columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.pipeline.packets import PUBLISH_QOS1, packet, text
from core.clock import HOUR
from core.errors import InputError
from ingest.kinds import Kind
from ingest.report import format_instant
from ingest.topics import Leaf, station_topic
from standards.factors import Catalogue

REGION = "140502"
PACKET_IDS = 65_535
PM10 = "a34002"
LEAST, MOST = 1000, 9999
"""Tenths: values are 100.0 … 999.9, five characters each."""
DUSTY = (2600, 3000)
"""Tenths of PM10 at dust monitors: each hour stops the work of each site; of every other one not the first hour."""
CALM = (1000, 1500)

_VALUE = b"000.0"
_NUMBER_WIDTH = 6


class Group(NamedTuple):
    """Stations whose packets have one form."""

    kind: Kind
    first_slot: int
    """Of which they report; there their numbers begin."""
    numbers: npt.NDArray[np.int64]
    """Of the stations, ascending."""


class Packets(NamedTuple):
    """PUBLISH packets one behind the other."""

    content: bytes
    ends: npt.NDArray[np.int64]
    """Where each ends."""


def factors_of(catalogue: Catalogue, count: int) -> list[str]:
    """Codes of air factors that may be 100.0 … 999.9 at any kind of monitor here, PM10 first.

    Raises `InputError` where the catalogue has fewer.
    """
    fit = [
        factor.code
        for factor in catalogue.factors
        if factor.medium == "air"
        and not factor.derived
        and factor.code != PM10
        and all(
            (measure := factor.measure(kind)).minimum <= LEAST / 10 and measure.maximum >= MOST / 10
            for kind in (Kind.DUST, Kind.CEMS)
        )
    ]
    codes = [PM10, *fit][:count]
    if len(codes) < count:
        raise InputError(
            "factors", "there are not so many that fit", field="factors", value=count, hint=f"{len(codes)} at most"
        )
    return codes


def kind_of(number: int) -> Kind:
    """A tenth of the stations watch dust, the others stacks."""
    return Kind.DUST if number % 10 == 0 else Kind.CEMS


def name_of(number: int) -> str:
    """A station's name; all are equally long."""
    return f"B{number:0{_NUMBER_WIDTH}d}"


@dataclass(frozen=True)
class Field:
    """What monitors report. Slots count periods from `start` (UTC seconds)."""

    factors: tuple[str, ...]
    period: int
    start: int
    seed: int

    def tenths(self, slot: int, stations: int) -> npt.NDArray[np.int64]:
        """The values of a slot in tenths, [stations, factors]; a station's do not depend on how many there are."""
        drawn, dusty, calm = (np.random.default_rng([self.seed, slot, purpose]) for purpose in (0, 1, 2))
        values = drawn.integers(LEAST, MOST + 1, size=(stations, len(self.factors)))
        values[::10, 0] = dusty.integers(*DUSTY, size=stations)[::10]
        if slot * self.period < HOUR:
            values[::20, 0] = calm.integers(*CALM, size=stations)[::20]
        return values

    def time(self, slot: int) -> int:
        """Its start in UTC seconds."""
        return self.start + slot * self.period

    def packets(self, slot: int, group: Group, tenths: npt.NDArray[np.int64], first_id: int) -> Packets:
        """What the group's stations publish of a slot; packet ids rise by one from `first_id`, in 1 … 65 535."""
        template, places = self._template(group.kind, slot, slot - group.first_slot + 1)
        count = len(group.numbers)
        rows = np.tile(np.frombuffer(template, dtype=np.uint8), (count, 1))
        name = _digits(group.numbers, _NUMBER_WIDTH)
        for place in places.names:
            rows[:, place : place + _NUMBER_WIDTH] = name
        ids = (first_id - 1 + np.arange(count)) % PACKET_IDS + 1
        rows[:, places.packet_id], rows[:, places.packet_id + 1] = ids >> 8, ids & 255
        for column, place in enumerate(places.values):
            digits = _digits(tenths[group.numbers, column], 4)
            rows[:, place : place + 3] = digits[:, :3]
            rows[:, place + 4] = digits[:, 3]
        return Packets(rows.tobytes(), np.arange(1, count + 1) * len(template))

    def _template(self, kind: Kind, slot: int, seq: int) -> tuple[bytes, _Places]:
        name = name_of(0).encode()
        topic = station_topic(REGION, kind, name_of(0), Leaf.REPORT)
        values = b",".join(b'"%s":%s' % (factor.encode(), _VALUE) for factor in self.factors)
        payload = b'{"station":"%s","time":"%s","period":"PT%dS","seq":%d,"values":{%s}}' % (
            name, format_instant(self.time(slot)).encode(), self.period, seq, values,
        )  # fmt: skip
        whole = packet(PUBLISH_QOS1, text(topic) + b"\0\0" + payload)
        start = len(whole) - len(payload)
        return whole, _Places(
            packet_id=start - 2,
            names=tuple(place + 1 for place in _all(whole, name)),
            values=tuple(place for place in _all(whole, _VALUE) if place > start),
        )


class _Places(NamedTuple):
    packet_id: int
    names: tuple[int, ...]
    """Where a name's digits begin."""
    values: tuple[int, ...]


def joined(parts: list[Packets]) -> Packets:
    """One behind the other."""
    offsets = np.cumsum([0, *(len(part.content) for part in parts)])
    ends = [part.ends + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
    return Packets(b"".join(part.content for part in parts), np.concatenate(ends))


def _digits(numbers: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.uint8]:
    """ASCII digits, [numbers, width]."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    digits: npt.NDArray[np.uint8] = (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)
    return digits


def _all(whole: bytes, part: bytes) -> Iterator[int]:
    place = whole.find(part)
    while place >= 0:
        yield place
        place = whole.find(part, place + len(part))
