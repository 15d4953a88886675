"""What persons do about a city's warning, in one transaction each: the row locked, the wish judged, the outcome kept.

Delivery guarantee: the city's row is locked from reading to commit, so of two operators at once the second is judged by
what the first did. The event, its line in the log and the dispatch list are one transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection

from alerts.handling.chain import Line, Subject
from alerts.handling.log import append, detail_text
from alerts.handling.names import fault_of
from alerts.warnings import decide, plans, store
from alerts.warnings.cuts import Cut, Cuts
from alerts.warnings.decide import Answer, Taken, Wish
from alerts.warnings.plan import Plan
from alerts.warnings.plans import Edition, Sent
from alerts.warnings.receipts import Receipt
from alerts.warnings.scheme import CITY_DIGITS
from core.clock import SHANGHAI
from core.errors import InputError

_REGION = (
    "select region from station_register where city = %s"
    " order by active desc, kind <> 'forecast', valid_to desc, station"
    " limit 1"
)


class Issued(NamedTuple):
    """The answer to a wish to issue, and the list that was made; None where nothing was issued, or there is no plan."""

    answer: Answer
    sent: Sent | None


def issue(database: connection, cuts: Cuts, city: str, wish: Wish, who: str, at: datetime) -> Issued:
    """Issue what is proposed, or what is wished, as `lantian_operator`; raises `InputError` for an unknown city."""
    with database, database.cursor() as cursor:
        region = _region(cursor, city)
        state = store.lock(cursor, city, at)
        answer = decide.issue(city, state, store.last_decision(cursor, city), wish, who.strip(), at)
        if not isinstance(answer, Taken):
            return Issued(answer, None)
        store.save(cursor, city, answer.state, at)
        (entry,) = store.add(cursor, [answer.entry])
        cut = _cut(cuts, region, at)
        kept = Taken(answer.state, entry)
        return Issued(kept, plans.send(cursor, city, entry.event_id, at, entry.level, entry.level_before, cut))


def decline(database: connection, city: str, reason: str, who: str, at: datetime) -> Answer:
    """Say no to what is proposed, as `lantian_operator`; raises `InputError` for an unknown city."""
    with database, database.cursor() as cursor:
        _region(cursor, city)
        state = store.lock(cursor, city, at)
        answer = decide.decline(city, state, store.last_decision(cursor, city), reason, who.strip(), at)
        if isinstance(answer, Taken):
            store.save(cursor, city, answer.state, at)
            (entry,) = store.add(cursor, [answer.entry])
            return Taken(answer.state, entry)
    return answer


def import_plan(database: connection, city: str, plan: Plan, file: str, who: str, at: datetime) -> tuple[Edition, bool]:
    """Put a plan in place of the city's; whether it is new: one that says the same as the latest edition is none.

    Raises `InputError` for an unknown city, and for a plan without a row that can be used.
    """
    _named(who)
    if not plan.measures:
        raise InputError("plan", "没有可用的措施 / has no row that can be used", field=file,
                         hint="correct the rows that are named above")  # fmt: skip
    with database, database.cursor() as cursor:
        _region(cursor, city)
        store.lock(cursor, city, at)
        former = plans.latest_plan(cursor, city)
        if former is not None and former.plan.measures == plan.measures:
            return former, False
        kept = plans.save_plan(cursor, city, plan, file, who, at, former)
        said = {"edition": kept.edition, "file": file, "measures": len(plan.measures), "errors": len(plan.errors)}
        _log(cursor, city, "plan", who, at, said)
    return kept, True


def import_receipts(database: connection, sent: Sent, receipts: list[Receipt], who: str, at: datetime) -> list[Receipt]:
    """Keep receipts of a list; returns those that were not known before."""
    _named(who)
    with database, database.cursor() as cursor:
        new = plans.add_receipts(cursor, sent.dispatch_id, receipts, who, at)
        if new:
            told = [{"enterprise": one.enterprise, "at": one.at.isoformat(), "by": one.by} for one in new]
            _log(cursor, sent.city, "receipts", who, at, {"dispatch": sent.dispatch_id, "receipts": told})
    return new


def _named(who: str) -> None:
    if fault := fault_of(who):
        raise InputError(fault.value, "没有可辨认的姓名 / nobody acts without a name that can be read", field="--user",
                         value=who, hint="type it anew")  # fmt: skip


def _region(cursor: Any, city: str) -> str:
    cursor.execute(_REGION, (city,))
    row = cursor.fetchone()
    if row is None:
        raise InputError("city", "没有此城市的站点 / no station is registered in it", field="--city", value=city,
                         hint="write the city as `lantian stations list` does")  # fmt: skip
    return str(row[0])[:CITY_DIGITS]


def _cut(cuts: Cuts, region: str, at: datetime) -> Cut | None:
    try:
        return cuts.at(region, at.astimezone(SHANGHAI).date())
    except InputError:  # a change is issued and dispatched all the same; the sums then stand alone
        return None


def _log(cursor: Any, city: str, happening: str, who: str, at: datetime, said: dict[str, Any]) -> None:
    line = Line(city=city, at=at, subject=Subject.WARNING, happening=happening, who=who, detail=detail_text(said))
    append(cursor, [line])
