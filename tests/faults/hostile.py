"""Senders that mean no good or know no better: poison in payloads, poison in Kafka's records, a clock that is wrong."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
from fault import Fault
from poison import Poison, clocks, poisons, records, strangers
from waiting import eventually

from aggregate.reading import RejectReason
from core import kafka
from core.mqtt import Connection, Login
from ingest.acks import payload_hash
from ingest.envelope import Oversize
from ingest.kinds import Kind
from ingest.simulation.network import Network, write_csv
from ingest.station import ControlLevel
from ingest.station_row import StationRow
from ingest.topics import Leaf, station_topic

if TYPE_CHECKING:
    from field import Field

REGION = "140500"
ACCOUNT = "platform-simulator"
_counter = itertools.count(1)


class Payloads(Fault):
    """Payloads over MQTT, from an account that may, amid all others; each comes twice, as devices send."""

    touches = frozenset({"mosquitto"})

    def prepare(self, field: Field) -> None:
        """Register its stations."""
        place = next(_counter)
        self._sent = {
            station: self.payloads(station, field) for station in (f"hostile-{place}-{name}" for name in self.stations)
        }
        rows = [_row(station) for station in self._sent if not station.endswith("-unknown")]
        file = field.folder / f"hostile-{place}.csv"
        write_csv(Network.of(rows), file)
        field.register(file)

    def strike(self, field: Field) -> None:
        """Publish all."""
        self._publish(field)

    def heal(self, field: Field) -> None:
        """Publish all again."""
        self._publish(field)

    def check(self, field: Field) -> None:
        """Each stands once: rejected whole with its bytes, or taken, without the factors that were wrong."""
        field.check_alive()
        for station, sent in self._sent.items():
            check_rejected(field, station, sent)
            check_taken(field, station, sent)

    stations: Sequence[str] = ("known", "unknown")

    def payloads(self, station: str, field: Field) -> list[Poison]:
        """What is sent on a station's topic."""
        raise NotImplementedError

    def _publish(self, field: Field) -> None:
        bodies = [
            (station_topic(REGION, Kind.AIR, station, Leaf.REPORT), poison.body)
            for station, sent in self._sent.items()
            for poison in sent
        ]
        field.dice.shuffle(bodies)
        publish(field, bodies)


class PoisonPayloads(Payloads):
    """What is no report, or one that cannot be."""

    name = "poison messages"

    def payloads(self, station: str, field: Field) -> list[Poison]:
        """All there are."""
        if station.endswith("-unknown"):
            return strangers(station, field.now)
        return poisons(station, field.now, field.dice)


class WrongClock(Payloads):
    """A device's clock jumps: hours, days, years ahead, and back to 1970."""

    name = "a device's clock wrong"
    stations = ("clock",)

    def payloads(self, station: str, field: Field) -> list[Poison]:
        """All jumps."""
        return clocks(station, field.now)


class PoisonRecords(Fault):
    """Records in Kafka that no bridge wrote."""

    name = "poison records"
    touches = frozenset({"kafka"})

    def strike(self, field: Field) -> None:
        """Write them to partitions drawn; the same bytes to one, for of several each worker keeps what it was given."""
        self._values = list(records(field.dice))
        places = {value or b"": field.dice.randrange(kafka.PARTITIONS) for value in self._values}
        with closing(kafka.producer(field.core)) as producer:
            sent = [
                # a record without a value must have a key
                producer.send(kafka.REPORTS, value=value, key=b"", partition=places[value or b""])
                for value in self._values
            ]
            for future in sent:
                future.get(timeout=60)

    def heal(self, field: Field) -> None:
        """They stay in the log."""

    def check(self, field: Field) -> None:
        """Each stands once among the rejected, whole; of a record without a value, its emptiness."""
        field.check_alive()
        for body in {value or b"" for value in self._values}:
            rows = field.rows(
                "select reason, body = %(body)s from rejected where station = '' and digest = %(digest)s",
                {"body": body, "digest": hashlib.sha256(body).digest()},
            )
            assert rows == [(RejectReason.MALFORMED, True)], f"{body[:40]!r}: {rows}"


def publish(field: Field, bodies: Iterable[tuple[str, bytes]]) -> None:
    """Publish payloads on topics, and wait until the broker has them."""
    login = Login(ACCOUNT, f"hostile-{next(_counter)}", keep_session=False)
    connection = Connection(field.core, login, on_messages=lambda _messages: None)

    def confirmed() -> bool:
        connection.poll(0.05)
        return connection.connected and not connection.unconfirmed

    eventually("the hostile sender is connected", confirmed, every=0)
    for topic, body in bodies:
        connection.publish(topic, body)
    eventually("the broker has all poison", confirmed, every=0)
    connection.disconnect()


def check_rejected(field: Field, station: str, sent: Sequence[Poison]) -> None:
    """The rejected of a station are those that must be, with their bytes, once each."""
    rows = field.rows("select reason, body from rejected where station = %s and whole", (station,))
    found = Counter((reason, _named(reason, bytes(body))) for reason, body in rows)
    expected = {(poison.whole, payload_hash(poison.body)): poison.name for poison in sent if poison.whole is not None}
    assert all(count == 1 for count in found.values()), [expected.get(key, key) for key, n in found.items() if n > 1]
    missing = [f"{name}: {key[0]}" for key, name in expected.items() if key not in found]
    strange = [key for key in found if key not in expected]
    assert not missing, f"not rejected on {station}: {missing}; instead: {_told(sent, strange)}"
    assert not strange, f"rejected on {station}: {_told(sent, strange)}"


def check_taken(field: Field, station: str, sent: Sequence[Poison]) -> None:
    """The reports that are taken have one row each, and their wrong factors stand among the rejected, once."""
    rows = field.rows(
        "select r.seq, count(*) from report r join station s using (station_id) where s.station = %s group by 1",
        (station,),
    )
    numbers = {_seq(poison): poison.factors for poison in sent if poison.whole is None}
    assert dict(rows) == dict.fromkeys(numbers, 1), f"rows of {station}"
    parts = field.rows("select seq, factors, reasons from rejected where station = %s and not whole", (station,))
    found = [(seq, dict(zip(names, reasons, strict=True)).items()) for seq, names, reasons in parts]
    expected = [(seq, factors.items()) for seq, factors in numbers.items() if factors]
    assert sorted((seq, sorted(of)) for seq, of in found) == sorted((seq, sorted(of)) for seq, of in expected)


def _named(reason: str, body: bytes) -> str:
    """By which the payload is known: of one too large for a record, the brief that stands for it says so."""
    return msgspec.json.decode(body, type=Oversize).sha256 if reason == RejectReason.OVERSIZE else payload_hash(body)


def _told(sent: Sequence[Poison], keys: Sequence[tuple[Any, str]]) -> list[str]:
    names = {payload_hash(poison.body): poison.name for poison in sent}
    return [f"{names.get(digest, digest)}: {reason}" for reason, digest in keys]


def _seq(poison: Poison) -> int:
    head = poison.body.partition(b',"origin"')[0] + b"}"
    return int(msgspec.json.decode(head)["seq"])


def _row(station: str) -> StationRow:
    return StationRow(
        station=station, name_zh="恶意测试点", kind=Kind.AIR, region=REGION, city=f"{station}市", reporting_period=60,
        control_level=ControlLevel.CITY,
    )  # fmt: skip
