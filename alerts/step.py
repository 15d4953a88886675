"""The engine as a step of a stream: statements in, alerts and notices out, all in the stream's transaction.

Delivery guarantees: each statement is judged once, whatever dies when (core.stream). `lantian.alerts.v1` is told at
least once: a notice carries the alert's version, and receivers ignore what is not above the last one they saw.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from aggregate.statistic import Reason, State, StatementBatch, decode_statements
from alerts import store
from alerts.alert import Notice
from alerts.handling.escalate import Escalations
from alerts.judging import Judge
from alerts.rules.folder import RuleFolder
from alerts.tally import Tally
from alerts.warnings.proposing import Proposals
from core.kafka import ALERTS, STATISTICS
from core.logs import get_logger
from core.outbox import Message, enqueue
from ingest.registry import Registry, RegistryReader

CONSUMER = "engine"
HEADERS = (("v", "1"),)
LOOK_S = 15.0
"""Between two looks at devices, in data time; the worker says once a minute when they were heard."""
_STATES = frozenset(State)
_REASONS = frozenset(Reason)

_log = get_logger(__name__)


class AlertStep:
    """Takes `lantian.statistics.v1` (core.step.Step); the database holds all that it remembers of alerts."""

    consumer = CONSUMER
    topic = STATISTICS

    def __init__(
        self,
        rules: RuleFolder,
        registry_s: float,
        escalations: Escalations | None = None,
        rest: float = 0.0,
        proposals: Proposals | None = None,
    ) -> None:
        """`registry_s`: how often, in seconds of data time, registry and rules are asked whether they have changed.

        `rest`: how many times as long as a look took the next one waits at least, so that statements go first where
        data time runs fast.
        """
        self._rules = rules
        self._judge = Judge(rules.book)
        self._registry_s = registry_s
        self._escalations = escalations
        self._proposals = proposals
        self._registries = RegistryReader()
        self._registry = Registry.empty()
        self._registry_asked = float("-inf")
        self._looked = float("-inf")
        self._rest = rest
        self._rested = float("-inf")
        self._tally = Tally()

    def forget(self) -> None:
        """The registry is kept: it is not of this step's making."""
        self._judge.forget()
        self._tally.clear()
        if self._escalations:
            self._escalations.forget()
        if self._proposals:
            self._proposals.forget()
        self._looked = float("-inf")

    def committed(self, now: float) -> None:
        """Count what was judged."""
        self._tally.tell(now, time.time())

    def gained(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        """Nothing is owed: alerts follow what stands; the registry is read before the first statement comes."""
        self._renew(cursor, now)

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        """Look at devices, overdue steps of handling and cities' outlooks: nothing else falls due by the clock."""
        self._renew(cursor, now)
        for partition, notices in self._judge.retire(cursor, partitions, now).items():
            enqueue(cursor, CONSUMER, partition, map(_message, notices))
            self._report(notices)
        if abs(now - self._looked) >= LOOK_S and time.monotonic() >= self._rested:
            began, self._looked = time.monotonic(), now
            for partition, notices in self._judge.look(cursor, partitions, self._registry).items():
                enqueue(cursor, CONSUMER, partition, map(_message, notices))
                self._report(notices)
            self._rested = time.monotonic() + self._rest * (time.monotonic() - began)
        if self._escalations:
            for line in self._escalations.tick(cursor, self._rules.book.all, partitions, self._registry, now):
                _log.warning("alert_overdue", alert_id=line.alert_id, object=line.object, detail=line.detail)
        if self._proposals:
            for entry in self._proposals.tick(cursor, partitions, self._registry, now):
                _log.info(f"warning_{entry.happening}", city=entry.city, action=entry.action, warning=entry.level)
        return False

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        """Judge the statements of each partition in their order."""
        self._renew(cursor, now)
        for partition, batch in records.items():
            readable = [found for record in batch if (found := self._decoded(cursor, record, now))]
            result = self._judge.judge(cursor, readable, self._registry, now)
            enqueue(cursor, CONSUMER, partition, map(_message, result.notices))
            self._report(result.notices, result.outcomes)

    def _renew(self, cursor: Any, now: float) -> None:
        if len(self._registry) and abs(now - self._registry_asked) < self._registry_s:
            return
        self._registry = self._registries.read(cursor.connection)
        self._registry_asked = now
        if self._rules.renew():
            self._judge = Judge(self._rules.book)

    def _report(self, notices: Sequence[Notice], outcomes: Mapping[str, int] | None = None) -> None:
        """Logs and counts; what is rolled back and judged again is logged again."""
        self._tally.note(notices, outcomes or {})
        for notice in notices:
            alert = notice.alert
            _log.info(
                f"alert_{notice.happening}",
                alert_id=notice.alert_id,
                rule=alert.rule_id,
                object=alert.object,
                value=alert.value,
                state=alert.state,
                pages=alert.pages,
            )

    def _decoded(self, cursor: Any, record: Any, now: float) -> StatementBatch | None:
        try:
            batch = well_formed(decode_statements(record.value or b""))
        except (msgspec.MsgspecError, ValueError) as error:
            self._tally.note_unreadable()
            _log.warning("unreadable_record", partition=record.partition, offset=record.offset, error=str(error))
            store.save_unreadable(cursor, record.partition, record.offset, now, str(error), record.value or b"")
            return None
        self._tally.note_record(record.timestamp)
        return batch


def _message(notice: Notice) -> Message:
    return Message(ALERTS, notice.alert.city, msgspec.json.encode(notice), HEADERS)


def well_formed(batch: StatementBatch) -> StatementBatch:
    """The batch, if the arrays of its statements are parallel and its states and reasons known; else `ValueError`."""
    for statement in batch.statements:
        arrays = (
            statement.states,
            statement.values,
            statement.n_valid,
            statement.n_expected,
            statement.reasons,
            statement.live,
        )
        parallel = all(len(array) == len(statement.factors) for array in arrays)
        if not (parallel and _STATES.issuperset(statement.states) and _REASONS.issuperset(statement.reasons)):
            raise ValueError(f"the statement of {statement.object} at {statement.start} is not well formed")
    return batch
