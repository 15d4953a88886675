"""Dashboards as Grafana asks them: what their JSON holds, and its SQL with macros and variables replaced.

Written from the words of Grafana's manual on the PostgreSQL data source and on variables; a macro that is not known
here is an error, as it is there.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from deploy.grafana.write import FOLDER

Values = Mapping[str, str | Sequence[str]]
"""What is chosen of each variable; several where it takes several."""

_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_VARIABLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(?!__)(\w+)")
_CHINESE = re.compile(r"[^\x00-\x7f]+")
_SINCE = re.compile(r"now-(\d+)([hdy])")
_SPANS = {"h": timedelta(hours=1), "d": timedelta(days=1), "y": timedelta(days=365)}


class Range(NamedTuple):
    """The dashboard's range of time, aware."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """A query of a panel."""

    board: str
    panel: str
    kind: str
    """The panel's type: timeseries, table, …"""
    letter: str
    query: Mapping[str, Any]

    @property
    def name(self) -> str:
        """As a test is called: the title's English."""
        return f"{self.board.removeprefix('lantian-')}/{' '.join(_CHINESE.sub(' ', self.panel).split())}/{self.letter}"

    @property
    def sql(self) -> str | None:
        """The statement, if it is one."""
        return self.query.get("rawSql")

    @property
    def promql(self) -> str | None:
        """The expression, if it is one."""
        return self.query.get("expr")

    @property
    def series(self) -> bool:
        """Whether Grafana makes lines of its rows."""
        return bool(self.query.get("format") == "time_series")


class Columns(NamedTuple):
    """What a query found."""

    names: list[str]
    rows: list[tuple[Any, ...]]


class Timing(NamedTuple):
    """How long a panel's query took."""

    target: str
    milliseconds: float
    rows: int


def boards() -> dict[str, dict[str, Any]]:
    """The committed dashboards by uid."""
    found = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.json")))
    return {board["uid"]: board for board in found}


def targets() -> list[Target]:
    """All queries of all panels."""
    return [
        Target(uid, panel["title"], panel["type"], query["refId"], query)
        for uid, board in boards().items()
        for panel in board["panels"]
        for query in panel["targets"]
    ]


def opened_at(board: Mapping[str, Any], until: datetime) -> Range:
    """The range that a dashboard opens with, if `until` is now."""
    found = _SINCE.fullmatch(board["time"]["from"])
    assert found, board["time"]
    return Range(until - int(found[1]) * _SPANS[found[2]], until)


def asked(sql: str, values: Values, span: Range) -> str:
    """The statement that Grafana sends: variables first, in the browser, then macros, in the server."""
    return _MACRO.sub(lambda found: _macro(found[1], found[2], span), _VARIABLE.sub(lambda f: _value(f, values), sql))


def asked_of_prometheus(expression: str, rate: str) -> str:
    """The expression that Grafana sends, where it takes rates over `rate` (of four scrapes at least)."""
    found = expression.replace("$__rate_interval", rate)
    assert "$" not in found, f"no macro in {found}"
    return found


def _macro(name: str, inside: str, span: Range) -> str:
    since, until = (f"'{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'" for moment in span)
    if name == "__timeFilter" and inside:
        return f"{inside.split(',', maxsplit=1)[0].strip()} BETWEEN {since} AND {until}"
    if name == "__timeFrom":
        return since
    if name == "__timeTo":
        return until
    raise AssertionError(f"no macro ${name}({inside})")


def _value(found: re.Match[str], values: Values) -> str:
    name, form = found[1] or found[3], found[2]
    assert form == "sqlstring", f"{found[0]}: a value in SQL is quoted by `:sqlstring`"
    value = values[name]
    return ",".join("'" + one.replace("'", "''") + "'" for one in ([value] if isinstance(value, str) else value))


def run(cursor: Any, sql: str) -> Columns:
    """What a statement finds."""
    cursor.execute(sql)
    return Columns([column.name for column in cursor.description], cursor.fetchall())


def choices(cursor: Any, board: Mapping[str, Any], span: Range, wanted: Values | None = None) -> dict[str, Any]:
    """What a reader finds chosen on opening: the first value of each variable, of those with several all.

    `wanted` values are taken instead where the variable has them. A variable without a value, as of a kind of station
    that a network lacks, is an empty text.
    """
    chosen: dict[str, Any] = {}
    for variable in board["templating"].get("list", []):
        name, found = variable["name"], run(cursor, asked(variable["query"], chosen, span))
        place = found.names.index("__value") if "__value" in found.names else 0
        options = [row[place] for row in found.rows] or [""]
        first = (wanted or {}).get(name)
        chosen[name] = options if variable["multi"] else first if first in options else options[0]
    return chosen


def timings(cursor: Any, until: datetime, wanted: Values | None = None, days: int = 0) -> Iterator[Timing]:
    """How long each panel's SQL takes on a database, over the range that its dashboard opens with, or so many days.

    A cursor of `lantian_viewer`; each query runs once, so the first of a kind reads what is not in memory yet.
    """
    for board in boards().values():
        span = Range(until - timedelta(days=days), until) if days else opened_at(board, until)
        chosen = choices(cursor, board, span, wanted)
        for target in targets():
            if target.board == board["uid"] and target.sql:
                began = time.perf_counter()
                found = run(cursor, asked(target.sql, chosen, span))
                yield Timing(target.name, (time.perf_counter() - began) * 1000, len(found.rows))
