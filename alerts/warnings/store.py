"""Cities' warnings in the database: how each stands, and what became of it. Works in the caller's transaction.

Whoever changes a city's warning has its row of `warning_state` locked first and its chain of the log last.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from psycopg2.extras import execute_values

from alerts.handling.log import append
from alerts.warnings.course import Action, State
from alerts.warnings.happening import Happening
from alerts.warnings.record import Entry, line_of
from alerts.warnings.scheme import Level

_COLUMNS = tuple(name for name in Entry.__struct_fields__ if name != "event_id")
_state = msgspec.json.Decoder(State)
_EMPTY = msgspec.json.encode(State()).decode()
_MAKE = "insert into warning_state (city, state, changed_at) values %s on conflict do nothing"


class Standing(NamedTuple):
    """How a city's warning stands, and why the engine could not judge the city when it last looked, if so."""

    state: State
    fault: str | None


class Decision(NamedTuple):
    """What a person did last about a city's warning; `latest`: the engine has said nothing since."""

    happening: Happening
    action: Action
    level: Level | None
    who: str
    at: datetime
    latest: bool


def lock(cursor: Any, city: str, at: datetime) -> State:
    """How a city's warning stands, kept so until the transaction ends; waits for whoever has it locked."""
    execute_values(cursor, _MAKE, [(city, _EMPTY, at)])
    cursor.execute("select state::text from warning_state where city = %s for update", (city,))
    return _state.decode(cursor.fetchone()[0])


def lock_free(cursor: Any, cities: Collection[str], at: datetime) -> dict[str, Standing]:
    """The same of those cities that nobody has locked just now.

    The engine may hold chains of the log already, for which an operator waits: it must not wait in turn.
    """
    cursor.execute("select city from warning_state where city = any(%s)", (list(cities),))
    known = {city for (city,) in cursor.fetchall()}
    if new := sorted(set(cities) - known):
        execute_values(cursor, _MAKE, [(city, _EMPTY, at) for city in new])
    cursor.execute(
        "select city, state::text, fault from warning_state where city = any(%s) order by city for update skip locked",
        (list(cities),),
    )
    return {city: Standing(_state.decode(state), fault) for city, state, fault in cursor.fetchall()}


def standing(cursor: Any, city: str | None) -> dict[str, Standing]:
    """How the warning of a city, or of each, stands; by city."""
    cursor.execute(
        "select city, state::text, fault from warning_state where %(city)s::text is null or city = %(city)s"
        " order by city",
        {"city": city},
    )
    return {name: Standing(_state.decode(state), fault) for name, state, fault in cursor.fetchall()}


def save(cursor: Any, city: str, state: State, at: datetime) -> None:
    """Write how a locked city's warning stands."""
    cursor.execute(
        "update warning_state set version = version + 1, state = %s, changed_at = %s where city = %s",
        (msgspec.json.encode(state).decode(), at, city),
    )


def note_fault(cursor: Any, city: str, fault: str | None) -> None:
    """Write why the engine could not judge a locked city, or that it could."""
    cursor.execute("update warning_state set fault = %s where city = %s", (fault, city))


def add(cursor: Any, entries: Sequence[Entry]) -> list[Entry]:
    """Store what became of warnings, in this order, and say so in the log; returns the entries with their ids."""
    if not entries:
        return []
    kept = [msgspec.structs.replace(entry, event_id=_insert(cursor, entry)) for entry in entries]
    append(cursor, [line_of(entry) for entry in kept])
    return kept


def _insert(cursor: Any, entry: Entry) -> int:
    values = [getattr(entry, name) for name in _COLUMNS]
    cursor.execute(
        f"insert into warning_event ({', '.join(_COLUMNS)}) values ({', '.join(['%s'] * len(_COLUMNS))})"
        " returning event_id",
        [list(value) if isinstance(value, tuple) else value for value in values],
    )
    return int(cursor.fetchone()[0])


def last_decision(cursor: Any, city: str) -> Decision | None:
    """What a person did last about a city's warning."""
    cursor.execute(
        "select e.happening, e.action, e.level, e.who, e.at,"
        " not exists (select from warning_event l where l.city = e.city and l.event_id > e.event_id)"
        " from warning_event e where e.city = %s and e.who is not null order by e.event_id desc limit 1",
        (city,),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    happening, action, level, who, at, latest = row
    return Decision(Happening(happening), Action(action), Level(level) if level else None, who, at, latest)


def events(cursor: Any, city: str, most: int) -> list[Entry]:
    """The latest events of a city, oldest first."""
    cursor.execute(
        f"select event_id, {', '.join(_COLUMNS)} from warning_event where city = %s order by event_id desc limit %s",
        (city, most),
    )
    found = [msgspec.convert(dict(zip(("event_id", *_COLUMNS), row, strict=True)), Entry) for row in cursor.fetchall()]
    return found[::-1]
