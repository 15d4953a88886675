"""The alert engine as a process, on real Kafka and TimescaleDB: what it stores, tells, and survives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from engine_stage import EIGHT, HOUR, RULE, Process, Site, held_up
from serving import Servers
from waiting import eventually

from core import kafka, offsets
from core.postgres import connect
from core.settings import CoreSettings
from ingest.station_import import import_csv

pytestmark = pytest.mark.stack


@pytest.fixture
def engine(stack_environment: dict[str, str]) -> Iterator[Process]:
    process = Process(stack_environment)
    process.start()
    yield process
    assert process.end() == 0


def test_an_alert_opens_goes_on_and_clears_with_the_values_that_caused_it(
    stack: CoreSettings, engine: Process, tmp_path: Path
) -> None:
    site = Site(stack, "story")
    register = tmp_path / "stations.csv"
    register.write_text(
        "station,name_zh,name_en,kind,region,city,camera,reporting_period\n"
        f"{site.station},东环工地,East ring site,dust,140502,{site.city},cam-7,PT1M\n",
        encoding="utf-8",
    )
    with closing(connect(stack, "registry", application="test")) as database:
        import_csv(database, register, effective=datetime.fromisoformat("2026-01-01T00:00:00+08:00"), user="test")
    site.tell(site.statement(0, 249.0), site.statement(1, 250.0))
    eventually("the alert is there", lambda: site.alerts() == [("open", 250.0, 250.0, "live", True)])
    end = site.tell(site.statement(2, 381.5), site.statement(3, 100.0))
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert site.alerts() == [("cleared", 381.5, 381.5, "live", True)]
    assert site.log() == ["opened", "extended", "cleared"]
    assert site.notices() == [("opened", 1), ("extended", 2), ("cleared", 3)]
    said = engine.metrics()
    assert 'lantian_alerts_events_total{happening="opened",severity="critical"} 1.0' in said
    assert 'lantian_alerts_opened_delay_seconds_count{severity="critical"}' in said
    assert "lantian_alerts_judged_delay_seconds_count 2.0" in said
    values = site.rows(
        "select extract(epoch from v.start)::bigint, v.value, v.n_valid, v.version, v.edition from v_alert_values v"
        f" join v_alerts a using (alert_id) where a.city = %(city)s and rule_id = '{RULE}' order by 1"
    )
    assert values == [(EIGHT + HOUR, 250.0, 60, 1, "2026"), (EIGHT + 2 * HOUR, 381.5, 60, 1, "2026")]
    [(title, camera, basis, todo)] = site.rows(
        f"select title_zh, camera, legal_basis, todo_zh from v_alerts where city = %(city)s and rule_id = '{RULE}'"
    )
    assert title == "扬尘停工：东环工地 PM10 小时均值 381.5 µg/m³"
    assert camera == "cam-7"
    assert "晋政办发〔2019〕39号" in basis
    assert "移交住建部门" in todo


def test_history_is_stored_and_pages_nobody(stack: CoreSettings, engine: Process) -> None:
    del engine
    site = Site(stack, "history")
    site.tell(site.statement(0, 300.0, live=False))
    eventually("the alert is there", lambda: site.alerts() == [("open", 300.0, 300.0, "history", False)])


def test_a_late_correction_withdraws_the_alert(stack: CoreSettings, engine: Process) -> None:
    del engine
    site = Site(stack, "correction")
    site.tell(site.statement(0, 300.0))
    eventually("the alert is there", site.alerts)
    end = site.tell(site.statement(0, 120.0, version=2))
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert [alert[0] for alert in site.alerts()] == ["withdrawn"]
    assert site.log() == ["opened", "withdrawn"]


def test_what_was_corrected_before_the_engine_came_to_it_alerts_nobody(stack: CoreSettings, engine: Process) -> None:
    del engine
    site = Site(stack, "corrected-before")
    high, low = site.statement(0, 300.0), site.statement(0, 120.0, version=2)
    site.store(high, low)
    end = site.repeat(high, low)
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert site.log() == []


def test_alerts_joined_and_divided_late_keep_their_rows_consistent(stack: CoreSettings, engine: Process) -> None:
    del engine
    site = Site(stack, "joined")
    for story in (
        [site.statement(hour, value) for hour, value in enumerate([300.0, 100.0, 310.0])],
        [site.statement(1, 305.0, version=2)],
        [site.statement(1, 90.0, version=3)],
    ):
        end = site.tell(*story)
        eventually("the engine has judged it", partial(site.judged_to, end))
    assert site.log() == ["opened", "cleared", "opened", "merged", "extended", "corrected", "split"]
    assert [(alert[0], alert[1]) for alert in site.alerts()] == [
        ("withdrawn", 300.0),
        ("open", 310.0),
        ("cleared", 300.0),
    ]
    [merged] = site.rows(
        "select m.number, m.merged_into = a.alert_id from v_alerts m join v_alerts a using (rule_id, object)"
        f" where m.city = %(city)s and m.rule_id = '{RULE}' and m.state = 'withdrawn' and a.number = 2"
    )
    assert merged == (1, True)


def test_an_engine_told_to_stop_ends_in_order_and_the_next_judges_nothing_twice(
    stack: CoreSettings, engine: Process
) -> None:
    site = Site(stack, "restart")
    site.tell(site.statement(0, 300.0))
    eventually("the alert is there", site.alerts)
    assert engine.end() == 0
    end = site.tell(site.statement(0, 300.0), site.statement(1, 320.0))
    engine.start()
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert site.log() == ["opened", "extended"]


@pytest.mark.parametrize(
    ("table", "what", "told"),
    [
        ("alert", "insert", [("opened", 1)]),
        ("alert_value", "insert", [("opened", 1)]),
        ("stop_work_order", "insert", [("opened", 1)]),
        ("alert_log", "insert", [("opened", 1)]),
        ("outbox", "insert", [("opened", 1)]),
        ("consumer_offset", "update", [("opened", 1)]),
        # Kafka has acknowledged the notice and the outbox still holds it: told again, under the same version
        ("outbox", "delete", [("opened", 1), ("opened", 1)]),
    ],
)
def test_kill_9_in_the_middle_neither_loses_nor_doubles_an_alert(
    stack: CoreSettings, engine: Process, table: str, what: str, told: list[tuple[str, int]]
) -> None:
    site = Site(stack, f"kill-{table}-{what}".replace("_", "-"))
    with held_up(stack, table, what, lock=4711) as somebody_waits:
        end = site.tell(site.statement(0, 300.0))
        eventually("somebody waits", somebody_waits)
        assert engine.end(signal.SIGKILL) == -signal.SIGKILL
    engine.start()
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert site.alerts() == [("open", 300.0, 300.0, "live", True)]
    assert site.log() == ["opened"]
    assert site.notices() == told


def test_an_engine_that_lost_its_partition_unawares_reads_again_and_judges_once(
    stack: CoreSettings, engine: Process
) -> None:
    site = Site(stack, "fenced")
    end = site.tell(site.statement(0, 300.0))
    eventually("the engine has judged it", lambda: site.judged_to(end))
    cluster = site.rows("select distinct cluster from consumer_offset where consumer = 'engine'")[0][0]
    with closing(connect(stack, "engine", application="test")) as database, database, database.cursor() as cursor:
        place = offsets.Position("engine", cluster, kafka.STATISTICS)
        claimed = offsets.claim(cursor, place, [site.partition])[site.partition]
    end = site.tell(site.statement(1, 310.0))
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert site.log() == ["opened", "extended"]
    epoch = site.rows(
        f"select epoch from consumer_offset where consumer = 'engine' and cluster = '{cluster}'"
        f" and topic = '{kafka.STATISTICS}' and partition = %(partition)s"
    )
    assert epoch[0][0] > claimed.epoch, "it went on under an epoch that another has raised"


def test_a_record_that_is_none_of_ours_is_kept_and_does_not_stand_in_the_way(
    stack: CoreSettings, engine: Process
) -> None:
    del engine
    site = Site(stack, "unreadable")
    site.tell_bytes(b"\x00not a batch")
    end = site.tell(site.statement(0, 300.0))
    eventually("the engine has judged it", lambda: site.judged_to(end))
    assert len(site.alerts()) == 1
    kept = site.rows("select value from statistics_unreadable where partition = %(partition)s order by log_offset")
    assert b"\x00not a batch" in [bytes(value) for (value,) in kept]


@pytest.mark.parametrize("server", ["postgres", "kafka"])
def test_the_engine_outlives_a_server_that_goes_away(
    servers: Servers, stack: CoreSettings, engine: Process, server: str
) -> None:
    site = Site(stack, f"without-{server}")
    site.tell(site.statement(0, 300.0))
    eventually("the alert is there", site.alerts)
    if server == "postgres":
        site.store(site.statement(1, 310.0))
        servers.stop(server)
        end = site.repeat(site.statement(1, 310.0))
        eventually("the engine is not ready", lambda: not engine.ready())
        servers.start(server)
    else:
        servers.kill(server)
        servers.start(server)
        end = site.tell(site.statement(1, 310.0))
    eventually("the engine has judged it", lambda: site.judged_to(end), 90)
    assert site.log() == ["opened", "extended"]


def test_operators_list_and_show_alerts(stack: CoreSettings, engine: Process) -> None:
    del engine
    site = Site(stack, "shown")
    end = site.tell(site.statement(0, 300.0), site.statement(1, 260.0))
    eventually("the engine has judged it", lambda: site.judged_to(end))

    def lantian(*words: str) -> str:
        command = [sys.executable, "-m", "deploy.cli", "alerts", *words]
        environment = {**os.environ, "LANTIAN_STATE_DIR": str(stack.state_dir)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    [listed] = json.loads(lantian("list", "--city", site.city, "--rule", RULE, "--json"))
    assert (listed["rule_id"], listed["station_id"], listed["opened_at"]) == (
        "dust-stop-work",
        site.station,
        "2026-03-02T01:00:00+00:00",
    )
    text = lantian("list", "--city", site.city, "--rule", RULE, "--state", "open")
    assert text.startswith(f"#{listed['alert_id']} 紧急 未解除 2026-03-02 09:00 {site.city} 扬尘停工")
    assert "依据 Basis: 晋政办发〔2019〕39号" in text
    shown = lantian("show", str(listed["alert_id"]))
    assert "2026-03-02 08:00–09:00  300 µg/m³  有效 valid 60/60" in shown
    assert "处置 To do:" in shown
    assert len(json.loads(lantian("show", str(listed["alert_id"]), "--json"))["values"]) == 2
