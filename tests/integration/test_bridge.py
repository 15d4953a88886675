"""The bridge between real Mosquitto and real Kafka: nothing lost, nothing acknowledged too early."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator

import msgspec
import pytest
from bridge_stage import (
    DEVICE_ADDRESS,
    OWN,
    PLATFORM,
    PLATFORM_ADDRESS,
    PLATFORMED,
    BridgeProcess,
    Device,
    LogReader,
    provide_stations,
    running,
)
from serving import Servers
from waiting import eventually

from core.settings import CoreSettings
from ingest.acks import StationAck, payload_hash
from ingest.entries import MAX_BODY_BYTES
from ingest.envelope import EntryKind, Oversize, Source
from ingest.sender import PROBES, Identity, ReportSender
from ingest.settings import SenderSettings

pytestmark = pytest.mark.stack

PLATFORM_ACKS = f"lantian/v1/platform/{PLATFORM}/ack"
MANY = 3000

_next_run = iter(range(1, 1000))


@pytest.fixture(scope="module", autouse=True)
def stations(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> None:
    provide_stations(stack, tmp_path_factory.mktemp("bridge"))


@pytest.fixture
def bridge(servers: Servers) -> Iterator[BridgeProcess]:
    with running(BridgeProcess(servers, ack_seconds=0.2, registry_seconds=1)) as process:
        yield process


@pytest.fixture
def log(stack: CoreSettings) -> Iterator[LogReader]:
    reader = LogReader(stack)
    yield reader
    reader.close()


@pytest.fixture
def run() -> int:
    """A run of its own, so that tests do not see each other's numbers."""
    return next(_next_run)


@pytest.fixture
def sender(stack: CoreSettings) -> Iterator[ReportSender]:
    made = make_sender(stack)
    yield made
    made.abandon()


def make_sender(core: CoreSettings, source: Source = Source.DEVICE) -> ReportSender:
    settings = SenderSettings(resend_seconds=2.0, resend_longest_seconds=4.0, give_up_seconds=90)
    return ReportSender(core, settings, Identity.platform(PLATFORM), source)


def payload(run: int, seq: int, station: str = PLATFORMED) -> bytes:
    report = {"station": station, "time": "2026-03-10T08:00:00+08:00", "run": run, "seq": seq, "values": {"a34002": 1}}
    return json.dumps(report).encode()


def submit(sender: ReportSender, run: int, first: int, last: int) -> None:
    for seq in range(first, last + 1):
        assert sender.submit(PLATFORM_ADDRESS, run, seq, payload(run, seq))


def pumped(sender: ReportSender, condition: Callable[[], bool]) -> Callable[[], bool]:
    """`condition`, with the sender at work meanwhile."""

    def look() -> bool:
        sender.pump(0.02)
        return condition()

    return look


def arrived(log: LogReader, run: int) -> list[int]:
    return [entry.seq for entry in log.read() if entry.run == run and entry.kind is EntryKind.REPORT and entry.seq]


def in_flight(bridge: BridgeProcess) -> float:
    return bridge.metric("lantian_bridge_in_flight_entries")


def heard(device: Device, run: int) -> list[tuple[str, StationAck]]:
    return [(topic, ack) for topic, ack in device.heard() if ack.run == run]


def test_every_payload_published_appears_in_kafka_byte_for_byte(
    bridge: BridgeProcess, sender: ReportSender, log: LogReader, run: int
) -> None:
    submit(sender, run, 1, MANY)
    eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0))
    eventually("all is in the log", lambda: len(arrived(log, run)) >= MANY)
    bodies = {entry.body for entry in log.entries if entry.run == run and entry.kind is EntryKind.REPORT}
    assert bodies == {payload(run, seq) for seq in range(1, MANY + 1)}
    assert {(entry.station, entry.source) for entry in log.entries if entry.run == run} == {(PLATFORMED, Source.DEVICE)}


def test_what_comes_on_replay_is_a_replay_s(
    bridge: BridgeProcess, stack: CoreSettings, log: LogReader, run: int
) -> None:
    replay = make_sender(stack, Source.REPLAY)
    submit(replay, run, 1, 3)
    assert replay.finish()
    eventually("it is in the log", lambda: len(arrived(log, run)) >= 3)
    assert {entry.source for entry in log.entries if entry.run == run} == {Source.REPLAY}


def test_nothing_is_acknowledged_before_kafka_has_it(
    bridge: BridgeProcess, servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    servers.stop("kafka")
    try:
        submit(sender, run, 1, 200)
        eventually("the bridge holds all of it", pumped(sender, lambda: in_flight(bridge) >= 200))
        assert sender.acknowledged == 0
    finally:
        servers.start("kafka")
    eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0), seconds=90)
    eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, 201)))


def test_with_kafka_away_the_bridge_stops_reading_and_then_all_arrives(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    bound = 500
    with running(BridgeProcess(servers, ack_seconds=0.2, in_flight_reports=bound)) as bridge:
        servers.stop("kafka")
        try:
            submit(sender, run, 1, 20 * bound)
            eventually("the bridge is full", pumped(sender, lambda: in_flight(bridge) >= bound))
            eventually("the broker holds the rest", pumped(sender, lambda: sender.submitted == 20 * bound))
            assert in_flight(bridge) <= bound + 1000
        finally:
            servers.start("kafka")
        eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0), seconds=90)
    eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, 20 * bound + 1)))


def test_killing_the_bridge_in_the_middle_loses_nothing(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    bridge = BridgeProcess(servers, ack_seconds=0.2)
    bridge.start()
    submit(sender, run, 1, MANY)
    eventually("the bridge is in the middle", pumped(sender, lambda: sender.acknowledged > 0))
    submit(sender, run, MANY + 1, 2 * MANY)
    bridge.end(signal.SIGKILL)
    submit(sender, run, 2 * MANY + 1, 3 * MANY)
    with running(bridge):
        eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0), seconds=90)
    eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, 3 * MANY + 1)))


def test_killing_the_broker_in_the_middle_loses_nothing(
    bridge: BridgeProcess, servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    submit(sender, run, 1, MANY)
    eventually("some of it is acknowledged", pumped(sender, lambda: sender.acknowledged > 0))
    submit(sender, run, MANY + 1, 2 * MANY)
    servers.kill("mosquitto")
    submit(sender, run, 2 * MANY + 1, 3 * MANY)
    servers.start("mosquitto")
    eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0), seconds=90)
    eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, 3 * MANY + 1)))


def test_a_centre_that_says_nothing_is_asked_with_a_few_and_then_sent_all_that_is_lost(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    submit(sender, run, 1, MANY)
    eventually("the broker has it", pumped(sender, lambda: sender._mqtt.unconfirmed == 0))
    servers.kill("mosquitto")
    servers.start("mosquitto")
    eventually("it is repeated", pumped(sender, lambda: sender.repeated > 0))
    assert sender.repeated <= PROBES
    with running(BridgeProcess(servers, ack_seconds=0.2)):
        eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0), seconds=90)
    eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, MANY + 1)))


def test_what_waits_in_the_broker_is_not_taken_for_lost_when_the_bridge_comes_back(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    bridge = BridgeProcess(servers, ack_seconds=0.2)
    with running(bridge):
        pass
    submit(sender, run, 1, 5 * MANY)
    asked = sender.repeated
    eventually("the centre is asked long after", pumped(sender, lambda: sender.repeated >= asked + 2 * PROBES))
    with running(bridge):
        eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0), seconds=90)
    assert sender.repeated < MANY / 10
    eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, 5 * MANY + 1)))


def test_what_can_never_be_acknowledged_does_not_keep_back_what_was_lost(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    submit(sender, run, 1, MANY)
    for seq in range(MANY + 1, MANY + PROBES + 1):  # the youngest: their numbers cannot be read
        assert sender.submit(PLATFORM_ADDRESS, run, seq, b"{broken")
    eventually("the broker has it", pumped(sender, lambda: sender._mqtt.unconfirmed == 0))
    servers.kill("mosquitto")
    servers.start("mosquitto")
    with running(BridgeProcess(servers, ack_seconds=0.2)):
        eventually("the rest is durable", pumped(sender, lambda: sender.acknowledged == MANY), seconds=90)
    assert sender.outstanding == PROBES
    eventually("it is in the log", lambda: set(arrived(log, run)) == set(range(1, MANY + 1)))


def test_an_unreadable_payload_is_passed_on_and_acknowledged_by_its_hash(
    bridge: BridgeProcess, stack: CoreSettings, log: LogReader
) -> None:
    device = Device(stack, OWN, f"{DEVICE_ADDRESS}/ack")
    device.publish(f"{DEVICE_ADDRESS}/report", b"{broken \xff")
    eventually(
        "its hash is told", lambda: any(payload_hash(b"{broken \xff") in ack.payloads for _, ack in device.heard())
    )
    device.mqtt.disconnect()
    eventually("it is in the log", lambda: any(entry.body == b"{broken \xff" for entry in log.read()))


def test_a_payload_too_large_for_a_record_is_passed_on_in_brief(
    bridge: BridgeProcess, stack: CoreSettings, log: LogReader, run: int
) -> None:
    body = payload(run, 1)[:-1] + b" " * MAX_BODY_BYTES + b"}"
    device = Device(stack, OWN, f"{DEVICE_ADDRESS}/ack")
    device.publish(f"{DEVICE_ADDRESS}/report", body)
    eventually("its number is told", lambda: any(ack.run == run for _, ack in device.heard()))
    device.mqtt.disconnect()
    eventually("it is in the log", lambda: any(entry.run == run for entry in log.read()))
    (entry,) = [entry for entry in log.entries if entry.run == run]
    assert entry.kind is EntryKind.OVERSIZE
    assert msgspec.json.decode(entry.body, type=Oversize).size == len(body)


def test_a_status_is_passed_on_as_an_entry_of_its_own(
    bridge: BridgeProcess, stack: CoreSettings, log: LogReader, run: int
) -> None:
    body = b'{"state":"online","run":%d,"seq":77}' % run
    device = Device(stack, OWN)
    device.publish(f"{DEVICE_ADDRESS}/status", body, retain=True)
    device.mqtt.disconnect()
    eventually("it is in the log", lambda: any(entry.body == body for entry in log.read()))
    (entry,) = [entry for entry in log.entries if entry.body == body]
    assert (entry.kind, entry.station, entry.run, entry.seq) == (EntryKind.STATUS, OWN, run, 77)


def test_the_registry_decides_on_which_topic_a_station_is_acknowledged(
    bridge: BridgeProcess, stack: CoreSettings, run: int
) -> None:
    device = Device(stack, PLATFORM, PLATFORM_ACKS, f"{DEVICE_ADDRESS}/ack", f"{PLATFORM_ADDRESS}/ack")
    device.publish(f"{PLATFORM_ADDRESS}/report", payload(run, 1))
    device.publish(f"{DEVICE_ADDRESS}/report", payload(run, 5, OWN))
    eventually("both are acknowledged", lambda: len(heard(device, run)) >= 2)
    told = {ack.station: (topic, ack.seq) for topic, ack in heard(device, run)}
    device.mqtt.disconnect()
    assert told == {PLATFORMED: (PLATFORM_ACKS, [(1, 1)]), OWN: (f"{DEVICE_ADDRESS}/ack", [(5, 5)])}


def test_a_bridge_told_to_stop_drains_and_tells_the_last_acknowledgements(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    with running(BridgeProcess(servers, ack_seconds=3600)) as bridge:
        submit(sender, run, 1, 500)
        eventually("all is durable", pumped(sender, lambda: bridge.metric("lantian_bridge_durable_total") >= 500))
        assert sender.acknowledged == 0
        assert bridge.end() == 0
    eventually("the last acknowledgements are heard", pumped(sender, lambda: sender.outstanding == 0))
    assert set(arrived(log, run)) == set(range(1, 501))
    assert sender.repeated == 0


def test_what_is_published_while_the_bridge_is_away_waits_for_it(
    servers: Servers, sender: ReportSender, log: LogReader, run: int
) -> None:
    bridge = BridgeProcess(servers, ack_seconds=0.2)
    with running(bridge):
        pass
    submit(sender, run, 1, 100)
    with running(bridge):
        eventually("all is durable", pumped(sender, lambda: sender.outstanding == 0))
    assert len(arrived(log, run)) >= 100


def test_a_bridge_that_leaves_passes_on_what_waits_for_it_and_ends_its_session(
    servers: Servers, stack: CoreSettings, log: LogReader, run: int
) -> None:
    bridge = BridgeProcess(servers, name="leaver")
    with running(bridge):
        pass
    device = Device(stack, OWN)
    for seq in range(1, 6):
        device.publish(f"{DEVICE_ADDRESS}/report", payload(run, seq, OWN))
    # the bridges of the other tests are members of the shared subscription too, and get their share
    first = bridge.leave()
    device.publish(f"{DEVICE_ADDRESS}/report", payload(run, 6, OWN))
    device.mqtt.disconnect()
    assert "has left" in first
    assert "0 messages passed on" in bridge.leave()
    with running(BridgeProcess(servers)):
        eventually("all is in the log", lambda: set(arrived(log, run)) == set(range(1, 7)))
