"""Every query of every dashboard finds rows after a day that a small town lived through, shaped as its panel needs."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from grafana_panels import (
    Columns,
    Range,
    Target,
    asked,
    asked_of_prometheus,
    boards,
    choices,
    opened_at,
    run,
    targets,
)
from grafana_stage import AIR, CITY, SCRAPE_S, SITE, Town, town_after_a_day

from core.postgres import connect

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

NUMBERS = (int, float)
ENDLESS = {1, 9999}
"""Years of what PostgreSQL's infinity is here; Grafana's driver fails at it."""
SQL = [target for target in targets() if target.sql]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_after_a_day(tmp_path_factory.mktemp("grafana")) as town:
        yield town


@pytest.fixture
def viewer(town: Town) -> Iterator[Any]:
    """A cursor of the role that Grafana has, in a session as Grafana's: the server's settings, whatever they be."""
    with closing(connect(town.pipeline.core, "viewer", application="test")) as database, database.cursor() as cursor:
        cursor.execute('set search_path to "$user", public; set timezone to "America/New_York"')
        yield cursor


def span_of(town: Town, board: str) -> Range:
    return opened_at(boards()[board], town.now)


def found_by(target: Target, town: Town, viewer: Any) -> Columns:
    span = span_of(town, target.board)
    assert target.sql is not None
    return run(viewer, asked(target.sql, choices(viewer, boards()[target.board], span), span))


@pytest.mark.parametrize("target", SQL, ids=lambda target: target.name)
def test_a_panels_query_finds_rows_shaped_for_it(target: Target, town: Town, viewer: Any) -> None:
    found = found_by(target, town, viewer)
    assert found.rows
    assert len(set(found.names)) == len(found.names)
    assert not ENDLESS.intersection(at.year for row in found.rows for at in row if isinstance(at, datetime))
    first = {
        name: next((row[at] for row in found.rows if row[at] is not None), None) for at, name in enumerate(found.names)
    }
    if target.series:
        assert found.names[0] == "time"
        assert isinstance(first.pop("time"), datetime)
        times = [row[0] for row in found.rows]
        assert times == sorted(times), "Grafana makes lines of rows in order of time only"
        texts = [name for name, value in first.items() if isinstance(value, str)]
        assert texts in ([], ["metric"])
        assert all(isinstance(first[name], (*NUMBERS, type(None))) or name == "metric" for name in first)
    elif target.kind == "stat":
        assert len(found.rows) == 1
        assert len(found.names) == 1
        assert not isinstance(found.rows[0][0], datetime), "a time would be shown as a number"
    elif target.kind == "barchart":
        (named, *counted) = first.values()
        assert isinstance(named, str)
        assert all(isinstance(value, NUMBERS) for value in counted)
    elif target.kind == "geomap":
        assert {"longitude", "latitude"} <= {name for name, value in first.items() if isinstance(value, float)}
    else:
        assert target.kind == "table"


WITHOUT_A_VALUE = {"ranking/Composite index/A"}
"""Two days make no month: HJ 663 has no index of it."""
LINES = [target for target in SQL if target.series and target.name not in WITHOUT_A_VALUE]


@pytest.mark.parametrize("target", LINES, ids=lambda target: target.name)
def test_lines_have_values(target: Target, town: Town, viewer: Any) -> None:
    found = found_by(target, town, viewer)
    places = [at for at, name in enumerate(found.names) if name not in {"time", "metric"}]
    assert all(any(row[at] is not None for row in found.rows) for at in places)


@pytest.mark.parametrize("target", [one for one in SQL if "unit" in (one.sql or "")], ids=lambda target: target.name)
def test_units_and_pollutants_are_written_as_people_do(target: Target, town: Town, viewer: Any) -> None:
    texts = {text for row in found_by(target, town, viewer).rows for text in row if isinstance(text, str)}
    assert not {text for text in texts if "ug/" in text or "/m3" in text or text.endswith(" 1")}
    assert not texts & {"pm25", "1"}


@pytest.mark.parametrize("target", [one for one in targets() if one.promql], ids=lambda target: target.name)
def test_a_panels_promql_finds_values_of_the_processes(target: Target, town: Town) -> None:
    assert target.promql is not None
    until = time.time()
    asked_for = asked_of_prometheus(target.promql, rate=f"{10 * SCRAPE_S:.0f}s")
    query = {"query": asked_for, "start": until - 900, "end": until, "step": SCRAPE_S}
    port = town.pipeline.stack.ports.prometheus
    with urlopen(f"http://127.0.0.1:{port}/api/v1/query_range?{urlencode(query)}", timeout=10) as answer:
        found = json.loads(answer.read())["data"]["result"]
    assert any(math.isfinite(float(value)) for series in found for _, value in series["values"])


@pytest.mark.parametrize("board", [board for board in boards() if boards()[board]["templating"].get("list")])
def test_the_choices_at_the_top_of_a_dashboard_have_values(board: str, town: Town, viewer: Any) -> None:
    chosen = choices(viewer, boards()[board], span_of(town, board))
    assert all(chosen.values()), chosen
    assert "" not in chosen.values()
    assert [""] not in chosen.values()


def test_a_dashboard_opens_with_the_city_and_the_station_that_the_day_is_about(town: Town, viewer: Any) -> None:
    span = span_of(town, "lantian-station")
    assert choices(viewer, boards()["lantian-station"], span)["station_id"] == AIR
    assert choices(viewer, boards()["lantian-dust-sites"], span) == {"city": CITY, "station_id": SITE}


def test_the_viewer_can_read_nothing_but_what_dashboards_read(viewer: Any) -> None:
    with pytest.raises(Exception, match="permission denied"):
        run(viewer, "select * from lantian.alert")
