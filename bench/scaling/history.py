"""A database with history: what the worker itself has left of an hour, moved back in time as often as wanted."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from statistics import median
from typing import Any

from bench.pipeline.field import name_of
from bench.pipeline.ground import Ground
from core.clock import DAY, HOUR
from core.postgres import connect
from ingest.envelope import Source

ASKED = 15
"""Times that each question is put; the median is told."""

_REPORTS = """
insert into lantian.report (station_id, time, period, source, run, seq, layout, "values", origin, received)
select station_id, time - make_interval(secs => back * {hour}), {hour}, {replay}, 1, back, layout, "values", origin,
    received - make_interval(secs => back * {hour})
from generate_series(%(first)s, %(last)s) back cross join lantian.report
where time = to_timestamp(%(hour)s) and station_id in (select station_id from lantian.station where station < %(end)s)
"""
_STATISTICS = """
insert into lantian.statistic (object, time_window, start, tier, sanddust, maker, partition, layout, states, "values",
    n_valid, n_expected, reasons, live, edition, version, revision, due, changed_at)
select object, time_window, start - make_interval(secs => back * {hour}), tier, sanddust, maker, partition, layout,
    repeat('F', cardinality("values")), "values", n_valid, n_expected, reasons, live, edition, version, revision, null,
    changed_at - make_interval(secs => back * {hour})
from generate_series(%(first)s, %(last)s) back cross join lantian.statistic
where start = to_timestamp(%(hour)s) and time_window = 'hour' and object like 'station:%%' and object < %(object)s
"""
_QUESTIONS = {
    "a station's reports of an hour": (
        'select time, "values" from report where station_id = (select station_id from station where station = %(name)s)'
        " and time >= to_timestamp(%(hour)s) and time < to_timestamp(%(hour)s + 3600)"
    ),
    "a station's hours of a week": (
        "select start, \"values\" from statistic where object = %(object)s and time_window = 'hour'"
        " and start > to_timestamp(%(hour)s - 604800) and start <= to_timestamp(%(hour)s)"
    ),
    "the last hour of all stations": (
        "select object, \"values\" from statistic where time_window = 'hour' and start = to_timestamp(%(hour)s)"
    ),
    "the latest alerts": "select * from v_alerts order by opened_at desc limit 50",
}


def fill(ground: Ground, stations: int, first_day: int, end_day: int) -> None:
    """Days `first_day` … `end_day` - 1 before the first hour, hourly, final: a report and a statistic an hour.

    Of the first `stations`, as the worker left their first hour, which it must have made.
    """
    hour = ground.source.start
    values = {
        "first": first_day * DAY // HOUR + 1, "last": end_day * DAY // HOUR, "hour": hour,
        "end": name_of(stations), "object": f"station:{name_of(stations)}",
    }  # fmt: skip
    with closing(ground.superuser()) as server, server.cursor() as cursor:
        for statement in (_REPORTS, _STATISTICS):
            cursor.execute(statement.format(hour=HOUR, replay=int(Source.REPLAY)), values)
        cursor.execute("analyze lantian.report; analyze lantian.statistic; checkpoint")


def rows(ground: Ground) -> dict[str, int]:
    """Rows and bytes of what grows."""
    with closing(ground.superuser()) as server, server.cursor() as cursor:
        found = {}
        for table in ("report", "statistic"):
            cursor.execute(f"select count(*), public.hypertable_size('lantian.{table}') from lantian.{table}")
            found[f"{table}_rows"], found[f"{table}_bytes"] = map(int, cursor.fetchone())
        return found


def answers_ms(ground: Ground) -> dict[str, float]:
    """Milliseconds that what a page asks takes, each the median of some."""
    values = {"name": name_of(0), "object": f"station:{name_of(0)}", "hour": ground.source.start}
    with closing(connect(ground.settings, "reader", application="lantian bench")) as database:
        return {name: median(_timed(database, sql, values) for _ in range(ASKED)) for name, sql in _QUESTIONS.items()}


def _timed(database: Any, sql: str, values: dict[str, Any], now: Callable[[], float] = time.perf_counter) -> float:
    with database, database.cursor() as cursor:
        began = now()
        cursor.execute(sql, values)
        cursor.fetchall()
        return (now() - began) * 1000
