"""Thousands of monitors, each on its own connection, come back at once when the broker or the bridge has died."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from burden import Burden, burden
from field import Field, running_field
from stage import BEGIN, NOW
from waiting import eventually

from aggregate.ledger.books import read_ledger
from core.postgres import connect
from deploy.local.addresses import HOST
from ingest import credentials
from ingest.kinds import Kind
from ingest.simulation.network import Network, filled_up, write_csv
from ingest.stations_cli import BROKER_FOLDER, update_broker
from ingest.topics import Leaf, station_topic
from truth.settled import wait_at_rest

pytestmark = [pytest.mark.stack, pytest.mark.timeout(7200)]

PATIENCE_S = 1800.0


@dataclass(frozen=True)
class Storm:
    """How many come back, within what time, and how often each reports."""

    devices: int
    jitter: float
    every: float


SLICE = Storm(300, jitter=2.0, every=3.0)
SANE = Storm(10_000, jitter=10.0, every=60.0)
INSANE = Storm(10_000, jitter=0.0, every=60.0)
STORMS = [
    pytest.param(SLICE, id="300 devices"),
    pytest.param(SANE, id="10 000 devices", marks=pytest.mark.slow),
    pytest.param(INSANE, id="10 000 devices without jitter", marks=pytest.mark.slow),
]


class SwarmProcess:
    """The devices, and what they say of themselves."""

    def __init__(self, field: Field, storm: Storm, devices: Path) -> None:
        arguments = [HOST, field.core.mqtt_port, devices, storm.every, storm.jitter, int(BEGIN.timestamp())]
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("swarm.py")), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.state: dict[str, int] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self, command: str) -> None:
        """`mark` or `hush`, and wait until what it says of itself is younger."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        for _ in range(2):
            before = self.state
            eventually("the swarm obeys", lambda: self.state is not before, PATIENCE_S)  # noqa: B023

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(60)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.state = json.loads(line)


@contextmanager
def swarm(field: Field, storm: Storm, devices: Path) -> Iterator[SwarmProcess]:
    """The devices, all connected, and something of all of them acknowledged."""
    made = SwarmProcess(field, storm, devices)
    try:
        yield made
    finally:
        made.close()


class Watch:
    """The most that broker and bridge take meanwhile."""

    def __init__(self, field: Field) -> None:
        self._field = field
        self._end = threading.Event()
        self.most: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._before = self._now()
        self._thread.start()

    def stop(self) -> str:
        """Ends; tells the most memory, and the processor's seconds since the start or the process's own."""
        self._end.set()
        self._thread.join()
        parts = []
        for name, now in self._now().items():
            before = self._before.get(name)
            spent = now.processor - (before.processor if before and before.processor < now.processor else 0.0)
            parts.append(f"{name} {self.most[name]:.0f} MB {spent:.1f} s of processor")
        return ", ".join(parts)

    def _now(self) -> dict[str, Burden]:
        pids = {"mosquitto": self._field.stack.pid("mosquitto")}
        bridge = self._field.bridges[1]
        if bridge.running:
            pids["bridge"] = bridge.pid
        return {name: burden(pid) for name, pid in pids.items() if pid}

    def _run(self) -> None:
        while not self._end.wait(0.5):
            try:
                now = self._now()
            except (FileNotFoundError, StopIteration):
                continue  # it has just died
            for name, one in now.items():
                self.most[name] = max(self.most.get(name, 0.0), one.memory)


@pytest.mark.parametrize("storm", STORMS)
def test_all_devices_come_back_at_once_and_every_number_is_durable_once(tmp_path: Path, storm: Storm) -> None:
    stations = tmp_path / "stations.csv"
    network = filled_up(Network.of(()), {Kind.AIR: storm.devices}, 1)
    write_csv(network, stations)
    settings = {"LANTIAN_BRIDGE_ACK_SECONDS": "2"}
    with running_field(tmp_path / "stack", stations, now=NOW, each=1, settings=settings) as field:
        devices = tmp_path / "devices.json"
        _issue(field, network, devices)
        with swarm(field, storm, devices) as crowd:
            _wait_for_all(crowd, storm)
            for victim in ("mosquitto", "bridge"):
                _die_and_come_back(field, crowd, storm, victim)
            crowd.tell("hush")
            eventually("nothing is unsaid", lambda: crowd.state["unsaid"] == 0, PATIENCE_S)
            made = crowd.state["made"]
        with closing(connect(field.core, "reader", application="test")) as database:
            wait_at_rest(field.core, database, PATIENCE_S, field.check_alive, lambda _cursor: True)
            accounts = read_ledger(database, field.core)
        assert [account for account in accounts if not account.balanced] == []
        assert sum(run.received for account in accounts for run in account.runs) == made
        assert field.rows("select count(*), count(distinct (station_id, source, run, seq)) from report") == [
            (made, made)
        ]


def _issue(field: Field, network: Network, file: Path) -> None:
    """An account for each device, and what the swarm must know of it."""
    started = time.monotonic()
    with closing(connect(field.core, "registry", application="test")) as database:
        issued = credentials.issue_missing(database, field.core)
        assert update_broker(database, field.core.state_dir / BROKER_FOLDER)
    sys.stderr.write(f"\n{len(issued)} accounts issued in {time.monotonic() - started:.1f} s\n")
    passwords = {one.username: one.password for one in issued}
    file.touch(mode=0o600)
    file.write_text(
        json.dumps(
            [
                (row.station, station_topic(row.region, row.kind, row.station, Leaf.ACK).rpartition("/")[0], password)
                for row in network.rows
                if (password := passwords[row.station])
            ]
        ),
        encoding="utf-8",
    )


def _wait_for_all(crowd: SwarmProcess, storm: Storm) -> None:
    started = time.monotonic()
    eventually("all are connected", lambda: crowd.state.get("connected") == storm.devices, PATIENCE_S)
    connected = time.monotonic() - started
    crowd.tell("mark")
    eventually("what they had is acknowledged", lambda: crowd.state["marked"] == 0, PATIENCE_S)
    sys.stderr.write(
        f"{storm}: connected for the first time in {connected:.1f} s, all acknowledged after"
        f" {time.monotonic() - started:.1f} s\n"
    )


def _die_and_come_back(field: Field, crowd: SwarmProcess, storm: Storm, victim: str) -> None:
    watch = Watch(field)
    eventually("reports are unsaid", lambda: crowd.state["unsaid"] > 0, PATIENCE_S)
    lost = crowd.state["lost"]
    if victim == "bridge":
        field.bridges[1].kill()
        crowd.tell("mark")
        field.bridges[1].start()
    else:
        field.stack.kill("mosquitto")
        eventually("all are thrown out", lambda: crowd.state["lost"] == lost + storm.devices, PATIENCE_S)
        crowd.tell("mark")
        field.stack.start("mosquitto")
    started, unsaid, sent = time.monotonic(), crowd.state["marked"], crowd.state["sent"]
    eventually("all are connected again", lambda: crowd.state["connected"] == storm.devices, PATIENCE_S)
    connected = time.monotonic() - started
    eventually("what was unsaid is acknowledged", lambda: crowd.state["marked"] == 0, PATIENCE_S)
    sys.stderr.write(
        f"{storm}: {victim} killed with {unsaid} reports unsaid: all connected after {connected:.1f} s, acknowledged"
        f" after {time.monotonic() - started:.1f} s, {crowd.state['sent'] - sent} sent; {watch.stop()}\n"
    )
