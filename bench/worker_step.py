"""What the worker's step costs against a real database: judged, kept and turned into statistics, no Kafka, no MQTT.

Four loads: a year's hours in order, the same in random order (the hardest: every hour touches eight 8-hour windows and
a day of its own), minutes of the current hour (what live monitors send), and a whole hour of half-minutes of a thousand
stations (what a country sends).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from aggregate.report_step import ReportStep
from aggregate.settings import AggregateSettings
from core.postgres import connect
from core.settings import ConfiguredSettings, CoreSettings
from deploy.local.stack import Stack
from ingest.envelope import Entry, EntryKind, Source, encode_batch
from ingest.kinds import KindSettings
from ingest.period import format_period
from ingest.report import format_instant
from ingest.station_import import import_csv

STATIONS = 20
MANY = 1000
FACTORS = ("a34004", "a34002", "a21026", "a21004", "a21005", "a05024")
BATCH = 200
RECORDS = 10
NOW = 1_798_761_600
"""2027-01-01 08:00 in Shanghai: the hour whose minutes are live."""
ROUNDS = 3


class Record(NamedTuple):
    """As much of a Kafka record as the step looks at."""

    offset: int
    value: bytes
    timestamp: int


class Slot(NamedTuple):
    """A report to be: station, start and length of its averaging period in seconds."""

    station: int
    time: int
    period: int


def main() -> None:
    """Print the median rate of each load."""
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(ConfiguredSettings(state_dir=Path(folder)))
        try:
            settings = stack.up()
            _register(settings, Path(folder))
            _measure(settings)
        finally:
            stack.erase()


def _measure(settings: CoreSettings) -> None:
    day = 86_400
    loads = {
        "hours in order": [Slot(s, NOW - 90 * day + h * 3600, 3600) for h in range(480) for s in range(STATIONS)],
        "hours shuffled": [Slot(s, NOW - 400 * day + h * 3600, 3600) for h in range(240) for s in range(STATIONS)],
        "live minutes": [Slot(s, NOW + m * 60, 60) for m in range(50) for s in range(STATIONS)],
        "half-minutes of many": [Slot(s, NOW + m * 30, 30) for m in range(120) for s in range(MANY)],
    }
    random.Random(7).shuffle(loads["hours shuffled"])
    for name, slots in loads.items():
        rates = sorted(_rate(settings, slots, run) for run in range(1, ROUNDS + 1))
        print(
            f"{name}: {rates[len(rates) // 2]:,.0f} readings/s (of {ROUNDS}: {rates[0]:,.0f} … {rates[-1]:,.0f}),"
            f" {len(slots)} reports of {len(FACTORS)} factors"
        )


def _rate(settings: CoreSettings, slots: Sequence[Slot], run: int) -> float:
    """Readings a second; each run starts from an empty database."""
    owner = connect(settings, "owner", application="bench")
    with owner, owner.cursor() as cursor:
        cursor.execute("truncate report, statistic, intake, rejected, outbox")
    owner.close()
    database = connect(settings, "worker", application="bench")
    with database, database.cursor() as cursor:  # as the stream sets it, whose offsets these would be
        cursor.execute("select set_config('lantian.cluster', 'bench', false)")
    step = ReportStep(AggregateSettings(), KindSettings())
    batches = list(_batches(slots, run))
    began = time.perf_counter()
    for number, batch in enumerate(batches):
        with database, database.cursor() as cursor:
            step.take(cursor, {0: [Record(number, batch, 0)]}, NOW + 3000.0)
        step.committed(NOW + 3000.0)
    seconds = time.perf_counter() - began
    database.close()
    return len(slots) * len(FACTORS) / seconds


def _batches(slots: Sequence[Slot], run: int) -> Iterator[bytes]:
    draw = random.Random(run)
    seq: dict[int, int] = {}
    entries = []
    for slot in slots:
        seq[slot.station] = seq.get(slot.station, 0) + 1
        body = msgspec.json.encode(
            {
                "station": f"BENCH{slot.station:03d}",
                "time": format_instant(slot.time),
                "period": format_period(slot.period),
                "seq": seq[slot.station],
                "run": run,
                "values": {factor: round(draw.uniform(1, 99), 1) for factor in FACTORS},
            }
        )
        received = (slot.time + slot.period) * 1_000_000
        station = f"BENCH{slot.station:03d}"
        entries.append(Entry(received, EntryKind.REPORT, Source.DEVICE, station, body, run, seq[slot.station]))
    size = BATCH * RECORDS
    for first in range(0, len(entries), size):
        yield encode_batch(entries[first : first + size])


def _register(settings: CoreSettings, folder: Path) -> None:
    file = folder / "bench.csv"
    head = "station,name_zh,name_en,kind,region,city,control_level,reporting_period\n"
    rows = (f"BENCH{s:03d},测站{s},Bench {s},air,140500,测试市,city,PT1M\n" for s in range(MANY))
    file.write_text(head + "".join(rows), encoding="utf-8")
    database = connect(settings, "registry", application="bench")
    try:
        result = import_csv(database, file, effective=datetime.now(UTC), user="bench")
        if result.errors:
            sys.exit("\n".join(map(str, result.errors)))
    finally:
        database.close()


if __name__ == "__main__":
    main()
