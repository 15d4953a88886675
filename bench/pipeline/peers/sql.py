"""The hour by SQL alone: `time_bucket` over the reports as Lantian has stored them."""

from __future__ import annotations

import math
import time
from contextlib import closing
from statistics import median
from typing import Any, NamedTuple

from bench.pipeline.field import name_of
from bench.pipeline.ground import START, Ground
from bench.pipeline.verify import hour_means

LACKS = "makes all of an hour anew at each question; no validity, no flags but N, no revisions, no editions, no alerts"
ROUNDS = 3
_HOUR = """
select s.station, l.factors[place], public.time_bucket('1 hour', r.time) as hour, avg(value), count(*)
from lantian.report r join lantian.layout l on l.layout_id = r.layout join lantian.station s using (station_id)
    cross join unnest(r."values") with ordinality as v(value, place)
where r.time >= to_timestamp(%(start)s) and r.time < to_timestamp(%(start)s + 3600)
    and r.flags is null and r.mask is null
group by 1, 2, 3
"""
TOLERANCE = 1e-9
"""PostgreSQL's `avg` adds in another order."""


class Sql(NamedTuple):
    """What the question costs and whether it says the same."""

    readings_per_s: float
    seconds: float
    """The median of the rounds."""
    different: int
    """Means that are missing or differ by more than the tolerance from a plain sum over what was sent."""


def run(ground: Ground) -> Sql:
    """The first hour's means of all its stations."""
    task = ground.task
    took = []
    with closing(ground.superuser()) as database, database.cursor() as cursor:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            cursor.execute(_HOUR, {"start": START})
            rows = cursor.fetchall()
            took.append(time.perf_counter() - began)
    found = {(station, factor): (mean, count) for station, factor, _, mean, count in rows}
    seconds = median(took)
    return Sql(task.reports * task.factors / seconds, seconds, differences(ground, found, task.stations))


def differences(ground: Ground, found: dict[tuple[str, str], tuple[Any, int]], stations: int) -> int:
    """How many of the first hour's means of the first `stations` are not in `found`, (mean, count) of each."""
    task, source = ground.task, ground.source
    expected = hour_means(source, stations, 0, task.slots)
    different = 0
    for number in range(stations):
        for column, factor in enumerate(source.factors):
            mean, count = found.get((name_of(number), factor), (math.nan, 0))
            same = count == task.slots and math.isclose(mean, expected[number, column], rel_tol=TOLERANCE)
            different += not same
    return different
