"""Delivery: from devices through a dying broker and dying bridges to one worker without doubts."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from .delivery import replay
from .machine import Machine, bridges, index, likely, records, values_of
from .mutants import Profile
from .vocabulary import SLOT, Body, Fate, Report, Value


class DeliveryMachine(Machine):
    """Devices, brokers and bridges that die; one worker, never in doubt."""

    profile = Profile.DELIVERY
    small = values_of("ab", (1, 2, 99), most=2)

    @initialize()
    def one_worker(self) -> None:
        """Holds everything."""
        self.world.hold(0, 0)
        self.world.hold(0, 1)
        self.attempts = 0
        for _ in range(2):
            self.a_device_measures("A", (Value("a", 1),), Body.READABLE)

    @rule(station=st.sampled_from("AAABU"), values=small, body=st.sampled_from([Body.READABLE, Body.READABLE, *Body]))
    def a_device_measures(self, station: str, values: tuple[Value, ...], body: Body) -> None:
        """And publishes at once, its status too."""
        device = self.world.device(station)
        self.world.publish(device.measure(Report("", self.now, values, body=body)))
        self.world.publish(device.status())

    @rule(origin=st.sampled_from(["live", "replay"]), claims=st.sampled_from("AB"))
    def a_device_says_what_is_not_so(self, origin: str, claims: str) -> None:
        """Its payload names another station, or an origin that is not its own."""
        device = self.world.device("A")
        self.world.publish(device.measure(Report(claims, self.now, (Value("a", 1),), origin=origin)))

    @precondition(lambda self: self.world.devices)
    @rule(which=index, what=st.sampled_from(["report", "status"]))
    def a_device_sends_again(self, which: int, what: str) -> None:
        """The oldest unsaid report, or its status."""
        device = self.world.devices[sorted(self.world.devices)[which % len(self.world.devices)]]
        for message in device.unsaid()[:1] if what == "report" else [device.status()]:
            self.world.publish(message)

    @precondition(lambda self: any(d.seq and d.run < self.now for d in self.world.devices.values()))
    @rule()
    def devices_lose_their_counter(self) -> None:
        """A new run, from the time of the start; then they measure as before."""
        for device in self.world.devices.values():
            if device.run < self.now:
                device.lose_counter(self.now)

    @precondition(lambda self: self.world.broker.queue)
    @rule(which=index, count=records, bridge=bridges)
    def a_bridge_takes(self, which: int, count: int, bridge: int) -> None:
        """Messages in any order."""
        queue = self.world.broker.queue
        for _ in range(min(count, len(queue))):
            message = queue.pop(which % len(queue))
            self.world.bridges[bridge].take(message, self.now, self.world.broker)

    @rule(bridge=bridges, together=st.booleans(), answered=likely, heard=likely)
    def a_bridge_writes_and_tells(self, bridge: int, *, together: bool, answered: bool, heard: bool) -> None:
        """One record or several; Kafka's answer may be lost, the ranges on `…/ack` too."""
        writer = self.world.bridges[bridge]
        if together:
            writer.flush_together(self.world.shared.kafka, self.world.broker)
        else:
            writer.flush(self.world.shared.kafka, self.world.broker, hears=answered)
        self.world.tell(bridge, heard=heard)

    @rule(bridge=bridges)
    def a_bridge_tells(self, bridge: int) -> None:
        """Between one writing and the next."""
        self.world.tell(bridge)

    @rule(bridge=bridges)
    def a_bridge_dies(self, bridge: int) -> None:
        """With what it has in hand."""
        self.world.bridges[bridge].dies(self.world.broker)

    @rule()
    def the_broker_dies(self) -> None:
        """With all that it has taken."""
        self.world.broker.queue.clear()

    @rule(order=st.permutations([0, 1]), twice=st.booleans())
    def a_file_is_replayed(self, order: list[int], *, twice: bool) -> None:
        """The same file each time, its two rows of one slot in any order, one perhaps twice; `--run 0`."""
        rows = tuple(Report("A", 0, (Value("a", i + 1),)) for i in range(2))
        messages = replay(rows, order + order[:1] * twice, self.attempts, self.world.broken)
        self.attempts += 1
        self.world.file = rows
        self.world.replayed.extend(messages)
        for message in messages:
            self.world.publish(message)

    @rule(ticks=st.sampled_from([1, SLOT]))
    def time_passes(self, ticks: int) -> None:
        """And the worker takes what is there."""
        self.world.shared.now += ticks

    @rule(count=records)
    def the_worker_works(self, count: int) -> None:
        """Without any doubt about its commits."""
        for partition in (0, 1):
            self.world.work(0, partition, count, Fate.DONE)
