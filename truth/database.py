"""What the database holds, as the judge compares it. SQL and nothing else; read as the read-only role."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec

from aggregate.statistic import Window
from ingest.envelope import Source
from truth.alerts import ExpectedAlert
from truth.expected import ExpectedReadings, Sample, Span
from truth.statistics import Cell

OPEN = "O"
"""The state of a factor that still waits for values."""
CURRENT = "C"
"""The state of a reading that counts."""

LATEST_S = 86400
"""How long after its handing over, in data time, a message may have been received."""

WindowKey = tuple[str, int]
"""Kind of window and start (UTC seconds)."""


class FoundCell(NamedTuple):
    """One factor of a window as it stands."""

    cell: Cell
    edition: str
    open: bool


FoundWindows = dict[WindowKey, dict[str, FoundCell]]

SampleName = tuple[str, int, int, int | None, str]
"""Station, period (seconds), time and issue (UTC seconds), factor."""

AlertName = tuple[str, str, int]
"""Rule, object, start of the first window."""


class FoundAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it stands: its windows (start, value), and what its own row says of them."""

    windows: list[tuple[int, float]]
    state: str
    cleared_at: int | None
    last_start: int
    value: float
    peak_start: int
    peak: float


_WINDOWS = """
select s.object, s.time_window, extract(epoch from s.start)::bigint, l.factors, s."values", s.n_valid, s.n_expected,
    s.reasons, s.edition, s.states
from statistic s join layout l on l.layout_id = s.layout
where s.object = any(%s) and s.start >= to_timestamp(%s) and s.start < to_timestamp(%s)
    and s.tier = 'raw' and s.sanddust
"""

_CURRENT = """
select s.station, sum(case when r.mask is null then cardinality(r."values")
    else length(r.mask) - length(replace(r.mask, 'C', '')) end)
from report r join station s using (station_id)
where s.station = any(%s) and r.time >= to_timestamp(%s) and r.time < to_timestamp(%s)
group by 1
"""

_SAMPLES = """
select s.station, r.period, extract(epoch from r.time)::bigint,
    extract(epoch from nullif(r.issued, '-infinity'))::bigint, l.factors, r."values", r.flags, r.mask
from report r join station s using (station_id) join layout l on l.layout_id = r.layout
where s.station = any(%s) and r.time >= to_timestamp(%s) and r.time < to_timestamp(%s)
    and (r.issued > '-infinity' or r.period > 3600 or r.period = 0)
"""

_REJECTED = """
select station, reason, count(*) from (
    select station, unnest(reasons) as reason from rejected
    where station = any(%(stations)s) and time >= to_timestamp(%(start)s) and time < to_timestamp(%(end)s)
        and run = any(%(runs)s)
    union all
    select station, reason from rejected
    where station = any(%(stations)s) and time is null and source = %(device)s
        and received >= to_timestamp(%(first)s) and received < to_timestamp(%(last)s)
) as parts
group by 1, 2
"""

_ALERTS = """
select a.rule_id, a.object, extract(epoch from a.first_start)::bigint, a.state,
    extract(epoch from a.cleared_at)::bigint, extract(epoch from a.last_start)::bigint, a.value,
    extract(epoch from a.peak_start)::bigint, a.peak,
    array_agg(extract(epoch from v.start)::bigint order by v.start), array_agg(v.value order by v.start)
from alert a left join alert_value v on v.alert_id = a.alert_id and not v.lead
where a.object = any(%s) and a.state <> 'withdrawn'
group by a.alert_id
"""


def windows(cursor: Any, objects: Collection[str], start: int, end: int) -> dict[str, FoundWindows]:
    """The statistics of objects that begin in `[start, end)` (UTC seconds)."""
    cursor.execute(_WINDOWS, (list(objects), start, end))
    found: dict[str, FoundWindows] = defaultdict(dict)
    for name, window, begin, factors, values, n_valid, n_expected, reasons, edition, states in cursor:
        found[name][window, begin] = {
            factor: FoundCell(Cell(None if math.isnan(value) else value, *counts), edition, state == OPEN)
            for factor, value, *counts, state in zip(factors, values, n_valid, n_expected, reasons, states, strict=True)
        }
    return found


def current(cursor: Any, expected: ExpectedReadings) -> dict[str, int]:
    """How many current readings the expected stations have at the expected times."""
    cursor.execute(_CURRENT, (list(expected.stations), expected.readings.start, expected.readings.end))
    return {station: int(count) for station, count in cursor}


def samples(cursor: Any, stations: Collection[str], span: Span) -> dict[SampleName, Sample]:
    """The current readings of stations in a span that no statistic is made of."""
    cursor.execute(_SAMPLES, (list(stations), span.start, span.end))
    return {
        (station, period, time, issued, factor): Sample(None if math.isnan(value) else value, flag)
        for station, period, time, issued, factors, values, flags, mask in cursor
        for factor, value, flag, place in zip(
            factors, values, flags or "N" * len(factors), mask or CURRENT * len(factors), strict=True
        )
        if place == CURRENT
    }


def rejected(cursor: Any, expected: ExpectedReadings) -> dict[tuple[str, str], int]:
    """Rejected readings by station and reason: of the expected runs and times; without a time, by their receipt.

    Scenarios speak for devices: what another source had rejected in these hours is none of theirs.
    """
    given = {
        "stations": list(expected.stations),
        "device": Source.DEVICE,
        "runs": expected.runs,
        "start": expected.rejected.start,
        "end": expected.rejected.end,
        "first": expected.sent.start,
        "last": expected.sent.end + LATEST_S,
    }
    cursor.execute(_REJECTED, given)
    return {(station, reason): count for station, reason, count in cursor}


def alerts(cursor: Any, objects: Collection[str]) -> dict[AlertName, FoundAlert]:
    """The alerts of objects that stand, whenever."""
    cursor.execute(_ALERTS, (list(objects),))
    return {
        (rule, name, first): FoundAlert(
            windows=[(begin, number) for begin, number in zip(starts, values, strict=True) if begin is not None],
            state=state,
            cleared_at=cleared_at,
            last_start=last_start,
            value=value,
            peak_start=peak_start,
            peak=peak,
        )
        for rule, name, first, state, cleared_at, last_start, value, peak_start, peak, starts, values in cursor
    }


def found_as(expected: ExpectedAlert, window: Window) -> FoundAlert:
    """How an alert that must stand is to be found, of windows of a kind."""
    (last_start, value), (peak_start, peak) = expected.windows[-1], expected.peak
    ended = expected.cleared_by
    return FoundAlert(
        windows=expected.windows,
        state="open" if ended is None else "cleared",
        cleared_at=None if ended is None else window.end(ended),
        last_start=last_start,
        value=value,
        peak_start=peak_start,
        peak=peak,
    )
