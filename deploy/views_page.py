"""`python -m deploy.views_page`: docs/views.md, from the comments of a database's views."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from core.postgres import connect
from core.settings import CoreSettings

FILE = Path(__file__).resolve().parents[1] / "docs" / "views.md"

_COLUMNS = """
select c.table_name, obj_description(t.oid), c.column_name, c.data_type, c.udt_name,
    col_description(t.oid, c.ordinal_position)
from information_schema.columns c
join pg_class t on t.relname = c.table_name and t.relnamespace = 'lantian'::regnamespace
where c.table_schema = 'lantian' and c.table_name like 'v\\_%'
order by c.table_name, c.ordinal_position
"""
_SUBJECTS = {
    "Readings and what was not taken": r"v_(readings|latest_readings|forecasts|rejected|ledger|clock)",
    "Hours and days, a row a factor": r"v_(hourly|daily|eight_hours)\w*",
    "Air, a row a window": r"v_(air|city)_(hourly|daily)\w*",
    "Months, quarters, years": r"v_(city|station)_periods\w*",
    "Stations": r"v_stations|v_station_(versions|states|limits)",
    "Knowledge": r"v_(factors|editions|aqi_levels|air_limits|sanddust_periods)",
    "Alerts": r"v_(alert|stop_work)\w*",
    "Messages": r"v_(notifications|deliver\w+)",
    "Warnings": r"v_(warning|dispatch|receipt)\w*",
}
"""Chapters, by the names of the views in them."""
_HEAD = """# The views

Made by `python -m deploy.views_page` from the database's own comments: change those, in a migration, and make it again.

Dashboards read these views, schema `lantian`, as the role `lantian_viewer`, which may read nothing else;
`lantian_reader` reads them too. How to connect, and queries for Grafana, pandas, R and QGIS: [queries.md](queries.md).

* **A view is a promise.** Columns may be added at its end. Whatever else changes comes as a view of another name, and
  the former stays.
* Times are instants (`timestamptz`), shown in UTC; windows are half-open. Days, months and years are Asia/Shanghai's.
* Concentrations are not rounded. A value that does not count by the regulations' rules of validity is null, and the
  row says why.
* `factor` is a code; `v_factors` has names and units.
* Filter by `station_id` or `city` and by `start` or `time`: then answers take milliseconds. For long times of many
  stations take the wide views (`v_air_…`, `v_city_…`); a year of hours of all stations of a province takes seconds
  ([performance.md](performance.md)).
"""


class Column(NamedTuple):
    """A column of a view, as the database describes it."""

    view: str
    view_says: str
    name: str
    type: str
    says: str


def read_columns(cursor: Any) -> list[Column]:
    """All columns of all views for dashboards, by view and in their order."""
    cursor.execute(_COLUMNS)
    return [
        Column(view, view_says or "", name, f"{udt[1:]}[]" if kind == "ARRAY" else _TYPES.get(kind, kind), says or "")
        for view, view_says, name, kind, udt, says in cursor.fetchall()
    ]


_TYPES = {"timestamp with time zone": "timestamptz", "double precision": "float8", "smallint": "int2"}


def rendered(columns: Iterable[Column]) -> str:
    """The page; views with the same columns share a table. Raises `ValueError` naming a view that no chapter takes."""
    views = {view: list(of) for view, of in groupby(columns, lambda column: column.view)}
    chapters = {subject: [view for view in views if re.fullmatch(like, view)] for subject, like in _SUBJECTS.items()}
    if homeless := views.keys() - {view for of in chapters.values() for view in of}:
        raise ValueError(f"no chapter of {FILE.name} takes {', '.join(sorted(homeless))}: name it in _SUBJECTS")
    parts = [_HEAD]
    for subject, of in chapters.items():
        parts.append(f"## {subject}\n")
        alike: dict[tuple[tuple[str, ...], ...], list[Column]] = {}
        for view in of:
            alike.setdefault(tuple(one[2:] for one in views[view]), []).append(views[view][0])
        parts += [_table(rows, named) for rows, named in alike.items()]
    return "\n".join(parts)


def _table(rows: Iterable[tuple[str, ...]], named: list[Column]) -> str:
    lines = [f"### {', '.join(one.view for one in named)}\n"]
    lines += [f"* `{one.view}`: {one.view_says}" if len(named) > 1 else one.view_says for one in named]
    lines += ["", "| column | type | |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {kind} | {says.replace('|', '¦')} |" for name, kind, says in rows]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    with closing(connect(CoreSettings.load(), "viewer", application="lantian docs")) as database:
        FILE.write_text(rendered(read_columns(database.cursor())), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}: written\n")
