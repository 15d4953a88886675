"""One report can be followed by its correlation id: from the bridge's log to the database, and from an alert back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from bridge_stage import Device
from pipeline import Pipeline, Process
from serving import Servers
from waiting import eventually

from core.clock import HOUR, SHANGHAI
from core.postgres import connect
from ingest import credentials
from ingest.station_import import import_csv
from ingest.stations_cli import BROKER_FOLDER, update_broker

pytestmark = pytest.mark.stack

STATION, CITY = "followed-site", "followed-town"
TOPIC = f"lantian/v1/140502/dust/{STATION}/report"


def lines(process: Process) -> list[dict[str, Any]]:
    """What a process has logged; fails if a line is not one JSON object."""
    return [json.loads(line) for line in process.log.read_text(encoding="utf-8").splitlines()]


def hour_report(start: int, seq: int) -> bytes:
    time_text = datetime.fromtimestamp(start, SHANGHAI).isoformat()
    told = {"station": STATION, "time": time_text, "period": "PT1H", "seq": seq, "values": {"PM10": 312.0}}
    return json.dumps(told).encode()


@pytest.fixture(scope="module")
def pipeline(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """Bridge, worker and engine, which log in JSON; a dust site that says an hour over the limit, and then nonsense."""
    core = servers.settings
    path = tmp_path_factory.mktemp("followed") / "stations.csv"
    path.write_text(
        f"station,name_zh,kind,region,city,reporting_period\n{STATION},工地,dust,140502,{CITY},PT1H\n", encoding="utf-8"
    )
    with closing(connect(core, "registry", application="test")) as database:
        import_csv(database, path, effective=datetime(2020, 1, 1, tzinfo=SHANGHAI), user="test")
        credentials.issue(database, core, STATION)
        assert update_broker(database, core.state_dir / BROKER_FOLDER)
    made = Pipeline(servers, {"LANTIAN_LOG_FORMAT": "json"})
    try:
        for process in (made.bridge, made.worker, made.engine):
            process.start()
        for process in (made.bridge, made.worker, made.engine):
            process.wait_ready()
        device = Device(core, STATION)
        device.publish(TOPIC, hour_report(int(time.time()) // HOUR * HOUR - HOUR, seq=1))
        device.publish(TOPIC, b'{"station": "' + STATION.encode() + b'", "seq": 2, "time": "yesterday"}')
        alert = f"select 1 from v_alerts where city = '{CITY}' and rule_id = 'dust-stop-work'"
        eventually("the alert is there", lambda: made.rows(alert))
        refused = f"select 1 from rejected where station = '{STATION}'"
        eventually("the nonsense is kept", lambda: made.rows(refused))
        yield made
    finally:
        made.stop()


def test_an_alert_leads_by_its_window_to_the_reports_and_these_to_the_bridge_that_took_them(pipeline: Pipeline) -> None:
    found = pipeline.rows(
        "select a.alert_id, r.correlation from v_alerts a join v_alert_values w using (alert_id)"
        " join v_readings r on r.station_id = a.station_id and r.factor = a.factor"
        ' and r.time >= w.start and r.time < w."end"'
        f" where a.city = '{CITY}' and a.rule_id = 'dust-stop-work'"
    )
    ((alert_id, correlation),) = found
    (started,) = [line for line in lines(pipeline.bridge) if line["event"] == "started"]
    assert correlation.startswith(started["correlation"].removesuffix("…"))
    (opened,) = [
        line for line in lines(pipeline.engine) if line["event"] == "alert_opened" and line["alert_id"] == alert_id
    ]
    assert opened["object"] == f"station:{STATION}"


def test_a_rejected_report_is_named_in_the_log_by_the_id_under_which_it_is_kept(pipeline: Pipeline) -> None:
    ((reason, correlation),) = pipeline.rows(f"select reason, correlation from rejected where station = '{STATION}'")

    def told() -> list[dict[str, Any]]:
        return [line for line in lines(pipeline.worker) if line["event"] == "reports_rejected"]

    (line,) = eventually("the worker has said it", told)
    assert (line["reason"], line["station"], line["correlation"], line["count"]) == (reason, STATION, correlation, 1)


def test_each_process_says_an_event_a_line_and_who_it_is(pipeline: Pipeline) -> None:
    for process, name in ((pipeline.bridge, "ingest"), (pipeline.worker, "aggregate"), (pipeline.engine, "alerts")):
        events = lines(process)
        assert events[0]["event"] == "started"
        assert {(event["process"], event["instance"]) for event in events} == {(name, 1)}
        assert all({"event", "level", "timestamp"} <= event.keys() for event in events)
