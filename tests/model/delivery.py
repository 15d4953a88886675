"""From a monitor to Kafka: devices, the MQTT broker, bridges, the log, replays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from .mutants import Mutant
from .vocabulary import PARTITION, Body, Entry, Report, Source

Broken = Callable[[Mutant], bool]


class Message(NamedTuple):
    """An MQTT message; `topic` is its last level, the payload of a `…/status` is (run, seq)."""

    station: str
    topic: str
    payload: Report | tuple[int, int]


class Ack(NamedTuple):
    """What a bridge tells on `…/ack`; `payloads` stand for their SHA-256."""

    station: str
    source: Source
    run: int
    seq: tuple[tuple[int, int], ...]
    payloads: frozenset[Report] = frozenset()


class Kafka:
    """The order of record: for each partition a list of records, each a batch of entries."""

    def __init__(self) -> None:
        self.log: list[list[tuple[Entry, ...]]] = [[], []]
        self.holds: set[Message] = set()

    def append(self, entries: Iterable[Entry]) -> None:
        """One record for each partition concerned."""
        batch = list(entries)
        for partition, log in enumerate(self.log):
            if record := tuple(e for e in batch if PARTITION[e.station] == partition):
                log.append(record)

    def entries(self, partition: int, until: int | None = None) -> list[Entry]:
        """What the records below offset `until` hold."""
        return [entry for record in self.log[partition][:until] for entry in record]


@dataclass
class Device:
    """Numbers its reports, keeps each until the centre says that this very number is durable."""

    station: str
    broken: Broken
    run: int = 0
    seq: int = 0
    kept: list[Report] = field(default_factory=list)
    made: list[Report] = field(default_factory=list)

    def measure(self, report: Report) -> Message:
        """Numbers the report and gives the message to publish."""
        self.seq += 1
        numbered = report._replace(station=report.station or self.station, run=self.run, seq=self.seq)
        self.made.append(numbered)
        self.kept.append(numbered)
        return Message(self.station, "report", numbered)

    def lose_counter(self, now: int) -> None:
        """Starts anew with the time as its run; what it keeps is in flash."""
        self.seq = 0
        if not self.broken(Mutant.RUN_KEPT_WITHOUT_COUNTER):
            self.run = now

    def status(self) -> Message:
        """Tells the last number given out."""
        return Message(self.station, "status", (self.run, self.seq))

    def unsaid(self) -> list[Message]:
        """What it sends again, oldest first."""
        messages = []
        for report in self.kept:
            again = report._replace(origin="resent")
            if self.broken(Mutant.BYTES_CHANGE):
                again = again._replace(values=again.values[:1])
            messages.append(Message(self.station, "report", again))
        return messages

    def taken_by_broker(self, message: Message) -> None:
        """The broker's PUBACK says nothing about durability."""
        if self.broken(Mutant.FORGETS_ON_PUBACK):
            self.kept = [r for r in self.kept if Message(self.station, "report", r) != message]

    def hear(self, ack: Ack) -> None:
        """Forgets what the centre says is durable."""
        if ack.station != self.station:
            return
        if ack.source is not Source.DEVICE and not self.broken(Mutant.HEEDS_EVERY_SOURCE):
            return
        self.kept = [r for r in self.kept if not covers(ack, r)]


def covers(ack: Ack, report: Report) -> bool:
    """Whether the acknowledgement speaks of the report."""
    if report.bytes() in ack.payloads:
        return True
    numbered = report.body is not Body.JUNK and report.run == ack.run
    return numbered and any(low <= report.seq <= high for low, high in ack.seq)


@dataclass
class Broker:
    """At least once, in any order; may die with what it has taken. `acked` is what bridges let it forget."""

    queue: list[Message] = field(default_factory=list)
    acked: list[Message] = field(default_factory=list)


@dataclass
class Bridge:
    """Refuses nothing and judges nothing; passes on, then acknowledges."""

    broken: Broken
    taken: list[tuple[Message, int]] = field(default_factory=list)
    durable: list[Entry] = field(default_factory=list)

    def take(self, message: Message, now: int, broker: Broker) -> None:
        """Has a message in hand; the broker still answers for it."""
        self.taken.append((message, now))
        if self.broken(Mutant.ACKS_BEFORE_KAFKA):
            broker.acked.append(message)
        if self.broken(Mutant.SAYS_DURABLE_WHEN_TAKEN):
            self.durable.append(self.entry(message, now))

    def flush(self, kafka: Kafka, broker: Broker, *, hears: bool) -> None:
        """Writes what is in hand to Kafka; if it `hears` the answer it acknowledges to the broker."""
        for message, received in self.taken:
            if self._loses(message):
                continue
            kafka.append([self.entry(message, received)])
            kafka.holds.add(_without_origin(message))
            if hears:
                broker.acked.append(message)
                self.durable.append(self.entry(message, received))
        if hears:
            self.taken = []

    def flush_together(self, kafka: Kafka, broker: Broker) -> None:
        """The same, as one record a partition."""
        passed = [(m, t) for m, t in self.taken if not self._loses(m)]
        kafka.append(self.entry(m, t) for m, t in passed)
        kafka.holds.update(_without_origin(m) for m, _ in passed)
        broker.acked.extend(m for m, _ in passed)
        self.durable.extend(self.entry(m, t) for m, t in passed)
        self.taken = []

    def dies(self, broker: Broker) -> None:
        """What it had not acknowledged the broker delivers again."""
        if not self.broken(Mutant.ACKS_BEFORE_KAFKA):
            broker.queue.extend(m for m, _ in self.taken)
        self.taken, self.durable = [], []

    def tell(self) -> list[Ack]:
        """The numbers it made durable since it told last."""
        by_sender: dict[tuple[str, Source, int], set[int]] = {}
        payloads: dict[str, set[Report]] = {}
        for entry in self.durable:
            if entry.run is not None and entry.seq is not None:
                by_sender.setdefault((entry.station, entry.source, entry.run), set()).add(entry.seq)
            elif entry.report is not None and not self.broken(Mutant.UNREADABLE_UNSAID):
                payloads.setdefault(entry.station, set()).add(entry.report.bytes())
        self.durable = []
        acks = [Ack(*sender, self._ranges(numbers)) for sender, numbers in by_sender.items()]
        acks.extend(Ack(s, Source.DEVICE, -1, (), frozenset(p)) for s, p in payloads.items())
        return acks

    def entry(self, message: Message, received: int) -> Entry:
        """The message with the topic's station and source and, if they can be read, run and seq."""
        if isinstance(message.payload, Report):
            report = message.payload
            source = Source.REPLAY if message.topic == "replay" else Source.DEVICE
            if self.broken(Mutant.SOURCE_BY_PAYLOAD):
                source = Source.REPLAY if report.origin == "replay" else Source.DEVICE
            if report.body is Body.JUNK:
                return Entry(message.station, source, received, report)
            return Entry(message.station, source, received, report, report.run, report.seq)
        return Entry(message.station, Source.DEVICE, received, told=message.payload)

    def _ranges(self, numbers: set[int]) -> tuple[tuple[int, int], ...]:
        if self.broken(Mutant.ACKS_UP_TO_N):
            return ((1, max(numbers)),)
        return tuple((n, n) for n in sorted(numbers))

    def _loses(self, message: Message) -> bool:
        if not isinstance(message.payload, Report):
            return self.broken(Mutant.STATUS_NOT_PASSED_ON)
        body = message.payload.body
        if body is Body.OVERSIZE and self.broken(Mutant.OVERSIZE_NOT_PASSED_ON):
            return True
        return body is Body.JUNK and self.broken(Mutant.BRIDGE_REFUSES)


def _without_origin(message: Message) -> Message:
    if isinstance(message.payload, Report):
        return message._replace(payload=message.payload.bytes())
    return message


def in_kafka(kafka: Kafka, message: Message) -> bool:
    """Whether the log holds it, whatever its origin."""
    return _without_origin(message) in kafka.holds


def replay(rows: tuple[Report, ...], order: list[int], attempt: int, broken: Broken) -> list[Message]:
    """A file's rows as messages: numbered in file order, sent in `order`, which may repeat some.

    `attempt` counts how often the file has been replayed; by law it changes nothing.
    """
    topic = "report" if broken(Mutant.REPLAY_AS_DEVICE) else "replay"
    messages = []
    for position, index in enumerate(order):
        row = rows[index]
        seq = position + 1 if broken(Mutant.REPLAY_NUMBERED_AS_SENT) else index + 1
        run = row.run + attempt if broken(Mutant.REPLAY_RUN_BY_ATTEMPT) else row.run
        messages.append(Message(row.station, topic, row._replace(seq=seq, run=run, origin="replay")))
    return messages
