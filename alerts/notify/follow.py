"""From the alerts' log to who is told what. Every function works in the caller's transaction.

Delivery guarantee: the place up to which a city's log has been gone through moves in the transaction that writes who is
told, so each entry is decided once, whoever dies when, and by however many notifiers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from prometheus_client import Counter

from alerts.alert import OPEN, PAGES_S
from alerts.handling.chain import Chained, Subject
from alerts.handling.hide import Hidden, InForce, Silence, Traits, hidden
from alerts.handling.order import OrderEvent
from alerts.handling.silences import silences_at
from alerts.notify import store
from alerts.notify.entries import UNTELLABLE, Concerned, checked, is_late, key_of, telling_of
from alerts.notify.giving_up import Lost, overdue, strangers
from alerts.notify.routes import LAST_RESORT, Routes, Told
from alerts.notify.telling import About, Telling, Words
from alerts.notify.warning_entries import warning_telling_of
from alerts.warnings.in_force import in_force
from core.logs import get_logger

_log = get_logger(__name__)

UNREADABLE = Counter("lantian_notify_unreadable_entries", "Entries of the alerts' log that could not be put in words.")
LOST = Counter("lantian_notify_given_up", "Notifications that could be told neither to their target nor to another.")

ENTRIES = 500
"""Of a city's log, gone through in one transaction."""
STALE = timedelta(seconds=PAGES_S)
"""What is older pages nobody, even if nobody could be told before."""
NAMED = timedelta(minutes=10)
"""So long a target may be named by another notifier's file alone, which is newer."""
OVER = timedelta(hours=1)
"""What is older and over by now neither."""


def follow(cursor: Any, routes: Routes, city: str, now: datetime) -> bool:
    """Go on through a city's log, unless another does; returns whether more waits."""
    place = store.lock_place(cursor, city)
    entries = [] if place is None else store.entries_after(cursor, city, place, ENTRIES)
    if entries:
        _decide(cursor, routes, entries, now)
        store.advance(cursor, city, entries[-1].place)
    return len(entries) == ENTRIES


def _decide(cursor: Any, routes: Routes, entries: Sequence[Chained], now: datetime) -> None:
    fresh = [entry for entry in entries if not is_late(entry, now, STALE)]
    alerts = store.concerned(cursor, {entry.line.alert_id for entry in fresh if entry.line.alert_id is not None})
    regions = store.city_regions(cursor, {entry.line.city for entry in fresh if entry.line.subject is Subject.WARNING})
    tellings = [found for entry in fresh if (found := _telling(entry, alerts, regions, now))]
    if not tellings:
        return
    begun = store.begun(cursor, {telling.thread for telling in tellings})
    silences, warnings = silences_at(cursor, now), in_force(cursor, now)
    rows: list[tuple[Telling, Told, Hidden | None]] = []
    for telling in tellings:
        told = routes.told(telling, begun[telling.thread], now)
        if telling.news and not told and routes.addressees(telling):
            LOST.inc()
            _log.error("nobody_on_duty", entry=telling.key, hint="name a last_resort, fill the roster's gap")
        heard = dict.fromkeys([*begun[telling.thread], *(name for one in told for name in one.addressees)])
        begun[telling.thread] = list(heard)
        rows += [(telling, one, _hidden(telling, silences, warnings, now)) for one in told]
    store.add(cursor, rows, now)


def _telling(
    entry: Chained, alerts: Mapping[int, Concerned], regions: Mapping[str, str], now: datetime
) -> Telling | None:
    alert = alerts.get(entry.line.alert_id or 0)
    try:
        if entry.line.subject is Subject.WARNING:
            found = warning_telling_of(entry, regions.get(entry.line.city, ""))
        else:
            found = telling_of(entry, alert)
        if found is not None:  # what cannot be read again must not stand in everybody's way
            found = checked(found)
    except UNTELLABLE as error:
        UNREADABLE.inc()
        _log.error("entry_not_told", entry=key_of(entry), error=repr(error))
        return None
    if found is None or alert is None:
        return found
    past = found.about is About.ALERT and found.news and alert.state != OPEN and is_late(entry, now, OVER)
    return None if past else found


def release(cursor: Any, routes: Routes, now: datetime) -> None:
    """Tell what silences and warnings held back and hold back no more: what still goes on, and of what a target had
    heard before, that it is over. It is due as if it had happened now: not at night, and not too long ago.
    """
    held = [one for one in store.hidden_ones(cursor) if routes.serves(one.telling.city)]
    if not held:
        return
    silences, warnings = silences_at(cursor, now), in_force(cursor, now)
    alerts = store.concerned(cursor, {one.telling.alert_id for one in held if one.telling.alert_id is not None})
    free = [one for one in held if _hidden(one.telling, silences, warnings, now) is None]
    told = {one.notification_id: routes.due(one.target, one.telling, now) for one in free if _concerns(one, alerts)}
    store.release(cursor, told)
    store.drop(cursor, [one.notification_id for one in free if one.notification_id not in told], "over")


def _concerns(held: store.Held, alerts: dict[int, Concerned]) -> bool:
    alert = alerts.get(held.telling.alert_id or 0)
    if held.stale:
        return False
    return alert is None or alert.state == OPEN or (held.begun and not held.telling.news)


def _hidden(
    telling: Telling, silences: Collection[Silence], warnings: Collection[InForce], now: datetime
) -> Hidden | None:
    proposed = telling.about is About.ORDER and telling.happening == OrderEvent.PROPOSED
    if not (telling.about is About.ALERT or proposed) or telling.rule_id is None:
        return None
    traits = Traits(telling.rule_id, telling.city, telling.station, telling.severity, telling.kind, telling.time_window)
    return hidden(traits, silences, warnings, now)


def given_up(cursor: Any, routes: Routes, now: datetime) -> list[Lost]:
    """What nobody confirmed for too long; what is for targets that the file does not name (any more) even sooner."""
    unnamed = strangers(cursor, routes.targets, routes.cities)
    return overdue(cursor, routes.targets, now - routes.give_up, now) + overdue(cursor, unnamed, now - NAMED, now)


def hand_on(cursor: Any, routes: Routes, lost: Sequence[Lost], now: datetime) -> int:
    """Tell the last resort what could not be delivered to others; returns for how much there is none."""
    resort = routes.last_resort
    rows = [
        (_undelivered(one), Told((LAST_RESORT,), resort, routes.due(resort, one.telling, now)), None)
        for one in lost
        if resort is not None and one.target != resort
    ]
    store.add(cursor, rows, now)
    return len(lost) - len(rows)


def _undelivered(lost: Lost) -> Telling:
    """In the words of the last resort, which must hear that it was none if the target had heard of it."""
    words = lost.telling.words
    said: Words = msgspec.structs.replace(
        words,
        title_zh=f"（未能送达 {lost.target}）{words.title_zh}",
        title_en=f"(not delivered to {lost.target}) {words.title_en}",
    )
    return msgspec.structs.replace(lost.telling, words=said, news=True, undone=lost.telling.undone and not lost.heard)
