"""The floor: one row a reading, nothing else running. What a store of readings by rows takes at best.

Its definition stays fixed, whatever the product's own tables become: the ratio to it is what travels between machines.
The rows' text is made before the clock starts.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime

import numpy as np
from psycopg2.extensions import connection

from bench.pipeline.field import LEAST, MOST

Connect = Callable[[str], connection]
"""To a database by its name, with all rights; each statement commits."""

DATABASE = "bench_floor"
BATCH_ROWS = 50_000
ROUNDS = 3
_TABLE = """
create table reading (
    time timestamptz not null, station_id integer not null, factor_id smallint not null, period smallint not null,
    value double precision, flag "char", run integer, seq bigint,
    primary key (station_id, factor_id, period, time)
);
select create_hypertable('reading', by_range('time', interval '1 day'), create_default_indexes => false);
create temporary table staging (like reading) on commit delete rows;
"""
_UPSERT = """
insert into reading select * from staging on conflict (station_id, factor_id, period, time) do update set
    value = excluded.value, flag = excluded.flag, run = excluded.run, seq = excluded.seq
"""


def floor(connect: Connect, rows: int, stations: int, factors: int, period: int, seed: int) -> float:
    """Rows a second, the best of three rounds, each into an empty table of a database of its own."""
    batches = list(_batches(rows, stations, factors, period, seed))
    return max(_round(connect, batches, rows) for _ in range(ROUNDS))


def _round(connect: Connect, batches: Sequence[bytes], rows: int) -> float:
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f"drop database if exists {DATABASE} with (force)")
        cursor.execute(f"create database {DATABASE}")
    try:
        with closing(connect(DATABASE)) as server, server.cursor() as cursor:
            cursor.execute("create extension if not exists timescaledb")
            cursor.execute(_TABLE)
            server.autocommit = False
            began = time.perf_counter()
            for batch in batches:
                with server:
                    cursor.copy_expert("copy staging from stdin", io.BytesIO(batch))
                    cursor.execute(_UPSERT)
            return rows / (time.perf_counter() - began)
    finally:
        with closing(connect("postgres")) as server, server.cursor() as cursor:
            cursor.execute(f"drop database {DATABASE} with (force)")


def _batches(rows: int, stations: int, factors: int, period: int, seed: int) -> Iterator[bytes]:
    """COPY text in the order in which monitors report: moment by moment, station by station, factor by factor."""
    start = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp())
    values = np.random.default_rng(seed).integers(LEAST, MOST + 1, size=rows) / 10
    for first in range(0, rows, BATCH_ROWS):
        lines = []
        for row in range(first, min(first + BATCH_ROWS, rows)):
            report, factor = divmod(row, factors)
            slot, station = divmod(report, stations)
            moment = datetime.fromtimestamp(start + slot * period, UTC).isoformat()
            lines.append(f"{moment}\t{station}\t{factor}\t{period}\t{values[row]}\tN\t0\t{slot + 1}\n")
        yield "".join(lines).encode()
