"""One life of a centre in containers, in order: started, used, killed part by part, made larger, upgraded, ended."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from waiting import eventually

from deploy.processes import data_clock
from ingest.simulation.network import write_csv
from ingest.simulation.scenario import Scenario, load_scenario

from .centre import ROOT, Centre, FailedError, build_image, centre, stored
from .device import let_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1200)]

STORY = ROOT / "ingest" / "simulation" / "scenarios" / "short.toml"
"""Hours of history at once, then four minutes at the pace of life: time to kill everything once."""
SENT_ONCE = 'kind = "half-written"'
"""What a broken line left of a report is sent once, and may die with the broker (docs/reliability.md)."""
HEAD_START_S = 75.0
"""The data's clock stands still until the centre is up."""
CORE = ("mosquitto", "kafka", "postgres", "ingest", "aggregate", "alerts", "console")
WATCHING = ("prometheus", "alertmanager")
PROCESSES = ("aggregate", "alerts", "console", "ingest")


def _scenario(folder: Path) -> Scenario:
    """The story without the fault that the broker's death makes a matter of luck, as a file of `folder`."""
    blocks = STORY.read_text(encoding="utf-8").split("\n\n")
    kept = [block for block in blocks if SENT_ONCE not in block]
    assert len(kept) == len(blocks) - 1
    (folder / "story.toml").write_text("\n\n".join(kept), encoding="utf-8")
    return load_scenario(folder / "story.toml")


def _clock() -> Mapping[str, str]:
    paced = next(span.start for span in load_scenario(STORY).spans if span.paced)
    epoch, started = (datetime.fromtimestamp(at, UTC).isoformat() for at in (paced, time.time() + HEAD_START_S))
    return data_clock(epoch, started, 1.0)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """The centre whose life this is; it is not up before a test brings it up."""
    with centre("life", tmp_path_factory.mktemp("centre"), _clock) as found:
        yield found


def test_without_secrets_it_does_not_start_and_says_what_makes_them(ours: Centre) -> None:
    with pytest.raises(FailedError, match="postgres-superuser is missing; what to do: run `make secrets`"):
        ours.up("core")
    assert ours.containers() == []


def test_secrets_are_made_once_and_are_closed_to_others_of_the_machine(ours: Centre) -> None:
    ours.ask("make", "secrets")
    folder = ours.folder / "secrets"
    made = {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()}
    assert len(set(made.values())) == len(made)
    assert folder.stat().st_mode & 0o077 == 0
    ours.ask("make", "secrets")
    assert {path.name: path.read_text(encoding="ascii") for path in folder.iterdir()} == made


def test_everything_comes_up_healthy(ours: Centre) -> None:
    began = time.monotonic()
    ours.up("core", "metrics")
    _tell(f"up and healthy in {time.monotonic() - began:.0f} s")
    assert [name for name in (*CORE, *WATCHING) if not ours.healthy(name)] == []
    [prepared] = ours.containers("prepare")
    assert prepared["State"]["ExitCode"] == 0


def test_no_container_is_root_or_can_write_to_its_system(ours: Centre) -> None:
    found = {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in ours.containers()}
    assert set(found) == {*CORE, *WATCHING, "prepare"}
    for name, one in found.items():
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert not host["CapAdd"], name
        assert not host["Privileged"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0, name
        assert host["LogConfig"]["Config"]["max-size"], name
        assert one["Config"]["User"] not in {"", "0", "root"}, name


def test_a_scenario_during_which_everything_is_killed_once_loses_nothing(ours: Centre) -> None:
    write_csv(_scenario(ours.folder / "data").network, ours.folder / "data" / "stations.csv")
    ours.tool("stations", "import", "/data/stations.csv")
    ours.tool("stations", "credentials", "*", "--platform", "replay", "--replay")
    sending = ["simulate", "--scenario", "/data/story.toml", "--truth", "/data/truth", "--platform", "replay", "--json"]
    with _beside(ours, *sending) as simulator:
        for service in (*CORE, *WATCHING):
            began = time.monotonic()
            assert simulator.poll() is None, f"{service} would be killed when all was sent"
            ours.kill(service)
            _tell(f"{service} was killed and healthy again after {time.monotonic() - began:.0f} s")
        said, complained = simulator.communicate(timeout=600)
    assert simulator.returncode == 0, complained[-2000:]
    assert json.loads(said)["complete"]
    verdict = json.loads(ours.tool("simulate", "--judge", "/data/truth", "--json"))
    _tell(f"judge: {verdict['differences']} differences in {verdict['figures']} figures, {verdict['open']} open")
    assert verdict["shown"] == []
    assert verdict["differences"] == 0
    assert verdict["figures"] > 500


def test_the_ledger_balances_after_the_kills(ours: Centre) -> None:
    said = ours.tool("ledger")
    _tell(said)
    assert said.rstrip().endswith(", balanced")


def test_the_tools_see_every_server_and_process(ours: Centre) -> None:
    said = json.loads(ours.tool("status", "--json"))
    assert all(server["answers"] for server in said["servers"])
    assert sorted(one["role"] for one in said["processes"] if one["ready"]) == sorted(PROCESSES)
    findings = json.loads(ours.tool("doctor", "--json"))
    assert [finding for finding in findings if not finding["ok"]] == []


def test_prometheus_scrapes_every_process_and_its_rules_are_those_of_the_repository(ours: Centre) -> None:
    eventually("each process is scraped", lambda: _scraped(ours) == sorted(PROCESSES), every=1.0)
    rules = _ask_prometheus(ours, "rules")["groups"]
    assert sum(rule["type"] == "alerting" for group in rules for rule in group["rules"]) >= 25
    managers = _ask_prometheus(ours, "alertmanagers")["activeAlertmanagers"]
    assert [one["url"] for one in managers] == ["http://alertmanager:9093/api/v2/alerts"]


def test_a_second_worker_takes_its_share(ours: Centre) -> None:
    ours.up("core", "metrics", more={"LANTIAN_WORKERS": "2"})
    two = sorted(["aggregate", *PROCESSES])
    eventually("both workers are scraped", lambda: _scraped(ours) == two, every=1.0)
    eventually("each has partitions", lambda: _partitions(ours) == {3.0}, every=1.0)


def test_after_a_power_cut_everything_comes_back_by_itself(ours: Centre) -> None:
    before = stored(ours)
    began = time.monotonic()
    ours.kill(*CORE, *WATCHING)
    _tell(f"everything was killed at once and is healthy again after {time.monotonic() - began:.0f} s")
    assert stored(ours) == before
    assert ours.tool("ledger").rstrip().endswith(", balanced")


def test_a_new_device_is_let_in_without_a_restart_of_the_broker(ours: Centre) -> None:
    [broker] = ours.containers("mosquitto")
    station = load_scenario(STORY).network.rows[0].station
    shown = ours.tool("stations", "credentials", station, "--show")
    password = shown.split("password ")[1].split()[0]
    eventually("the device is let in", lambda: let_in(ours.address("mosquitto", 1883), station, password), every=0.5)
    assert not let_in(ours.address("mosquitto", 1883), station, "another")
    assert ours.containers("mosquitto")[0]["State"]["StartedAt"] == broker["State"]["StartedAt"]


def test_an_upgrade_in_place_keeps_what_is_stored(ours: Centre) -> None:
    before = stored(ours)
    newer = replace(ours, version=f"{ours.version}-next")
    build_image(newer.version)
    try:
        began = time.monotonic()
        newer.ask("make", "compose-down")
        newer.up("core", "metrics")
        _tell(f"upgraded in {time.monotonic() - began:.0f} s")
        images = {one["Config"]["Image"] for name in PROCESSES for one in newer.containers(name)}
        assert images == {f"lantian/lantian:{newer.version}"}
        [prepared] = newer.containers("prepare")
        begun = [one["State"]["StartedAt"] for name in PROCESSES for one in newer.containers(name)]
        assert prepared["State"]["FinishedAt"] < min(begun), "the schema is up to date before a process begins"
        assert stored(newer) == before
        assert newer.tool("ledger").rstrip().endswith(", balanced")
        _tell_sizes(newer)
    finally:
        newer.compose("down", "--timeout", "60")
        newer.ask("docker", "image", "rm", f"lantian/lantian:{newer.version}")


def test_when_it_is_ended_with_its_volumes_nothing_is_left(ours: Centre) -> None:
    assert ours.left()["volumes"] != [], "an end without --volumes keeps the data"
    ours.compose("down", "--volumes")
    assert ours.left() == {"containers": [], "volumes": [], "networks": []}


@contextmanager
def _beside(ours: Centre, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A tool that runs while the test goes on; it is ended with the test."""
    process = subprocess.Popen(
        ours.tool_command(*arguments),
        cwd=ROOT,
        env=ours.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


def _ask_prometheus(ours: Centre, what: str) -> Any:
    host, port = ours.address("prometheus", 9090)
    with urlopen(f"http://{host}:{port}/api/v1/{what}", timeout=10) as answer:
        return json.loads(answer.read())["data"]


def _scraped(ours: Centre) -> list[str]:
    """The processes that Prometheus reaches, one name a container."""
    active = _ask_prometheus(ours, "targets?state=active")["activeTargets"]
    return sorted(
        one["labels"]["process"] for one in active if one["labels"]["job"] == "lantian" and one["health"] == "up"
    )


def _partitions(ours: Centre) -> set[float]:
    """How many partitions of the reports each worker holds."""
    found = _ask_prometheus(ours, 'query?query=lantian_stream_partitions{consumer="worker"}')["result"]
    return {float(one["value"][1]) for one in found} if len(found) == 2 else set()


def _tell_sizes(ours: Centre) -> None:
    """What the closing note needs: the image's size, and the memory of each container."""
    size = ours.ask("docker", "image", "inspect", "--format", "{{.Size}}", f"lantian/lantian:{ours.version}")
    _tell(f"image: {int(size) / 1e6:.0f} MB")
    names = [one["Name"].removeprefix("/") for one in ours.containers() if one["State"]["Running"]]
    _tell(ours.ask("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names))


def _tell(line: str) -> None:
    sys.stderr.write(f"centre: {line}\n")
