"""`lantian recompute` of a city and of a province, from hourly reports of air stations that stand in the database."""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from aggregate.store import Layouts
from bench.pipeline.ground import Tell
from bench.scaling.ground import empty_stack
from bench.scaling.task import Task
from core.clock import DAY, HOUR, midnight
from core.errors import UnavailableError
from core.postgres import connect
from deploy.local.stack import Stack
from deploy.processes import Processes, data_clock
from ingest.envelope import Source
from ingest.station_import import import_csv
from standards.editions import HOURLY_FACTORS

LAST = date(2026, 9, 30)
"""Of the days made again; all of them are final by the clock that shows the end of the year."""
SHOWN = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())

_REPORTS = """
insert into report (station_id, time, period, source, run, seq, layout, "values", origin, received)
select station_id, time, {hour}, {replay}, 1, extract(epoch from time)::bigint / {hour}, %(layout)s,
    array[{values}], 0, time + interval '1 hour'
from station cross join generate_series(to_timestamp(%(first)s), to_timestamp(%(last)s), interval '1 hour') time
where station = any(%(stations)s)
"""


class Recomputed(NamedTuple):
    """What a run of the command came to."""

    stations: int
    days: int
    windows: int
    """Looked at."""
    changes: int
    seconds: float
    """Half of it the command leaves to the worker."""


def measure(task: Task, tell: Tell) -> list[dict[str, int | float | str]]:
    """A city whose statistics are made for the first time, then a province of it and others; each once more after that.

    The second time nothing changes any more.
    """
    found = []
    with empty_stack(tell) as stack:
        for place, begin, end, days in (
            ("city", 0, task.city, task.city_days),
            ("province", task.city, task.province, task.province_days),
        ):
            first = LAST - timedelta(days=days - 1)
            _register(stack, range(begin, end), task.city)
            _fill(stack, [_name(number, task.city) for number in range(begin, end)], first)
            for again in (False, True):
                done = _recompute(stack, end, first)
                tell(f"{place}, {'again' if again else 'anew'}: {done.windows:,} windows in {done.seconds:.1f} s")
                found.append({"place": place, "again": again, **done._asdict()})
    return found


def _name(number: int, city: int) -> str:
    return f"R{number // city:03d}-{number % city:03d}"


def _register(stack: Stack, numbers: range, city: int) -> None:
    head = "station,name_zh,kind,region,city,control_level,reporting_period\n"
    rows = (f"{_name(n, city)},测站{n},air,{410000 + n // city},测试市{n // city},national,PT1H\n" for n in numbers)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(connect(stack.settings, "registry", application="lantian bench")) as database,
    ):
        file = Path(folder) / "stations.csv"
        file.write_text(head + "".join(rows), encoding="utf-8")
        result = import_csv(database, file, effective=datetime(2020, 1, 1, tzinfo=UTC), user="bench")
        if result.errors:
            raise UnavailableError("stations", str(result.errors[0]))


def _fill(stack: Stack, stations: list[str], first: date) -> None:
    """Their hours; the day before the first has hours too, for the windows that reach back."""
    values = ", ".join("(10 + trunc(random() * 700)) / 10" for _ in HOURLY_FACTORS)
    with closing(connect(stack.settings, "worker", application="lantian bench")) as database, database:
        cursor = database.cursor()
        layout = Layouts().ids(cursor, {HOURLY_FACTORS})[HOURLY_FACTORS]
        hours = {"first": midnight(first) - DAY, "last": midnight(LAST) + DAY - HOUR}
        sql = _REPORTS.format(hour=HOUR, replay=int(Source.REPLAY), values=values)
        cursor.execute(sql, {"layout": layout, "stations": stations, **hours})


def _recompute(stack: Stack, stations: int, first: date) -> Recomputed:
    now = datetime.now(UTC).isoformat()
    clock = data_clock(datetime.fromtimestamp(SHOWN, UTC).isoformat(), now, 1.0)
    processes = Processes(stack.state_dir, {**os.environ, **stack.environment, **clock}, threading.Event())
    began = time.monotonic()
    try:
        child = processes.ask("recompute", "--from", first.isoformat(), "--to", LAST.isoformat(), "--json")
        status, answer = processes.answer(child)
    finally:
        processes.stop()
    seconds = time.monotonic() - began
    if status:
        raise UnavailableError("recompute", f"it ended with status {status}", hint="read above")
    said = json.loads(answer.splitlines()[-1])["summary"]
    return Recomputed(stations, (LAST - first).days + 1, said["windows"], said["changes"], seconds)
