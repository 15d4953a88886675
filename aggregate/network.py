"""How the network of stations stands, in gauges by kind: who is silent, whose clock runs ahead, how much data came.

Read from the database by one worker at a time (core.look), with queries that are bounded by the number of stations.
"""

from __future__ import annotations

import math
import time
from typing import Any

from aggregate.statistic import DEVICES, Window
from core.clock import DAY, Clock, day_start
from core.metrics import Family, Samples, Seen

STATIONS = Family("lantian_stations", "Stations in service that report by themselves", ("kind",))
UNHEARD = Family("lantian_stations_unheard", "Stations in service of which no live report has ever come", ("kind",))
SILENT = Family(
    "lantian_stations_silent", "Stations heard once and not for ten minutes, nor for three of their periods", ("kind",)
)
AHEAD = Family(
    "lantian_stations_clock_ahead",
    "Stations whose last report had not ended by its receipt, or of which one was refused as of the future this hour",
    ("kind",),
)
TRANSMISSION = Family(
    "lantian_transmission_ratio", "Valid hours of yesterday among those expected of all stations in service", ("kind",)
)
OUTBOX = Family("lantian_outbox_messages", "Messages that wait to be told to Kafka")
OUTBOX_AGE = Family("lantian_outbox_oldest_age_seconds", "Real seconds since the oldest of them was written")
DATABASE_AHEAD = Family("lantian_database_clock_ahead_seconds", "The database machine's clock less this one's")

SEEN = Seen(STATIONS, UNHEARD, SILENT, AHEAD, TRANSMISSION, OUTBOX, OUTBOX_AGE, DATABASE_AHEAD)

SILENT_S = 600
SILENT_PERIODS = 3
AHEAD_S = 60
TRANSMISSION_S = 600.0
"""Between two readings of yesterday's rates, in real seconds: a row a station, which late data alone still change."""

_IN_SERVICE = """
select station_id, kind, reporting_period from (
    select distinct on (station_id) station_id, kind, reporting_period, active from station_version
    where replaced_at is null and valid_from <= to_timestamp(%(now)s) order by station_id, valid_from desc
) as latest where active and reporting_period > 0
"""
_HEARD = f"""
select s.kind, count(*), count(*) filter (where h.received is null),
    count(*) filter (where h.received < u.until
        - make_interval(secs => greatest(%(silent)s, %(periods)s * s.reporting_period))),
    count(*) filter (where h.ended > h.received + make_interval(secs => %(ahead)s)
        or h.future_at > u.until - interval '1 hour')
from ({_IN_SERVICE}) as s left join heard h using (station_id) left join heard_until u using (partition) group by s.kind
"""
# Row by row by the key: the statistics have no index by time alone.
_TRANSMISSION = f"""
select s.kind, sum(coalesce(d.share, 0)) / count(*)
from ({_IN_SERVICE}) as s join station n using (station_id) left join lateral (
    select (select avg(valid::float8 / expected)
        from unnest(l.factors, t.n_valid, t.n_expected) as f(code, valid, expected)
        where expected > 0 and code <> 'AQI' and code not like 'IAQI%%' and code not like '%%\\_max') as share
    from statistic t join layout l on l.layout_id = t.layout
    where t.object = 'station:' || n.station and t.time_window = %(window)s and t.start = to_timestamp(%(day)s)
        and t.tier = %(tier)s and t.sanddust = %(sanddust)s limit 1
) as d on true
where exists (select from statistic t where t.object = 'station:' || n.station and t.time_window = %(window)s
    and t.start < to_timestamp(%(day)s))
group by s.kind
"""
_OUTBOX = """
select count(*), coalesce(extract(epoch from clock_timestamp() - min(written_at)), 0)::float8,
    extract(epoch from clock_timestamp())::float8
from outbox
"""


class Network:
    """What a look reads (core.look.Work). Of the day that is over nothing is read anew for ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rates: dict[tuple[str, ...], float] = {}
        self._rates_of = 0
        self._rates_at = -math.inf

    def __call__(self, cursor: Any) -> Samples:
        """The gauges as they stand."""
        now = self._clock.now()
        given = {"now": now, "silent": SILENT_S, "periods": SILENT_PERIODS, "ahead": AHEAD_S}
        cursor.execute(_HEARD, given)
        columns: tuple[dict[tuple[str, ...], float], ...] = ({}, {}, {}, {})
        for kind, *counts in cursor.fetchall():
            for column, count in zip(columns, counts, strict=True):
                column[kind,] = count
        cursor.execute(_OUTBOX)
        waiting, age, database = cursor.fetchone()
        read_at = time.time()
        return {
            **dict(zip((STATIONS, UNHEARD, SILENT, AHEAD), columns, strict=True)),
            TRANSMISSION: self._transmission(cursor, day_start(int(now)) - DAY),
            OUTBOX: {(): waiting},
            OUTBOX_AGE: {(): age},
            DATABASE_AHEAD: {(): database - read_at},
        }

    def _transmission(self, cursor: Any, day: int) -> dict[tuple[str, ...], float]:
        """数据传输有效率 by kind: of each station the mean over its factors; one without any data counts nought.

        From the day after its first one on: its first is never whole, and kinds without days have no rate.
        """
        if day != self._rates_of or time.monotonic() - self._rates_at >= TRANSMISSION_S:
            given = {"now": day, "day": day, "window": Window.DAY.value, "tier": DEVICES.tier.value}
            cursor.execute(_TRANSMISSION, given | {"sanddust": DEVICES.sanddust})
            self._rates = {(kind,): share for kind, share in cursor.fetchall()}
            self._rates_of, self._rates_at = day, time.monotonic()
        return self._rates
