"""A steady live load, as a field of monitors that keep what they cannot send: a program of its own.

Every slot (a monitor and a period) is one report, a pure function of its number, so what the monitors buffer is a
range of numbers and this process's memory says nothing of how long the centre is away. Behaves as docs/report.md asks
of devices: a bounded number of reports on the way, live ones first, what is buffered between them, oldest first, at a
bounded pace and as `resent`.

Each second a line of JSON goes to standard output; SIGTERM ends the making of reports, not their delivery.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.logs import configure
from core.process import Shutdown
from core.settings import CoreSettings
from ingest.envelope import Source
from ingest.report import format_instant
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings

FACTORS = ("a34004", "a34002", "a21026", "a21004", "a21005", "a05024")
REGION = "140502"
PLATFORM = "replay"
HEADING = (
    "station,name_zh,name_en,kind,region,city,county,longitude,latitude,operator,control_level,control_point,"
    "reporting_period"
)
TURN_S = 0.02
TELL_S = 1.0


@dataclass(frozen=True, slots=True)
class Slots:
    """The reports of a field: slot k is report `k // monitors + 1` of monitor `k % monitors`."""

    monitors: int
    period: int
    """Seconds; a multiple of the monitors' own grid."""
    begin: int
    """UTC seconds, on the period's grid: the start of the first period."""

    @property
    def rate(self) -> float:
        """Reports a second."""
        return self.monitors / self.period

    def due(self, slot: float) -> float:
        """When the slot's report is made: after its period, each monitor a little after the other."""
        return self.begin + self.period + slot / self.rate

    def made(self, now: float) -> int:
        """How many slots are due by `now`."""
        return max(0, int((now - self.begin - self.period) * self.rate))

    def address(self, slot: int) -> str:
        """Where the monitor's topics begin."""
        return f"lantian/v1/{REGION}/air/{station(slot % self.monitors)}"

    def payload(self, slot: int, origin: str) -> bytes:
        """The report; but for its origin always the same bytes."""
        number, monitor = divmod(slot, self.monitors)
        report = {
            "station": station(monitor),
            "time": format_instant(self.begin + number * self.period),
            "period": f"PT{self.period}S",
            "seq": number + 1,
            "origin": origin,
            "values": {factor: 10 + (slot * 7 + place) % 90 for place, factor in enumerate(FACTORS)},
        }
        return json.dumps(report).encode()


def station(monitor: int) -> str:
    """Its name."""
    return f"outage{monitor:05d}"


def write_registry(path: Path, monitors: int, period: int) -> Path:
    """A registry of so many air monitors of one city."""
    rest = f"air,{REGION},晋城市,城区,112.8,35.5,测试,city,no,PT{period}S"
    rows = [f"{station(monitor)},监测点{monitor},Monitor {monitor},{rest}" for monitor in range(monitors)]
    path.write_text("\n".join([HEADING, *rows]) + "\n", encoding="utf-8")
    return path


class Buffer:
    """What the monitors keep and have not sent: ranges of slots, oldest first."""

    def __init__(self) -> None:
        self._ranges: deque[list[int]] = deque()
        self.held = 0

    def keep(self, slot: int) -> None:
        """A slot behind all that is kept."""
        if self._ranges and self._ranges[-1][1] == slot - 1:
            self._ranges[-1][1] = slot
        else:
            self._ranges.append([slot, slot])
        self.held += 1

    def take(self, most: int) -> Iterator[int]:
        """At most so many, oldest first, taken out."""
        while most > 0 and self._ranges:
            oldest = self._ranges[0]
            yield oldest[0]
            oldest[0] += 1
            if oldest[0] > oldest[1]:
                self._ranges.popleft()
            self.held -= 1
            most -= 1


class Monitors:
    """Hands over what is due: live reports while there is room, then what is buffered, at its pace."""

    def __init__(self, slots: Slots, sender: ReportSender, window: int, pace: float) -> None:
        """`window`: reports on the way at most; `pace`: buffered reports a second at most."""
        self._slots = slots
        self._sender = sender
        self._window = window
        self._pace = pace
        self._buffer = Buffer()
        self._allowance = 0.0
        self._paced_at = time.monotonic()
        self._next = 0

    def turn(self, now: float) -> None:
        """Send what is due by `now` (UTC seconds), and as much of the buffer as its pace and the window allow."""
        for slot in range(self._next, self._slots.made(now)):
            if self._room() > 0:
                self._submit(slot, "live")
            else:
                self._buffer.keep(slot)
        self._next = max(self._next, self._slots.made(now))
        elapsed, self._paced_at = time.monotonic() - self._paced_at, time.monotonic()
        self._allowance = min(self._allowance + elapsed * self._pace, self._pace)
        most = min(int(self._allowance), self._room() - self._window // 10)  # a tenth is kept free for what is live
        self._allowance -= max(0, min(most, self._buffer.held))
        for slot in self._buffer.take(most):
            self._submit(slot, "resent")
        self._sender.pump(TURN_S)

    def told(self) -> dict[str, int]:
        """How it stands."""
        return {
            "made": self._next,
            "buffered": self._buffer.held,
            "unsaid": self._sender.outstanding,
            "repeated": self._sender.repeated,
        }

    @property
    def done(self) -> bool:
        """Whether all that was made is durable."""
        return not (self._buffer.held or self._sender.outstanding)

    def _room(self) -> int:
        return self._window - self._sender.outstanding

    def _submit(self, slot: int, origin: str) -> None:
        number = slot // self._slots.monitors + 1
        self._sender.submit(self._slots.address(slot), 0, number, self._slots.payload(slot, origin))


def main() -> None:
    """Send until SIGTERM, then until everything is durable."""
    parser = argparse.ArgumentParser()
    for name in ("--monitors", "--period", "--begin", "--window"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--pace", type=float, required=True)
    given = parser.parse_args()
    stop = Shutdown().install().requested
    slots = Slots(given.monitors, given.period, given.begin)
    core: CoreSettings = CoreSettings.load()
    configure(core, "load")
    sender = ReportSender(core, SenderSettings.load(), Identity.platform(PLATFORM), Source.DEVICE)
    monitors = Monitors(slots, sender, given.window, given.pace)
    end, next_line = 0.0, 0.0
    while not (end and monitors.done):
        now = time.time()
        if stop.is_set() and not end:
            end = now
        monitors.turn(end or now)
        if now >= next_line:
            next_line = now + TELL_S
            _tell(monitors)
    sender.finish()
    _tell(monitors)


def _tell(monitors: Monitors) -> None:
    sys.stdout.write(json.dumps(monitors.told()) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
