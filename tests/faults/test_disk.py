"""A disk that runs full: the server may end; nothing is lost, nothing doubled, and nobody spins or hoards meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from burden import burden
from disk import DiskFull, small_disk
from field import Field, running_field
from waiting import eventually

from aggregate.ledger.books import read_ledger
from aggregate.statistic import PERIODS
from core.clock import DAY
from core.postgres import connect
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import load_scenario

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SCENARIO = "faults"
WORKED_OFF_S = 8.0
"""What was under way when the disk was full is worked off meanwhile: that is work, no spinning."""
AWAY_S = 12.0
GROWN_MB = 80.0
"""More than that, and a process hoards what it cannot pass on."""
BUSY = 0.25
"""Share of a processor: beyond it, a process that can do nothing spins.

Of a dead Kafka nothing is asked: kafka-python's producer connects again without a pause where something accepts
connections for it, as the suite's proxy does (measured: 0.8; without a proxy 0.05).
"""
POSTGRES, POSTGRES_LOG, KAFKA = DiskFull("postgres"), DiskFull("postgres", log=True), DiskFull("kafka")
MEGABYTES = {"postgres": 400, "kafka": 200}


@pytest.mark.parametrize(
    "fault", [POSTGRES_LOG, *(pytest.param(fault, marks=pytest.mark.slow) for fault in (KAFKA, POSTGRES))], ids=str
)
def test_a_full_disk_loses_nothing_and_doubles_nothing(tmp_path: Path, fault: DiskFull) -> None:
    server = fault.server
    scenario = load_scenario(SCENARIO)
    stations, truth, folder = tmp_path / "stations.csv", tmp_path / "truth", tmp_path / "stack"
    write_csv(scenario.network, stations)
    past = scenario.end + 3 * DAY  # all windows have ended: nothing is waited for
    with (
        small_disk(folder, server, MEGABYTES[server]),
        running_field(folder, stations, now=past, each=1) as field,
    ):
        sending = _send(field, truth, tmp_path / "sent.json")
        stored = eventually("reports arrive", lambda: _stored(field))
        before = {process.name: burden(process.pid) for process in field.processes}
        fault.strike(field)
        threading.Event().wait(WORKED_OFF_S)
        idle = {process.name: burden(process.pid) for process in field.processes}
        threading.Event().wait(AWAY_S)
        after = {process.name: burden(process.pid) for process in field.processes}
        fault.heal(field)
        healed = time.monotonic()
        assert sending.wait(300) == 0
        verdict = _verdict(field, truth)
        seconds = time.monotonic() - healed
        field.check_alive()
        with closing(connect(field.core, "reader", application="test")) as database:
            accounts = read_ledger(database, field.core)

        cost = {
            name: (
                round(after[name].memory - past_.memory, 1),
                round((after[name].processor - idle[name].processor) / AWAY_S, 2),
            )
            for name, past_ in before.items()
        }
        sys.stderr.write(
            f"\n{fault}: settled {seconds:.1f} s after there was room; MB grown, share of a processor: {cost}\n"
        )
        assert _stored(field) > 2 * stored, "most reports were in flight when the disk was full"
        assert [account for account in accounts if not account.balanced] == []
        assert verdict["differences"] == 0
        assert set(verdict["open_of"]) <= set(PERIODS)
        assert verdict["figures"] > 500
        assert max(grown for grown, _ in cost.values()) < GROWN_MB
        if fault is not KAFKA:
            assert max(share for _, share in cost.values()) < BUSY


def _send(field: Field, truth: Path, answer: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "deploy.cli",
        "simulate",
        "--scenario",
        SCENARIO,
        "--as-fast-as-possible",
        "--json",
    ]
    with answer.open("wb") as output:
        return subprocess.Popen(
            [*command, "--truth", str(truth)], env=field.environment("sender"), cwd=field.folder, stdout=output
        )


def _stored(field: Field) -> int:
    return int(field.rows("select count(*) from report")[0][0])


def _verdict(field: Field, truth: Path) -> dict[str, Any]:
    """What the judge says once all has come to rest."""
    found: dict[str, Any] = json.loads(field.run("simulate", "--judge", str(truth), "--json"))
    return found
