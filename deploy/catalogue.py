"""What `standards` says, in the database: factors, editions, levels and limits, for whoever reads figures there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from core.postgres import connect, copy
from core.settings import CoreSettings
from standards.editions import Edition, load_editions
from standards.factors import STACK_KINDS, load_catalogue

_LOWEST = 0
"""The least AQI there is, in the edition of 2012."""
_COLUMNS = {
    "factor": "factor, name_zh, name_en, symbol, unit, decimals, medium, stack_unit",
    "edition": "edition, name_zh, name_en, effective",
    "aqi_level": "edition, level, aqi_from, aqi_to, level_zh, name_zh, name_en, colour_zh, colour",
    "air_limit": "edition, factor, average, class_1, class_2, unit",
}


def publish_catalogue(settings: CoreSettings) -> list[str]:
    """Bring the database's copy up to date; returns the tables that were written.

    For whoever migrates: a new edition in `standards` reaches the views with it. Raises `UnavailableError` if the
    database does not answer.
    """
    with closing(connect(settings, "owner", application="lantian migrate")) as database, database, \
         database.cursor() as cursor:  # fmt: skip
        return [table for table, rows in _tables().items() if _publish(cursor, table, rows)]


def _publish(cursor: Any, table: str, rows: Sequence[tuple[Any, ...]]) -> bool:
    columns = _COLUMNS[table]
    cursor.execute(f"lock table {table} in share row exclusive mode")
    cursor.execute(f"select {columns} from {table}")
    if set(cursor.fetchall()) == set(rows):
        return False
    cursor.execute(f"delete from {table}")
    copy(cursor, table, columns, rows)
    return True


def _tables() -> dict[str, list[tuple[Any, ...]]]:
    editions = load_editions().all
    return {
        "factor": _factors(),
        "edition": [(one.id, one.name_zh, one.name_en, one.effective) for one in editions],
        "aqi_level": [row for one in editions for row in _levels(one)],
        "air_limit": [
            (one.id, limit.factor, limit.average, limit.class_1, limit.class_2, limit.unit)
            for one in editions
            for limit in one.limits.values()
        ],
    }


def _factors() -> list[tuple[Any, ...]]:
    stack = min(STACK_KINDS)
    return [
        (one.code, one.name_zh, one.name_en, one.symbol, one.unit, one.decimals, one.medium, one.measure(stack).unit)
        for one in load_catalogue()
    ]


def _levels(edition: Edition) -> list[tuple[Any, ...]]:
    found = []
    begin = _LOWEST
    for one in edition.levels:
        names = one.level_zh, one.name_zh, one.name_en, one.colour_zh, one.colour
        found.append((edition.id, one.number, begin, int(one.up_to), *names))
        begin = int(one.up_to) + 1
    return found
