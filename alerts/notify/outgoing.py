"""The next message to a target, written down before it is sent; what became of a try. In the caller's transaction."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any, NamedTuple

from alerts.notify import pace, store
from alerts.notify.compose import message_of, next_of
from alerts.notify.giving_up import Lost, undelivered
from alerts.notify.message import Outcome
from alerts.notify.store import ToSend
from alerts.notify.target import Target


class Sent(NamedTuple):
    """A try of a message: when it began, and how long it took in real seconds."""

    target: str
    what: ToSend
    outcome: Outcome
    began: datetime
    took_s: float


def next_message(cursor: Any, target: Target, now: datetime) -> ToSend | None:
    """What a target is to be sent now: an older message that is due, or a new one of what waits; None if nothing."""
    room = store.room(cursor, target.id, target.per_minute, now)
    if room < 1:
        return None
    if target.quiet is not None and (morning := target.quiet.over_at(now)):
        store.let_rest(cursor, target.id, target.quiet.unless, morning, now)
    what = store.to_send(cursor, target.id, now)
    if what is not None:
        return what
    found = next_of(store.waiting(cursor, target.id, now), room, together=target.together)
    store.drop(cursor, found.dropped, "undone")
    if not found.tellings:
        return None
    message = message_of([one.telling for one in found.tellings], new_id(now), now)
    return store.write(cursor, target.id, message, [one.notification_id for one in found.tellings])


def record(cursor: Any, sent: Sent, now: datetime) -> list[Lost]:
    """Write a try down; returns what is given up with it, and whom it was to be told."""
    failures = store.failures(cursor, sent.target)
    stand = pace.after(sent.outcome, tries=sent.what.tries + 1, failures=failures, now=now)
    store.record(cursor, sent.target, sent.what, sent.outcome, stand, began=sent.began, took_s=sent.took_s)
    return undelivered(cursor, [sent.what.delivery_id]) if stand.fate is pace.Fate.GIVEN_UP else []


def new_id(now: datetime) -> str:
    """A message's id: the date for people, and what nobody else has."""
    return f"LT{now.astimezone(UTC):%Y%m%d}-{secrets.token_hex(5)}"
