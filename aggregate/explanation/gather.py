"""What an account needs from the database, as of one moment, by the read-only role. SQL and nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from psycopg2.extensions import connection

from aggregate.cities import Excluded, excluded
from aggregate.explanation.evidence import DustPeriod, Evidence, Member
from aggregate.explanation.names import daily_factors, indicators, is_index, measured, taken_together
from aggregate.explanation.question import Question, window_text
from aggregate.readings.store import Review, closed_among, read_review, rows_between
from aggregate.sanddust.periods import Period, SandDust
from aggregate.statistic import PERIODS, Content, Key, Statistic, Tier, Window, holding, station_object
from aggregate.statistic_store import read_keys, read_spans
from aggregate.store import Layouts
from core.clock import HOUR, day_start
from core.errors import InputError
from ingest.kinds import Kind
from ingest.registry import Registry
from ingest.station import Station
from standards.editions import Editions


def gather(database: connection, asked: Question, editions: Editions) -> Evidence:
    """All that is known of a figure; raises `InputError` for an unknown station or city, or if there is no figure.

    In a transaction of the caller's that shows one moment (`aggregate.ledger.books.begin`).
    """
    registry = Registry.load(database)
    if asked.of_city:
        _refuse_unknown_city(registry, asked.name)
        members = tuple(
            Member(station, excluded(station, editions.at(asked.start)))
            for station in sorted(registry.city_stations(asked.name, asked.start), key=lambda of: of.station)
        )
        station, city, stations = None, asked.name, [m.station.station for m in members if m.excluded is None]
    else:
        station = registry.at(asked.name, asked.start) or registry.history(asked.name)[-1]
        members, city, stations = (), station.city, [asked.name]
    layouts = Layouts()
    with database.cursor() as cursor:
        rows = read_keys(cursor, layouts, [asked.key, *_below(asked, members)])
        if asked.window in PERIODS:
            rows |= read_spans(cursor, layouts, Window.DAY, {asked.object: (asked.start, asked.key.end)})
        row = _row(cursor, asked, rows)
        of_air = station is None or station.kind == Kind.AIR
        dust = _dust(cursor, city, asked.start, asked.key.end) if of_air else ()
        return Evidence(
            question=asked,
            row=row,
            station=station,
            rows=rows,
            readings=_readings(database, asked, station),
            members=members,
            dusty=asked.of_readings and _in_force(dust).touches(city, asked.start, asked.key.end),
            dust=dust,
            revisions=_revisions(cursor, layouts, asked.key),
            reviews=_reviews(cursor, asked, stations, _said_of(asked, editions)),
            closed=_closed(cursor, asked),
        )


def _refuse_unknown_city(registry: Registry, city: str) -> None:
    known = {version.city for name in registry.names() for version in registry.history(name)}
    if city not in known:
        raise InputError("unknown", "is no city of the registry", field="STATION", value=f"city:{city}",
                         hint="see `lantian stations list`")  # fmt: skip


def _below(asked: Question, members: Sequence[Member]) -> list[Key]:
    """The windows that the asked one is made of, but for days."""
    if asked.window in PERIODS or is_index(asked.factor) or asked.of_readings:
        return []
    if asked.of_city:
        names = (m.station.station for m in members if m.excluded is not Excluded.KIND)
        return [Key(station_object(name), asked.window, asked.start) for name in names]
    return [Key(asked.object, Window.HOUR, start) for start in range(asked.start, asked.key.end, HOUR)]


def _row(cursor: Any, asked: Question, rows: dict[Key, Statistic]) -> Statistic:
    row = holding(asked.key, rows.get)
    if row is None:
        raise InputError("no_figure", f"{asked.object} has no such window: {_windows_near(cursor, asked)}",
                         field="WINDOW", value=window_text(asked.window, asked.start))  # fmt: skip
    if asked.factor not in row.content.factors:
        there = ", ".join(row.content.factors)
        raise InputError("no_figure", f"{asked.object} has no such factor in this window", field="FACTOR",
                         value=asked.factor, hint=f"it has {there}")  # fmt: skip
    return row


def _windows_near(cursor: Any, asked: Question) -> str:
    """The nearest windows of the same kind before and after, or of which kinds there are any."""
    found = []
    for where, order in (("<", "desc"), (">", "asc")):
        cursor.execute(
            "select extract(epoch from start)::bigint from statistic where object = %s and time_window = %s"
            f" and start {where} to_timestamp(%s) order by start {order} limit 1",
            (asked.object, asked.window, asked.start),
        )
        found += [window_text(asked.window, start) for (start,) in cursor.fetchall()]
    if found:
        return f"the nearest are {' and '.join(found)}" if len(found) > 1 else f"the nearest is {found[0]}"
    cursor.execute("select distinct time_window from statistic where object = %s order by 1", (asked.object,))
    kinds = [kind for (kind,) in cursor.fetchall()]
    return f"there are only windows of {', '.join(kinds)}" if kinds else "nothing has been computed of it yet"


def _readings(database: connection, asked: Question, station: Station | None) -> tuple[Any, ...]:
    if station is None or not asked.of_readings:
        return ()
    span = (asked.start, asked.key.end)
    return tuple(rows_between(database, station.station_id, *span, taken_together(asked.factor), reviewable=True))


def _dust(cursor: Any, city: str, start: int, end: int) -> tuple[DustPeriod, ...]:
    cursor.execute(
        'select period_id, city, extract(epoch from start)::bigint, extract(epoch from "end")::bigint, basis,'
        " imported_by, extract(epoch from imported_at)::bigint, withdrawn_by, extract(epoch from withdrawn_at)::bigint"
        ' from sanddust_period where city = %s and start < to_timestamp(%s) and "end" > to_timestamp(%s)'
        " order by start, period_id",
        (city, end, start),
    )
    return tuple(DustPeriod(*row) for row in cursor.fetchall())


def _in_force(dust: Sequence[DustPeriod]) -> SandDust:
    return SandDust(Period(each.city, each.start, each.end) for each in dust if each.withdrawn_at is None)


def _revisions(cursor: Any, layouts: Layouts, key: Key) -> tuple[Statistic, ...]:
    """What the window's rows said before, of every variant, oldest first."""
    cursor.execute(
        'select tier, sanddust, layout, states, "values", n_valid, n_expected, reasons, edition, version, revision,'
        " extract(epoch from changed_at)::bigint from statistic_revision where object = %s and time_window = %s"
        " and start = to_timestamp(%s) order by changed_at, version, tier, sanddust",
        (key.object, key.window, key.start),
    )
    found = []
    for tier, sanddust, layout, states, values, n_valid, n_expected, reasons, edition, *counted in cursor.fetchall():
        known = tuple(None if math.isnan(value) else value for value in values)
        content = Content(
            layouts.names(cursor, layout), known, tuple(n_valid), tuple(n_expected), tuple(reasons), edition
        )
        version, revision, changed_at = counted
        of = Key(key.object, key.window, key.start, Tier(tier), sanddust)
        found.append(Statistic(of, content, states, (), version, revision, None, changed_at))
    return tuple(found)


def _said_of(asked: Question, editions: Editions) -> list[str]:
    """The factors whose readings the figure is made of."""
    if asked.window in PERIODS:
        names = daily_factors(asked.factor)
    elif is_index(asked.factor):
        names = indicators(asked.factor, asked.window, editions.at(asked.start))
    else:
        names = taken_together(asked.factor)
    return sorted(set(map(measured, names)))


def _reviews(cursor: Any, asked: Question, stations: Sequence[str], factors: Sequence[str]) -> tuple[Review, ...]:
    """What persons said of readings in the window, of a city those of the stations that count."""
    cursor.execute(
        "select review_id from reading_review where station = any(%s) and factors && %s"
        " and begins < to_timestamp(%s) and ends > to_timestamp(%s) order by review_id",
        (list(stations), list(factors), asked.key.end, asked.start),
    )
    return tuple(read_review(cursor, number) for (number,) in cursor.fetchall())


def _closed(cursor: Any, asked: Question) -> tuple[int, ...]:
    """The closed days of a station in a window of hours."""
    if asked.of_city or asked.window in PERIODS:
        return ()
    days = {day_start(asked.start), day_start(asked.key.end - 1)}
    return tuple(sorted(closed_among(cursor, asked.name, days)))
