"""The engine's tables: alerts read and written. Every function works in the caller's transaction.

Fails as psycopg2 does; nothing is kept here between calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg2.extras import execute_values

from alerts.alert import Alert
from alerts.engine import Episode, Event
from alerts.watched import Judged, Verdict

Key = tuple[str, str]
"""A rule's id and the object it watches."""

Extent = tuple[int, int, bool]
"""Of an alert: the start of its first window, and of the latest that it has or that ended it (UTC seconds); whether it
lasts."""

_EXTENT = """
    extract(epoch from a.first_start)::bigint, extract(epoch from coalesce(a.ended_start, a.last_start))::bigint,
    a.ended_start is null
"""
_REACHES = """a.state <> 'withdrawn' and a.first_start <= to_timestamp(w.high)
    and coalesce(a.ended_start, 'infinity') >= to_timestamp(w.low)"""
_TOUCHING = f"""
select a.rule_id, a.object, {_EXTENT}
from unnest(%s::text[], %s::bigint[], %s::bigint[]) as w (object, low, high)
join alert a on a.object = w.object and {_REACHES}
"""
_EXTENTS = f"""
select a.rule_id, a.object, {_EXTENT}
from unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) as w (rule_id, object, low, high)
join alert a on a.rule_id = w.rule_id and a.object = w.object and {_REACHES}
"""
_ALERTS = """
select a.rule_id, a.object, a.number, a.alert_id, extract(epoch from a.ended_start)::bigint,
    extract(epoch from a.cleared_at)::bigint
from unnest(%s::text[], %s::text[], %s::float8[], %s::bigint[]) as w (rule_id, object, since, high)
join alert a on a.rule_id = w.rule_id and a.object = w.object and a.state <> 'withdrawn'
    and a.first_start >= to_timestamp(w.since) and a.first_start <= to_timestamp(w.high)
"""
_VALUES = """
select alert_id, lead, extract(epoch from start)::bigint, extract(epoch from "end")::bigint, version, value, own, other,
    n_valid, n_expected, edition, live, reach, keep, level
from alert_value where alert_id = any(%s) order by alert_id, start
"""
_LAST_NUMBERS = """
select w.rule_id, w.object, max(a.number)
from unnest(%s::text[], %s::text[]) as w (rule_id, object) join alert a using (rule_id, object)
group by w.rule_id, w.object
"""


def touching(cursor: Any, spans: Mapping[str, tuple[int, int]]) -> dict[str, dict[str, list[Extent]]]:
    """By object and rule the alerts that have a window or their end in the object's span (starts, both included)."""
    found: dict[str, dict[str, list[Extent]]] = {}
    if spans:
        lows, highs = zip(*spans.values(), strict=True)
        cursor.execute(_TOUCHING, (list(spans), list(lows), list(highs)))
        for rule_id, object_, *extent in cursor.fetchall():
            found.setdefault(object_, {}).setdefault(rule_id, []).append((*extent,))
    return found


def extents(cursor: Any, spans: Mapping[Key, tuple[int, int]]) -> dict[Key, list[Extent]]:
    """As `touching`, of one rule and object each."""
    found: defaultdict[Key, list[Extent]] = defaultdict(list)
    keys = list(spans)
    lows, highs = [low for low, _ in spans.values()], [high for _, high in spans.values()]
    cursor.execute(_EXTENTS, ([key[0] for key in keys], [key[1] for key in keys], lows, highs))
    for rule_id, object_, *extent in cursor.fetchall():
        found[rule_id, object_].append((*extent,))
    return found


def load_alerts(cursor: Any, wanted: Mapping[Key, tuple[float, int]]) -> dict[Key, tuple[dict[int, Episode], int]]:
    """The alerts that began in each span (starts, both included), by number; and the next number.

    Of the window that ended one, only its start and end are known.
    """
    rules, objects = [key[0] for key in wanted], [key[1] for key in wanted]
    since = [low for low, _ in wanted.values()]
    cursor.execute(_ALERTS, (rules, objects, since, [high for _, high in wanted.values()]))
    rows = cursor.fetchall()
    windows = _load_values(cursor, [row[3] for row in rows])
    alerts: defaultdict[Key, dict[int, Episode]] = defaultdict(dict)
    for rule_id, object_, number, alert_id, ended_start, ended_end in rows:
        ended = None if ended_start is None else _end(ended_start, ended_end)
        lead, own = windows[alert_id]
        alerts[rule_id, object_][number] = Episode(tuple(own), ended, tuple(lead))
    cursor.execute(_LAST_NUMBERS, (rules, objects))
    last = {(rule_id, object_): number for rule_id, object_, number in cursor.fetchall()}
    return {key: (alerts[key], last.get(key, 0) + 1) for key in wanted}


def _end(start: int, end: int) -> Judged:
    return Judged(start, end, 0, Verdict.CLEARS, None, None, None, 0, 0, "", live=False)


def _load_values(cursor: Any, alert_ids: Collection[int]) -> dict[int, tuple[list[Judged], list[Judged]]]:
    """By alert, the windows that lead to it and its own."""
    found: dict[int, tuple[list[Judged], list[Judged]]] = {alert_id: ([], []) for alert_id in alert_ids}
    if not found:
        return found
    cursor.execute(_VALUES, (list(found),))
    for alert_id, lead, start, end, version, *said, reach, keep, level in cursor.fetchall():
        verdict = Verdict.EXCEEDS if reach else Verdict.HOLDS if keep else Verdict.CLEARS
        value, own, other, n_valid, n_expected, edition, live = said
        window = Judged(
            start, end, version, verdict, value, own, other, n_valid, n_expected, edition, live, reach, keep, level
        )
        found[alert_id][0 if lead else 1].append(window)
    return found


def alert_id_of(cursor: Any, key: Key, number: int) -> int:
    """The id of the alert that goes by `number` under its rule and object."""
    cursor.execute("select alert_id from alert where rule_id = %s and object = %s and number = %s", (*key, number))
    return int(cursor.fetchone()[0])


def save_alert(cursor: Any, event: Event, alert: Alert) -> tuple[int, int, datetime | None]:
    """Store the alert as it stands after `event`, and its values; returns its id, its version, and when it was closed.

    What a person closed stays closed, whatever data does afterwards.
    """
    columns = msgspec.structs.asdict(alert)
    if event.before is None:
        cursor.execute(
            f"insert into alert (version, {', '.join(columns)}) values (1, {', '.join(['%s'] * len(columns))})"
            " returning alert_id, version, closed_at",
            list(columns.values()),
        )
    else:
        cursor.execute(
            f"update alert set version = version + 1, {', '.join(map(_change, columns))}"
            " where rule_id = %s and object = %s and number = %s returning alert_id, version, closed_at",
            [*columns.values(), alert.rule_id, alert.object, alert.number],
        )
    alert_id, version, closed_at = cursor.fetchone()
    if event.after is not None:
        _save_values(cursor, alert_id, event.before, event.after)
    return alert_id, version, closed_at


def _change(column: str) -> str:
    return f"{column} = coalesce(closed_at, %s)" if column == "closed_at" else f"{column} = %s"


def _save_values(cursor: Any, alert_id: int, before: Episode | None, after: Episode) -> None:
    former = _by_start(before) if before else {}
    standing = _by_start(after)
    gone = [start for start in former if start not in standing]
    if gone:
        cursor.execute(
            "delete from alert_value where alert_id = %s and start = any(%s)", (alert_id, [_time(at) for at in gone])
        )
    new = [row for start, row in standing.items() if former.get(start) != row]
    if new:
        execute_values(
            cursor,
            'insert into alert_value (alert_id, lead, start, "end", version, value, own, other, n_valid, n_expected,'
            " edition, live, reach, keep, level) values %s on conflict (alert_id, start) do update set"
            " lead = excluded.lead, version = excluded.version, value = excluded.value, own = excluded.own,"
            " other = excluded.other, n_valid = excluded.n_valid, n_expected = excluded.n_expected,"
            " edition = excluded.edition, live = excluded.live, reach = excluded.reach, keep = excluded.keep,"
            " level = excluded.level",
            [(alert_id, lead, *_row(window)) for window, lead in new],
        )


def _by_start(episode: Episode) -> dict[int, tuple[Judged, bool]]:
    """Its windows, and whether each only leads to it."""
    return {w.start: (w, True) for w in episode.lead} | {w.start: (w, False) for w in episode.windows}


def _row(window: Judged) -> Sequence[Any]:
    return (
        _time(window.start),
        _time(window.end),
        window.version,
        window.value,
        window.own,
        window.other,
        window.n_valid,
        window.n_expected,
        window.edition,
        window.live,
        window.reach,
        window.keep,
        window.level,
    )


def save_unreadable(cursor: Any, partition: int, offset: int, at: float, reason: str, value: bytes) -> None:
    """Keep a record that is none of ours."""
    cursor.execute(
        "insert into statistics_unreadable (partition, log_offset, at, reason, value)"
        " values (%s, %s, to_timestamp(%s), %s, %s)",
        (partition, offset, at, reason, value),
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
