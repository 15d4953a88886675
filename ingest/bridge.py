"""The bridge from MQTT to Kafka: it passes on the bytes, judges nothing, and says what has become durable.

Delivery guarantees: a message is acknowledged to the broker, and its number told on `…/ack`, only after Kafka has
acknowledged it. Dying at any point causes repeats, never gaps. While Kafka is away nothing is acknowledged, and beyond
the bounds in flight nothing is read: the pressure runs back to the broker and to the devices.

Weakness: what the broker has taken and not delivered dies with the broker; devices that heed `…/ack` send it again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from core.clock import Clock
from core.logs import get_logger
from core.mqtt import Connection, Login, Message
from core.settings import CoreSettings
from ingest import bridge_metrics as metrics
from ingest.ack_order import AckOrder
from ingest.acks import Durable, StationAck, encode_ack, encode_platform_acks, payload_hash
from ingest.batching import Batch, Batcher
from ingest.entries import Publisher, make_entry, publisher_of
from ingest.envelope import Entry, EntryKind, Source
from ingest.routes import AckRoutes
from ingest.settings import BridgeSettings
from ingest.topics import SUBSCRIBED, Leaf, platform_ack_topic
from ingest.writer import KafkaWriter

log = get_logger(__name__)

USERNAME = "bridge"
GROUP = "lantian-bridge"
SUBSCRIPTIONS = (
    f"$share/{GROUP}/{SUBSCRIBED[Leaf.REPORT]}",
    f"$share/{GROUP}/{SUBSCRIBED[Leaf.REPLAY]}",
    SUBSCRIBED[Leaf.STATUS],
)
"""Status by an ordinary subscription: a shared one is not given retained messages."""

IDLE_SECONDS = 0.5
GATHER_SHARE = 0.25
"""Of a batch's linger, for what arrives to be read together."""


class Taken(msgspec.Struct, frozen=True, gc=False):
    """A message in flight, by number, and who published it."""

    number: int
    message: Message
    publisher: Publisher


def _bytes(taken: Sequence[Taken]) -> int:
    return sum([len(each.message.payload) for each in taken])


def client_id(settings: BridgeSettings) -> str:
    """The stable MQTT client id under which the broker keeps this bridge's session."""
    return f"{GROUP}-{settings.name}"


class Bridge:
    """One bridge, driven by one thread through `turn`."""

    def __init__(
        self,
        core: CoreSettings,
        settings: BridgeSettings,
        clock: Clock,
        routes: AckRoutes,
        subscriptions: tuple[str, ...] = SUBSCRIPTIONS,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._routes = routes
        self._batcher: Batcher[Taken] = Batcher(settings.batch_reports, settings.batch_bytes, settings.linger_ms / 1000)
        self._durable = Durable()
        self._order = AckOrder()
        self._next_acks = time.monotonic() + settings.ack_seconds
        self.correlation = f"{settings.name}-{int(time.time()):x}-"
        """What the ids begin with that this bridge gives to what it takes; the number of the message follows."""
        self._closing = False
        self.in_flight = 0
        self.in_flight_bytes = 0
        self.taken = 0
        self.mqtt = Connection(
            core,
            Login(USERNAME, client_id(settings)),
            subscriptions=subscriptions,
            on_messages=self._take,
            keepalive=settings.keepalive_seconds,
            gather=settings.linger_ms / 1000 * GATHER_SHARE,
        )
        self.writer: KafkaWriter[Taken] = KafkaWriter(core, self.mqtt.wake)
        metrics.IN_FLIGHT.set_function(lambda: self.in_flight)
        metrics.IN_FLIGHT_BYTES.set_function(lambda: self.in_flight_bytes)
        metrics.LIMIT.set(settings.in_flight_reports)
        metrics.LIMIT_BYTES.set(settings.in_flight_bytes)
        metrics.UNCONFIRMED.set_function(lambda: self.mqtt.unconfirmed)
        metrics.CONNECTED.set_function(lambda: self.mqtt.connected)

    def turn(self) -> None:
        """Read what there is, send what is due, acknowledge what is durable; waits briefly if there is nothing."""
        wait = self._batcher.wait(time.monotonic())
        self.mqtt.poll(IDLE_SECONDS if wait is None else wait, read=self._has_room() or self._closing)
        for batch in self._batcher.due(time.monotonic()):
            self.writer.write(batch)
        for batch in self.writer.turn():
            self._settle(batch)
        if time.monotonic() >= self._next_acks:
            self.publish_acks()

    def ready(self) -> dict[str, bool]:
        """Of each server whether it answers."""
        return {"mqtt": self.mqtt.connected, "kafka": self.writer.ready, "registry": self._routes.known}

    def publish_acks(self) -> None:
        """Tell devices and platforms what became durable since the last time.

        Waits until the registry has answered once, for until then nobody knows who hears on which topic.
        """
        self._next_acks = time.monotonic() + self._settings.ack_seconds
        if not (self._durable and self.mqtt.connected and self._routes.known):
            return
        platforms: dict[str, list[StationAck]] = {}
        for address, ack in self._durable.take():
            platform = self._routes.platform_of(ack.station)
            if platform is None:
                self.mqtt.publish(f"{address}/{Leaf.ACK}", encode_ack(ack))
                metrics.STATION_ACKS.inc()
            else:
                platforms.setdefault(platform, []).append(ack)
        for platform, acks in platforms.items():
            for payload in encode_platform_acks(acks):
                self.mqtt.publish(platform_ack_topic(platform), payload)
            metrics.PLATFORM_ACKS.inc(len(acks))

    def drain(self) -> bool:
        """Take nothing new, wait for Kafka, tell the last acknowledgements; whether all in flight became durable."""
        self._closing = True
        for batch in self._batcher.take_all():
            self.writer.write(batch)
        deadline = time.monotonic() + self._settings.drain_seconds
        while self.in_flight and time.monotonic() < deadline:
            self.turn()
        self.publish_acks()
        while self.mqtt.unconfirmed and self.mqtt.connected and time.monotonic() < deadline:
            self.turn()
        return self.in_flight == 0

    def close(self) -> None:
        """Disconnect; the broker keeps the session and what is not acknowledged."""
        self.mqtt.disconnect()
        self.writer.close()

    def _has_room(self) -> bool:
        settings = self._settings
        return self.in_flight < settings.in_flight_reports and self.in_flight_bytes < settings.in_flight_bytes

    def _take(self, messages: Sequence[Message]) -> None:
        if self._closing:
            return  # never acknowledged, nor is what comes on other topics: they stay with the broker
        received, now, correlation = self._clock.micros(), time.monotonic(), self.correlation
        ours = [(message, publisher) for message in messages if (publisher := publisher_of(message.topic))]
        known = [Taken(number, *each) for number, each in enumerate(ours, self.taken + 1)]
        if known:
            self._order.came(known[0].number, known[0].message.connection)
        entries: list[Entry] = []
        for taken in known:
            publisher = taken.publisher
            entry = make_entry(publisher, taken.message.payload, received, f"{correlation}{taken.number:x}")
            entries.append(entry)
            for batch in self._batcher.add(publisher.partition, entry, taken, now):
                self.writer.write(batch)
        self.taken += len(known)
        self.in_flight += len(known)
        self.in_flight_bytes += _bytes(known)
        for labels, count in Counter([(entry.kind, entry.source) for entry in entries]).items():
            metrics.ENTRIES[labels].inc(count)

    def _settle(self, batch: Batch[Taken]) -> None:
        self.mqtt.ack(self._order.durable([(taken.number, taken.message) for taken in batch.tokens]))
        status, note_number = EntryKind.STATUS, self._durable.note_number
        for entry, taken in zip(batch.entries, batch.tokens, strict=True):
            if entry.kind is status:
                continue
            if entry.run is None or entry.seq is None:
                self._note_payload(entry.source, taken)
            else:
                note_number(taken.publisher.address, entry.source, entry.run, entry.seq)
        self.in_flight -= len(batch.entries)
        self.in_flight_bytes -= _bytes(batch.tokens)
        metrics.DURABLE.inc(len(batch.entries))
        metrics.RECORDS.inc()
        metrics.BATCHES.observe(len(batch.entries))
        metrics.DELAY.observe(time.monotonic() - batch.opened)

    def _note_payload(self, source: Source, taken: Taken) -> None:
        metrics.UNNUMBERED.inc()
        self._durable.note_payload(taken.publisher.address, source, payload_hash(taken.message.payload))
