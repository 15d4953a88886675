"""Any order of reports, corrections, copies, closings and late arrivals on the real step, against a book kept by hand.

The book follows the sentences of state-model reading by reading, slowly, and shares no code with what it checks.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from archive_stage import FINAL, accounts, close, grow_old
from reports import DAY, HOUR, MIDNIGHT, MINUTE, PM10, SO2, entry, report
from worker_stage import Ground, Log, Worker, worker

from core.clock import day_start
from core.settings import CoreSettings
from ingest.envelope import Entry, Source

pytestmark = pytest.mark.stack

KNOWN, UNKNOWN = ("random-a", "random-b"), "random-nobody"
FACTORS = {"PM10": PM10, "SO2": SO2}
LARGEST = 100
RANKS = {Source.REPLAY: 0, Source.DEVICE: 1}
ACTIONS = 50


class Sent(NamedTuple):
    """A report as the book sees it."""

    station: str
    time: int
    number: tuple[Source, int, int]
    values: tuple[tuple[str, float], ...]

    @property
    def day(self) -> tuple[str, int]:
        return self.station, day_start(self.time)

    def entry(self, received: int) -> Entry:
        source, run, seq = self.number
        body = report(self.time, seq, dict(self.values), name=self.station, run=run, period="PT1M")
        return entry(body, name=self.station, received=received, source=source)


@dataclass
class Hand:
    """The book: what must stand."""

    accepted: dict[tuple[str, int, str], dict[tuple[Source, int, int], float]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    said: dict[tuple[Any, ...], set[float]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[tuple[str, int], set[tuple[Source, int, int]]] = field(default_factory=lambda: defaultdict(set))
    closed: set[tuple[str, int]] = field(default_factory=set)
    taken: Counter[tuple[str, Source]] = field(default_factory=Counter)
    repeats: Counter[tuple[str, Source]] = field(default_factory=Counter)

    def take(self, sent: Sent) -> None:
        account = (sent.station, sent.number[0])
        self.taken[account] += len(sent.values)
        if sent.day in self.closed:
            if sent.number in self.numbers[sent.day]:
                self.repeats[account] += len(sent.values)
        else:
            for factor, value in sent.values:
                self._take_value(sent, factor, value)
        self.numbers[sent.day].add(sent.number)

    def _take_value(self, sent: Sent, factor: str, value: float) -> None:
        said = self.said[sent.station, sent.time, sent.number, factor]
        if value in said:
            self.repeats[sent.station, sent.number[0]] += 1
        elif not said and sent.station in KNOWN and value <= LARGEST:
            self.accepted[sent.station, sent.time, FACTORS[factor]][sent.number] = value
        said.add(value)

    def current(self, station: str) -> dict[tuple[int, int, str], tuple[Any, ...]]:
        """The readings of a station's open days, as `Ground.readings` gives them."""
        found = {}
        for (name, time, factor), revisions in self.accepted.items():
            if name == station and (name, day_start(time)) not in self.closed:
                source, run, seq = max(revisions, key=lambda number: (RANKS[number[0]], *number[1:]))
                found[MINUTE, time, factor] = (int(source), run, seq, revisions[source, run, seq], "N")
        return found

    def received(self, station: str, source: Source) -> int:
        """How many numbers of a source have come, whatever became of them."""
        days = (numbers for (name, _), numbers in self.numbers.items() if name == station)
        return len({number for numbers in days for number in numbers if number[0] == source})


class Play:
    """One random history."""

    def __init__(self, ground: Ground, step: Worker, seed: int) -> None:
        self.ground = ground
        self.step = step
        self.dice = random.Random(seed)
        self.now = MIDNIGHT + 12 * HOUR
        self.hand = Hand()
        self.sent: list[Sent] = []
        self.statistics: dict[tuple[str, int], list[tuple[Any, ...]]] = {}
        self.late = 0

    def act(self) -> None:
        action = self.dice.choices(("send", "wait", "close", "gain"), (6, 4, 3, 1))[0]
        getattr(self, action)()

    def send(self) -> None:
        batch = [self._report() for _ in range(self.dice.randint(1, 8))]
        self.late += sum(sent.day in self.hand.closed for sent in batch)
        self.step.log.add(*(sent.entry(self.now) for sent in batch))
        self.step.take(self.now)
        for sent in batch:
            self.hand.take(sent)
        self.sent += batch

    def _report(self) -> Sent:
        dice = self.dice
        if self.sent and dice.random() < 0.3:
            return dice.choice(self.sent)
        station = dice.choice((*KNOWN, *KNOWN, UNKNOWN))
        time = day_start(self.now) - dice.randint(0, 6) * DAY + dice.randrange(3) * 4 * HOUR
        if time > self.now:
            time -= DAY
        if self.sent and dice.random() < 0.4:
            station, time = (other := dice.choice(self.sent)).station, other.time
        number = (dice.choice(list(RANKS)), dice.randrange(2), dice.randint(1, 60))
        names = dice.choice((("PM10",), ("SO2",), ("PM10", "SO2")))
        return Sent(station, time, number, tuple((name, float(dice.choice((7, 8, 9, 900)))) for name in names))

    def wait(self) -> None:
        self.now += self.dice.choice((HOUR, DAY, 2 * DAY))
        self.step.tick(self.now)

    def gain(self) -> None:
        self.step.gain(self.now)

    def close(self) -> None:
        self.now += MINUTE
        close(self.ground, now=self.now, keep_days=self.dice.choice((0, 0, 1, 2)))
        self._learn()
        self.check_ledger()

    def _learn(self) -> None:
        """Which days are closed now: only days that have ended and are final."""
        found = self.ground.rows(
            "select station, extract(epoch from day::timestamp at time zone interval '8 hours')::bigint from closed_day"
        )
        for station, first in {(station, int(first)) for station, first in found} - self.hand.closed:
            assert first + DAY <= self.now
            assert not self._rows(station, first, "and due is not null")
            self.statistics[station, first] = self._rows(station, first)
            self.hand.closed.add((station, first))

    def _rows(self, station: str, first: int, more: str = "") -> list[tuple[Any, ...]]:
        return self.ground.rows(
            'select time_window, start, states, "values"::text, version from statistic where object = %s'
            f" and start >= to_timestamp(%s) and start < to_timestamp(%s) {more} order by 1, 2",
            f"station:{station}",
            first,
            first + DAY,
        )

    def check(self) -> None:
        """Readings of open days are what they must be, and the statistics of closed ones what they were."""
        for station in KNOWN:
            stands = self.ground.readings(station)
            open_ = {key: said for key, said in stands.items() if (station, day_start(key[1])) not in self.hand.closed}
            assert open_ == self.hand.current(station)
        for (station, first), rows in self.statistics.items():
            assert self._rows(station, first) == rows

    def check_ledger(self) -> None:
        """Each account says what came, what repeated, and which numbers, and leaves nothing over."""
        found = accounts(self.ground)
        for (station, source), taken in self.hand.taken.items():
            account = found[station, source.name.lower()]
            assert (account.difference, account.duplicated) == (0, 0), account
            assert (account.readings, account.repeats) == (taken, self.hand.repeats[station, source]), account
            assert sum(run.received for run in account.runs) == self.hand.received(station, source), account


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    made = Ground(stack, tmp_path_factory.mktemp("random"))
    ranges = f"PM10 0..{LARGEST};SO2 0..{LARGEST}"
    made.stations(*(f"{name},站,air,140502,random-city,PT1M,city,,{ranges}" for name in KNOWN))
    return made


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    ground.clear()
    with worker(ground.settings, Log()) as made:
        made.gain(MIDNIGHT)
        yield made


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_comes_in_whatever_order_the_books_agree(ground: Ground, step: Worker, seed: int) -> None:
    play = Play(ground, step, seed)
    for _ in range(ACTIONS):
        play.act()
        play.check()
    assert play.late >= 10, "late reports must have met closed days"
    assert play.hand.current(KNOWN[0]), "and others open ones"
    play.now += 2 * FINAL
    grow_old(step, play.now)
    play.close()
    assert ground.count("report") == ground.count("intake") == 0
    play.send()
    play.check()
    play.check_ledger()
