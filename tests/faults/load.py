"""The load of a round: a scenario sent by a process of its own, in bursts, until it is told to hurry.

`python load.py SCENARIO TRUTH BOARD RATE`: RATE reports a second on the average. What must follow is written to the
folder TRUTH as `lantian simulate --truth` does. On the board stands what was handed to the broker so far.
"""

from __future__ import annotations

import mmap
import random
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from alerts.rules import book
from alerts.settings import AlertsSettings
from core.clock import clock_of
from core.logs import configure
from core.settings import CoreSettings
from ingest.sender import Identity
from ingest.simulation.scenario import load_scenario
from ingest.simulation.sending import send
from ingest.simulation.stream import Message, messages
from truth.folder import RUN
from truth.recording import recording
from truth.write import write_expected

BURST = (10, 150)
"""Reports at once: there is nearly always something under way, and now and then much."""
_FIELDS = struct.Struct("qqq")


class Board:
    """Three numbers that two processes see: reports and readings handed over, and whether to hurry."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_FIELDS.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _FIELDS.size)

    def tell(self, reports: int, readings: int) -> None:
        """Handed over so far."""
        struct.pack_into("qq", self._memory, 0, reports, readings)

    def hurry(self) -> None:
        """No more pauses."""
        struct.pack_into("q", self._memory, 16, 1)

    @property
    def reports(self) -> int:
        return int(_FIELDS.unpack_from(self._memory)[0])

    @property
    def readings(self) -> int:
        return int(_FIELDS.unpack_from(self._memory)[1])

    @property
    def hurried(self) -> bool:
        return bool(_FIELDS.unpack_from(self._memory)[2])


class Load:
    """The process as the suite sees it."""

    def __init__(self, scenario: Path, rate: float, environment: Mapping[str, str]) -> None:
        """Its truth folder, board and log lie beside the scenario."""
        self.truth = scenario.with_name("truth")
        self.board = Board(scenario.with_name("board"))
        self._log = scenario.with_name("load.log")
        with self._log.open("wb") as log:
            arguments = [scenario, self.truth, scenario.with_name("board"), rate]
            self._process = subprocess.Popen(
                [sys.executable, __file__, *map(str, arguments)], env=dict(environment), stdout=log, stderr=log
            )

    @property
    def sending(self) -> bool:
        """Whether there is still something to be handed over."""
        return self._process.poll() is None and not (self.truth / RUN).exists()

    def finish(self, patience_s: float) -> None:
        """Wait until all is durable and the truth is written; raises `TimeoutExpired` after so many seconds."""
        status = self._process.wait(patience_s)
        assert status == 0, f"the load failed: {self.tail()}"

    def kill(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(60)

    def tail(self) -> str:
        """What it said last."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]


def in_bursts(
    sent: Iterable[Message], rate: float, now: Callable[[], float], hurried: Callable[[], bool]
) -> Iterator[Message]:
    """The messages, each burst paced to its moment."""
    dice, moment, left = random.Random(1), now(), 0
    for message in sent:
        if hurried():
            yield message._replace(paced=False)
            continue
        if not left:
            left = dice.randint(*BURST)
            moment = max(moment, now()) + left / rate
        left -= 1
        yield message._replace(paced=True, send_at=moment)


def main(scenario_file: str, truth: str, board_file: str, rate: str) -> None:
    """Send, and write what must follow."""
    core: CoreSettings = CoreSettings.load()
    configure(core, "load")
    scenario, board, clock = load_scenario(Path(scenario_file)), Board(Path(board_file)), clock_of(core)
    run = int(clock.now())
    paced = in_bursts(messages(scenario, run, at_once=True), float(rate), clock.now, lambda: board.hurried)
    with recording(Path(truth), scenario) as (record, finish):
        result = send(
            core,
            paced,
            run,
            identity=Identity.platform("simulator"),
            stop=threading.Event(),
            on_progress=board.tell,
            record=record,
        )
        finish(result)
    assert result.complete
    write_expected(Path(truth), book.load(AlertsSettings.load().rules_dir))


if __name__ == "__main__":
    main(*sys.argv[1:])
