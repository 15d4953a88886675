"""The whole: devices, broker, bridges, Kafka, workers, engines, and what was seen of them so far."""

from __future__ import annotations

from dataclasses import dataclass

from .archive import close
from .delivery import Bridge, Broker, Device, Message, in_kafka
from .engine import Desk, Engine
from .mutants import Mutant
from .tables import Compared, Tier, Window
from .vocabulary import DAY, HOUR, LATENESS, PARTITION, Entry, Fate, Report, day_of
from .windows import effective, told
from .worker import Shared, Worker

PARTITIONS = (0, 1)


@dataclass(frozen=True)
class Closing:
    """What stood when a station's day was closed: entries taken by then, and its statistics."""

    taken: int
    cells: dict[tuple[Window, int, Tier], dict[str, Compared]]


class World:
    """One run. `mutant` names the sentence that this world breaks."""

    def __init__(self, mutant: Mutant | None) -> None:
        self.mutant = mutant
        self.shared = Shared()
        self.broker = Broker()
        self.bridges = [Bridge(self.broken), Bridge(self.broken)]
        self.devices: dict[str, Device] = {}
        self.replayed: list[Message] = []
        self.file: tuple[Report, ...] = ()
        self.workers = [Worker(self.shared, self.broken), Worker(self.shared, self.broken)]
        self.holder: dict[int, int | None] = {0: None, 1: None}
        desk = Desk()
        self.engines = [Engine(self.shared, desk, self.broken), Engine(self.shared, desk, self.broken)]
        self.desk = desk
        self.closings: dict[tuple[str, int], Closing] = {}

    def broken(self, mutant: Mutant) -> bool:
        """Whether this world breaks that sentence."""
        return self.mutant is mutant

    def device(self, station: str) -> Device:
        """The station's device."""
        return self.devices.setdefault(station, Device(station, self.broken))

    def publish(self, message: Message) -> None:
        """The broker takes it and says so."""
        self.broker.queue.append(message)
        if message.topic == "report" and message.station in self.devices:
            self.devices[message.station].taken_by_broker(message)

    def write(self, entries: list[Entry]) -> None:
        """One record a partition, from whoever writes to Kafka without a broker."""
        self.shared.kafka.append(entries)

    def tell(self, bridge: int, *, heard: bool = True) -> None:
        """A bridge publishes what it made durable; the message may be lost."""
        for ack in self.bridges[bridge].tell():
            for device in self.devices.values() if heard else ():
                device.hear(ack)

    def hold(self, worker: int, partition: int) -> None:
        """Kafka gives the partition to the worker; who held it may not know."""
        self.holder[partition] = worker
        self.workers[worker].gain(partition)

    def work(self, worker: int, partition: int, records: int, fate: Fate) -> None:
        """The worker, holder or zombie, takes records; the dead hold nothing."""
        if partition in self.workers[worker].memory:
            self.workers[worker].work(partition, records, fate)
        self._bury(worker, fate)

    def tick(self, worker: int, partition: int, fate: Fate) -> None:
        """The worker, holder or zombie, does what the clock asks for."""
        if partition in self.workers[worker].memory:
            self.workers[worker].tick(partition, fate)
        self._bury(worker, fate)

    def _bury(self, worker: int, fate: Fate) -> None:
        if fate.dies and not self.workers[worker].memory:
            for partition, holder in self.holder.items():
                if holder == worker:
                    self.holder[partition] = None

    def close(self, station: str, day: int) -> None:
        """Closes a day and notes what stood then."""
        tables = self.shared.database[PARTITION[station]]
        before = tables.is_closed(station, day)
        close(self.shared, station, day, self.broken)
        if before or not self.shared.database[PARTITION[station]].is_closed(station, day):
            return
        cells = {}
        for key in tables.stats:
            if (key.station, day_of(key.start)) == (station, day):
                for tier in Tier:
                    said = told(effective(tables.stats, key._replace(tier=tier)))
                    cells[key.window, key.start, tier] = {f: c for f, c in said.items() if c is not None}
        taken = len(self.shared.kafka.entries(PARTITION[station], tables.offset))
        self.closings[station, day] = Closing(taken, cells)

    def settle(self) -> None:
        """Everyone says all they have, everything is taken, every window gets its time."""
        self._deliver_all()
        self._take_all()
        for _ in range(2):
            self._pass_time()
        self._relay_all()

    def _deliver_all(self) -> None:
        for bridge in range(len(self.bridges)):
            self.bridges[bridge].flush(self.shared.kafka, self.broker, hears=True)
            self.tell(bridge)
        for device in self.devices.values():
            self.broker.queue.extend([device.status(), *device.unsaid()])
        self.broker.queue.extend(m for m in self.replayed if not in_kafka(self.shared.kafka, m))
        for message in self.broker.queue:
            self.bridges[0].take(message, self.shared.now, self.broker)
        self.broker.queue = []
        self.bridges[0].flush_together(self.shared.kafka, self.broker)
        self.tell(0)

    def _take_all(self) -> None:
        for partition in PARTITIONS:
            holder = self.holder[partition]
            if holder is None:
                holder = 0
                self.hold(holder, partition)
            for _ in range(len(self.shared.kafka.log[partition]) + 2):
                self.work(holder, partition, 3, Fate.DONE)

    def _pass_time(self) -> None:
        ends = [key.end for tables in self.shared.database for key in tables.stats]
        self.shared.now = max([self.shared.now, *ends]) + max(HOUR, DAY) + LATENESS
        for partition in PARTITIONS:
            for _ in range(2):
                self.tick(self.holder[partition] or 0, partition, Fate.DONE)

    def _relay_all(self) -> None:
        for partition in PARTITIONS:
            outbox = self.shared.database[partition].outbox
            self.workers[0].relay(partition, len(outbox), marks=True)
        self.engines[0].gain()
        for _ in range(len(self.shared.statistics)):
            self.engines[0].work(Fate.DONE)
