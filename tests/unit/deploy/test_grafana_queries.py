"""How tests ask what a panel asks: variables and macros replaced as Grafana's PostgreSQL plugin does it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from grafana_panels import Range, asked, opened_at

SPAN = Range(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 12, 30, tzinfo=UTC))
FROM, TO = "'2026-03-01T00:00:00.000000Z'", "'2026-03-02T12:30:00.000000Z'"


def test_a_filter_of_time_is_between_the_ends_of_the_range() -> None:
    assert asked("where $__timeFilter(h.start)", {}, SPAN) == f"where h.start BETWEEN {FROM} AND {TO}"


def test_the_ends_of_the_range_are_texts() -> None:
    asked_for = asked("$__timeFrom() $__timeTo()::timestamptz", {}, SPAN)
    assert asked_for == f"{FROM} {TO}::timestamptz"


def test_a_value_is_quoted() -> None:
    assert asked("city = ${city:sqlstring}", {"city": "O'市"}, SPAN) == "city = 'O''市'"


def test_several_values_are_a_list_of_quoted_ones() -> None:
    assert asked("in (${factor:sqlstring})", {"factor": ["a", "b"]}, SPAN) == "in ('a','b')"


def test_a_macro_in_a_value_is_replaced_as_grafana_would() -> None:
    assert FROM in asked("city = ${city:sqlstring}", {"city": "$__timeFrom()"}, SPAN)


def test_a_macro_that_the_plugin_does_not_know_is_an_error() -> None:
    with pytest.raises(AssertionError, match="__timeFiltre"):
        asked("$__timeFiltre(start)", {}, SPAN)


def test_a_value_that_is_not_quoted_is_an_error() -> None:
    with pytest.raises(AssertionError, match="sqlstring"):
        asked("city = '$city'", {"city": "晋城市"}, SPAN)


@pytest.mark.parametrize(("since", "hours"), [("now-48h", 48), ("now-7d", 168), ("now-1y", 8760)])
def test_a_dashboard_opens_with_the_time_before_now(since: str, hours: int) -> None:
    span = opened_at({"time": {"from": since}}, SPAN.until)
    assert (span.until - span.since).total_seconds() == hours * 3600
