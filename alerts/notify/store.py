"""The notifications' tables, read and written in the caller's transaction; times are data time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from psycopg2.extras import execute_values

from alerts.handling.chain import Chained
from alerts.handling.hide import Hidden
from alerts.handling.log import COLUMNS, chained
from alerts.notify.compose import Waiting
from alerts.notify.entries import Concerned
from alerts.notify.message import Message, Outcome
from alerts.notify.pace import MINUTE, PATIENCE, Fate, Stand
from alerts.notify.routes import Told
from alerts.notify.telling import Telling
from alerts.severity import Severity
from alerts.warnings.scheme import CITY_DIGITS

AT_ONCE = 1_000
"""Of what waits for a target so much is looked at for one message, the gravest alerts whole and first."""

_CONCERNED = [name for name in Concerned.__struct_fields__ if name != "region"]
_CITY_REGIONS = (
    f"select city, left(min(region), {CITY_DIGITS}) from station_register where city = any(%s) and active group by city"
)
_REGIONS = """
select distinct on (station) station, region from station_register where station = any(%s)
order by station, valid_from desc
"""
_BEGUN = """exists (select from notification b where b.thread = n.thread and b.state = 'written'
    and (b.target = n.target or b.addressees && n.addressees))"""
# Each row is looked at once: the planner takes it that next to nothing waits, as is so on any day but that of a storm.
_WAITING = f"""
select n.notification_id, n.telling, {_BEGUN}
from (select notification_id, telling, thread, target, addressees, min(due_at) over of_thread as due_at,
        min(array_position(%(gravest_first)s, telling::json->>'urgency')) over of_thread as gravity,
        min(notification_id) over of_thread as first
    from notification where target = %(target)s and state = 'waiting' window of_thread as (partition by thread)) as n
where n.due_at <= %(now)s order by n.gravity, n.first, n.notification_id limit %(limit)s
"""
_WORK = """
select w.target from (
    select target from notification where state = 'waiting' and due_at <= %(now)s
    union select target from delivery where fate = 'to-send' and again_at <= %(now)s
) as w left join notify_target t using (target) where t.paused_until is null
    or t.paused_until <= %(now)s or t.paused_until > %(now)s + %(longest)s
"""


class ChangedError(Exception):
    """Another notifier has just given up, or told, what a message was made of: the transaction must not be kept."""


class Held(NamedTuple):
    """A telling that is held back from a target; `begun`: of its thread the target was sent something before.

    `stale`: it was sent something later of its thread.
    """

    notification_id: int
    target: str
    telling: Telling
    begun: bool
    stale: bool


class ToSend(NamedTuple):
    """A message that is due, and how often it has been tried."""

    delivery_id: int
    message: Message
    tries: int


def behind(cursor: Any, cities: Collection[str]) -> list[str]:
    """The cities (of `cities`, if there are any) whose log has entries of which nobody has decided who is told."""
    cursor.execute(
        "select c.city from alert_chain c left join notify_cursor n using (city)"
        " where c.length > coalesce(n.place, 0) and (%(cities)s = '{}' or city = any(%(cities)s)) order by city",
        {"cities": list(cities)},
    )
    return [city for (city,) in cursor.fetchall()]


def lock_place(cursor: Any, city: str) -> int | None:
    """Up to where a city's log has been gone through, for this transaction alone; None while another goes through."""
    cursor.execute("select pg_try_advisory_xact_lock(hashtextextended('lantian follow ' || %s, 0))", (city,))
    if not cursor.fetchone()[0]:
        return None
    cursor.execute("select place from notify_cursor where city = %s", (city,))
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def advance(cursor: Any, city: str, place: int) -> None:
    """It has been gone through up to `place`."""
    cursor.execute(
        "insert into notify_cursor (city, place) values (%s, %s)"
        " on conflict (city) do update set place = excluded.place",
        (city, place),
    )


def entries_after(cursor: Any, city: str, place: int, limit: int) -> list[Chained]:
    """The next entries of a city's log."""
    cursor.execute(
        f"select {COLUMNS} from alert_log where city = %s and place > %s order by place limit %s", (city, place, limit)
    )
    return [chained(row) for row in cursor.fetchall()]


def concerned(cursor: Any, alert_ids: Collection[int]) -> dict[int, Concerned]:
    """Alerts as they stand."""
    if not alert_ids:
        return {}
    cursor.execute(f"select {', '.join(_CONCERNED)} from alert where alert_id = any(%s)", (list(alert_ids),))
    rows = [dict(zip(_CONCERNED, row, strict=True)) for row in cursor.fetchall()]
    cursor.execute(_REGIONS, ([row["station"] for row in rows if row["station"]],))
    of_station = dict(cursor.fetchall())
    of_city = city_regions(cursor, [row["city"] for row in rows if row["station"] not in of_station])
    return {
        row["alert_id"]: Concerned(region=of_station.get(row["station"]) or of_city.get(row["city"], ""), **row)
        for row in rows
    }


def city_regions(cursor: Any, cities: Collection[str]) -> dict[str, str]:
    """Of cities that have stations the digits of their codes that name a city."""
    cursor.execute(_CITY_REGIONS, (list(cities),))
    return dict(cursor.fetchall())


def begun(cursor: Any, threads: Collection[str]) -> dict[str, list[str]]:
    """By thread who was told of it, or is to be, by which addressees."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    if threads:
        cursor.execute(
            "select thread, addressee from notification, unnest(addressees) as addressee where thread = any(%s)"
            " and state in ('waiting', 'hidden', 'written') group by 1, 2 order by min(notification_id)",
            (list(threads),),
        )
        for thread, addressee in cursor.fetchall():
            found[thread].append(addressee)
    return found


def add(cursor: Any, tellings: Iterable[tuple[Telling, Told, Hidden | None]], now: datetime) -> int:
    """Write down who is told what; what a target was told before, it is not told again. Returns how many are new."""
    rows = [
        (told.target, telling.key, telling.thread, list(told.addressees), telling.alert_id,
         "hidden" if hidden else "waiting", hidden and hidden.why.value, now, told.due,
         msgspec.json.encode(telling).decode())
        for telling, told, hidden in tellings
    ]  # fmt: skip
    if not rows:
        return 0
    return len(execute_values(
        cursor,
        "insert into notification (target, key, thread, addressees, alert_id, state, why, made_at, due_at, telling)"
        " values %s on conflict (target, key) do nothing returning 1",
        rows,
        fetch=True,
    ))  # fmt: skip


def hidden_ones(cursor: Any) -> list[Held]:
    """What silences and warnings hold back; kept for this transaction alone."""
    cursor.execute(
        f"select n.notification_id, n.target, n.telling, {_BEGUN}, exists (select from notification l"
        " where l.thread = n.thread and l.target = n.target and l.state = 'written'"
        " and l.notification_id > n.notification_id)"
        " from notification n where n.state = 'hidden' order by 1 for update skip locked"
    )
    return [
        Held(number, target, msgspec.json.decode(telling, type=Telling), begun, stale)
        for number, target, telling, begun, stale in cursor.fetchall()
    ]


def release(cursor: Any, due: Mapping[int, datetime]) -> None:
    """Nothing holds them back any more; from when on each is due."""
    execute_values(
        cursor,
        "update notification n set state = 'waiting', why = null, due_at = free.due"
        " from (values %s) as free (number, due) where n.notification_id = free.number",
        list(due.items()),
    )


def drop(cursor: Any, ids: Collection[int], why: str) -> None:
    """Nobody needs to hear of them any more."""
    cursor.execute("update notification set state = 'undone', why = %s where notification_id = any(%s)",
                   (why, list(ids)))  # fmt: skip


def with_work(cursor: Any, now: datetime) -> list[str]:
    """The targets for which something is due, but those that are left in peace.

    Nobody is for longer than `PATIENCE`: what says so was written when the data clock was ahead of now.
    """
    cursor.execute(_WORK, {"now": now, "longest": PATIENCE})
    return sorted(target for (target,) in cursor.fetchall())


def room(cursor: Any, target: str, per_minute: int, now: datetime) -> int:
    """How many messages a target may still be sent in the minute that ends at `now`."""
    cursor.execute("select count(*) from delivery_try where target = %s and at > %s and at <= %s",
                   (target, now - MINUTE, now))  # fmt: skip
    return per_minute - int(cursor.fetchone()[0])


def waiting(cursor: Any, target: str, now: datetime) -> list[Waiting]:
    """What is due for a target, with all else of the same threads, and whether it was sent something of them before.

    Whoever has a duty has heard what the duty was told, be it by the shift before.
    """
    gravest_first = [severity.value for severity in reversed(Severity)]
    cursor.execute(_WAITING, {"target": target, "now": now, "limit": AT_ONCE, "gravest_first": gravest_first})
    return [
        Waiting(number, msgspec.json.decode(telling, type=Telling), begun)
        for number, telling, begun in cursor.fetchall()
    ]


def let_rest(cursor: Any, target: str, unless: Severity, until: datetime, now: datetime) -> None:
    """Put off until quiet hours are over what fell due before them and could not be delivered then."""
    grave = [severity.value for severity in Severity if severity.rank >= unless.rank]
    values = {"target": target, "grave": grave, "until": until, "now": now}
    cursor.execute(
        "update delivery d set again_at = %(until)s where target = %(target)s and fate = 'to-send'"
        " and again_at <= %(now)s and not exists (select from notification n where n.delivery_id = d.delivery_id"
        " and n.telling::json->>'urgency' = any(%(grave)s)) returning delivery_id",
        values,
    )
    values["put_off"] = [delivery_id for (delivery_id,) in cursor.fetchall()]
    cursor.execute(
        "update notification set due_at = %(until)s where delivery_id = any(%(put_off)s) or (target = %(target)s"
        " and state = 'waiting' and due_at <= %(now)s and not telling::json->>'urgency' = any(%(grave)s))",
        values,
    )


def write(cursor: Any, target: str, message: Message, ids: Collection[int]) -> ToSend:
    """Write a message down with what it tells, before it is sent for the first time."""
    cursor.execute(
        "insert into delivery (message_id, target, title, body, severity, region, document, written_at, fate, again_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning delivery_id",
        (message.id, target, message.title, message.body, message.severity.value, message.region,
         message.document.decode(), message.at, Fate.TO_SEND.value, message.at),
    )  # fmt: skip
    delivery_id = int(cursor.fetchone()[0])
    cursor.execute(
        "update notification set state = 'written', delivery_id = %s where notification_id = any(%s)"
        " and state = 'waiting'",
        (delivery_id, list(ids)),
    )
    if cursor.rowcount != len(ids):
        raise ChangedError(f"of {len(ids)} notifications for {target} only {cursor.rowcount} still wait")
    return ToSend(delivery_id, message, 0)


def to_send(cursor: Any, target: str, now: datetime) -> ToSend | None:
    """The oldest message for a target that is due."""
    cursor.execute(
        "select delivery_id, tries, message_id, title, body, severity, region, written_at, document from delivery"
        " where target = %s and fate = 'to-send' and again_at <= %s order by delivery_id limit 1",
        (target, now),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    delivery_id, tries, message_id, title, body, severity, region, at, document = row
    message = Message(id=message_id, title=title, body=body, severity=Severity(severity), region=region, at=at,
                      document=document.encode())  # fmt: skip
    return ToSend(delivery_id, message, tries)


def failures(cursor: Any, target: str) -> int:
    """How often in a row a target did not answer."""
    cursor.execute("select failures from notify_target where target = %s", (target,))
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])


def record(
    cursor: Any, target: str, sent: ToSend, outcome: Outcome, stand: Stand, *, began: datetime, took_s: float
) -> None:
    """Write a try down, and how things stand after it."""
    ended = None if stand.fate is Fate.TO_SEND else began
    cursor.execute(
        "update delivery set tries = tries + 1, fate = case fate when 'to-send' then %s else fate end,"
        " again_at = %s, ended_at = coalesce(ended_at, %s) where delivery_id = %s returning tries",
        (stand.fate.value, stand.again, ended, sent.delivery_id),
    )
    cursor.execute(
        "insert into delivery_try (delivery_id, number, target, at, failure, detail, took_s)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (sent.delivery_id, cursor.fetchone()[0], target, began, outcome.failure and outcome.failure.value,
         outcome.detail, took_s),
    )  # fmt: skip
    cursor.execute(
        "insert into notify_target (target, failures, paused_until) values (%s, %s, %s) on conflict (target)"
        " do update set failures = excluded.failures, paused_until = excluded.paused_until",
        (target, stand.failures, stand.paused),
    )


def oldest_s(cursor: Any, now: datetime) -> float:
    """How long the oldest notification that is due has waited for its message to be confirmed.

    What is put off for longer than any receiver may ask for waits for a morning.
    """
    cursor.execute(
        "select extract(epoch from %s - least((select min(due_at) from notification where state = 'waiting'),"
        " (select min(written_at) from delivery where fate = 'to-send' and again_at <= %s)))",
        (now, now + PATIENCE),
    )
    return max(0.0, float(cursor.fetchone()[0] or 0.0))
