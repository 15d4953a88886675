"""What the engine did, in numbers for Prometheus: noted in the transaction, told once it stands."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Iterable, Mapping

from prometheus_client import Counter, Histogram

from alerts.alert import LIVE, Notice
from alerts.happening import Happening
from core.metrics import DELAYS_S

STATEMENTS = Counter("lantian_alerts_statements", "Statements by what the engine did with them.", ["outcome"])
EVENTS = Counter("lantian_alerts_events", "What happened to alerts.", ["happening", "severity"])
UNREADABLE = Counter("lantian_alerts_unreadable_records", "Records of the statistics topic that are none of ours.")
JUDGED_DELAY = Histogram(
    "lantian_alerts_judged_delay_seconds",
    "From a record of statements being put to Kafka to the commit of what was judged of it, in real seconds.",
    buckets=DELAYS_S,
)
OPENED_DELAY = Histogram(
    "lantian_alerts_opened_delay_seconds",
    "From the end of the window that opens a live alert to the commit of the alert, in data time.",
    ["severity"],
    buckets=DELAYS_S,
)


class Tally:
    """What one transaction judged."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """The transaction is lost."""
        self._outcomes: Counts[str] = Counts()
        self._events: Counts[tuple[str, str]] = Counts()
        self._opened: list[tuple[float, str]] = []
        self._written: list[float] = []
        self._unreadable = 0

    def note_record(self, written_ms: int) -> None:
        """A record was judged that Kafka was given at `written_ms` (Unix milliseconds of the machine's clock)."""
        self._written.append(written_ms / 1000)

    def note_unreadable(self) -> None:
        """A record was none of ours."""
        self._unreadable += 1

    def note(self, notices: Iterable[Notice], outcomes: Mapping[str, int]) -> None:
        """Statements were judged, and this came of it."""
        self._outcomes.update(outcomes)
        for notice in notices:
            alert = notice.alert
            self._events[notice.happening, alert.severity] += 1
            if notice.happening is Happening.OPENED and alert.origin == LIVE and alert.pages:
                self._opened.append((alert.opened_at.timestamp(), alert.severity))

    def tell(self, now: float, wall: float) -> None:
        """The transaction stands; `now`: data time of its commit, `wall`: the machine's, UTC seconds."""
        for outcome, count in self._outcomes.items():
            STATEMENTS.labels(outcome).inc(count)
        for labels, count in self._events.items():
            EVENTS.labels(*labels).inc(count)
        for at, severity in self._opened:
            OPENED_DELAY.labels(severity).observe(max(0.0, now - at))
        for at in self._written:
            JUDGED_DELAY.observe(max(0.0, wall - at))
        UNREADABLE.inc(self._unreadable)
        self.clear()
