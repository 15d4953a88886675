"""What the worker took, in numbers for Prometheus: noted in the transaction, told once it stands.

What is rolled back and taken again must not count twice. Columns are counted as arrays, by kind of station.
"""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from prometheus_client import Counter

from aggregate.judge import ORIGINS
from aggregate.plain.reports import PlainReports
from aggregate.reading import Judged, RejectReason, Slot
from aggregate.statistic import Reason, State, Statistic, Window
from aggregate.take import Taken
from core.bulk_histogram import BulkHistogram
from core.clock import MICROS
from ingest.kinds import KIND_CODES
from ingest.registry import Registry
from ingest.report import Origin

OTHER = "other"
"""The kind of a station that the registry does not know."""
KINDS = (*KIND_CODES, OTHER)
_FUTURE = "future"
_ORIGINS = (*(origin.value for origin in ORIGINS), _FUTURE)
_LIVE = ORIGINS[Origin.LIVE]

READINGS = Counter("lantian_readings_total", "Readings taken, by what became of them", ["kind", "outcome"])
REPORTS_TAKEN = Counter("lantian_reports_total", "Entries taken, by whether they are reports", ["kind", "outcome"])
ORIGINS_TAKEN = Counter(
    "lantian_report_origins_total",
    "Reports taken, by when they are of: future is more than five minutes ahead",
    ["kind", "origin"],
)
REJECTED_REPORTS = Counter("lantian_rejected_reports_total", "Entries refused as a whole", ["kind", "reason"])
REJECTED_READINGS = Counter("lantian_rejected_readings_total", "Readings refused, the report's others taken or not",
                            ["kind", "reason"])  # fmt: skip
ROWS = Counter("lantian_rows_written_total", "Rows written, of reports and of rejections", ["table"])
STATISTICS_WRITTEN = Counter("lantian_statistics_written_total", "Rows of statistics written", ["window"])
STATISTIC_VALUES = Counter(
    "lantian_statistic_values_total",
    "Values in written rows that are open no longer, by why they are not valid; again with each rewriting",
    ["window", "validity"],
)  # fmt: skip
RECEIPT_DELAY = BulkHistogram(
    "lantian_report_receipt_delay_seconds",
    "From the end of a live report's period to its receipt, in data time",
    label="kind",
    members=KINDS,
)
COMMIT_DELAY = BulkHistogram(
    "lantian_report_commit_delay_seconds", "From a live report's receipt to the commit of its row, in real seconds"
)

_VALIDITY = {int(reason): reason.name.lower() for reason in Reason}


class Tally:
    """What one transaction took."""

    def __init__(self, clock_speed: float = 1.0) -> None:
        """`clock_speed`: seconds of data time in a real one."""
        self._speed = clock_speed
        self.clear()

    def clear(self) -> None:
        """The transaction is lost."""
        self._counts: Counts[tuple[Counter, str, str]] = Counts()
        self._rows: Counts[str] = Counts()
        self._windows: Counts[Window] = Counts()
        self._delays: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]] = []
        self._received: list[npt.NDArray[np.float64]] = []

    def note(self, judged: Sequence[Judged], taken: Taken, plain: Iterable[PlainReports], registry: Registry) -> None:
        """A batch was taken."""
        kinds = _Kinds(registry)
        self._note_rejected(taken, kinds)
        for of_partition in taken.counts.values():
            for (station, _, _), intake in of_partition.items():
                if intake.repeats:
                    self._add(READINGS, kinds.of(station), "repeated", intake.repeats)
        for slot, rows in taken.slots.items():
            fresh = [row for row in rows if row.fresh]
            self._rows["report"] += len(fresh)
            self._add(READINGS, kinds.of_slot(slot), "stored", sum(len(row.names) for row in fresh))
        self._note_judged(judged, kinds)
        for reports in plain:
            self._note_plain(reports)

    def _note_rejected(self, taken: Taken, kinds: _Kinds) -> None:
        for item in taken.unparsed:
            kind = kinds.of(item.entry.station)
            self._add(REPORTS_TAKEN, kind, "unparsed", 1)
            self._add(REJECTED_REPORTS, kind, item.whole.lower(), 1)
        for outcome in taken.rejected:
            kind, whole = kinds.of(outcome.judged.entry.station), outcome.judged.whole
            if whole is not None:
                self._add(REJECTED_REPORTS, kind, whole.lower(), 1)
            for reading in outcome.rejected:
                self._add(REJECTED_READINGS, kind, reading.reason.lower(), 1)
            self._add(READINGS, kind, "rejected", len(outcome.rejected))
        self._rows["rejected"] += len(taken.unparsed) + len(taken.rejected)

    def _note_judged(self, judged: Sequence[Judged], kinds: _Kinds) -> None:
        live = []
        for report in judged:
            kind = kinds.of(report.entry.station)
            self._add(REPORTS_TAKEN, kind, "parsed", 1)
            origin = len(_ORIGINS) - 1 if report.whole is RejectReason.FUTURE else report.origin
            self._add(ORIGINS_TAKEN, kind, _ORIGINS[origin], 1)
            if report.whole is None and report.origin == _LIVE and report.slot.issued is None:
                received = report.entry.received / MICROS
                live.append((received, received - report.slot.time - report.slot.period, kinds.code(kind)))
        if live:
            receipts, delays, codes = zip(*live, strict=True)
            self._received.append(np.array(receipts))
            self._delays.append((np.array(delays), np.array(codes, dtype=np.int64)))

    def _note_plain(self, reports: PlainReports) -> None:
        width = len(_ORIGINS)
        counts = np.bincount(reports.kind * width + reports.origin, minlength=len(KINDS) * width).reshape(-1, width)
        for code in np.flatnonzero(counts.any(axis=1)).tolist():
            kind, of_kind = KINDS[code], counts[code].tolist()
            self._add(REPORTS_TAKEN, kind, "parsed", sum(of_kind))
            self._add(READINGS, kind, "stored", sum(of_kind) * len(reports.names))
            for origin, count in zip(_ORIGINS, of_kind, strict=True):
                self._add(ORIGINS_TAKEN, kind, origin, count)
        self._rows["report"] += len(reports.time)
        live = reports.origin == _LIVE
        received = reports.received[live] / MICROS
        self._received.append(received)
        self._delays.append((received - (reports.time + reports.period)[live], reports.kind[live]))

    def note_statistics(self, made: Iterable[Statistic]) -> None:
        """Statistics were written."""
        values: dict[Window, Counts[int]] = {}
        for row in made:
            self._windows[row.key.window] += 1
            if State.OPEN not in row.states:
                values.setdefault(row.key.window, Counts()).update(row.content.reasons)
        for window, reasons in values.items():
            for reason, count in reasons.items():
                self._add(STATISTIC_VALUES, window, _VALIDITY[reason], count)

    def tell(self, now: float) -> None:
        """The transaction stands; `now`: data time of its commit, UTC seconds."""
        for (counter, first, second), count in self._counts.items():
            counter.labels(first, second).inc(count)
        for table, count in self._rows.items():
            ROWS.labels(table).inc(count)
        for window, count in self._windows.items():
            STATISTICS_WRITTEN.labels(window).inc(count)
        for delays, codes in self._delays:
            RECEIPT_DELAY.add(delays, codes)
        for received in self._received:
            COMMIT_DELAY.add((now - received) / self._speed)
        self.clear()

    def _add(self, counter: Counter, first: str, second: str, count: int) -> None:
        if count:
            self._counts[counter, first, second] += count


class _Kinds:
    """Of each station of a batch its kind, found once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, str] = {}

    def of(self, station: str) -> str:
        kind = self._known.get(station)
        if kind is None:
            kind = self._registry.history(station)[-1].kind if self._registry.knows(station) else OTHER
            self._known[station] = kind
        return kind

    def of_slot(self, slot: Slot) -> str:
        return self.of(self._registry.name_of(slot.station_id) or "")

    def code(self, kind: str) -> int:
        return KIND_CODES.get(kind, len(KIND_CODES))
