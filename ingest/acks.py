"""Acknowledgements end to end: the payloads of `…/ack`, and what the bridge has made durable and not yet told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from ingest.envelope import Source
from ingest.ranges import RangeSet

PAYLOADS_KEPT = 1000
"""Hashes kept a station between two acknowledgements; beyond that nothing is said, and the device sends again."""
ACKS_A_MESSAGE = 500
"""Stations in one message of a platform: with ordinary ranges some 50 kB."""
RANGES_AN_ACK = 2000
"""Ranges in one acknowledgement; more go into further ones."""

SOURCE_NAMES = {Source.DEVICE: "device", Source.HJ212: "hj212", Source.REPLAY: "replay", Source.PERSON: "person"}


class Ack(msgspec.Struct, frozen=True, gc=False):
    """What became durable of one sender: inclusive ranges of `seq`, SHA-256 of payloads without a number."""

    source: str
    run: int
    seq: list[tuple[int, int]]
    payloads: list[str] = []


class StationAck(Ack, frozen=True, kw_only=True, gc=False):
    """An acknowledgement on a platform's topic, where the station must be named."""

    station: str


class PlatformAck(msgspec.Struct, frozen=True):
    """What is published on `lantian/v1/platform/{credential}/ack`."""

    acks: list[StationAck]


_encoder = msgspec.json.Encoder()
_device_decoder = msgspec.json.Decoder(Ack)
_platform_decoder = msgspec.json.Decoder(PlatformAck)


def payload_hash(payload: bytes) -> str:
    """By which a payload without a readable number is acknowledged: its SHA-256 in hexadecimal digits."""
    return hashlib.sha256(payload).hexdigest()


def encode_ack(ack: StationAck) -> bytes:
    """The payload for the station's own `…/ack`."""
    return _encoder.encode(Ack(ack.source, ack.run, ack.seq, ack.payloads))


def encode_platform_acks(acks: Iterable[StationAck]) -> Iterator[bytes]:
    """The payloads for a platform's topic, each of a bounded number of stations."""
    chunk: list[StationAck] = []
    for ack in acks:
        chunk.append(ack)
        if len(chunk) == ACKS_A_MESSAGE:
            yield _encoder.encode(PlatformAck(chunk))
            chunk = []
    if chunk:
        yield _encoder.encode(PlatformAck(chunk))


def decode_ack(payload: bytes, station: str) -> StationAck:
    """A station's own acknowledgement; raises `msgspec.DecodeError`."""
    ack = _device_decoder.decode(payload)
    return StationAck(source=ack.source, run=ack.run, seq=ack.seq, payloads=ack.payloads, station=station)


def decode_platform_acks(payload: bytes) -> list[StationAck]:
    """The acknowledgements on a platform's topic; raises `msgspec.DecodeError`."""
    return _platform_decoder.decode(payload).acks


class Durable:
    """What has become durable since the last acknowledgements: ranges and hashes, bounded a station."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, Source, int], RangeSet] = {}
        self._payloads: dict[tuple[str, Source], list[str]] = {}

    def note_number(self, address: str, source: Source, run: int, seq: int) -> None:
        """A report with a readable number is durable; `address` is the station's topic without its last level."""
        sender = (address, source, run)
        numbers = self._numbers.get(sender)
        if numbers is None:
            numbers = self._numbers[sender] = RangeSet()
        numbers.add(seq)

    def note_payload(self, address: str, source: Source, digest: str) -> None:
        """A payload without a readable number is durable."""
        digests = self._payloads.setdefault((address, source), [])
        if len(digests) < PAYLOADS_KEPT:
            digests.append(digest)

    def __bool__(self) -> bool:
        return bool(self._numbers or self._payloads)

    def take(self) -> Iterator[tuple[str, StationAck]]:
        """All that is to be told, with the address of the station, forgotten here."""
        numbers, self._numbers = self._numbers, {}
        payloads, self._payloads = self._payloads, {}
        for (address, source, run), ranges in numbers.items():
            digests = payloads.pop((address, source), [])
            encoded = ranges.encode()
            for start in range(0, len(encoded), RANGES_AN_ACK):
                part = encoded[start : start + RANGES_AN_ACK]
                yield address, _station_ack(address, source, run, part, digests)
                digests = []
        for (address, source), digests in payloads.items():
            yield address, _station_ack(address, source, 0, [], digests)


def _station_ack(address: str, source: Source, run: int, seq: list[tuple[int, int]], digests: list[str]) -> StationAck:
    station = address.rpartition("/")[2]
    return StationAck(source=SOURCE_NAMES[source], run=run, seq=seq, payloads=digests, station=station)
