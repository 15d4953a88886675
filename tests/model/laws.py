"""What must hold: between one step and the next, and once all is settled."""

from __future__ import annotations

from collections import Counter

from .delivery import Message, in_kafka
from .engine import high
from .ledger import balance, dense
from .reference import outcome, statistics
from .tables import Cell, Compared, Mask, Stat, State, Statement, StatKey, Tables, Tier, Window, row_day
from .vocabulary import (
    GRACE,
    HOUR,
    LATENESS,
    PARTITION,
    SLOT,
    Entry,
    Number,
    Reason,
    RowKey,
    Source,
    Value,
    day_of,
)
from .windows import effective, readings_of, revises, told
from .worker import OffsetBeyondLogError
from .world import PARTITIONS, World


class LawBrokenError(AssertionError):
    """A sentence of the state model does not hold."""


def law(holds: object, sentence: str) -> None:
    """Raises `LawBrokenError` with the sentence if it does not hold."""
    if not holds:
        raise LawBrokenError(sentence)


class Watcher:
    """Compares each transaction's tables with those before it, and looks at the rest after each step."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sound = True
        self.before = list(world.shared.database)
        self.balanced: dict[int, tuple[Tables, int]] = {}
        self.judged: dict[StatKey, int] = {}
        world.shared.watch = self.transaction

    def step(self) -> None:
        """What holds after each step."""
        self.sound = False
        nothing_is_forgotten_before_it_is_durable(self.world)
        for partition in PARTITIONS:
            self._ledger(partition)
        judged = self.world.desk.tables.judged
        law(all(judged.get(key, 0) >= version for key, version in self.judged.items()), "No older version is judged.")
        self.judged = dict(judged)
        self.sound = True

    def transaction(self, partition: int) -> None:
        """What holds after each transaction."""
        self.sound = False
        before, after = self.before[partition], self.world.shared.database[partition]
        self._ledger(partition)
        self._rows(after)
        self._time_runs_forward(before, after)
        for key, stat in after.stats.items():
            if (old := before.stats.get(key)) != stat:
                self._statistic(key, old, stat, after)
        self._closed_days_stand(before, after)
        complete_hours_are_told(after)
        self.before[partition] = after
        self.sound = True

    def _ledger(self, partition: int) -> None:
        tables, length = self.world.shared.database[partition], len(self.world.shared.kafka.log[partition])
        if self.balanced.get(partition) != (tables, length):
            the_ledger_is_true(self.world, partition)
            self.balanced[partition] = (tables, length)

    def _rows(self, tables: Tables) -> None:
        current: set[tuple[object, str]] = set()
        for key, row in tables.rows.items():
            for factor, cell in row.cells.items():
                if cell.mask is Mask.CURRENT:
                    law((key.slot, factor) not in current, "No factor of a slot is current twice.")
                    current.add((key.slot, factor))

    def _time_runs_forward(self, before: Tables, after: Tables) -> None:
        law(after.offset >= before.offset and after.epoch >= before.epoch, "Offset and epoch never go back.")
        law(all(after.told.get(k, 0) >= n for k, n in before.told.items()), "The greatest number told is kept.")

    def _statistic(self, key: StatKey, old: Stat | None, new: Stat, tables: Tables) -> None:
        now = self.world.shared.now
        law(old is None or new.version > old.version, "Every write raises the version.")
        settled = any(c.state is not State.OPEN for c in new.cells.values())
        law(not settled or Statement(key, new) in tables.outbox, "Every statement is told with its version.")
        if old is None and key.tier is Tier.REVIEWED:
            raw = tables.stats.get(key._replace(tier=Tier.RAW))
            law(told(new.cells) != told(raw.cells if raw else {}), "A reviewed row only where the two differ.")
        if old is not None and revises(old.cells, new.cells):
            law(new.revision == old.revision + 1, "A change of what is final makes a numbered revision.")
            law(tables.former.get((key, old.revision)) == old, "The former edition is kept.")
        for factor, cell in new.cells.items():
            before = old.cells.get(factor) if old else None
            self._cell(key, before, cell, now)
            if key.window is Window.HOUR and cell.state is not State.OPEN and (not before or not before.compared):
                law(now >= key.end + GRACE or complete(tables, key, factor), "Before its grace an hour waits.")

    def _cell(self, key: StatKey, old: Cell | None, new: Cell, now: int) -> None:
        order = list(State)
        law(old is None or order.index(new.state) >= order.index(old.state), "A state never goes back.")
        if new.state is State.FINAL and (old is None or old.state is not State.FINAL):
            changed = new.changed if old is None or old.compared != new.compared else old.changed
            law(now >= max(key.end, changed) + LATENESS, "Final is what has rested since its end and last change.")

    def _closed_days_stand(self, before: Tables, after: Tables) -> None:
        for station, day in before.closed:
            for key in after.rows:
                if (key.slot.station, row_day(key)) == (station, day):
                    law(before.rows.get(key) == after.rows[key], "A closed day takes no readings.")
            for at, stat in after.stats.items():
                if (at.station, day_of(at.start)) == (station, day):
                    law(before.stats.get(at) == stat, "A closed day's statistics stand.")
        for key in before.rows.keys() - after.rows.keys():
            law((key.slot.station, row_day(key)) in before.closed, "Only what is closed is dropped.")
        for item in after.rejected[len(before.rejected) :]:
            known = before.closed[item.station, item.day].numbers if item.reason is Reason.CLOSED else frozenset()
            law(item.number not in known, "In a closed day a known number is an identical repeat.")
        for station, day in after.closed.keys() - before.closed.keys():
            cells = [s.cells for k, s in after.stats.items() if (k.station, day_of(k.start)) == (station, day)]
            final = all(c.state is State.FINAL for row in cells for c in row.values())
            law(final, "A day is closed once its windows are final.")


def nothing_is_forgotten_before_it_is_durable(world: World) -> None:
    """What senders and the broker no longer keep is in Kafka."""
    for message in world.broker.acked:
        law(in_kafka(world.shared.kafka, message), "The bridge acknowledges when Kafka has.")
    for device in world.devices.values():
        kept = {report.bytes() for report in device.kept}
        for report in device.made:
            message = Message(device.station, "report", report)
            law(report.bytes() in kept or in_kafka(world.shared.kafka, message), "A device keeps what is not durable.")


def the_ledger_is_true(world: World, partition: int) -> None:
    """Both balances, against what Kafka holds."""
    tables, kafka = world.shared.database[partition], world.shared.kafka
    read = balance(tables, kafka, partition, world.broken)
    every = [e for e in kafka.entries(partition) if e.report is not None]
    taken = [e for e in kafka.entries(partition, tables.offset) if e.report is not None]
    numbers = {e.number for e in every if e.number and dense(e.number)}
    received = {e.number for e in taken if e.number and dense(e.number)}
    law(read.received == received, "Received is what the log held below the offset, closed or not.")
    law(read.received_count == len(received), "Numbers are joined, never summed.")
    highest = Counter(tables.told)
    for number in numbers:
        highest[number[:3]] = max(highest[number[:3]], number.seq)
    due = {Number(*sender, seq) for sender, last in highest.items() for seq in range(1, last + 1)}
    law(read.missing == due - numbers, "Missing is what is due and neither received nor in flight.")
    counted = Counter[tuple[str, Source]]()
    for entry in taken:
        counted[entry.station, entry.source] += len(entry.values)
    law(+Counter(read.taken) == +counted, "Intake is what Kafka held, counted before judging.")
    law(+Counter(read.stand) == +counted, "Taken is current, superseded, repeats, rejected and closed.")
    reports = sum(intake.reports for intake in tables.intake.values())
    law(reports == len(taken), "Every report is counted once.")


def complete_hours_are_told(tables: Tables) -> None:
    """No hour stays open whose last expected value is in."""
    for key, stat in tables.stats.items():
        for factor, cell in stat.cells.items():
            if key.window is Window.HOUR and cell.state is State.OPEN:
                law(not complete(tables, key, factor), "Provisional in the transaction of the last expected value.")


def nothing_is_overdue(tables: Tables, now: int) -> None:
    """What is due by the clock has been written by whoever heeded it."""
    for key, stat in tables.stats.items():
        for cell in stat.cells.values():
            law(cell.state is not State.OPEN or now < key.end + GRACE, "Provisional when end and grace have passed.")
            rests = now < max(key.end, cell.changed) + LATENESS
            law(cell.state is not State.PROVISIONAL or rests, "Final when the allowed lateness has gone by.")


def complete(tables: Tables, key: StatKey, factor: str) -> bool:
    """Whether the hour expects no more of the factor."""
    readings = readings_of(tables, (key.station, key.start), lambda _: False)
    of = {p: r[key.tier] for p, r in readings.items() if p.factor == factor and key.tier in r}
    whole = any(p.period == HOUR and r.counts for p, r in of.items())
    return whole or sum(p.period == SLOT for p in of) >= HOUR // SLOT


def settled(world: World) -> None:
    """Everything that holds once all is settled."""
    for device in world.devices.values():
        law(not device.kept, "All that a device has said is acknowledged in the end.")
        told_of = world.shared.database[PARTITION[device.station]].told
        last = told_of.get((device.station, Source.DEVICE, device.run), 0)
        law(last == device.seq, "The centre knows the last number that a device gave out.")
    for partition in PARTITIONS:
        tables = world.shared.database[partition]
        _rows_are_the_references(world, partition, tables)
        _statistics_are_the_references(world, partition, tables)
        _everything_is_told(world, tables)
        if world.devices:
            read = balance(tables, world.shared.kafka, partition, world.broken)
            law(read.lost <= 0, "Nothing is lost once every device has said all it had.")
            if not any(device.run for device in world.devices.values()):
                law(read.lost == 0, "A payload without a number accounts for a missing number.")
            reused = [r for r in tables.rejected if r.reason is Reason.CONFLICT]
            law(not reused, "Who numbers as told never reuses a number.")
    _a_replay_is_its_file(world)
    _alerts_follow_the_last_statements(world)


def _a_replay_is_its_file(world: World) -> None:
    for key, row in world.shared.database[0].rows.items():
        if world.file and key.source is Source.REPLAY:
            known = key.run == 0 and key.seq <= len(world.file)
            values = {v.factor: v.value for v in world.file[key.seq - 1].values} if known else None
            law({f: c.value for f, c in row.cells.items()} == values, "A replay is its file's rows in file order.")


def _open_entries(world: World, partition: int) -> list[Entry]:
    return [e for e in world.shared.kafka.entries(partition) if (e.station, e.day) not in world.closings]


def _rows_are_the_references(world: World, partition: int, tables: Tables) -> None:
    due = outcome(_open_entries(world, partition))
    rows = {
        key: {f: (c.value, c.flag, c.mask) for f, c in row.cells.items()}
        for key, row in tables.rows.items()
        if (key.slot.station, row_day(key)) not in world.closings
    }
    law(rows.keys() == due.rows.keys(), "Every parsed report has exactly one row.")
    law(rows == {k: {f: tuple(c)[:3] for f, c in row.items()} for k, row in due.rows.items()}, "Readings are decided.")
    law(all(tables.rows[k].origin == due.origins[k] for k in rows), "The row keeps the first copy's origin.")
    rejected: Counter[tuple[RowKey, Value]] = Counter()
    for item in tables.rejected:
        if item.key is not None and (item.station, item.day) not in world.closings:
            rejected.update((item.key, value) for value in item.values)
    law(rejected == due.rejected, "What is rejected stands once among the rejected.")


def _statistics_are_the_references(world: World, partition: int, tables: Tables) -> None:
    stand: dict[tuple[str, int, Tier], dict[str, Compared]] = {}
    for (station, _), closing in world.closings.items():
        if PARTITION[station] == partition:
            hours = {(start, tier): c for (window, start, tier), c in closing.cells.items() if window is Window.HOUR}
            stand.update({(station, start, tier): c for (start, tier), c in hours.items()})
    due = statistics(outcome(_open_entries(world, partition)).rows, tables.rule, stand)
    for (station, window, start, tier), cells in due.items():
        if (station, day_of(start)) not in world.closings:
            found = effective(tables.stats, StatKey(station, window, start, tier))
            law({f: c.compared for f, c in found.items()} == cells, "The stream equals the batch.")
            law(all(c.state is State.FINAL for c in found.values()), "Every window becomes final.")


def _everything_is_told(world: World, tables: Tables) -> None:
    law(set(tables.rejected) <= set(world.shared.rejected), "What is rejected is told on the topic.")
    topic = world.shared.statistics
    last = [Statement(key, stat) for key, stat in tables.stats.items()]
    law(all(statement in topic for statement in last), "The last statement of every statistic is told.")
    law(all(item in topic for item in tables.outbox if isinstance(item, Statement)), "Every statement is told.")
    firsts = [topic.index(item) for item in tables.outbox if isinstance(item, Statement)]
    law(firsts == sorted(firsts), "The outbox is relayed in the order written.")


def _alerts_follow_the_last_statements(world: World) -> None:
    due = {
        key
        for tables in world.shared.database
        for key, stat in tables.stats.items()
        if (key.window, key.tier) == (Window.HOUR, Tier.RAW) and "a" in stat.cells and high(stat.cells["a"])
    }
    alerts = world.desk.tables
    law(alerts.alerts.keys() == due, "The alerts that stand are those of the last statements.")
    standing: dict[StatKey, str] = {}
    allowed = {"opened": {"", "cleared"}, "confirmed": {"opened"}, "cleared": {"opened", "confirmed"}}
    for event in alerts.log:
        law(standing.get(event.key, "") in allowed[event.what], "An alert opens once, is confirmed once, and clears.")
        standing[event.key] = event.what
    stands = {key for key, what in standing.items() if what != "cleared"}
    law(stands == alerts.alerts.keys(), "Alerts and their log are of one transaction.")
    law(alerts.pages == [e for e in alerts.log if e.what == "opened" and e.live], "Only live data pages, once.")


def a_lost_log_stops_the_worker(world: World, partition: int) -> None:
    """With a log shorter than the offset a worker stops and changes nothing."""
    log, offset = world.shared.kafka.log[partition], world.shared.database[partition].offset
    world.shared.kafka.log[partition] = log[: max(offset - 1, 0)]
    stopped = offset == 0
    try:
        world.workers[0].gain(partition)
    except OffsetBeyondLogError:
        stopped = True
    world.shared.kafka.log[partition] = log
    law(stopped and world.shared.database[partition].offset == offset, "An offset beyond the log stops the worker.")
