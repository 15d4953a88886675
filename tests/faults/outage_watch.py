"""What an outage does to the processes, sampled: memory, what waits, and how far live data are behind."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psycopg2
from outage_load import Slots, station
from pipeline import Pipeline

from core.errors import UnavailableError
from core.kafka import partition_of

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """One look; what a server that is away would have said is None."""

    at: float
    """UTC seconds."""
    phase: str
    memory: Mapping[str, float]
    """MiB of a process and its children, what they share counted once; without mapped files."""
    made: int
    buffered: int
    unsaid: int
    repeated: int
    bridge_in_flight: float
    stored: int | None
    """Reports in the database."""
    behind: float | None
    """Seconds since the newest stored live report was due, of the partition that is furthest behind."""


def memory_of(pid: int | None) -> float:
    """MiB of a process and all its descendants; 0 if it does not run.

    Mapped files are left out: their share grows whenever another program that maps the same libraries ends.
    """
    return sum(_own(each) for each in _tree(pid)) / 1024 if pid else 0.0


def _tree(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(child) for child in children.read_text(encoding="ascii").split()]
            except OSError:
                continue  # the thread has ended
    return found


def _own(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0  # it has ended
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))


class Watch:
    """Looks every `every` seconds in a thread of its own; `phase` is set by who makes the outage.

    Whatever ends it, all samples are written to `kept`, a line of JSON each.
    """

    def __init__(self, pipeline: Pipeline, slots: Slots, load_pid: int, told: Path, kept: Path, every: float) -> None:
        """`told`: where the load writes how it stands."""
        self.samples: list[Sample] = []
        self.phase = "before"
        self._pipeline = pipeline
        self._slots = slots
        self._load_pid = load_pid
        self._told = told
        self._kept = kept
        self._every = every
        self._stop = threading.Event()
        self._failed: list[BaseException] = []
        self._partitions = np.array([partition_of(station(monitor)) for monitor in range(slots.monitors)])
        names: dict[str, int] = dict(pipeline.rows("select station, station_id from station"))
        self._monitor_of = {names[station(monitor)]: monitor for monitor in range(slots.monitors)}
        self._thread = threading.Thread(target=self._run, name="watch")

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        lines = "".join(json.dumps(asdict(sample)) + "\n" for sample in self.samples)
        self._kept.write_text(lines, encoding="utf-8")
        if self._failed:
            raise self._failed[0]

    @property
    def last(self) -> Sample | None:
        """The newest sample of the present phase; raises what ended the watching."""
        if self._failed:
            raise self._failed[0]
        found = self.samples[-1] if self.samples else None
        return found if found and found.phase == self.phase else None

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self.samples.append(self._look())
                self._stop.wait(self._every)
        except BaseException as error:
            self._failed.append(error)

    def _look(self) -> Sample:
        phase, now = self.phase, time.time()
        stored, newest = self._database()
        pipeline, stack = self._pipeline, self._pipeline.stack
        pids = {
            "bridge": pipeline.bridge.pid,
            "worker": pipeline.worker.pid,
            "engine": pipeline.engine.pid,
            "load": self._load_pid,
            "mosquitto": stack.pid("mosquitto"),
            "kafka": stack.pid("kafka"),
            "postgres": stack.pid("postgres"),
        }
        return Sample(
            now,
            phase,
            {name: round(memory_of(pid), 1) for name, pid in pids.items()},
            **self._load(),
            bridge_in_flight=pipeline.bridge.metric("lantian_bridge_in_flight_entries"),
            stored=stored,
            behind=None if newest is None else max(0.0, now - self._slots.due(newest)),
        )

    def _load(self) -> dict[str, int]:
        """What the load said last."""
        lines = self._told.read_text(encoding="utf-8").splitlines() if self._told.exists() else []
        found: dict[str, int] = json.loads(lines[-1]) if lines else dict.fromkeys(
            ("made", "buffered", "unsaid", "repeated"), 0
        )  # fmt: skip
        return found

    def _database(self) -> tuple[int | None, float | None]:
        """Reports stored, and the newest live slot of the partition that is furthest behind."""
        try:
            rows = self._pipeline.rows(
                "select station_id, count(*), coalesce(max(seq) filter (where origin = 0), 0) from report group by 1"
            )
        except (UnavailableError, psycopg2.Error):
            return None, None
        newest = np.full(self._partitions.max() + 1, -1)
        for station_id, _, seq in rows:
            monitor = self._monitor_of[station_id]
            partition = self._partitions[monitor]
            newest[partition] = max(newest[partition], (seq - 1) * self._slots.monitors + monitor)
        return sum(count for _, count, _ in rows), float(newest.min()) if newest.min() >= 0 else None
