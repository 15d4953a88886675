"""The worker's first step: a batch of reports becomes rows, statistics, rejects and messages in one transaction."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import psycopg2

from aggregate.closed import DayKey
from aggregate.closed_store import load_closed, write_closed
from aggregate.entries import Located, entries_of
from aggregate.heard import Heard
from aggregate.hours import HourKey
from aggregate.judge import Judge, Told
from aggregate.known import Known
from aggregate.owed import Owed
from aggregate.plain.copy import copy_plain
from aggregate.plain.open_hours import OpenHours
from aggregate.plain.reports import PlainReports, intake
from aggregate.plain.sorter import Sorter
from aggregate.publish import publish_rejected, publish_statistics
from aggregate.reading import Judged, Position, RejectReason, Unparsed
from aggregate.recompute import Recomputer, Touched
from aggregate.rejection import log_rejections, rejection_of, rejection_of_unparsed, write_rejections
from aggregate.sanddust.periods import SandDust
from aggregate.settings import AggregateSettings
from aggregate.statistic import WORKER, State, Statistic, Window
from aggregate.statistic_store import SLICE, Memory, fills_slice, read_due, read_keys
from aggregate.store import (
    Layouts,
    Span,
    load_digests,
    load_refused,
    load_slots,
    write_intake,
    write_reports,
    write_told,
)
from aggregate.take import Standing, Taken, day_of_receipt, take
from aggregate.tally import Tally
from core.clock import HOUR, MICROS
from core.kafka import REPORTS
from core.logs import get_logger
from ingest.envelope import Entry, EntryKind
from ingest.kinds import KindSettings
from ingest.registry import RegistryReader
from standards.editions import load_editions
from standards.factors import load_catalogue

_log = get_logger(__name__)
_told = msgspec.json.Decoder(Told)

_UNSTORABLE = (psycopg2.DataError, psycopg2.IntegrityError, ValueError, OverflowError)
"""What a single entry may cause where it is decoded and stored; anything else is our fault and stops the worker."""


class ReportStep:
    """Takes `lantian.reports.v1` (core.step.Step)."""

    consumer = WORKER
    topic = REPORTS

    def __init__(
        self,
        settings: AggregateSettings,
        kinds: KindSettings,
        registries: RegistryReader | None = None,
        clock_speed: float = 1.0,
    ) -> None:
        """`registries`: what the steps of a process share; `clock_speed`: seconds of data time in a real one."""
        self._registries = registries or RegistryReader()
        self._order = settings.source_order
        self._judge = Judge(load_catalogue(), kinds.rules())
        self._sanddust = SandDust(())
        self._layouts = Layouts()
        self._known = Known()
        self._owed = Owed(WORKER)
        self._heard = Heard(clock_speed)
        self._tally = Tally(clock_speed)
        self._sorter = Sorter(self._judge, kinds.rules(), self._known)
        self._memory = Memory(settings.memory_object_days)
        open_hours = OpenHours(settings.memory_open_hours_bytes)
        self._recomputer = Recomputer(load_editions(), kinds.rules(), self._layouts, self._memory, open_hours)

    def forget(self) -> None:
        """Drop what a transaction may have left half known."""
        self._forget_batch()
        self._heard.forget()
        self._tally.clear()

    def committed(self, now: float) -> None:
        """Count what was taken."""
        self._tally.tell(now)

    def _forget_batch(self) -> None:
        """As `forget`, of a part of a transaction; what was heard is noted only of parts that went through."""
        self._layouts.forget()
        self._known.forget()
        self._recomputer.forget()

    def gained(self, cursor: Any, partitions: Sequence[int], now: float) -> None:
        """Note every open statistic of the partitions: the ticks that follow rebuild them, slice by slice."""
        self._refresh(cursor)
        self._owed.note(cursor, partitions)

    def tick(self, cursor: Any, partitions: Sequence[int], now: float) -> bool:
        """What falls due by the clock (open becomes provisional, provisional final), then what is still owed."""
        due = read_due(cursor, self._layouts, WORKER, partitions, now)
        rows = {row.key: row for row in due + self._read_owed(cursor, partitions, SLICE - len(due))}
        if rows:
            self._refresh(cursor)
            self._rebuild(cursor, rows.values(), int(now))
        self._heard.write(cursor, partitions, now)
        return fills_slice(due) or self._owed.waits(partitions)

    def take(self, cursor: Any, records: Mapping[int, Sequence[Any]], now: float) -> None:
        """Take records; an entry that cannot be stored is rejected alone."""
        self._refresh(cursor)
        touched = Touched()
        of_partition = [list(entries_of(partition, batch)) for partition, batch in records.items()]
        located = [each for entries in of_partition for each in entries]
        spans = [(partition, batch[0].offset, batch[-1].offset + 1) for partition, batch in records.items()]
        cursor.execute("savepoint batch")
        try:
            self._take(cursor, located, spans, now, touched)
        except _UNSTORABLE as error:
            _log.warning("batch_apart", spans=spans, error=str(error).strip())
            cursor.execute("rollback to savepoint batch")
            self._forget_batch()
            self._take_apart(cursor, located, now, touched)
        cursor.execute("release savepoint batch")
        for position, entry in (entries[-1] for entries in of_partition if entries):
            self._heard.read(position.partition, entry.received / MICROS, now)
        self._heard.write_long(cursor)
        self._update(cursor, touched, int(now))

    def _take_apart(self, cursor: Any, located: Sequence[Located], now: float, touched: Touched) -> None:
        """Take what cannot be taken as a whole half by half, so that one bad entry among thousands costs little."""
        middle = len(located) // 2
        for part in (located[:middle], located[middle:]):
            if not part:
                continue
            spans = _spans(part)
            cursor.execute("savepoint part")
            try:
                self._take(cursor, part, spans, now, touched)
            except _UNSTORABLE as error:
                cursor.execute("rollback to savepoint part")
                self._forget_batch()
                if len(part) == 1:
                    refused = self._unstorable(cursor, *part[0], error)
                    self._write(cursor, refused, spans, now)
                    self._tally.note((), refused, (), self._judge.registry)
                else:
                    self._take_apart(cursor, part, now, touched)
            cursor.execute("release savepoint part")

    def _unstorable(self, cursor: Any, position: Position, entry: Entry, error: Exception) -> Taken:
        item = Unparsed(position, entry, RejectReason.UNSTORABLE, (str(error).strip() or repr(error)).splitlines()[0])
        digest = hashlib.sha256(entry.body).digest()
        known = load_digests(cursor, {(entry.station, digest)})
        closed = load_closed(cursor, _days([], [item]))
        return take([], [(item, digest)], Standing({}, {}, closed, known), self._order)

    def _take(
        self, cursor: Any, located: Sequence[Located], spans: Sequence[Span], now: float, touched: Touched
    ) -> None:
        write_told(cursor, _numbers_told(located))
        plain, aside, names = self._sorter.sort(cursor, located)
        by_itself = [(p, e) for p, e in located if e.station in aside and e.kind != EntryKind.STATUS] if aside else []
        judged, unparsed = self._judge.judge(by_itself)
        taken = self._take_singly(cursor, judged, unparsed)
        for reports in plain:
            self._take_plain(cursor, reports, names, taken, touched)
        self._write(cursor, taken, spans, now)
        self._known.note(taken, plain)
        self._heard.note(judged, plain)
        self._touch(touched, taken)
        self._tally.note(judged, taken, plain, self._judge.registry)

    def _take_singly(self, cursor: Any, judged: Sequence[Judged], unparsed: Sequence[Unparsed]) -> Taken:
        """Compare reports with all that stands in their slots, one by one."""
        if not judged and not unparsed:
            return Taken()
        stations = {report.slot.station_id for report in judged if report.slot.station_id > 0}
        self._known.learn(cursor, stations, {report.entry.station for report in judged})
        hashed = [(item, hashlib.sha256(item.entry.body).digest()) for item in unparsed]
        standing = Standing(
            load_slots(cursor, self._layouts, self._known.slots(judged)),
            load_refused(cursor, self._known.numbers(judged)),
            load_closed(cursor, _days(judged, unparsed)),
            load_digests(cursor, {(item.entry.station, digest) for item, digest in hashed}),
        )
        return take(judged, hashed, standing, self._order)

    def _take_plain(
        self, cursor: Any, reports: PlainReports, names: Mapping[int, str], taken: Taken, touched: Touched
    ) -> None:
        layout = self._layouts.ids(cursor, {reports.names})[reports.names]
        copy_plain(cursor, layout, reports)
        for partition, station, source, day, count in intake(reports):
            taken.count(partition, (names[station], source, day), count * len(reports.names), 0, reports=count)
        self._recomputer.take(touched, reports, self._known.latest(reports.station_id, names))

    def _write(self, cursor: Any, taken: Taken, spans: Iterable[Span], now: float) -> None:
        write_reports(cursor, self._layouts, taken.slots.items())
        rejections = [*map(rejection_of, taken.rejected), *map(rejection_of_unparsed, taken.unparsed)]
        write_rejections(cursor, rejections)
        write_closed(cursor, taken.closed)
        write_intake(cursor, [(span, taken.counts.get(span[0], {})) for span in spans], now)
        publish_rejected(cursor, WORKER, rejections)
        log_rejections(rejections)

    def _touch(self, touched: Touched, taken: Taken) -> None:
        for slot, rows in taken.slots.items():
            if not 0 < slot.period <= HOUR or slot.issued is not None:
                continue
            key = HourKey(slot.station_id, slot.time // HOUR * HOUR)
            self._recomputer.drop(key)
            touched.report(key, slot.period, (name for row in rows for name in row.names))

    def _update(self, cursor: Any, touched: Touched, now: int) -> None:
        made = self._recomputer.update(cursor, self._judge.registry, self._sanddust, touched, now)
        self._tally.note_statistics(told.settled.row for told in made)
        publish_statistics(cursor, WORKER, made)

    def _read_owed(self, cursor: Any, partitions: Sequence[int], most: int) -> list[Statistic]:
        rows = read_keys(cursor, self._layouts, self._owed.take(partitions, most))
        return [row for row in rows.values() if State.OPEN in row.states]

    def _rebuild(self, cursor: Any, rows: Iterable[Statistic], now: int) -> None:
        touched = Touched()
        registry = self._judge.registry
        for row in rows:
            if State.OPEN not in row.states:
                touched.ended.append(row)
            elif row.key.window == Window.HOUR:
                key = HourKey(registry.history(row.key.object.partition(":")[2])[-1].station_id, row.key.start)
                touched.hours[key].update(row.content.factors)
                touched.forced.add(key)
            else:
                touched.windows.add(row.key)
        self._update(cursor, touched, now)

    def _refresh(self, cursor: Any) -> None:
        registry = self._registries.read(cursor.connection)
        if registry is not self._judge.registry:
            self._sanddust = SandDust.load(cursor)
            self._judge.use(registry)
            self._memory.hold(len(registry))


def _numbers_told(located: Iterable[Located]) -> dict[tuple[str, int, int], tuple[int, int]]:
    """The greatest number told, and when, by station, source and run."""
    told: dict[tuple[str, int, int], tuple[int, int]] = {}
    for _, entry in located:
        if entry.kind != EntryKind.STATUS:
            continue
        try:
            status = _told.decode(entry.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _log.warning("status_malformed", station=entry.station, correlation=entry.correlation)
            continue
        if status.seq is not None:
            key = (entry.station, int(entry.source), status.run)
            told[key] = max(told.get(key, (0, 0)), (status.seq, entry.received // MICROS))
    return told


def _spans(located: Sequence[Located]) -> list[Span]:
    """From the first to behind the last offset, of each partition."""
    offsets: dict[int, list[int]] = defaultdict(list)
    for position, _ in located:
        offsets[position.partition].append(position.offset)
    return [(partition, of[0], of[-1] + 1) for partition, of in offsets.items()]


def _days(judged: Iterable[Judged], unparsed: Iterable[Unparsed]) -> set[DayKey]:
    of_reports = {(report.entry.station, report.day) for report in judged}
    return of_reports | {(item.entry.station, day_of_receipt(item.entry)) for item in unparsed}
