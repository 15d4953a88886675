"""A province's year in a database: 264 air stations in 11 cities, all windows of 2026, and readings by the hour.

As many stations as Shanxi has (60 of the state's, 204 of the counties: Bulletin 2017). Figures are drawn, for what is
looked at is how long an answer takes; rows, arrays and indexes are those that the worker writes.
"""

from __future__ import annotations

import random
from contextlib import closing

from core.postgres import connect
from core.settings import CoreSettings

STATIONS, CITIES = 264, 11
FIRST, END = "2026-01-01 00:00+08", "2027-01-01 00:00+08"

_SIX = ("a05024", "a21004", "a21005", "a21026", "a34002", "a34004")
_MET = ("a01001", "a01002", "a01006", "a01007", "a01008")
_DAILY = ("a05024_1h_max", "a05024_8h_max", *_SIX[1:])
_WINDOWS = {
    "hour": ("1 hour", (*_MET, *_SIX, *(f"IAQI_{factor}" for factor in _SIX), "AQI")),
    "8h": ("1 hour", ("a05024",)),
    "day": ("1 day", (*_DAILY, *(f"IAQI_{factor}" for factor in _DAILY), "AQI")),
    "month": ("1 month", ("a34004", "a34002", "a21026", "a21004", "composite_index", "days_valid", "days_attained")),
}
"""By kind of window: from one beginning to the next, and factors."""

_STATIONS = """
insert into station (station) select 'P' || lpad(n::text, 4, '0') from generate_series(1, %(stations)s) n;
insert into station_version (station_id, valid_from, active, name_zh, kind, region, city, control_point,
    reporting_period, acks, valid_ranges, limits, changed_by, longitude, latitude)
select s.station_id, '2010-01-01', true, '站' || s.station, 'air',
    '14' || lpad((n %% %(cities)s + 1)::text, 2, '0') || '02', '城' || n %% %(cities)s, false, 3600, 'station',
    '{}', '{}', 'test', 111 + random(), 35 + random()
from station s cross join lateral (select substr(s.station, 2)::integer as n) of where s.station like 'P%%';
insert into heard_until values (0, %(end)s);
insert into heard (station_id, partition, received, ended) select station_id, 0, %(end)s, %(end)s from station;
"""
_STATISTICS = """
insert into statistic (object, time_window, start, tier, sanddust, maker, partition, layout, states, "values", n_valid,
    n_expected, reasons, live, edition, version, revision, changed_at)
select o.object, %(window)s, local.start at time zone interval '8 hours', 'raw', true, 'worker', 0, l.layout_id,
    repeat('F', cardinality(l.factors)),
    array(select floor(20 + 180 * random() + 0 * length(o.object) + 0 * extract(day from local.start))
        from unnest(l.factors)),
    array_fill(24, array[cardinality(l.factors)]), array_fill(24, array[cardinality(l.factors)]),
    array_fill(0::smallint, array[cardinality(l.factors)]), array_fill(true, array[cardinality(l.factors)]), '2026', 1,
    0, %(end)s
from generate_series(%(first)s::timestamptz at time zone interval '8 hours',
        %(end)s::timestamptz at time zone interval '8 hours' - %(step)s::interval, %(step)s::interval) local (start)
cross join (
    select 'station:' || station as object from station
    union all select distinct 'city:' || city from station_version
) o
join layout l on l.factors = %(factors)s
"""
_REVIEWED = """
insert into statistic (object, time_window, start, tier, sanddust, maker, partition, layout, states, "values", n_valid,
    n_expected, reasons, live, edition, version, revision, changed_at)
select object, time_window, start, 'reviewed', sanddust, maker, partition, layout, states, "values", n_valid,
    n_expected, reasons, live, edition, version, revision, changed_at
from statistic where random() < 0.005
"""
_REPORTS = """
insert into report (station_id, time, period, source, run, seq, layout, "values", origin, received)
select s.station_id, h.time, 3600, 0, 0, extract(epoch from h.time)::bigint / 3600, l.layout_id,
    array(select floor(20 + 180 * random() + 0 * s.station_id) from unnest(l.factors)), 0, h.time + interval '1 hour'
from generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 hour', interval '1 hour') h (time)
cross join station s join layout l on l.factors = %(factors)s
"""


def fill(settings: CoreSettings) -> int:
    """Write it into an empty database; returns the rows of statistics."""
    of_all = {"stations": STATIONS, "cities": CITIES, "first": FIRST, "end": END, "seed": random.Random(9).random()}
    with closing(connect(settings, "owner", application="test")) as database, database, database.cursor() as cursor:
        cursor.execute("select setseed(%(seed)s)", of_all)
        cursor.execute(_STATIONS, of_all)
        for window, (step, names) in _WINDOWS.items():
            factors = sorted(names)
            cursor.execute("insert into layout (factors) values (%s)", (factors,))
            cursor.execute(_STATISTICS, {**of_all, "window": window, "step": step, "factors": factors})
        cursor.execute(_REVIEWED)
        factors = sorted((*_MET, *_SIX))
        cursor.execute("insert into layout (factors) values (%s)", (factors,))
        cursor.execute(_REPORTS, {**of_all, "factors": factors})
        cursor.execute("analyze station; analyze station_version; analyze statistic; analyze report; analyze layout")
        cursor.execute("select count(*) from statistic")
        return int(cursor.fetchone()[0])
