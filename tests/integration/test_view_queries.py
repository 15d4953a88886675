"""docs/queries.md: every example runs as written, as the role of dashboards, and finds what the database holds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from handling_stage import Ground as Handling
from handling_stage import clock
from reports import DAY, HOUR, MIDNIGHT, entry, report
from worker_stage import Ground, Log, Worker, worker

from aggregate.statistic import decode_statements
from aggregate.steps import city_step
from alerts.handling.machine import Action
from core.clock import parse_time
from core.kafka import STATISTICS, partition_of
from core.postgres import connect
from core.secrets import read_secret
from core.settings import CoreSettings
from ingest.kinds import KindSettings
from ingest.station_import import import_csv

pytestmark = pytest.mark.stack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "queries.md"
STATION = "140502051"
CITY = "问询市"
"""Of no other test: another's stations in it would leave its day short of stations."""
_BLOCK = re.compile(r"^```(\w+(?: grafana)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(language: str) -> list[str]:
    """The page's blocks in a language, in order."""
    return [text for named, text in _BLOCK.findall(PAGE.read_text(encoding="utf-8")) if named == language]


@pytest.fixture(scope="module")
def database(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> CoreSettings:
    """A station of Jincheng with a day of hours, the city's hours and day, and an alert that was acknowledged."""
    folder = tmp_path_factory.mktemp("queries")
    ground = Ground(stack, folder)
    ground.clear()
    file = folder / "stations.csv"
    head = "station,name_zh,kind,region,city,reporting_period,control_level,longitude,latitude"
    file.write_text(f"{head}\n{STATION},市环保局,air,140502,{CITY},PT1H,city,112.85,35.50\n", encoding="utf-8")
    with closing(connect(stack, "registry", application="test")) as registry:
        assert (
            import_csv(registry, file, effective=parse_time("2020-01-01T00:00:00Z", field="t"), user="test").failed == 0
        )
    with worker(stack, Log()) as stations, worker(stack, Log(), city_step(KindSettings.load())) as cities:
        for step in (stations, cities):
            step.gain(MIDNIGHT)
        stations.log.add(*(_hour(hour) for hour in range(24)))
        _work(ground, stations, cities)
    ground.rows("insert into heard_until values (0, to_timestamp(%s)) on conflict do nothing", MIDNIGHT + DAY)
    site = Handling(stack, "queries")
    site.hours(260.0)
    site.do(Action.ACKNOWLEDGE, "zhang", clock("09:10"))
    return stack


def _hour(hour: int) -> Any:
    values = {"PM10": 100.0 + hour, "PM2.5": 50.0, "SO2": 9.0, "NO2": 20.0, "CO": 0.7, "O3": 60.0}
    body = report(MIDNIGHT + hour * HOUR, hour + 1, values, name=STATION, period="PT1H")
    return entry(body, name=STATION, received=MIDNIGHT + (hour + 1) * HOUR)


def _work(ground: Ground, stations: Worker, cities: Worker) -> None:
    """Until the day is over, for stations and then for their cities."""
    late = MIDNIGHT + 2 * DAY
    stations.take(late)
    while stations.tick(late):
        pass
    for value in ground.told(STATISTICS):
        cities.log.add_bytes(partition_of(decode_statements(value).city), value)
    cities.take(late)
    while cities.tick(late):
        pass


@pytest.fixture
def environment(database: CoreSettings) -> dict[str, str]:
    """What `lantian env` exports, for the role of dashboards."""
    address = f"{database.postgres_host}:{database.postgres_port}/{database.postgres_database}"
    return {
        **os.environ,
        "PGHOST": database.postgres_host,
        "PGPORT": str(database.postgres_port),
        "PGDATABASE": database.postgres_database,
        "PGUSER": "lantian_viewer",
        "PGPASSWORD": read_secret(database.state_dir, "postgres-viewer"),
        "LANTIAN_DATABASE": f"postgresql://lantian_viewer@{address}",
    }


def run(environment: dict[str, str], *command: str) -> str:
    """What a program says."""
    assert shutil.which(command[0]), f"{command[0]} is not installed: run `make test-tools`"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def found(settings: CoreSettings, query: str) -> list[tuple[Any, ...]]:
    with closing(connect(settings, "viewer", application="test")) as reading, reading, reading.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@pytest.mark.parametrize("number", range(len(examples("sql"))))
def test_a_query_of_the_page_finds_rows(database: CoreSettings, number: int) -> None:
    assert found(database, examples("sql")[number])


def test_the_page_has_queries_for_every_program() -> None:
    counts = {language: len(examples(language)) for language in ("sql", "sql grafana", "python", "r", "xml")}
    assert counts == {"sql": 5, "sql grafana": 1, "python": 1, "r": 1, "xml": 1}


def test_grafanas_query_finds_the_stations_hours(database: CoreSettings) -> None:
    [query] = examples("sql grafana")
    query = query.replace("${station_id:sqlstring}", f"'{STATION}'")
    query = query.replace("$__timeFilter(start)", "start between '2026-03-10 00:00+08' and '2026-03-11 00:00+08'")
    assert "$" not in query
    assert [pm10 for _, pm10, _ in found(database, query)] == [100.0 + hour for hour in range(24)]


def test_pandas_reads_the_hours(environment: dict[str, str], tmp_path: Path) -> None:
    [program] = examples("python")
    file = tmp_path / "example.py"
    file.write_text(program + "\nprint(len(hours), days['mean'].iloc[0], hours['start'].iloc[0])\n", encoding="utf-8")
    assert run(environment, sys.executable, str(file)).split() == ["24", "111.5", "2026-03-10", "00:00:00+08:00"]


def test_r_reads_the_days(database: CoreSettings, environment: dict[str, str], tmp_path: Path) -> None:
    [program] = examples("r")
    file = tmp_path / "example.R"
    file.write_text(program, encoding="utf-8")
    [mean] = re.findall(rf"{CITY}\s+(\d+)", run(environment, "Rscript", str(file)))
    assert found(database, f"select aqi from v_city_daily where city = '{CITY}'") == [(int(mean),)]


def test_qgis_finds_the_stations_as_points(environment: dict[str, str], tmp_path: Path) -> None:
    [layer] = examples("xml")
    file = tmp_path / "stations.vrt"
    file.write_text(layer, encoding="utf-8")
    said = run(environment, "ogrinfo", "-ro", "-al", str(file))
    assert "POINT (112.85 35.5)" in said
    assert f"station_id (String) = {STATION}" in said
