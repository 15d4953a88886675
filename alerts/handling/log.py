"""The log in the database: one statement adds entries to the chains, whoever writes them; reading them again.

Delivery guarantee: entries are added in the caller's transaction, with what they tell of. The chains of their cities
stay locked until it ends, so that several engines and operators neither fork one nor leave a place empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import msgspec
from psycopg2.extensions import connection

from alerts.handling.answers import Entry
from alerts.handling.audit import differing, differing_silences
from alerts.handling.chain import Broken, Chained, Head, Line, Subject, verify
from alerts.handling.store import Handled
from alerts.warnings.audit import warning_differs
from core.errors import InputError

PAGE = 5_000
"""Entries read at once."""
_FIELDS = Line.__struct_fields__
COLUMNS = f"place, hash, {', '.join(_FIELDS)}"
"""Of an entry, as `chained` reads them."""


def append(cursor: Any, lines: Sequence[Line]) -> None:
    """Add entries, in their order, by the only way there is: `lantian.append_alert_log`."""
    if lines:
        cursor.execute("select lantian.append_alert_log(%s::json)", (msgspec.json.encode(lines).decode(),))


def line_about(alert: Handled, subject: Subject, entry: Entry) -> Line:
    """The line of the log for what became of an alert's handling or order."""
    return Line(
        city=alert.city,
        at=entry.at,
        subject=subject,
        happening=entry.happened,
        alert_id=alert.alert_id,
        version=alert.version,
        state=alert.state,
        object=alert.object,
        who=entry.who or None,
        detail=detail_text(entry.detail),
    )


def detail_text(detail: Mapping[str, Any]) -> str | None:
    """What was said, as the log keeps it: JSON with its keys in order; None if nothing was."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else None


class Checked(NamedTuple):
    """A city's chain: its head, the first place where it does not hold, and what stands otherwise than it says.

    `differing` are alerts; `warning_differs`: the city's warning.
    """

    head: Head
    broken: Broken | None
    differing: list[int]
    silences: list[int]
    warning_differs: bool

    @property
    def holds(self) -> bool:
        """Whether all is well."""
        return self.broken is None and not (self.differing or self.silences or self.warning_differs)


def check(database: connection, city: str | None = None) -> Iterator[Checked]:
    """The chain of one city or of each, all as of one moment; raises `InputError` if there is no log of `city`."""
    with database, database.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        heads = _heads(cursor, city)
        if city is not None and not heads:
            raise InputError(
                "city", "has no log of alerts", field="--city", value=city, hint="see `lantian alerts list`"
            )
        for head in heads:
            yield Checked(
                head,
                verify(head, entries(database, head.city)),
                differing(cursor, head.city),
                differing_silences(cursor, head.city),
                warning_differs(cursor, head.city),
            )


def _heads(cursor: Any, city: str | None) -> list[Head]:
    cursor.execute(
        "select city, coalesce(c.length, 0), coalesce(c.head, ''::bytea)"
        " from alert_chain c full join ("
        " select city from alert_log union select coalesce(city, '') from v_alert_silences) l using (city)"
        " where %(city)s::text is null or city = %(city)s order by city",
        {"city": city},
    )
    return [Head(name, length, bytes(hash_)) for name, length, hash_ in cursor.fetchall()]


def entries(database: connection, city: str) -> Iterator[Chained]:
    """A city's entries in order of their places; within the caller's transaction."""
    with closing(database.cursor(name="alert_log")) as cursor:
        cursor.itersize = PAGE
        cursor.execute(f"select {COLUMNS} from alert_log where city = %s order by place", (city,))
        yield from map(chained, cursor)


def chained(row: Sequence[Any]) -> Chained:
    """The entry that a row of `COLUMNS` holds."""
    place, hash_, *values = row
    given = dict(zip(_FIELDS, values, strict=True))
    given["subject"] = Subject(given["subject"])
    return Chained(place, bytes(hash_), Line(**given))
