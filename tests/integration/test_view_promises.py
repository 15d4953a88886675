"""What holds of all views: who reads them, what they are called, what is said of them, and the functions they use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregate.statistic import Reason, State
from core.postgres import connect
from core.settings import CoreSettings
from deploy import views_page
from standards.aqi import aqi
from standards.editions import load_editions

pytestmark = pytest.mark.stack

_VALUES = "start, end, station_id, factor, value, n_valid, n_expected, valid, reason, edition, state, tier, sanddust"
PROMISED = {
    "v_readings": "time, period, station_id, factor, value, unit, flag, origin",
    "v_hourly": _VALUES,
    "v_daily": _VALUES,
    "v_hourly_raw": _VALUES,
    "v_daily_raw": _VALUES,
    "v_alerts": "alert_id, rule_id, station_id, city, severity, state, opened_at, cleared_at, closed_at, value,"
    " threshold, unit, origin, legal_basis",
}
"""Columns that dashboards were promised, in their order."""


@pytest.fixture
def viewer(stack: CoreSettings) -> Iterator[Any]:
    """The role of dashboards; each statement its own transaction."""
    with closing(connect(stack, "viewer", application="test")) as database:
        database.autocommit = True
        yield database.cursor()


def relations(cursor: Any, kinds: str) -> list[str]:
    cursor.execute(
        "select relname from pg_class where relnamespace = 'lantian'::regnamespace and relkind = any(%s) order by 1",
        (list(kinds),),
    )
    return [name for (name,) in cursor.fetchall()]


def test_the_dashboards_role_reads_every_view_and_no_table(viewer: Any) -> None:
    public = [name for name in relations(viewer, "v") if name.startswith("v_")]
    assert len(public) > 40
    for name in public:
        viewer.execute(f"select * from {name} limit 0")
    for name in (*relations(viewer, "rp"), *(name for name in relations(viewer, "v") if name not in public)):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            viewer.execute(f"select * from {name} limit 0")


def test_the_dashboards_role_changes_nothing(viewer: Any) -> None:
    viewer.execute("set default_transaction_read_only = off")
    for statement in (
        "update v_alerts set value = 0",
        "create table lantian.mine (n integer)",
        "create temporary table mine (n integer)",
        "call lantian.comment_columns('v_alerts', 'value', 'mine')",
        "select lantian.append_alert_log('[]')",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            viewer.execute(statement)


def test_the_dashboards_role_is_not_kept_waiting_for_ever(viewer: Any) -> None:
    viewer.execute("show statement_timeout")
    assert viewer.fetchone() == ("1min",)


@pytest.mark.parametrize("view", PROMISED)
def test_promised_columns_stand_first_and_in_order(viewer: Any, view: str) -> None:
    viewer.execute(f"select * from {view} limit 0")
    names = [column.name for column in viewer.description]
    promised = PROMISED[view].split(", ")
    assert names[: len(promised)] == promised


def test_every_view_and_every_column_says_what_it_is(viewer: Any) -> None:
    columns = views_page.read_columns(viewer)
    assert len(columns) > 500
    assert [f"{one.view}.{one.name}" for one in columns if not one.says] == []
    assert sorted({one.view for one in columns if not one.view_says}) == []


def test_the_page_of_the_views_is_made_of_what_they_say(viewer: Any) -> None:
    assert views_page.FILE.read_text(encoding="utf-8") == views_page.rendered(views_page.read_columns(viewer))


def test_a_view_without_a_chapter_is_named() -> None:
    stranger = views_page.Column("v_new", "New.", "a", "text", "A")
    with pytest.raises(ValueError, match="v_new"):
        views_page.rendered([stranger])


def test_reasons_and_states_have_the_names_of_the_code(viewer: Any) -> None:
    viewer.execute("select n, reason_name(n::smallint) from generate_series(0, 12) n")
    names = {int(reason): reason.name for reason in Reason if reason is not Reason.VALID}
    assert dict(viewer.fetchall()) == {n: names.get(n) for n in range(13)}
    viewer.execute("select state_name(letter) from unnest(array['O', 'P', 'F']) letter")
    assert [name for (name,) in viewer.fetchall()] == [state.name.lower() for state in State]


def test_every_aqi_is_of_the_level_that_its_edition_says(viewer: Any) -> None:
    for edition in load_editions().all:
        viewer.execute(
            "select aqi, level from generate_series(0, 500) aqi join v_aqi_levels on aqi between aqi_from and aqi_to"
            " where edition = %s order by 1",
            (edition.id,),
        )
        levels = {value: edition.level(value) for value in range(501)}
        assert dict(viewer.fetchall()) == {value: level.number for value, level in levels.items() if level}


CONCENTRATIONS = st.lists(st.one_of(st.none(), st.integers(0, 400).map(float)), min_size=6, max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(CONCENTRATIONS)
def test_primary_pollutants_are_those_that_the_standard_names(viewer: Any, values: list[float | None]) -> None:
    table = load_editions().by_id("2012").hourly
    found = aqi(np.array([[np.nan if value is None else value for value in values]]), table)
    indices = [None if np.isnan(index) else float(index) for index in found.iaqi[0]]
    largest = None if np.isnan(found.aqi[0]) else float(found.aqi[0])
    viewer.execute("select primary_of(%s, %s, %s, %s, %s, %s, %s)", (largest, *indices))
    tokens = ("pm25", "pm10", "so2", "no2", "co", "o3")
    named = [token for bit, token in enumerate(tokens) if found.primary[0] >> bit & 1]
    assert viewer.fetchone() == (";".join(named) or None,)
