"""The bridge from MQTT to Kafka: it passes on the bytes, judges nothing, and says what has become durable.

Delivery guarantees: a message is acknowledged to the broker, and its number told on `…/ack`, only after Kafka has
acknowledged it. Dying at any point causes repeats, never gaps. While Kafka is away nothing is acknowledged, and beyond
the bounds in flight nothing is read: the pressure runs back to the broker and to the devices.

Weakness: what the broker has taken and not delivered dies with the broker; devices that heed `…/ack` send it again.
"""

from __future__ import annotations

import itertools
import time
from typing import NamedTuple

from core.clock import Clock
from core.kafka import partition_of
from core.logs import get_logger
from core.mqtt import Connection, Login, Message
from core.settings import CoreSettings
from ingest import bridge_metrics as metrics
from ingest.acks import Durable, Sender, StationAck, encode_ack, encode_platform_acks, payload_hash
from ingest.batching import Batch, Batcher
from ingest.entries import make_entry
from ingest.envelope import Entry, EntryKind
from ingest.routes import AckRoutes
from ingest.settings import BridgeSettings
from ingest.topics import SUBSCRIBED, Leaf, parse_topic, platform_ack_topic
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


class Taken(NamedTuple):
    """A message in flight, and the address of its station: the topic without its last level."""

    message: Message
    address: str


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
        self._next_acks = time.monotonic() + settings.ack_seconds
        self._correlation = f"{settings.name}-{int(time.time()):x}-"
        self._count = itertools.count(1)
        self._closing = False
        self.in_flight = 0
        self.in_flight_bytes = 0
        self.taken = 0
        self.mqtt = Connection(
            core,
            Login(USERNAME, client_id(settings)),
            subscriptions=subscriptions,
            on_message=self._take,
            keepalive=settings.keepalive_seconds,
        )
        self.writer: KafkaWriter[Taken] = KafkaWriter(core, self.mqtt.wake)

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
        metrics.IN_FLIGHT.set(self.in_flight)
        metrics.IN_FLIGHT_BYTES.set(self.in_flight_bytes)
        metrics.CONNECTED.set(self.mqtt.connected)

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

    def _take(self, message: Message) -> None:
        topic = parse_topic(message.topic)
        if self._closing or topic is None:
            return  # never acknowledged: it stays with the broker
        number = next(self._count)
        entry = make_entry(topic, message.payload, self._clock.micros(), f"{self._correlation}{number:x}")
        metrics.ENTRIES[entry.kind, entry.source].inc()
        self.taken = number
        self.in_flight += 1
        self.in_flight_bytes += len(message.payload)
        taken = Taken(message, message.topic.rpartition("/")[0])
        full = self._batcher.add(partition_of(topic.station), entry, taken, time.monotonic())
        for batch in full:
            self.writer.write(batch)

    def _settle(self, batch: Batch[Taken]) -> None:
        for entry, taken in zip(batch.entries, batch.tokens, strict=True):
            self.mqtt.ack(taken.message)
            self.in_flight_bytes -= len(taken.message.payload)
            if entry.kind is not EntryKind.STATUS:
                self._note(entry, taken)
        self.in_flight -= len(batch.entries)
        metrics.DURABLE.inc(len(batch.entries))
        metrics.RECORDS.inc()
        metrics.DELAY.observe(time.monotonic() - batch.opened)

    def _note(self, entry: Entry, taken: Taken) -> None:
        if entry.run is None or entry.seq is None:
            metrics.UNNUMBERED.inc()
            self._durable.note_payload(taken.address, entry.source, payload_hash(taken.message.payload))
        else:
            self._durable.note_number(Sender(taken.address, entry.source, entry.run), entry.seq)
