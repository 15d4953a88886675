"""`lantian ingest --processes N` on real Mosquitto and Kafka: who does not come back keeps nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from bridge_stage import DEVICE_ADDRESS, OWN, Device, LogReader, provide_stations
from serving import Servers
from waiting import eventually

from core.health import port_file
from core.settings import CoreSettings

pytestmark = pytest.mark.stack

RUN = 4711
MANY = 60


@contextmanager
def bridges(servers: Servers, processes: int) -> Iterator[None]:
    """So many bridges, ready; told to stop in the end."""
    command = [sys.executable, "-m", "deploy.cli", "ingest", "--processes", str(processes)]
    environment = {**os.environ, **servers.environment, "LANTIAN_BRIDGE_METRICS_PORT": "0"}
    supervisor = subprocess.Popen(command, env=environment)
    try:
        eventually("all are ready", lambda: all(ready(servers, number) for number in range(1, processes + 1)))
        yield
    finally:
        supervisor.terminate()
        status = supervisor.wait(90)
    assert status == 0


def ready(servers: Servers, instance: int) -> bool:
    told = port_file(CoreSettings(state_dir=servers.state_dir, instance=instance), "ingest")
    try:
        with urlopen(f"http://127.0.0.1:{told.read_text(encoding='ascii').strip()}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_bridges_that_an_earlier_fleet_had_leave_and_keep_no_share(
    servers: Servers, stack: CoreSettings, tmp_path: Path
) -> None:
    provide_stations(stack, tmp_path)
    roll = stack.state_dir / "run" / "ingest.fleet"
    with bridges(servers, 3):
        assert roll.read_text(encoding="ascii") == "1 2 3\n"
    with bridges(servers, 1), closing(LogReader(stack)) as log:
        eventually("the others have left", lambda: roll.read_text(encoding="ascii") == "1\n")
        device = Device(stack, OWN)
        for seq in range(1, MANY + 1):
            body = {"station": OWN, "time": "2026-03-10T08:00:00+08:00", "run": RUN, "seq": seq, "values": {}}
            device.publish(f"{DEVICE_ADDRESS}/report", json.dumps(body).encode())
        device.mqtt.disconnect()
        eventually(
            "all is in the log",
            lambda: {entry.seq for entry in log.read() if entry.run == RUN} == set(range(1, MANY + 1)),
        )
