"""What could not be told to whom it was for, in the caller's transaction; times are data time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from alerts.notify.telling import Telling

_STRANGERS = """
select distinct target
from (select target, key from notification where state = 'waiting'
    union all select n.target, n.key from delivery d join notification n using (delivery_id)
    where d.fate = 'to-send') as open
where target <> all(%(targets)s) and (%(cities)s = '{}' or split_part(key, '#', 1) = any(%(cities)s))
"""


class Lost(NamedTuple):
    """A telling that could not be told to a target; `heard`: of its thread something had been delivered there."""

    target: str
    telling: Telling
    heard: bool


def strangers(cursor: Any, targets: Collection[str], cities: Collection[str]) -> list[str]:
    """Targets that are none of `targets`, yet are to be told something of `cities`, or of any if there are none."""
    cursor.execute(_STRANGERS, {"targets": list(targets), "cities": list(cities)})
    return [target for (target,) in cursor.fetchall()]


def undelivered(cursor: Any, delivery_ids: Collection[int]) -> list[Lost]:
    """What messages that are given up were to tell, and whom; with what waits to be told of the same."""
    return _with_sequels(cursor, _given_up(cursor, "delivery_id = any(%s)", (list(delivery_ids),)))


def overdue(cursor: Any, targets: Collection[str], before: datetime, now: datetime) -> list[Lost]:
    """Give up what targets were to be told before a time, and have not been; returns what, and whom.

    A message on its way meanwhile may arrive all the same.
    """
    cursor.execute(
        "update delivery d set fate = 'given-up', again_at = null, ended_at = %s where fate = 'to-send'"
        " and target = any(%s) and exists"
        " (select from notification n where n.delivery_id = d.delivery_id and n.due_at < %s) returning delivery_id",
        (now, list(targets), before),
    )
    late = [delivery_id for (delivery_id,) in cursor.fetchall()]
    which = "state = 'waiting' and target = any(%s) and due_at < %s"
    return undelivered(cursor, late) + _with_sequels(cursor, _given_up(cursor, which, (list(targets), before)))


def _given_up(cursor: Any, which: str, values: tuple[Any, ...]) -> list[Lost]:
    cursor.execute(
        f"update notification n set state = 'given-up' where {which} returning n.target, n.telling, exists (select"
        " from notification b join delivery d using (delivery_id)"
        " where b.thread = n.thread and b.target = n.target and d.fate = 'delivered')",
        values,
    )
    return [
        Lost(target, msgspec.json.decode(telling, type=Telling), heard) for target, telling, heard in cursor.fetchall()
    ]


def _with_sequels(cursor: Any, lost: list[Lost]) -> list[Lost]:
    """Whoever is told in another's place hears the end, too: a target that heard nothing of it would not be told it."""
    unheard = {(one.target, one.telling.thread) for one in lost if not one.heard}
    if not unheard:
        return lost
    return lost + _given_up(cursor, "state = 'waiting' and (target, thread) in %s", (tuple(unheard),))
