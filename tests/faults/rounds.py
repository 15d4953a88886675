"""A round: work under way, faults that strike and are healed, and at rest everything there, once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from dataclasses import field as made
from pathlib import Path
from typing import Any

from fault import Fault
from field import Field
from load import Load
from recovery import recover
from stage import Stage, set_up
from told import check_told, stand
from waiting import eventually

from aggregate.ledger.balance import Account
from aggregate.ledger.books import read_ledger
from aggregate.statistic import PERIODS
from core.errors import UnavailableError
from core.postgres import Gone, connect
from truth.cli import judge_at_rest
from truth.settled import wait_at_rest

APART_S, LASTS_S = (0.0, 3.0), (0.5, 6.0)
"""How long after the one before the next fault strikes; how long each lasts."""
SPARE_S = 6.0
"""The load lasts longer than the faults by so much, unless they take longer than planned."""
LONGER_S = 45.0
"""And by so much more, if nothing was under way any more when a fault struck."""
ATTEMPTS = 3
TAKEN = """
select coalesce(sum(t.readings - t.repeats), 0)
from intake i, unnest(i.stations, i.readings, i.repeats) as t(station, readings, repeats) where t.station = any(%s)
"""


class LoadOverError(AssertionError):
    """Nothing was under way when a fault struck: the round says nothing, and must be longer."""


@dataclass(frozen=True)
class Length:
    """How much is sent in a round, and how its faults follow one another."""

    hours: int = 3
    """Of data; some 4 000 reports of a single crowd."""
    crowds: int = 1
    """So many times the stations of `stage.COUNTS`."""
    first_s: tuple[float, float] = (0.2, 2.0)
    """When the first fault strikes, once work is under way."""
    in_turn: bool = False
    """Whether each fault waits until the one before is healed, and is a first one then."""
    rest_s: float = 240.0
    """Time for what is left when the faults are over, to be sent and to be worked off."""
    probed: bool = True
    """Whether recovery is measured: of a pipeline that keeps up with the load."""


ORDINARY = Length()


@dataclass(frozen=True)
class Strike:
    """A fault, and when it comes and goes, in seconds after work is under way."""

    fault: Fault
    begins: float
    ends: float


@dataclass
class Played:
    """What a round was and showed: a line of the record."""

    seed: int
    """Of the suite."""
    number: int
    faults: list[str]
    attempt: int = 0
    strikes: list[dict[str, Any]] = made(default_factory=list)
    """Of each fault: when it struck and was healed, and how many readings were in flight then."""
    reports: int = 0
    readings: int = 0
    in_flight: int = 0
    """Readings handed to the broker and not yet in the database when a fault struck; of several faults, the most."""
    recovery_s: float = 0.0
    """From when the end of the last fault began (a server's start, a process's) until reports were through it all."""
    rest_s: float = 0.0
    """From there until all was at rest."""
    figures: int = 0
    alerts: int = 0
    differences: int = 0
    lost: int | None = None
    doubled: int | None = None
    """Of all stations; None: it never came to be judged."""
    seconds: float = 0.0
    failure: str = ""

    def line(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def plan(faults: Sequence[Fault], dice: random.Random, first_s: tuple[float, float]) -> list[Strike]:
    """Moments drawn."""
    found, moment = [], dice.uniform(*first_s)
    for fault in faults:
        found.append(Strike(fault, moment, moment + dice.uniform(*LASTS_S)))
        moment += dice.uniform(*APART_S)
    return found


def play(field: Field, played: Played, faults: Sequence[Fault], folder: Path, length: Length = ORDINARY) -> None:
    """A round on a field at rest, noted in `played`; raises `AssertionError` if anything is not as it must be.

    If the load was over when a fault struck, the round says nothing: it is played again with a longer one.
    """
    started = time.monotonic()
    try:
        for played.attempt in range(ATTEMPTS):
            with suppress(LoadOverError):
                return _attempt(field, played, faults, folder / str(played.attempt), length)
        raise LoadOverError(f"{ATTEMPTS} loads were over before all faults had struck")
    finally:
        played.seconds = round(time.monotonic() - started, 1)


def _attempt(field: Field, played: Played, faults: Sequence[Fault], folder: Path, length: Length) -> None:
    dice = field.dice = random.Random(f"{played.seed}/{played.number}")
    stage = set_up(folder, f"r{played.number}-{played.attempt}", dice, length.hours + played.attempt, length.crowds)
    hands = [[fault] for fault in faults] if length.in_turn else [faults]
    plans = [plan(hand, dice, length.first_s) for hand in hands]
    field.register(stage.stations)
    for fault in faults:
        fault.prepare(field)
    field.check_alive()
    begin = stand(field)
    spare = SPARE_S + LONGER_S * played.attempt + sum(fault.takes_s for fault in faults)
    rate = stage.reports / (sum(max(strike.ends for strike in strikes) for strikes in plans) + spare)
    load = Load(stage.scenario, rate, field.environment("sender"))
    try:
        _endure(field, load, plans, Flight(field, load, stage.names, length.rest_s), played, length)
    finally:
        load.kill()
    played.reports, played.readings = load.board.reports, load.board.readings
    healed = time.monotonic()
    _wait_for_rest(field, length.rest_s)
    played.rest_s = round(time.monotonic() - healed, 2)
    _judge(field, load, stage, played)
    check_told(field, begin)
    for fault in faults:
        fault.check(field)
    field.check_alive()


def _endure(
    field: Field, load: Load, plans: Sequence[Sequence[Strike]], flight: Flight, played: Played, length: Length
) -> None:
    """All faults, until everything of the load is durable."""
    flight.wait("at the beginning")
    played.in_flight, played.strikes = 0, []
    for strikes in plans:
        healing = _strike_and_heal(field, strikes, flight, played)
    if length.probed:
        played.recovery_s = round(recover(field, healing), 2)
    load.board.hurry()
    load.finish(length.rest_s)


class Flight:
    """Readings in flight: handed to the broker by this round's devices, and not yet in the database.

    Of a fault of the engine too, which has still to hear of them all: that it was within a transaction just then is
    left to the number of rounds.
    """

    def __init__(self, field: Field, load: Load, names: Sequence[str], rest_s: float) -> None:
        """`names`: of their stations; `rest_s`: time to land."""
        self._field = field
        self._load = load
        self._names = list(names)
        self._rest_s = rest_s
        self._taken = 0

    def readings(self) -> int:
        """Now. A database that is away has taken none since it was asked last."""
        handed_over = self._load.board.readings  # first: what is taken meanwhile makes them fewer, never more
        with suppress(UnavailableError, *Gone):
            self._taken = int(self._field.rows(TAKEN, (self._names,))[0][0])
        return max(0, handed_over - self._taken)

    def wait(self, when: str) -> int:
        """As many as there are, as soon as there are some: a burst may just be through."""

        def look() -> int:
            found = self.readings()
            if not found and not self._load.sending:
                raise LoadOverError(f"nothing was in flight {when}")
            return found

        return eventually(f"work is in flight {when}", look, every=0.2)

    def land(self) -> None:
        """Wait until all that was handed over is durable, and all is at rest."""
        self._load.finish(self._rest_s)
        _wait_for_rest(self._field, self._rest_s)


def _strike_and_heal(field: Field, strikes: Sequence[Strike], flight: Flight, played: Played) -> float:
    """In the order of the moments; what takes longer than planned makes the next later.

    Returns when (monotonic) the end of the last began.
    """
    events = sorted(
        [(strike.begins, False, strike) for strike in strikes] + [(strike.ends, True, strike) for strike in strikes],
        key=lambda event: event[:2],
    )
    started = healing_began = time.monotonic()
    notes: dict[str, dict[str, Any]] = {}
    standing: list[Fault] = []
    try:
        for moment, healing, strike in events:
            fault = strike.fault
            threading.Event().wait(max(0.0, started + moment - time.monotonic()))
            if healing:
                if fault.heals_into_work:
                    notes[fault.name]["in_flight_when_healed"] = flight.wait(f"when {fault} was healed")
                healing_began = time.monotonic()
                fault.heal(field)
                standing.remove(fault)
                notes[fault.name]["healed_s"] = round(time.monotonic() - started, 2)
                continue
            flying = flight.wait(f"when {fault} struck")
            notes[fault.name] = {"fault": fault.name, "in_flight": flying}
            notes[fault.name]["struck_s"] = round(time.monotonic() - started, 2)
            played.strikes.append(notes[fault.name])
            played.in_flight = max(played.in_flight, flying)
            standing.append(fault)
            fault.strike(field)
    except LoadOverError:
        for fault in standing:
            fault.heal(field)
        flight.land()
        raise
    return healing_began


def _wait_for_rest(field: Field, patience_s: float) -> None:
    with closing(connect(field.core, "reader", application="test")) as database:
        wait_at_rest(field.core, database, patience_s, field.check_alive, lambda _cursor: True)


def _judge(field: Field, load: Load, stage: Stage, played: Played) -> None:
    """All that follows from what was sent stands bit for bit; both balances hold, for every station ever."""
    verdict = judge_at_rest(load.truth, field.core, field.check_alive)
    with closing(connect(field.core, "reader", application="test")) as database:
        accounts = read_ledger(database, field.core)
    played.figures, played.alerts = verdict.figures, verdict.of["alert"]
    played.differences = verdict.differences
    played.lost = sum(account.lost for account in accounts)
    played.doubled = sum(account.duplicated for account in accounts)
    told = "\n".join(map(str, verdict.shown))
    assert not verdict.differences, f"{verdict.differences} differences in {verdict.figures} figures:\n{told}"
    assert set(verdict.open_of) <= set(PERIODS), "nothing shorter than a month is waited for"
    assert verdict.of["statistic"] > 300
    assert verdict.of["alert"] > 0
    wrong = [account for account in accounts if not account.balanced or account.in_flight]
    assert not wrong, f"the ledger does not balance: {wrong[:5]}"
    assert _due(accounts, stage.names) == played.reports, "as many numbers are due as were sent"


def _due(accounts: Sequence[Account], names: Sequence[str]) -> int:
    wanted = set(names)
    return sum(run.due for account in accounts if account.station in wanted for run in account.runs)
