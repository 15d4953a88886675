"""`intake` as the ledger reads it: chained by partition, and span by span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from psycopg2.extensions import connection

from aggregate.ledger.chain import Chain, Link
from aggregate.statistic import WORKER
from core import kafka, offsets
from core.offsets import Position
from ingest.ranges import RangeSet

ROWS_A_FETCH = 100

CountKey = tuple[str, int, str]
"""Station, source, day."""

Figures = tuple[int, int]
"""Reports, readings."""


class Span(NamedTuple):
    """Offsets `first` … `end` - 1 as one row of `intake`, or several that share a record, tell of them."""

    first: int
    end: int
    counts: Mapping[CountKey, Figures] | None
    """None: folded, nothing is told of it any more."""


_LINKS = """
select partition, from_offset, extract(epoch from taken_at)::float8, before, extract(epoch from before_at)::float8
from (
    select partition, intake_id, from_offset, taken_at, lag(to_offset) over following as before,
        lag(taken_at) over following as before_at
    from intake where cluster = %s window following as (partition by partition order by intake_id)
) as rows
where before is distinct from from_offset order by partition, intake_id
"""

_SPANS = """
select from_offset, to_offset, stations, sources, days::text[], reports, readings from intake
where cluster = %s and partition = %s and to_offset > %s order by from_offset, intake_id
"""


def stands(cursor: Any, cluster: str) -> dict[int, int]:
    """Where the worker reads on, by partition."""
    found = offsets.read(cursor, Position(WORKER, cluster, kafka.REPORTS), range(kafka.PARTITIONS))
    return {p: found[p].offset if p in found else 0 for p in range(kafka.PARTITIONS)}


def read_chain(cursor: Any, cluster: str) -> Chain:
    """How the spans of `intake` that are the cluster's follow one another."""
    cursor.execute(_LINKS, (cluster,))
    links = [Link(*row) for row in cursor.fetchall()]
    cursor.execute(
        "select distinct on (partition) partition, to_offset from intake where cluster = %s"
        " order by partition, intake_id desc",
        (cluster,),
    )
    reached = dict(cursor.fetchall())
    cursor.execute(
        "select partition, lower(span), upper(span) - 1 from intake_folded, unnest(spans) as span where cluster = %s",
        (cluster,),
    )
    folded: dict[int, RangeSet] = defaultdict(RangeSet)
    for partition, first, last in cursor.fetchall():
        folded[partition].add_range(first, last)
    return Chain(links, reached, folded)


def read_spans(database: connection, cluster: str, partition: int, offset: int) -> Iterator[Span]:
    """The rows of a cluster's partition that end behind `offset`, in order of offsets; a page at once."""
    with database.cursor(f"intake_{partition}") as cursor:
        cursor.itersize = ROWS_A_FETCH
        cursor.execute(_SPANS, (cluster, partition, offset))
        for first, end, stations, sources, days, reports, readings in cursor:
            keys = zip(stations, sources, days, strict=True)
            yield Span(first, end, dict(zip(keys, zip(reports, readings, strict=True), strict=True)))
