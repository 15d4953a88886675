"""Everything dies at once: the doctor says what it finds, `lantian up` and the processes bring all back."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from pipeline import ROOT, Pipeline, frozen, running_pipeline
from waiting import eventually

from core.logs import configure
from core.postgres import connect
from deploy.local.doctor import examine
from deploy.local.finding import Finding
from deploy.local.flow import IDLE_S, locks
from deploy.pipeline import read_pipeline
from ingest.envelope import Source
from ingest.report import format_instant
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

REGISTRY = ROOT / "ingest" / "registries" / "beijing.csv"
STATIONS = {"Aotizhongxin": "110105", "Dongsi": "110101", "Gucheng": "110107"}
SERVERS = ("postgres", "kafka", "mosquitto")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    with running_pipeline(tmp_path_factory.mktemp("power") / "stack", REGISTRY) as running:
        running.engine.start()
        running.engine.wait_ready()
        yield running


@pytest.fixture(scope="module")
def sender(pipeline: Pipeline) -> Iterator[ReportSender]:
    """A platform's sender that outlives whatever dies."""
    configure(pipeline.core, "sender")
    settings = SenderSettings(resend_seconds=2.0, resend_longest_seconds=4.0, give_up_seconds=600)
    made = ReportSender(pipeline.core, settings, Identity.platform("replay"), Source.DEVICE)
    yield made
    made.abandon()


def send(sender: ReportSender, first: int, last: int) -> None:
    """Hourly reports number `first` … `last` of every station, the hours of long ago."""
    begin = int(time.time()) // 3600 * 3600 - 30 * 86_400
    for seq in range(first, last + 1):
        for station, region in STATIONS.items():
            report = {
                "station": station,
                "time": format_instant(begin + seq * 3600),
                "period": "PT1H",
                "seq": seq,
                "origin": "resent",
                "values": {"a34002": 20 + seq % 50},
            }
            assert sender.submit(f"lantian/v1/{region}/air/{station}", 0, seq, json.dumps(report).encode())


def durable(sender: ReportSender) -> bool:
    sender.pump(0.05)
    return sender.outstanding == 0


def stored(pipeline: Pipeline) -> int:
    return int(pipeline.rows("select count(*) from report")[0][0])


def at_rest(pipeline: Pipeline, sender: ReportSender) -> bool:
    """Whether nothing is on its way any more, by what `lantian status` reads."""
    sender.pump(0.05)
    state = read_pipeline(pipeline.core, 10)
    return state.stored is not None and not state.stored.outbox and all(one.behind == 0 for one in state.consumers)


def problems(pipeline: Pipeline) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(pipeline.stack) if not finding.ok}


def healthy(pipeline: Pipeline) -> bool:
    return not problems(pipeline)


def test_a_running_pipeline_has_no_problem_and_status_tells_its_parts(pipeline: Pipeline, sender: ReportSender) -> None:
    send(sender, 1, 20)
    eventually("all is durable", lambda: durable(sender))
    eventually("nothing is on its way", lambda: at_rest(pipeline, sender), 300, every=0.5)
    assert healthy(pipeline), problems(pipeline)
    said = json.loads(pipeline.run("status", "--json"))
    assert set(said) >= {"servers", "processes", "consumers", "stored", "silent"}
    assert {one["role"]: one["pid"] for one in said["processes"]} == {
        "ingest": pipeline.bridge.pid,
        "aggregate": pipeline.worker.pid,
        "alerts": pipeline.engine.pid,
    }
    behind = {one["name"]: one["behind"] for one in said["consumers"]}
    assert behind == {"worker": 0, "city": 0, "period": 0, "engine": 0}
    assert said["stored"]["outbox"] == 0
    assert said["silent"] == {}


def test_after_a_power_cut_the_doctor_says_what_it_finds_and_all_comes_back(
    pipeline: Pipeline, sender: ReportSender
) -> None:
    before = stored(pipeline)
    with frozen(pipeline.worker.pid):  # so that something is on its way when all die
        send(sender, 21, 120)
        eventually("all is durable", lambda: durable(sender))
        send(sender, 121, 200)
        for process in (pipeline.bridge, pipeline.engine, pipeline.worker):
            process.kill()
        for name in SERVERS:
            pid = pipeline.stack.pid(name)
            assert pid is not None, f"{name} had ended before the power cut"
            os.kill(pid, signal.SIGKILL)
    eventually("all are dead", lambda: not any(pipeline.stack.pid(name) for name in SERVERS))

    found = problems(pipeline)
    for name in SERVERS:
        assert "was not stopped and does not run" in found[f"{name} ended"].detail
        assert "lantian up" in found[f"{name} ended"].remedy
    assert "replays its log" in found["postgres shutdown"].detail
    assert "checks the last segments" in found["kafka shutdown"].detail
    assert {"process ingest", "process aggregate", "process alerts"} <= set(found)

    pipeline.run("up")
    found = problems(pipeline)
    assert not {f"{name} ended" for name in SERVERS} & set(found)
    assert "no `aggregate` of this machine answers" in found["consumer worker"].detail
    assert "lantian aggregate" in found["consumer worker"].remedy
    assert stored(pipeline) >= before, "what was committed stands"

    for process in (pipeline.engine, pipeline.worker, pipeline.bridge):  # the other way round: any order does
        process.start()
    eventually("all is durable", lambda: durable(sender), 300)
    sender.tell_status("online")
    eventually("all is stored", lambda: stored(pipeline) == 200 * len(STATIONS), 300)
    eventually("nothing is on its way", lambda: at_rest(pipeline, sender), 300, every=0.5)
    eventually("the doctor finds nothing", lambda: healthy(pipeline), 120, every=1)
    pipeline.run("ledger")


def test_processes_left_running_while_all_servers_die_come_back_by_themselves(
    pipeline: Pipeline, sender: ReportSender
) -> None:
    pids = [pipeline.bridge.pid, pipeline.worker.pid, pipeline.engine.pid]
    send(sender, 201, 220)
    for name in SERVERS:
        pipeline.stack.kill(name)
    status = read_pipeline(pipeline.core)
    assert set(status.silent) == {"postgres", "kafka"}
    assert [one.answers for one in status.processes] == [True, True, True]
    send(sender, 221, 240)
    pipeline.run("up")
    eventually("all is durable", lambda: durable(sender), 300)
    eventually("all is stored", lambda: stored(pipeline) == 240 * len(STATIONS), 300)
    eventually("nothing is on its way", lambda: at_rest(pipeline, sender), 300, every=0.5)
    eventually("the doctor finds nothing", lambda: healthy(pipeline), 120, every=1)
    pipeline.run("ledger")
    assert [pipeline.bridge.pid, pipeline.worker.pid, pipeline.engine.pid] == pids
    assert all(process.running for process in (pipeline.bridge, pipeline.worker, pipeline.engine))


def test_a_session_that_holds_locks_and_does_nothing_is_named(pipeline: Pipeline) -> None:
    with closing(connect(pipeline.core, "registry", application="a tool")) as idle, idle.cursor() as cursor:
        cursor.execute("update registry_version set version = version")

        def named() -> list[str]:
            return [finding.detail for finding in locks(pipeline.core) if not finding.ok]

        found = eventually("it is named", named, IDLE_S + 60, every=0.5)
        who = f"session {idle.info.backend_pid} (a tool, role lantian_registry)"
        assert [(who in detail, "registry_version" in detail) for detail in found] == [(True, True)], found
        idle.rollback()
    assert all(finding.ok for finding in locks(pipeline.core))


def test_a_bridge_that_is_absent_is_named_with_what_waits_for_it(pipeline: Pipeline, sender: ReportSender) -> None:
    pipeline.bridge.end()
    send(sender, 241, 250)

    def told() -> str:
        sender.pump(0.05)
        found = problems(pipeline).get("bridge 1")
        return found.remedy if found else ""

    remedy = eventually("the broker has written it down", told, 60, every=0.5)
    assert "lantian ingest --name 1 --leave" in remedy
    pipeline.bridge.start()
    eventually("all is durable", lambda: durable(sender), 120)
