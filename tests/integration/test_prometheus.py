"""Prometheus and Alertmanager beside real processes: they are found, scraped, and their faults are told.

All times of the rules are forty times as short, by the setting that drills use too; the rules are those of operators.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from pipeline import Pipeline, running_pipeline
from waiting import eventually

from core.clock import SHANGHAI
from ingest.envelope import Source
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings

pytestmark = pytest.mark.stack

STATIONS = 10
REGION = "140502"
PACE = "40"
PATIENCE_S = 60.0
GOOD, REFUSED = 20, 20


class Watch:
    """A pipeline, and those who watch it."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._ports = pipeline.stack.ports

    def targets(self) -> dict[tuple[str, str], str]:
        """The health of each target by process and number."""
        active = _get(self._ports.prometheus, "v1/targets?state=active")["data"]["activeTargets"]
        return {(one["labels"]["process"], one["labels"]["instance"]): one["health"] for one in active}

    def value(self, query: str) -> float:
        """What a query comes to; NaN if to nothing."""
        found = _get(self._ports.prometheus, f"v1/query?{urlencode({'query': query})}")["data"]["result"]
        return float(found[0]["value"][1]) if found else float("nan")

    def told(self, name: str, **labels: str) -> bool:
        """Whether Alertmanager holds such an alert."""
        alerts = _get(self._ports.alertmanager, "v2/alerts")
        return any({**one["labels"], "alertname": name, **labels} == one["labels"] for one in alerts)


def _get(port: int, path: str) -> Any:
    with urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=10) as answer:
        return json.loads(answer.read())


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Bridge, worker and engine at work, and Prometheus beside them."""
    folder = tmp_path_factory.mktemp("prometheus")
    rows = [f"seen-{n},工地,dust,{REGION},晋城市,PT1M,platform-replay" for n in range(STATIONS)]
    registry = folder / "stations.csv"
    registry.write_text("\n".join(["station,name_zh,kind,region,city,reporting_period,acks", *rows]), encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LANTIAN_LOCAL_METRICS_PACE", PACE)
        quick = {"LANTIAN_METRICS_LOOK_SECONDS": "0.5", "LANTIAN_BRIDGE_ACK_SECONDS": "0.1"}
        with running_pipeline(folder / "stack", registry, **quick) as pipeline:
            pipeline.engine.start()
            pipeline.stack.up(with_metrics=True)
            pipeline.engine.wait_ready()
            yield Watch(pipeline)


def send(watch: Watch, payload: Callable[[int], dict[str, Any]], first: int, count: int) -> None:
    """Publish numbered reports as the platform does, until all of them are durable."""
    settings = SenderSettings(resend_seconds=20.0, give_up_seconds=60)
    sender = ReportSender(watch.pipeline.core, settings, Identity.platform("platform-replay"), Source.DEVICE)
    for seq in range(first, first + count):
        said = payload(seq)
        address = f"lantian/v1/{REGION}/dust/seen-{seq % STATIONS}"
        while not sender.submit(address, 0, seq, json.dumps(said).encode()):
            sender.pump(0.02)
    sender.finish()


def good(seq: int) -> dict[str, Any]:
    now = datetime.fromtimestamp(time.time() // 60 * 60 - 60, SHANGHAI)
    return {"station": f"seen-{seq % STATIONS}", "time": now.isoformat(), "seq": seq, "values": {"PM10": 40 + seq}}


def of_another_station(seq: int) -> dict[str, Any]:
    return good(seq) | {"station": "somebody-else"}


def out_of_range(seq: int) -> dict[str, Any]:
    return good(seq) | {"values": {"PM10": -5, "PM2.5": 7}}


def test_every_process_is_found_and_up(watch: Watch) -> None:
    expected = {("ingest", "1"), ("aggregate", "1"), ("alerts", "1")}

    def up() -> bool:
        found = watch.targets()
        return found.keys() >= expected and set(found.values()) == {"up"}

    eventually("all targets are up", up, PATIENCE_S)


def test_what_goes_through_moves_the_metrics(watch: Watch) -> None:
    send(watch, good, 1, GOOD)
    send(watch, of_another_station, 1 + GOOD, REFUSED)
    send(watch, out_of_range, 1 + GOOD + REFUSED, REFUSED)
    queries = {
        'sum(lantian_reports_total{kind="dust", outcome="parsed"})': GOOD + 2 * REFUSED,
        'sum(lantian_rejected_reports_total{kind="dust", reason="station_mismatch"})': REFUSED,
        'sum(lantian_rejected_readings_total{kind="dust", reason="out_of_range"})': REFUSED,
        'sum(lantian_report_origins_total{kind="dust", origin="live"})': GOOD + 2 * REFUSED,
        'sum(lantian_report_receipt_delay_seconds_count{kind="dust"})': GOOD + REFUSED,
        "sum(lantian_report_commit_delay_seconds_count)": GOOD + REFUSED,
        "sum(lantian_bridge_batch_entries_sum) - sum(lantian_bridge_durable_total)": 0,
        "sum(lantian_bridge_batch_entries_count) - sum(lantian_bridge_records_total)": 0,
        'max(lantian_stations{kind="dust"})': STATIONS,
        'max(lantian_stations_silent{kind="dust"})': 0,
        "max(lantian_outbox_messages)": 0,
        "sum(lantian_bridge_mqtt_connected)": 1,
        "sum(lantian_mqtt_connections_total)": 1,
        "sum(lantian_bridge_mqtt_unconfirmed_messages)": 0,
        "sum(lantian_bridge_in_flight_limit_entries)": 20_000,
        "sum(lantian_bridge_in_flight_limit_bytes)": 64 * 1024 * 1024,
        "sum(lantian_stream_batch_records_sum) - sum(lantian_stream_records_total)": 0,
        'sum(lantian_stream_partitions{consumer="worker"})': 6,
        "sum(lantian_stream_lag_records)": 0,
        "count(lantian_ready == 1) - count(lantian_ready)": 0,
    }

    differing: dict[str, float] = {}

    def seen() -> bool:
        differing.clear()
        differing.update({query: found for query, value in queries.items() if (found := watch.value(query)) != value})
        return not differing

    with suppress(AssertionError):
        eventually("all is seen", seen, PATIENCE_S, every=0.5)
    assert not differing
    assert watch.value("max(abs(lantian_database_clock_ahead_seconds))") < 5
    assert watch.value("sum(lantian_stream_commit_seconds_count)") > 0
    assert watch.value('count(lantian_looks_total{outcome="done"} > 0)') == 2


def test_that_much_is_refused_is_told(watch: Watch) -> None:
    def told() -> bool:
        send(watch, of_another_station, next_seq(), 1)
        return watch.told("RejectedShareHigh", kind="dust", of="reports", severity="warning")

    numbers = iter(range(1000, 10_000))

    def next_seq() -> int:
        return next(numbers)

    eventually("the share that is refused is told", told, PATIENCE_S, every=0.3)


def test_a_broker_that_is_away_is_told_and_its_return_too(watch: Watch) -> None:
    watch.pipeline.stack.stop("mosquitto")
    eventually("the bridge's loss is told", lambda: watch.told("BridgeDisconnected", process="ingest"), PATIENCE_S)
    waiting = {"process": "ingest", "dependency": "mqtt"}
    eventually("what it waits for is told", lambda: watch.told("ProcessNotReady", **waiting), PATIENCE_S)
    watch.pipeline.stack.start("mosquitto")
    quiet = 'sum(ALERTS{alertname=~"Bridge.*|Process.*"}) or vector(0)'
    eventually("all is well again", lambda: watch.value(quiet) == 0, PATIENCE_S)
    assert watch.value("sum(lantian_mqtt_connections_total)") == 2


def test_a_worker_that_was_killed_is_told_until_it_runs_again(watch: Watch) -> None:
    watch.pipeline.worker.kill()
    down = {"process": "aggregate", "instance": "1", "severity": "critical"}
    eventually("its death is told", lambda: watch.told("ProcessDown", **down), PATIENCE_S)
    assert watch.targets()["aggregate", "1"] == "down"
    watch.pipeline.worker.start()
    watch.pipeline.worker.wait_ready()
    eventually("it is up again", lambda: watch.targets()["aggregate", "1"] == "up", PATIENCE_S)
    eventually("its return is told", lambda: not watch.told("ProcessDown", **down), PATIENCE_S)


def test_a_process_that_ends_in_order_is_no_target_any_more(watch: Watch) -> None:
    assert watch.pipeline.engine.end() == 0
    eventually("it is gone", lambda: ("alerts", "1") not in watch.targets(), PATIENCE_S)


def test_the_stack_ends_both_with_the_others(watch: Watch) -> None:
    pids = [watch.pipeline.stack.pid(name) for name in ("prometheus", "alertmanager")]
    assert all(pids)
    listed = {one.name: one.answers for one in watch.pipeline.stack.status()}
    assert (listed["prometheus"], listed["alertmanager"]) == (True, True)
    watch.pipeline.bridge.end()
    watch.pipeline.worker.end()
    assert {"prometheus", "alertmanager", "postgres"} <= set(watch.pipeline.stack.down())
    assert not [pid for pid in pids if Path(f"/proc/{pid}/exe").exists()], "one not yet reaped has ended"
