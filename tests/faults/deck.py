"""Which faults strike in which round: cards of a deck that is shuffled anew when it is through, so that all come."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from disk import DiskFull
from fault import Fault
from hostile import PoisonPayloads, PoisonRecords, WrongClock
from lines import Cut, HalfOpen, Slow
from processes import Frozen, Joins, Killed, Leaves, Zombie
from servers import PowerCut, ServerFrozen, ServerKilled

ROLES = ("bridge", "worker", "engine")
SERVERS = ("kafka", "mosquitto", "postgres")
LINES = ("bridge-mqtt", "sender-mqtt", "kafka", "worker-postgres", "engine-postgres")
SMALL_DISKS = {"postgres": 1000, "kafka": 500}
"""Megabytes: what fills up must be small."""
HAND = (1, 1, 2, 2, 3)
"""How many faults come together, drawn from these."""

Card = Callable[[], Fault]


def cards() -> list[Card]:
    """One of each kind."""
    return [
        PowerCut,
        *(partial(kind, role, every=every) for kind in (Killed, Frozen) for role in ROLES for every in (False, True)),
        *(partial(kind, role) for kind in (Joins, Leaves) for role in ROLES),
        *(partial(Zombie, role) for role in ("worker", "engine")),
        *(partial(kind, server) for kind in (ServerKilled, ServerFrozen) for server in SERVERS),
        *(partial(kind, line) for kind in (Cut, Slow, HalfOpen) for line in LINES),
        PoisonPayloads,
        PoisonRecords,
        WrongClock,
        *(partial(DiskFull, server) for server in SMALL_DISKS),
        partial(DiskFull, "postgres", log=True),
    ]


def deal(dice: random.Random) -> list[Fault]:
    """The whole deck, shuffled."""
    found = [card() for card in cards()]
    dice.shuffle(found)
    return found


def hand(seed: int, number: int) -> list[Fault]:
    """The faults of round 1, 2, … in the order in which they strike: the same for the same seed and number."""
    return next(islice(_hands(random.Random(seed)), number - 1, None))


def _hands(dice: random.Random) -> Iterator[list[Fault]]:
    """Hand after hand; a card that does not go with those of a hand waits for the next."""
    waiting: list[Fault] = []
    while True:
        size = dice.choice(HAND)
        found: list[Fault] = []
        while len(found) < size:
            if not any(fits(card, found) for card in waiting):
                waiting += deal(dice)
            chosen = next(card for card in waiting if fits(card, found))
            waiting.remove(chosen)
            found.append(chosen)
        yield found


def fits(card: Fault, others: list[Fault]) -> bool:
    """Whether a fault touches nothing that one of the others does."""
    return not any(card.touches & other.touches for other in others)
