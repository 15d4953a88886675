"""A bridge process on the real stack, and what tests need to speak to it and to look behind it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.request import urlopen

from kafka import KafkaConsumer, TopicPartition
from serving import Servers
from waiting import eventually

from core import kafka
from core.clock import SHANGHAI
from core.mqtt import Connection, Login, Message
from core.postgres import connect
from core.settings import CoreSettings
from ingest import credentials
from ingest.acks import StationAck, decode_ack, decode_platform_acks
from ingest.envelope import Entry, decode_batch
from ingest.station_import import import_csv
from ingest.stations_cli import BROKER_FOLDER, update_broker
from ingest.topics import parse_topic

PLATFORM = "platform-bridge-test"
OWN, PLATFORMED = "brg-own", "brg-platform"
REGION = "140502"
DEVICE_ADDRESS = f"lantian/v1/{REGION}/dust/{OWN}"
PLATFORM_ADDRESS = f"lantian/v1/{REGION}/air/{PLATFORMED}"
STATIONS = f"""station,name_zh,kind,region,city,reporting_period,acks
{OWN},工地,dust,{REGION},晋城市,PT1M,station
{PLATFORMED},子站,air,{REGION},晋城市,PT1M,{PLATFORM}
"""


def provide_stations(core: CoreSettings, folder: Path) -> None:
    """Two stations, one acknowledged on its own topic and one by platform, with accounts for both."""
    path = folder / "stations.csv"
    path.write_text(STATIONS, encoding="utf-8")
    with closing(connect(core, "registry", application="test")) as connection:
        import_csv(connection, path, effective=datetime.now(SHANGHAI), user="test")
        credentials.issue(connection, core, OWN)
        credentials.issue_platform(connection, core, PLATFORM, [credentials.ALL_STATIONS], replay=True)
        assert update_broker(connection, core.state_dir / BROKER_FOLDER)


class BridgeProcess:
    """`lantian ingest` as a process; settings are given as `LANTIAN_BRIDGE_…` without the prefix."""

    def __init__(self, servers: Servers, **settings: object) -> None:
        bridge = {f"LANTIAN_BRIDGE_{name.upper()}": str(value) for name, value in settings.items()}
        self._environment = {**os.environ, **servers.environment, "LANTIAN_BRIDGE_METRICS_PORT": "0", **bridge}
        self._servers = servers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        self._process = subprocess.Popen([sys.executable, "-m", "deploy.cli", "ingest"], env=self._environment)
        eventually("the bridge is ready", lambda: self._get("readyz") is not None)

    def leave(self) -> str:
        """`lantian ingest --leave`: what it says."""
        command = [sys.executable, "-m", "deploy.cli", "ingest", "--leave"]
        return subprocess.run(
            command, env=self._environment, stdout=subprocess.PIPE, text=True, check=True, timeout=60
        ).stdout

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=60)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = (self._get("metrics") or "").splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name)

    def _get(self, path: str) -> str | None:
        assert self.running, "the bridge has ended"
        port_file = self._servers.state_dir / "run" / "ingest.port"
        try:
            with urlopen(f"http://127.0.0.1:{port_file.read_text().strip()}/{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None


@contextmanager
def running(bridge: BridgeProcess) -> Iterator[BridgeProcess]:
    """The bridge, started and in the end stopped."""
    bridge.start()
    try:
        yield bridge
    finally:
        if bridge.running:
            bridge.end()


class Device:
    """A plain MQTT client that publishes what it is told and keeps what it hears on its acknowledgement topics."""

    def __init__(self, core: CoreSettings, username: str, *topics: str) -> None:
        self.acks: list[tuple[str, StationAck]] = []
        login = Login(username, f"test-{username}", keep_session=False)
        self.mqtt = Connection(core, login, subscriptions=topics, on_messages=self._hear)
        eventually(f"{username} is connected", self._connected)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish, and wait until the broker has it."""
        self.mqtt.publish(topic, payload, retain=retain)
        eventually("the broker has the message", self._confirmed)

    def heard(self) -> list[tuple[str, StationAck]]:
        """Acknowledgements so far, with their topics."""
        self.mqtt.poll(0.05)
        return self.acks

    def _connected(self) -> bool:
        self.mqtt.poll(0.05)
        return self.mqtt.connected

    def _confirmed(self) -> bool:
        self.mqtt.poll(0.05)
        return self.mqtt.unconfirmed == 0

    def _hear(self, messages: Sequence[Message]) -> None:
        self.mqtt.ack(messages)
        for topic, payload in ((message.topic, message.payload) for message in messages):
            own = parse_topic(topic)
            acks = decode_platform_acks(payload) if own is None else [decode_ack(payload, own.station)]
            self.acks += [(topic, ack) for ack in acks]


class LogReader:
    """The entries written to the reports' log since this was made."""

    def __init__(self, core: CoreSettings) -> None:
        places = [TopicPartition(kafka.REPORTS, number) for number in range(kafka.PARTITIONS)]
        self._consumer = KafkaConsumer(bootstrap_servers=core.kafka, enable_auto_commit=False)
        self._consumer.assign(places)
        for place, offset in self._consumer.end_offsets(places).items():
            self._consumer.seek(place, offset)
        self.entries: list[Entry] = []

    def read(self) -> list[Entry]:
        """All entries so far."""
        for records in self._consumer.poll(timeout_ms=100).values():
            for record in records:
                self.entries += decode_batch(record.value)
        return self.entries

    def close(self) -> None:
        self._consumer.close()
