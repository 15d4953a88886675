"""Enterprises' plans, dispatch lists and receipts in the database. Every function works in the caller's transaction.

A plan is replaced as a whole; the former edition is kept for the lists that were made of it. Lists are kept as they
were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from psycopg2.extras import execute_values

from alerts.warnings.cuts import Cut, Pollutant
from alerts.warnings.dispatch import Change, Dispatch, Order, Sum, Verdict, dispatch
from alerts.warnings.plan import Measure, Plan, Unit
from alerts.warnings.receipts import Receipt
from alerts.warnings.scheme import Level

_MEASURE = "enterprise, line, process, equipment, level, measure, so2, nox, pm"


class Edition(NamedTuple):
    """A city's plan as it was imported; numbered from 1."""

    plan_id: int
    city: str
    edition: int
    plan: Plan


class Sent(NamedTuple):
    """A dispatch list as it was made; `at` is when the change was issued."""

    dispatch_id: int
    city: str
    at: datetime
    edition: int
    cut: str | None
    found: Dispatch


def latest_plan(cursor: Any, city: str) -> Edition | None:
    """The latest edition of a city's plan; None where none was imported."""
    cursor.execute("select plan_id, edition from warning_plan where city = %s order by edition desc limit 1", (city,))
    row = cursor.fetchone()
    return None if row is None else Edition(row[0], city, row[1], _plan(cursor, row[0]))


def _plan(cursor: Any, plan_id: int) -> Plan:
    cursor.execute(f"select {_MEASURE} from plan_measure where plan_id = %s order by place", (plan_id,))
    return Plan([_measure(row) for row in cursor.fetchall()])


def save_plan(cursor: Any, city: str, plan: Plan, file: str, who: str, at: datetime, former: Edition | None) -> Edition:
    """Keep a plan as the edition after `former`."""
    edition = former.edition + 1 if former else 1
    cursor.execute(
        "insert into warning_plan (city, edition, file, imported_by, imported_at, errors)"
        " values (%s, %s, %s, %s, %s, %s) returning plan_id",
        (city, edition, file, who, at, [str(error) for error in plan.errors]),
    )
    (plan_id,) = cursor.fetchone()
    execute_values(
        cursor,
        f"insert into plan_measure (plan_id, place, {_MEASURE}) values %s",
        [(plan_id, place, *_cells(measure)) for place, measure in enumerate(plan.measures, start=1)],
    )
    return Edition(plan_id, city, edition, plan)


def send(
    cursor: Any, city: str, event_id: int, at: datetime, level: Level | None, before: Level | None, cut: Cut | None
) -> Sent | None:
    """Make and keep the list of a change by the city's plan; None where there is no plan.

    What was done until now was done by the plan of the last list.
    """
    edition = latest_plan(cursor, city)
    if edition is None:
        return None
    cursor.execute("select plan_id from warning_dispatch where city = %s order by dispatch_id desc limit 1", (city,))
    row = cursor.fetchone()
    former = _plan(cursor, row[0]) if row and row[0] != edition.plan_id else None
    found = dispatch(edition.plan, cut, level, before, former)
    cursor.execute(
        "insert into warning_dispatch (event_id, city, at, plan_id, cut, idle, weaker)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning dispatch_id",
        (event_id, city, at, edition.plan_id, cut.id if cut else None, list(found.idle), list(found.weaker)),
    )
    (dispatch_id,) = cursor.fetchone()
    if found.orders:
        execute_values(
            cursor,
            f"insert into warning_dispatch_order (dispatch_id, place, {_MEASURE}, change) values %s",
            [
                (dispatch_id, place, *_cells(order.measure), order.change.value)
                for place, order in enumerate(found.orders, start=1)
            ],
        )
    if found.sums:
        execute_values(
            cursor,
            "insert into warning_dispatch_sum (dispatch_id, pollutant, planned, required, verdict) values %s",
            [(dispatch_id, one.pollutant.value, one.planned, one.required, one.verdict.value) for one in found.sums],
        )
    return Sent(dispatch_id, city, at, edition.edition, cut.id if cut else None, found)


def latest_sent(cursor: Any, city: str, at: datetime) -> Sent | None:
    """The list of the latest change until `at`, as it was made."""
    cursor.execute(
        "select d.dispatch_id, d.at, p.edition, d.cut, d.idle, d.weaker, e.level_before, e.level"
        " from warning_dispatch d join warning_plan p using (plan_id) join warning_event e using (event_id)"
        " where d.city = %s and d.at <= %s order by d.dispatch_id desc limit 1",
        (city, at),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    dispatch_id, sent_at, edition, cut, idle, weaker, before, level = row
    found = Dispatch(
        Level(before) if before else None,
        Level(level) if level else None,
        tuple(_orders(cursor, dispatch_id)),
        tuple(_sums(cursor, dispatch_id)),
        tuple(idle),
        tuple(weaker),
    )
    return Sent(dispatch_id, city, sent_at, edition, cut, found)


def _orders(cursor: Any, dispatch_id: int) -> Iterable[Order]:
    cursor.execute(
        f"select {_MEASURE}, change from warning_dispatch_order where dispatch_id = %s order by place", (dispatch_id,)
    )
    return [Order(_measure(row), Change(row[-1])) for row in cursor.fetchall()]


def _sums(cursor: Any, dispatch_id: int) -> Iterable[Sum]:
    cursor.execute(
        "select pollutant, planned, required, verdict from warning_dispatch_sum where dispatch_id = %s", (dispatch_id,)
    )
    found = [
        Sum(Pollutant(pollutant), planned, required, Verdict(verdict))
        for pollutant, planned, required, verdict in cursor.fetchall()
    ]
    return sorted(found, key=lambda one: list(Pollutant).index(one.pollutant))


def add_receipts(cursor: Any, dispatch_id: int, receipts: Sequence[Receipt], who: str, at: datetime) -> list[Receipt]:
    """Keep receipts of a list; returns those that were not known."""
    if not receipts:
        return []
    rows = execute_values(
        cursor,
        "insert into warning_receipt (dispatch_id, enterprise, received_at, received_by, note, imported_by,"
        " imported_at) values %s on conflict do nothing returning enterprise, received_at, received_by, note",
        [(dispatch_id, one.enterprise, one.at, one.by, one.note, who, at) for one in receipts],
        fetch=True,
    )
    return [Receipt(*row) for row in rows]


def receipts_of(cursor: Any, dispatch_id: int) -> list[Receipt]:
    """What enterprises have said of a list."""
    cursor.execute(
        "select enterprise, received_at, received_by, note from warning_receipt where dispatch_id = %s"
        " order by received_at, enterprise",
        (dispatch_id,),
    )
    return [Receipt(*row) for row in cursor.fetchall()]


def _cells(measure: Measure) -> tuple[str | Decimal, ...]:
    unit = measure.unit
    shares = (measure.shares[pollutant] for pollutant in Pollutant)
    return unit.enterprise, unit.line, unit.process, unit.equipment, measure.level.value, measure.text, *shares


def _measure(row: Sequence[Any]) -> Measure:
    shares = dict(zip(Pollutant, row[6:9], strict=True))
    return Measure(Unit(*row[:4]), Level(row[4]), row[5], shares)
