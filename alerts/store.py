"""The engine's tables: timelines read, judgements and alerts written. Every function works in the caller's transaction.

Fails as psycopg2 does; nothing is kept here between calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from psycopg2.extras import execute_values

from alerts.alert import Alert
from alerts.engine import Episode, Event, Judged, Verdict
from alerts.timeline import Timeline

Key = tuple[str, str]
"""A rule's id and the object it watches."""

_WINDOWS = """
with bounded as (
    select w.rule_id, w.object,
        coalesce((
            select max(j.start) from judged j
            where j.rule_id = w.rule_id and j.object = w.object and j.verdict = 'clears'
                and j.start < to_timestamp(w.low)
        ), '-infinity') as low,
        coalesce((
            select min(j.start) from judged j
            where j.rule_id = w.rule_id and j.object = w.object and j.verdict = 'clears'
                and j.start > to_timestamp(w.high)
        ), 'infinity') as high
    from unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) as w (rule_id, object, low, high)
)
select j.rule_id, j.object, extract(epoch from j.start)::bigint, extract(epoch from j."end")::bigint,
    j.version, j.verdict, j.value, j.n_valid, j.n_expected, j.edition, j.live
from bounded b join judged j on j.rule_id = b.rule_id and j.object = b.object and j.start between b.low and b.high
"""
_NUMBERS = """
select a.rule_id, a.object, extract(epoch from a.first_start)::bigint, a.number
from unnest(%s::text[], %s::text[], %s::bigint[]) as w (rule_id, object, start)
join alert a on a.rule_id = w.rule_id and a.object = w.object and a.first_start = to_timestamp(w.start)
where a.state <> 'withdrawn'
"""
_LAST_NUMBERS = """
select w.rule_id, w.object, max(a.number)
from unnest(%s::text[], %s::text[]) as w (rule_id, object) join alert a using (rule_id, object)
group by w.rule_id, w.object
"""


def load_timelines(cursor: Any, wanted: Mapping[Key, tuple[int, int]]) -> dict[Key, Timeline]:
    """What the engine has judged around each span `(earliest start, latest start)` in UTC seconds."""
    if not wanted:
        return {}
    rules, objects = [key[0] for key in wanted], [key[1] for key in wanted]
    spans = ([span[0] for span in wanted.values()], [span[1] for span in wanted.values()])
    windows: defaultdict[Key, list[Judged]] = defaultdict(list)
    cursor.execute(_WINDOWS, (rules, objects, *spans))
    for rule_id, object_, start, end, version, verdict, *rest in cursor.fetchall():
        windows[rule_id, object_].append(Judged(start, end, version, Verdict(verdict), *rest))
    exceeding = [
        (*key, window.start) for key, found in windows.items() for window in found if window.verdict is Verdict.EXCEEDS
    ]
    numbers: defaultdict[Key, dict[int, int]] = defaultdict(dict)
    if exceeding:
        cursor.execute(_NUMBERS, tuple(list(column) for column in zip(*exceeding, strict=True)))
        for rule_id, object_, first_start, number in cursor.fetchall():
            numbers[rule_id, object_][first_start] = number
    cursor.execute(_LAST_NUMBERS, (rules, objects))
    last = {(rule_id, object_): number for rule_id, object_, number in cursor.fetchall()}
    return {key: Timeline(windows[key], numbers[key], last.get(key, 0) + 1) for key in wanted}


def save_judged(cursor: Any, timelines: Mapping[Key, Timeline]) -> None:
    """Store what was judged since the timelines were loaded."""
    rows = [
        (*key, *_row(window, window.verdict.value, window.value))
        for key, timeline in timelines.items()
        for window in timeline.changed.values()
    ]
    execute_values(
        cursor,
        'insert into judged as j (rule_id, object, start, "end", version, verdict, value, n_valid, n_expected,'
        " edition, live) values %s on conflict (rule_id, object, start) do update set version = excluded.version,"
        " verdict = excluded.verdict, value = excluded.value, n_valid = excluded.n_valid,"
        " n_expected = excluded.n_expected, edition = excluded.edition, live = excluded.live",
        rows,
        page_size=1000,
    )


def alert_id_of(cursor: Any, key: Key, number: int) -> int:
    """The id of the alert that goes by `number` under its rule and object."""
    cursor.execute("select alert_id from alert where rule_id = %s and object = %s and number = %s", (*key, number))
    return int(cursor.fetchone()[0])


def save_alert(cursor: Any, event: Event, alert: Alert) -> tuple[int, int]:
    """Store the alert as it stands after `event`, its values and its log; returns its id and version."""
    columns = msgspec.structs.asdict(alert)
    if event.before is None:
        cursor.execute(
            f"insert into alert (version, {', '.join(columns)}) values (1, {', '.join(['%s'] * len(columns))})"
            " returning alert_id, version",
            list(columns.values()),
        )
    else:
        cursor.execute(
            f"update alert set version = version + 1, {', '.join(f'{name} = %s' for name in columns)}"
            " where rule_id = %s and object = %s and number = %s returning alert_id, version",
            [*columns.values(), alert.rule_id, alert.object, alert.number],
        )
    alert_id, version = cursor.fetchone()
    if event.after is not None:
        _save_values(cursor, alert_id, event.before, event.after)
    _log(cursor, alert_id, version, event, alert)
    return alert_id, version


def _save_values(cursor: Any, alert_id: int, before: Episode | None, after: Episode) -> None:
    former = before.windows if before else ()
    new = [window for window in after.windows if window not in former]
    gone = [window.start for window in former if window.start not in after.starts]
    if gone:
        cursor.execute(
            "delete from alert_value where alert_id = %s and start = any(%s)",
            (alert_id, [datetime.fromtimestamp(start, UTC) for start in gone]),
        )
    if new:
        execute_values(
            cursor,
            'insert into alert_value (alert_id, start, "end", version, value, n_valid, n_expected, edition, live)'
            " values %s on conflict (alert_id, start) do update set version = excluded.version,"
            " value = excluded.value, n_valid = excluded.n_valid, n_expected = excluded.n_expected,"
            " edition = excluded.edition, live = excluded.live",
            [(alert_id, *_row(window, window.measured)) for window in new],
        )


def _log(cursor: Any, alert_id: int, version: int, event: Event, alert: Alert) -> None:
    cause = event.cause
    cursor.execute(
        "insert into alert_log (alert_id, version, at, happening, state, object, time_window, start,"
        " statement_version, value, merged_into) values (%s, %s, %s, %s, %s, %s, %s, to_timestamp(%s), %s, %s, %s)",
        (
            alert_id,
            version,
            alert.updated_at,
            event.happening.value,
            alert.state,
            cause.object,
            alert.time_window,
            cause.start,
            cause.version,
            cause.value,
            alert.merged_into,
        ),
    )


def save_unreadable(cursor: Any, partition: int, offset: int, at: float, reason: str, value: bytes) -> None:
    """Keep a record that is none of ours."""
    cursor.execute(
        "insert into statistics_unreadable (partition, log_offset, at, reason, value)"
        " values (%s, %s, to_timestamp(%s), %s, %s)",
        (partition, offset, at, reason, value),
    )


def _row(window: Judged, *said: Any) -> tuple[Any, ...]:
    start, end = (datetime.fromtimestamp(seconds, UTC) for seconds in (window.start, window.end))
    return (start, end, window.version, *said, window.n_valid, window.n_expected, window.edition, window.live)
