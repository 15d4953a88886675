"""A city's outlook from the database: the days that are over, and one issue of the forecast.

Days are the city's statistics, persons' corrections among them; one that still waits for stations is not known.
Forecasts are reports of the city's stations of the kind `forecast`, a row a day that an issue speaks of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from aggregate.sanddust.periods import Period, SandDust
from aggregate.statistic import (
    AQI,
    IAQI_PREFIX,
    O3,
    O3_8H_MAX,
    Statistic,
    Tier,
    Variant,
    Window,
    city_object,
    daily_name,
    holding,
)
from aggregate.statistic_store import read_spans
from aggregate.store import Layouts
from alerts.warnings.course import Outlook
from alerts.warnings.days import Day, Origin
from alerts.warnings.past import BEHIND
from core.clock import DAY, date_of, day_start, midnight

HORIZON_S = 31 * DAY
"""No forecast speaks of days beyond; it bounds what is read."""
PRIMARY_ABOVE = 50.0
"""HJ 633: a primary pollutant is named where the AQI is above 50."""
HIGH = 100.0
"""No condition of a warning or of the lower tier counts a day up to this."""
_REVIEWED = Variant(Tier.REVIEWED, sanddust=True)
_TOKENS = {"a34004": "pm25", "a34002": "pm10", "a21026": "so2", "a21004": "no2", "a21005": "co", O3: "o3"}

_NEWS = """
with told as (
    select k.city, max(r.issued) as issued, count(r.issued) as rows
    from unnest(%(cities)s::text[], %(stations)s::int[]) as k (city, station_id)
    left join lateral (
        select issued from report where station_id = k.station_id and period = %(day)s
        and time >= to_timestamp(%(today)s) and time < to_timestamp(%(until)s)
        and issued > '-infinity' and issued <= to_timestamp(%(now)s) offset 0
    ) r on true
    group by k.city
)
select city, issued, rows,
    (select sum(version) from statistic where object = 'city:' || city and time_window = 'day'
        and start >= to_timestamp(%(since)s) and start < to_timestamp(%(today)s)),
    (select count(*) + count(withdrawn_at) from sanddust_period p
        where p.city = told.city and p."end" > to_timestamp(%(since)s)),
    (select version from warning_state w where w.city = told.city)
from told
"""
_FORECAST = """
select k.city, k.station_id, extract(epoch from r.time)::bigint, r.layout, r."values", r.flags, r.mask
from unnest(%(cities)s::text[], %(stations)s::int[], %(issued)s::timestamptz[]) as k (city, station_id, issued)
cross join lateral (
    select * from report where station_id = k.station_id and period = %(day)s and issued = k.issued
    and time >= to_timestamp(%(since)s) and time < to_timestamp(%(until)s) offset 0
) r
order by k.station_id, r.time
"""
_DUST = """
select city, extract(epoch from start)::bigint, extract(epoch from "end")::bigint from sanddust_period
where withdrawn_at is null and city = any(%s) and "end" > to_timestamp(%s)
"""


class News(NamedTuple):
    """What tells whether an outlook may have changed; `issued` is the latest issue of the forecast, None for none."""

    today: int
    issued: datetime | None
    rows: int
    versions: int
    periods: int
    state: int | None
    """The version of how the city's warning stands: a person's word is new as well. None where nothing is kept."""


class Known(NamedTuple):
    """What the database says of a city, as it stands there."""

    days: Sequence[Statistic]
    forecast: Mapping[int, Mapping[str, float]]
    """By the first second of a day: what is forecast, by factor."""
    dust: SandDust


def news(cursor: Any, forecasters: Mapping[str, Collection[int]], now: float) -> dict[str, News]:
    """What is new of each city, by one query; `forecasters` are the numbers of its forecast's stations.

    A later issue, a row more of the same, a day made anew, a sand-dust period that came or went, a
    person's word: each makes it another.
    """
    today = day_start(int(now))
    pairs = [(city, station) for city, stations in forecasters.items() for station in stations]
    cursor.execute(
        _NEWS,
        {"cities": [city for city, _ in pairs], "stations": [station for _, station in pairs], "day": DAY,
         "today": today, "until": today + HORIZON_S, "since": today - int(BEHIND.total_seconds()), "now": now},
    )  # fmt: skip
    return {
        city: News(today, issued, rows, int(versions or 0), periods, state)
        for city, issued, rows, versions, periods, state in cursor.fetchall()
    }


def read(
    cursor: Any,
    layouts: Layouts,
    issues: Mapping[str, datetime],
    forecasters: Mapping[str, Collection[int]],
    now: float,
) -> dict[str, Known]:
    """What is known of the cities of `issues`, each by that issue of its forecast."""
    today = day_start(int(now))
    since = today - int(BEHIND.total_seconds())
    rows = read_spans(cursor, layouts, Window.DAY, {city_object(city): (since, today) for city in issues})
    forecasts = _forecasts(cursor, layouts, issues, forecasters, since)
    cursor.execute(_DUST, (list(issues), since))
    dust = SandDust(Period(*row) for row in cursor.fetchall())
    days: defaultdict[str, list[Statistic]] = defaultdict(list)
    for key in {key.base for key in rows}:
        if (row := holding(key.of(_REVIEWED), rows.get)) is not None:
            days[key.object].append(row)
    return {city: Known(days[city_object(city)], forecasts[city], dust) for city in issues}


def _forecasts(
    cursor: Any,
    layouts: Layouts,
    issues: Mapping[str, datetime],
    forecasters: Mapping[str, Collection[int]],
    since: int,
) -> defaultdict[str, dict[int, dict[str, float]]]:
    pairs = [(city, station, issue) for city, issue in issues.items() for station in forecasters[city]]
    cities, stations, issued = zip(*pairs, strict=True) if pairs else ((), (), ())
    cursor.execute(
        _FORECAST,
        {"cities": list(cities), "stations": list(stations), "issued": list(issued), "day": DAY,
         "since": since, "until": since + 2 * HORIZON_S},
    )  # fmt: skip
    found: defaultdict[str, dict[int, dict[str, float]]] = defaultdict(dict)
    speaks: dict[str, int] = {}
    for city, station, time, layout, values, flags, mask in cursor.fetchall():
        # of several that are issued at the same moment the first registered counts
        if speaks.setdefault(city, station) == station:
            found[city].setdefault(time, {}).update(_current(layouts.names(cursor, layout), values, flags, mask))
    return found


def _current(names: Iterable[str], values: Sequence[float], flags: str | None, mask: str | None) -> dict[str, float]:
    """What counts of a report: values that no later report superseded, of a sound instrument."""
    return {
        name: value
        for place, (name, value) in enumerate(zip(names, values, strict=True))
        if (not mask or mask[place] == "C") and (not flags or flags[place] == "N") and value == value  # noqa: PLR0124 (NaN)
    }


def outlook_of(city: str, known: Known, issued: datetime) -> Outlook:
    """The outlook that this comes to; raises `ValueError` for what is no AQI."""
    observed = [_day(city, row.key.start, _told(row), Origin.OBSERVED, known.dust) for row in known.days]
    expected = [
        _day(city, start, _with_indices(values, date_of(start)), Origin.FORECAST, known.dust)
        for start, values in known.forecast.items()
    ]
    return Outlook(tuple(observed), tuple(expected), issued.astimezone(UTC))


def _told(row: Statistic) -> dict[str, float]:
    """The valid values of a day's AQI and IAQI that wait for nothing more."""
    names = [name for name in row.content.factors if name == AQI or name.startswith(IAQI_PREFIX)]
    return {name: value for name in names if (value := row[name]) is not None}


def _day(city: str, start: int, values: Mapping[str, float], origin: Origin, dust: SandDust) -> Day:
    aqi = values.get(AQI)
    day = date_of(start)
    touched = dust.touches(city, midnight(day), midnight(day) + DAY)
    return Day(day, aqi, origin, _primary(values, aqi), touched)


def _primary(values: Mapping[str, float], aqi: float | None) -> frozenset[str]:
    """HJ 633: all pollutants whose IAQI is the AQI, where that is above 50."""
    if aqi is None or aqi <= PRIMARY_ABOVE:
        return frozenset()
    factors = {name.removeprefix(IAQI_PREFIX).partition("_")[0]: value for name, value in values.items()
               if name.startswith(IAQI_PREFIX) and value == aqi}  # fmt: skip
    return frozenset(_TOKENS[factor] for factor in factors if factor in _TOKENS)


def _with_indices(values: Mapping[str, float], day: date) -> Mapping[str, float]:
    """A forecast day with the IAQI of its primary pollutants, by its concentrations, where it tells none.

    The AQI that was told counts: it may be the middle of a range, and no pollutant's own.
    """
    aqi = values.get(AQI)
    if aqi is None or aqi <= HIGH or any(name.startswith(IAQI_PREFIX) for name in values):
        return values
    indices = _indices(values, day)
    if not indices:
        return values
    largest = max(indices.values())
    return {**values, **{name: aqi for name, value in indices.items() if value == largest}}


def _indices(values: Mapping[str, float], day: date) -> dict[str, float]:
    import numpy as np  # noqa: PLC0415 (slow to import, with what it compiles; only a high forecast needs it)

    from standards.aqi import aqi  # noqa: PLC0415
    from standards.editions import edition_at  # noqa: PLC0415

    edition = edition_at(day)
    names = [daily_name(*column) for column in edition.daily_columns]
    # of ozone a forecast tells the day's greatest 8-hour mean
    told = {**values, **({O3_8H_MAX: values[O3]} if O3 in values and O3_8H_MAX not in values else {})}
    found = aqi(np.array([[told.get(name, np.nan) for name in names]]), edition.daily).iaqi[0].tolist()
    return {IAQI_PREFIX + name: value for name, value in zip(names, found, strict=True) if not np.isnan(value)}
