"""Closing days: what a station's day holds is condensed, and its readings may go (state-model: retention).

In short steps: a transaction takes some station-days of one partition, locks the row of the worker's offset without
raising the epoch, and lets the worker go on. Each step leaves a database that balances, so whoever is killed in
between loses nothing and is run again.

`intake` leads the way: whatever came in of a station's day is counted there, so that no row need be read to find out
which days there are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import TypeVar

import psycopg2.errors
from psycopg2.extensions import connection

from aggregate.archive import sql as archive_sql
from aggregate.archive.sql import StationDay
from aggregate.progress import Tell
from core.clock import DAY, date_of, day_start
from core.kafka import PARTITIONS

ROWS_A_PAGE = 200
"""Of `intake`, which are looked at and folded together; each names some hundred station-days."""

STEP_S = 0.2
"""How long a step should keep the worker of its partition waiting."""

_FEWEST, _MOST = 1, 500
"""Station-days a step, or rows of `intake`."""


_Item = TypeVar("_Item")


class Waiting(StrEnum):
    """Why a day that is old enough is not closed."""

    NOT_FINAL = "NOT_FINAL"
    """A window of it is not final."""
    LATELY = "LATELY"
    """Something came to it less than the days ago that are to be kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may go, by data time (UTC seconds): days that end, and what was received, before `before`."""

    now: float
    keep_days: int

    @property
    def before(self) -> float:
        """What is later stays."""
        return self.now - self.keep_days * DAY

    @property
    def first_kept(self) -> date:
        """The first day that is too young."""
        return date_of(day_start(int(self.before)))


@dataclass(slots=True)
class Archived:
    """What a run did, or would do."""

    closed: int = 0
    """Station-days."""
    waiting: Counter[Waiting] = field(default_factory=Counter)
    """Station-days by why they wait."""
    folded: int = 0
    """Rows of `intake`."""
    chunks: int = 0
    """Dropped, of reports."""
    chunks_in_use: int = 0
    """Not dropped because someone reads them: the next run does."""
    rejected: int = 0
    """Rows deleted, of what was rejected."""


def archive(database: connection, limits: Limits, *, dry_run: bool, progress: Tell) -> Archived:
    """Close what may be closed, fold what is counted of it, drop what is left; `dry_run` only says what it would close.
    `progress` is told of rows of `intake`.

    As `lantian_archive`. Raises psycopg2's errors where the server goes away: run it again.
    """
    run = _Run(database, limits, dry_run=dry_run, progress=progress)
    run.close_days()
    if not dry_run:
        run.drop_chunks()
        run.delete_rejected()
    return run.done


class Pace:
    """How many are taken in a step, so that it lasts about `STEP_S` by `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._size = 32

    def steps(self, items: Iterable[_Item]) -> Iterator[list[_Item]]:
        """The items step by step, each measured while the caller is at it."""
        left = iter(items)
        while step := list(islice(left, self._size)):
            started = self._clock()
            yield step
            wanted = int(len(step) * STEP_S / max(self._clock() - started, 0.001))
            self._size = min(max(wanted, self._size // 2, _FEWEST), 2 * self._size, _MOST)


class _Run:
    def __init__(self, database: connection, limits: Limits, *, dry_run: bool, progress: Tell) -> None:
        self._database = database
        self._limits = limits
        self._dry_run = dry_run
        self._progress = progress
        self._closing, self._folding = Pace(), Pace()
        self.done = Archived()

    def close_days(self) -> None:
        """Partition by partition, page by page of `intake`."""
        with self._database, self._database.cursor() as cursor:
            total = archive_sql.count_intake(cursor, self._limits.before)
        rows = 0
        for partition in range(PARTITIONS):
            seen: set[StationDay] = set()
            for page in self._pages(partition):
                self._close(partition, page, seen)
                if not self._dry_run:
                    self._fold(partition, page)
                rows += len(page)
                self._progress(rows, total)

    def _pages(self, partition: int) -> Iterator[Sequence[int]]:
        after = archive_sql.BEGINNING
        while True:
            with self._database, self._database.cursor() as cursor:
                page, after = archive_sql.read_page(cursor, partition, self._limits.before, after, ROWS_A_PAGE)
            if not page:
                return
            yield page

    def _close(self, partition: int, page: Sequence[int], seen: set[StationDay]) -> None:
        """Close the station-days that a page names; `seen` are those that this run has judged."""
        with self._database, self._database.cursor() as cursor:
            named = archive_sql.read_days(cursor, page, self._limits.first_kept)
        days = sorted({StationDay(*row) for row in named} - seen, key=lambda of: (of.day, of.station))
        for step in self._closing.steps(days):
            self._step(partition, step)
            seen.update(step)

    def _step(self, partition: int, step: Sequence[StationDay]) -> None:
        with self._database, self._database.cursor() as cursor:
            if not self._dry_run:
                archive_sql.lock(cursor, partition)
            open_days = archive_sql.still_open(cursor, step)
            unfinished = archive_sql.unfinished(cursor, partition, open_days)
            archive_sql.condense(cursor, [of for of in open_days if of not in unfinished])
            lately = archive_sql.take_out_lately(cursor, self._limits.before)
            closing = [of for of in open_days if of not in unfinished | lately]
            if not self._dry_run:
                archive_sql.close(cursor, partition, closing, self._limits.now)
        self.done.closed += len(closing)
        self.done.waiting.update({Waiting.NOT_FINAL: len(unfinished), Waiting.LATELY: len(lately)})

    def _fold(self, partition: int, page: Sequence[int]) -> None:
        for rows in self._folding.steps(page):
            with self._database, self._database.cursor() as cursor:
                archive_sql.lock(cursor, partition)
                self.done.folded += archive_sql.fold(cursor, rows)

    def drop_chunks(self) -> None:
        """Drop the chunks in which every station-day is closed."""
        with self._database, self._database.cursor() as cursor:
            chunks = archive_sql.read_chunks(cursor, self._limits.before)
        for chunk in chunks:
            try:
                with self._database, self._database.cursor() as cursor:
                    self.done.chunks += archive_sql.drop_chunk(cursor, chunk)
            except psycopg2.errors.LockNotAvailable:
                self.done.chunks_in_use += 1

    def delete_rejected(self) -> None:
        """Delete what was rejected of closed days whose chunk is gone, once it has been kept its time."""
        after = 0
        while True:
            with self._database, self._database.cursor() as cursor:
                page = archive_sql.delete_rejected(cursor, self._limits.before, after)
            if page is None:
                return
            after, deleted = page
            self.done.rejected += deleted
