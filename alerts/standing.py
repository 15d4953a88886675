"""When which warning and which stop-work order were in force: what persons said, as it is stored.

Alerts stay a function of stored rows (decision 0012): a window is asked by its start, and what a person issues or lifts
holds from then on, so that it changes no window that has begun, and a replay finds the same.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from alerts.handling.order import OrderAction
from alerts.rules.deadlines import OrderKind
from alerts.rules.model import RuleBase, Scope

_LEVELS = """
select city, level, extract(epoch from begins)::float8, extract(epoch from ends)::float8 from v_warning_levels
order by begins
"""
_ORDERS = """
select a.station, l.happening, extract(epoch from l.at)::float8
from (select distinct alert_id from stop_work_order where stage in ('issued', 'received', 'lifted', 'handed-on')) o
join alert a using (alert_id) join alert_log l using (alert_id)
where a.station is not null and l.subject = 'order' and l.happening in ('issue', 'lift')
order by l.log_id
"""


class Span(NamedTuple):
    """From when until before when something was in force (UTC seconds), and what: a level, or a kind of order."""

    what: str
    begins: float
    ends: float

    def holds(self, at: int) -> bool:
        """Whether it was at an instant."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Standing:
    """Warnings by city, and orders by station."""

    warnings: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    orders: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    @classmethod
    def load(cls, cursor: Any, rules: Iterable[RuleBase]) -> Self:
        """As the database says; what none of the rules asks for is not read."""
        scopes = [rule.scope for rule in rules if rule.scope is not None]
        return cls(
            _warnings(cursor) if any(scope.warnings for scope in scopes) else {},
            _orders(cursor) if any(scope.order for scope in scopes) else {},
        )

    def meets(self, scope: Scope, city: str, station: str | None, start: int) -> bool:
        """Whether what a scope asks to be in force was so when a window began (UTC seconds)."""
        if scope.warnings and not _any(self.warnings.get(city, ()), scope.warnings, start):
            return False
        return scope.order is None or _any(self.orders.get(station or "", ()), (scope.order,), start)


def _any(spans: Iterable[Span], wanted: Sequence[str], start: int) -> bool:
    return any(span.what in wanted and span.holds(start) for span in spans)


def _warnings(cursor: Any) -> dict[str, list[Span]]:
    found: defaultdict[str, list[Span]] = defaultdict(list)
    cursor.execute(_LEVELS)
    for city, level, begins, ends in cursor.fetchall():
        found[city].append(Span(level, begins, math.inf if ends is None else ends))
    return dict(found)


def _orders(cursor: Any) -> dict[str, list[Span]]:
    """From an issue until a lift at the station, whichever of its alerts the order has gone on with meanwhile.

    An order of an alert that data withdrew stays in force until a person lifts it; of several the last to be lifted.
    """
    found: defaultdict[str, list[Span]] = defaultdict(list)
    standing: Counter[str] = Counter()
    cursor.execute(_ORDERS)
    for station, happening, at in cursor.fetchall():
        spans = found[station]
        standing[station] += 1 if happening == OrderAction.ISSUE else -1
        if happening == OrderAction.ISSUE and standing[station] == 1:
            spans.append(Span(OrderKind.STOP_WORK, at, math.inf))
        elif standing[station] == 0 and spans:
            spans[-1] = spans[-1]._replace(ends=at)
    return dict(found)
