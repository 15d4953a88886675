"""The engine's look at what is overdue: each escalation is written once, in the transaction of the clock's tick.

Delivery guarantee: an engine looks after the cities of the partitions that it holds, under their lock, and a key in the
database keeps each escalation single; what fell due while no engine ran is written by the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from prometheus_client import Counter as Metric
from psycopg2.extras import execute_values

from alerts.alert import PAGES_S
from alerts.handling.answers import Entry
from alerts.handling.chain import Line, Subject
from alerts.handling.grid import Grid
from alerts.handling.hide import InForce, Silence, Traits, hidden
from alerts.handling.log import append, detail_text
from alerts.handling.machine import DataState, Handling
from alerts.handling.overdue import Escalation, due, overdue, waiting_since
from alerts.handling.silences import silences_at
from alerts.handling.store import load_entries, load_handlings
from alerts.rules.deadlines import Deadlines
from alerts.rules.model import RuleBase
from alerts.severity import Severity
from alerts.warnings.in_force import in_force
from alerts.warnings.scheme import CITY_DIGITS
from core.kafka import partition_of
from core.logs import get_logger
from ingest.registry import Registry

IMPOSSIBLE = Metric("lantian_alerts_impossible_records", "Alerts whose record says something impossible, at each look.")

_log = get_logger(__name__)

_WAITING = """
select a.alert_id, a.version, a.rule_id, a.city, a.object, a.state, a.station, a.severity, a.kind, a.time_window,
    a.first_start, greatest(told.at, later.gone_at)
from alert a join lateral (
    select l.at, l.happening from alert_log l where l.alert_id = a.alert_id and l.subject = 'data'
    order by l.version limit 1
) as told on true
left join lateral (
    select b.updated_at as gone_at, b.state from alert b
    where told.happening = 'split' and b.rule_id = a.rule_id and b.object = a.object
        and b.number < a.number and b.first_start > a.first_start
    order by b.first_start limit 1
) as later on true
where a.origin = 'live' and (told.happening <> 'split' or later.state = 'withdrawn')
    and told.at <= make_interval(secs => %s) + coalesce(
        a.cleared_at, (select v."end" from alert_value v where v.alert_id = a.alert_id and v.start = a.last_start))
    and (a.closed_at is null or a.state = 'open') and a.state <> 'withdrawn' and a.rule_id = any(%s)
order by a.alert_id
"""


class Waiting(NamedTuple):
    """An alert about which somebody may have to do something; `told_at` is when the engine opened it.

    The earlier part of one that was divided is none while the later part stands: that is the case that people know, and
    it hurries them itself. When the later part is withdrawn, the earlier waits from then on. History is none, nor what
    had ended a day before it was found.
    """

    alert_id: int
    version: int
    rule_id: str
    city: str
    object: str
    state: str
    station: str | None
    severity: str
    kind: str
    time_window: str
    first_start: datetime
    told_at: datetime


class Escalations:
    """What the engine needs to know for it: who is in charge where, and when it looked last."""

    def __init__(self, grid: Grid, every_s: float) -> None:
        """`every_s`: how often to look, in seconds of data time."""
        self._grid = grid
        self._every_s = every_s
        self._looked_at: dict[int, float] = {}

    def forget(self) -> None:
        """Look again at once: what was written last may have been rolled back."""
        self._looked_at.clear()

    def tick(
        self, cursor: Any, rules: Iterable[RuleBase], partitions: Collection[int], registry: Registry, now: float
    ) -> list[Line]:
        """Write what has fallen due of these partitions' cities since the last look; returns what was written."""
        asked = [p for p in partitions if abs(now - self._looked_at.get(p, float("-inf"))) >= self._every_s]
        if not asked:
            return []
        deadlines = {rule.id: rule.deadlines for rule in rules if rule.deadlines != Deadlines()}
        lines = self._escalate(cursor, deadlines, frozenset(asked), registry, datetime.fromtimestamp(now, UTC))
        append(cursor, lines)
        self._looked_at.update(dict.fromkeys(asked, now))
        return lines

    def _escalate(
        self,
        cursor: Any,
        deadlines: Mapping[str, Deadlines],
        partitions: Collection[int],
        registry: Registry,
        now: datetime,
    ) -> list[Line]:
        cursor.execute(_WAITING, (PAGES_S, list(deadlines)))
        alerts = [one for one in map(Waiting._make, cursor.fetchall()) if partition_of(one.city) in partitions]
        if not alerts:
            return []
        handlings = load_handlings(cursor, [one.alert_id for one in alerts])
        entries = {alert_id: handled for alert_id, (handled, _) in load_entries(cursor, handlings).items()}
        silences, warnings = silences_at(cursor, now), in_force(cursor, now)
        found = {
            (one.alert_id, each.step.value, each.since, each.rung): (one, each)
            for one in alerts
            if not _silent(one, silences, warnings, now)
            for each in self._overdue(
                one,
                handlings.get(one.alert_id, Handling()),
                _since(one, entries.get(one.alert_id, ())),
                deadlines[one.rule_id],
                registry,
                now,
            )
        }
        return [_line(*found[key], now) for key in _written(cursor, found, now)]

    def _overdue(
        self,
        alert: Waiting,
        handling: Handling,
        since: datetime,
        deadlines: Deadlines,
        registry: Registry,
        now: datetime,
    ) -> list[Escalation]:
        waiting = due(handling, DataState(alert.state), deadlines, since)
        if waiting is None or now < waiting.at:
            return []
        return overdue(waiting, self._grid.chain(alert.station, _region(alert, registry)), now)


def _since(alert: Waiting, entries: Sequence[Entry]) -> datetime:
    """Since when its step waits; since the alert was opened, if its record says something impossible."""
    try:
        return waiting_since(entries, alert.told_at)
    except (LookupError, ValueError, TypeError) as error:
        IMPOSSIBLE.inc()
        _log.error("record_impossible", alert_id=alert.alert_id, error=repr(error))
        return alert.told_at


def _region(alert: Waiting, registry: Registry) -> str | None:
    """The region code of the alert's station when it began; of a city, with which most of its stations' codes begin."""
    at = alert.first_start.timestamp()
    if alert.station is not None:
        station = registry.at(alert.station, at)
        return station.region if station else None
    codes = Counter(one.region[:CITY_DIGITS] for one in registry.city_stations(alert.city, at))
    return codes.most_common(1)[0][0] if codes else None


def _silent(alert: Waiting, silences: Sequence[Silence], warnings: Sequence[InForce], now: datetime) -> bool:
    severity = Severity(alert.severity)
    traits = Traits(alert.rule_id, alert.city, alert.station, severity, alert.kind, alert.time_window)
    return hidden(traits, silences, warnings, now) is not None


_Key = tuple[int, str, datetime, int]


def _written(cursor: Any, found: Mapping[_Key, tuple[Waiting, Escalation]], now: datetime) -> list[_Key]:
    """Write what has not been before; returns the keys of that, in order."""
    if not found:
        return []
    rows = execute_values(
        cursor,
        "insert into alert_escalation (alert_id, step, since, rung, due_at, at, told, contact) values %s"
        " on conflict do nothing returning alert_id, step, since, rung",
        [
            (*key, each.due_at, now, each.leader and each.leader.leader, each.leader and each.leader.contact)
            for key, (_, each) in found.items()
        ],
        fetch=True,
    )
    return sorted((alert_id, step, since, rung) for alert_id, step, since, rung in rows)


def _line(alert: Waiting, each: Escalation, now: datetime) -> Line:
    leader = each.leader
    detail = {
        "step": each.step.value,
        "since": each.since.isoformat(),
        "due": each.due_at.isoformat(),
        "rung": each.rung,
        "town": leader and leader.town,
        "leader": leader and leader.leader,
        "contact": leader and leader.contact,
    }
    return Line(
        city=alert.city,
        at=now,
        subject=Subject.ESCALATION,
        happening="overdue",
        alert_id=alert.alert_id,
        version=alert.version,
        state=alert.state,
        object=alert.object,
        detail=detail_text({name: value for name, value in detail.items() if value is not None}),
    )
