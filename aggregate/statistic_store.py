"""Statistics in the database, and a bounded memory of them by object and day.

What the memory holds is what the database holds as long as this process alone writes it: it is dropped whenever a
transaction fails or its outcome is unknown, and when a partition changes hands (state-model: one writer).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from aggregate.settle import Settled
from aggregate.statistic import DEVICES, Content, Key, Statistic, Tier, Variant, Window, holding, shared
from aggregate.store import STATISTIC_CHUNK_S, Layouts, array, by_chunk, text_array, timestamp
from core.clock import DAY, HOUR, day_start
from core.postgres import copy

SLICE = 2000
"""Statistics, by their weight, that the clock, or a gained partition, has rebuilt in one transaction at most."""
_WEIGHTS = {Window.MONTH: 2, Window.QUARTER: 5, Window.YEAR: 18}

ObjectDay = tuple[str, int]
"""An object and the first second of a day of Asia/Shanghai."""

_COLUMNS = (
    'object, time_window, start, tier, sanddust, layout, states, "values", n_valid, n_expected, reasons, live, edition,'
    " version, revision, due, changed_at"
)
_SELECT = (
    "select s.object, s.time_window, extract(epoch from s.start)::bigint, s.tier, s.sanddust, s.layout, s.states,"
    ' s."values", s.n_valid, s.n_expected, s.reasons, s.live, s.edition, s.version, s.revision,'
    " extract(epoch from s.due)::bigint, extract(epoch from s.changed_at)::bigint"
)
_Item = TypeVar("_Item")
_OF_HOURS = [str(window) for window in (Window.HOUR, Window.EIGHT_HOURS, Window.DAY)]


class Writer(NamedTuple):
    """Who writes a statistic: the consumer, and the partition that its object belongs to."""

    maker: str
    partition: int


def weight(window: Window) -> int:
    """What it takes to make a statistic, of time and memory: twenty days of a period as much as an hour."""
    return _WEIGHTS.get(window, 1)


def slices(items: Iterable[_Item], most: int, window: Callable[[_Item], Window]) -> Iterator[list[_Item]]:
    """The items in their order, in parts that weigh `most` at most, or are one item."""
    part: list[_Item] = []
    weighs = 0
    for item in items:
        adds = weight(window(item))
        if part and weighs + adds > most:
            yield part
            part, weighs = [], 0
        part.append(item)
        weighs += adds
    if part:
        yield part


def fills_slice(rows: Iterable[Statistic]) -> bool:
    """Whether no other may have found room beside these in a slice, so that more may wait."""
    return sum(weight(row.key.window) for row in rows) > SLICE - max(_WEIGHTS.values())


def of_day(key: Key) -> ObjectDay:
    """Where a statistic is remembered: by the day that its window begins in."""
    return (key.object, day_start(key.start))


class Memory:
    """Statistics by object and day, the least recently used forgotten first."""

    def __init__(self, days: int) -> None:
        """`days`: how many object-days to hold."""
        self._limit = days
        self._days: OrderedDict[ObjectDay, dict[Key, Statistic]] = OrderedDict()
        self._varied: dict[ObjectDay, set[Key]] = {}
        """Days with rows of other variants than the devices', and those rows' keys."""

    def hold(self, days: int) -> None:
        """Hold at least so many from now on."""
        self._limit = max(self._limit, days)

    def forget(self) -> None:
        """Drop everything."""
        self._days.clear()
        self._varied.clear()

    def load(self, cursor: Any, layouts: Layouts, wanted: Collection[ObjectDay]) -> None:
        """Make sure that `wanted` are in memory; what is not needed now may go."""
        missing = []
        for day in wanted:
            if day in self._days:
                self._days.move_to_end(day)
            else:
                missing.append(day)
        while self._days and len(self._days) + len(missing) > max(self._limit, len(wanted)):
            gone, _ = self._days.popitem(last=False)
            self._varied.pop(gone, None)
        for day in missing:
            self._days[day] = {}
        for of_chunk in by_chunk(missing, lambda day: day[1], STATISTIC_CHUNK_S):
            for statistic in _read_days(cursor, layouts, of_chunk):
                self.put(statistic)

    def get(self, key: Key) -> Statistic | None:
        """A statistic of a day that is in memory: the row of this very variant."""
        return self._days[of_day(key)].get(key)

    def holding(self, key: Key) -> Statistic | None:
        """The row that holds for a variant, of a day that is in memory."""
        day = of_day(key)
        rows = self._days[day]
        return holding(key, rows.get) if day in self._varied else rows.get(key.base)

    def hours(self, window: Key) -> Callable[[int], Statistic | None]:
        """The hours that hold for a window's variant, by their start, of days that are in memory."""
        days = dict.fromkeys((of_day(window), of_day(window._replace(start=window.end - HOUR))))
        if not self._varied.keys().isdisjoint(days):
            return lambda start: self.holding(Key(window.object, Window.HOUR, start, *window.variant))
        return {key.start: row for day in days for key, row in self._days[day].items() if key.window is Window.HOUR}.get

    def put(self, statistic: Statistic) -> None:
        """Remember what is being written."""
        day = of_day(statistic.key)
        self._days[day][statistic.key] = statistic
        if statistic.key.variant != DEVICES:
            self._varied.setdefault(day, set()).add(statistic.key)

    def variants(self, days: Iterable[ObjectDay]) -> dict[tuple[Window, int], set[Variant]]:
        """By window and start, the variants beside the devices' that have a row, in days that are in memory."""
        found: dict[tuple[Window, int], set[Variant]] = {}
        for day in days:
            for key in self._varied.get(day, ()):
                found.setdefault((key.window, key.start), set()).add(key.variant)
        return found


def _read_days(cursor: Any, layouts: Layouts, days: Sequence[ObjectDay]) -> list[Statistic]:
    starts = [start for _, start in days]
    cursor.execute(
        _SELECT + " from unnest(%s::text[], %s::bigint[]) as k(object, day)"
        " cross join lateral (select * from statistic where object = k.object and time_window = any(%s)"
        " and start >= to_timestamp(k.day) and start < to_timestamp(k.day + %s)"
        " and start >= to_timestamp(%s) and start < to_timestamp(%s) offset 0) s",
        ([name for name, _ in days], starts, _OF_HOURS, DAY, min(starts), max(starts) + DAY),
    )
    return [_statistic(cursor, layouts, row) for row in cursor.fetchall()]


def read_due(cursor: Any, layouts: Layouts, maker: str, partitions: Iterable[int], until: float) -> list[Statistic]:
    """Statistics that the clock changes at or before `until` (UTC seconds), oldest first, a slice at most.

    Hours come before the windows that are made of them and fall due at the same instant.
    """
    cursor.execute(
        _SELECT + " from statistic s where s.maker = %s and s.partition = any(%s) and s.due <= to_timestamp(%s)"
        " order by s.due, s.time_window desc limit %s",
        (maker, list(partitions), until, SLICE),
    )
    rows = next(slices(cursor.fetchall(), SLICE, lambda row: Window(row[1])), [])
    return [_statistic(cursor, layouts, row) for row in rows]


def read_open_keys(cursor: Any, maker: str, partitions: Collection[int]) -> dict[int, list[Key]]:
    """By partition, each of them, the statistics with an open factor: what whoever gains it must rebuild."""
    cursor.execute(
        "select partition, object, time_window, extract(epoch from start)::bigint, tier, sanddust from statistic"
        " where maker = %s and partition = any(%s) and due is not null and strpos(states, 'O') > 0"
        " order by object, time_window, start",
        (maker, list(partitions)),
    )
    found: dict[int, list[Key]] = {partition: [] for partition in partitions}
    for partition, name, window, start, tier, sanddust in cursor.fetchall():
        found[partition].append(Key(name, Window(window), start, Tier(tier), sanddust))
    return found


def read_keys(cursor: Any, layouts: Layouts, keys: Collection[Key]) -> dict[Key, Statistic]:
    """The statistics of these windows, those there are, with all their variants."""
    found: dict[Key, Statistic] = {}
    for of_chunk in by_chunk({key.base for key in keys}, lambda key: key.start, STATISTIC_CHUNK_S):
        found.update((statistic.key, statistic) for statistic in _read_keys(cursor, layouts, of_chunk))
    return found


def read_spans(
    cursor: Any, layouts: Layouts, window: Window, spans: Mapping[str, tuple[int, int]]
) -> dict[Key, Statistic]:
    """The windows of one kind that begin in each object's span (UTC seconds, half-open), with all their variants."""
    found: dict[Key, Statistic] = {}
    chunks = [
        (name, chunk * STATISTIC_CHUNK_S)
        for name, (start, end) in spans.items()
        for chunk in range(start // STATISTIC_CHUNK_S, (end - 1) // STATISTIC_CHUNK_S + 1)
    ]
    for of_chunk in by_chunk(chunks, lambda part: part[1], STATISTIC_CHUNK_S):
        names = [name for name, _ in of_chunk]
        start = of_chunk[0][1]
        cursor.execute(
            _SELECT + " from unnest(%s::text[], %s::bigint[], %s::bigint[]) as k(object, start, until)"
            " cross join lateral (select * from statistic where object = k.object and time_window = %s"
            " and start >= to_timestamp(k.start) and start < to_timestamp(k.until)"
            " and start >= to_timestamp(%s) and start < to_timestamp(%s) offset 0) s",
            (
                names,
                [spans[name][0] for name in names],
                [spans[name][1] for name in names],
                str(window),
                start,
                start + STATISTIC_CHUNK_S,
            ),
        )
        rows = (_statistic(cursor, layouts, row) for row in cursor.fetchall())
        found.update((row.key, row) for row in rows)
    return found


def _read_keys(cursor: Any, layouts: Layouts, keys: Collection[Key]) -> list[Statistic]:
    starts = [key.start for key in keys]
    cursor.execute(
        _SELECT + " from unnest(%s::text[], %s::text[], %s::bigint[]) as k(object, time_window, start)"
        " cross join lateral (select * from statistic where object = k.object and time_window = k.time_window"
        " and start = to_timestamp(k.start)"
        " and start between to_timestamp(%s) and to_timestamp(%s) offset 0) s",
        ([k.object for k in keys], [str(k.window) for k in keys], starts, min(starts), max(starts)),
    )
    return [_statistic(cursor, layouts, row) for row in cursor.fetchall()]


def _statistic(cursor: Any, layouts: Layouts, row: tuple[Any, ...]) -> Statistic:
    (
        name,
        window,
        start,
        tier,
        sanddust,
        layout,
        states,
        values,
        n_valid,
        n_expected,
        reasons,
        live,
        edition,
        version,
        revision,
        *times,
    ) = row
    content = Content(
        layouts.names(cursor, layout),
        tuple(None if math.isnan(value) else value for value in values),
        shared(tuple(n_valid)),
        shared(tuple(n_expected)),
        shared(tuple(reasons)),
        edition,
    )
    return Statistic(
        Key(name, Window(window), start, Tier(tier), sanddust),
        content,
        states,
        shared(tuple(live)),
        version,
        revision,
        times[0],
        times[1],
    )


def write(cursor: Any, layouts: Layouts, settled: Sequence[tuple[Settled, Writer]]) -> None:
    """Write rows, and keep the former rows of those that were final."""
    if not settled:
        return
    former = [item.former for item, _ in settled if item.former is not None]
    ids = layouts.ids(cursor, {item.row.content.factors for item, _ in settled} | {f.content.factors for f in former})
    fields = _Texts(ids).fields
    fresh = [(item, writer) for item, writer in settled if item.before is None]
    changed = [(item, writer) for item, writer in settled if item.before is not None]
    if former:
        copy(
            cursor,
            "statistic_revision",
            'object, time_window, start, tier, sanddust, layout, states, "values", n_valid, n_expected, reasons,'
            " edition, version, revision, changed_at",
            ((*row[:11], *row[12:15], row[16]) for row in map(fields, former)),
        )
    if fresh:
        rows = ((*fields(item.row), *writer) for item, writer in fresh)
        copy(cursor, "statistic", _COLUMNS + ", maker, partition", rows)
    if changed:
        cursor.execute("create temporary table if not exists statistic_change (like statistic) on commit delete rows")
        cursor.execute("delete from statistic_change")
        rows = ((*fields(item.row), *writer) for item, writer in changed)
        copy(cursor, "statistic_change", _COLUMNS + ", maker, partition", rows)
        # all of them stand already: a conflict is looked up by key, where an update's join may be planned otherwise
        cursor.execute(
            "insert into statistic select * from statistic_change on conflict (object, time_window, start, tier,"
            ' sanddust) do update set layout = excluded.layout, states = excluded.states, "values" = excluded."values",'
            " n_valid = excluded.n_valid, n_expected = excluded.n_expected, reasons = excluded.reasons,"
            " live = excluded.live, edition = excluded.edition, version = excluded.version,"
            " revision = excluded.revision, due = excluded.due, changed_at = excluded.changed_at"
        )


class _Texts:
    """Rows as COPY's text; of a content that many rows share, as those of hours just begun do, it is made once."""

    def __init__(self, ids: dict[tuple[str, ...], int]) -> None:
        self._ids = ids
        self._made: dict[tuple[int, int], tuple[Any, ...]] = {}
        """By the identity of content and `live`, which the rows keep alive as long as this."""

    def fields(self, row: Statistic) -> tuple[Any, ...]:
        """A row in the order of `_COLUMNS`."""
        key = id(row.content), id(row.live)
        if key not in self._made:
            self._made[key] = self._shared(row)
        layout, *arrays = self._made[key]
        return (
            row.key.object,
            str(row.key.window),
            timestamp(row.key.start),
            str(row.key.tier),
            row.key.sanddust,
            layout,
            row.states,
            *arrays,
            row.version,
            row.revision,
            None if row.due is None else timestamp(row.due),
            timestamp(row.changed_at),
        )

    def _shared(self, row: Statistic) -> tuple[Any, ...]:
        content = row.content
        return (
            self._ids[content.factors],
            array(math.nan if value is None else value for value in content.values),
            array(content.n_valid),
            array(content.n_expected),
            array(content.reasons),
            text_array("t" if live else "f" for live in row.live),
            content.edition,
        )
