"""What the machines of the four profiles share. Each draws the orders of events that it is about, and few others."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from .laws import Watcher, nothing_is_overdue, settled
from .mutants import Mutant, Profile
from .vocabulary import Fate, Value
from .world import World

workers = st.integers(0, 1)
bridges = st.integers(0, 1)
fates = st.sampled_from([Fate.DONE, Fate.DONE, *Fate])
likely = st.sampled_from([True, True, True, False])
index = st.integers(0, 1000)
records = st.integers(1, 3)
flags = st.sampled_from("NNND")


def values_of(factors: str, numbers: tuple[int, ...], most: int = 3) -> st.SearchStrategy[tuple[Value, ...]]:
    """Values of a report; a factor may come twice."""
    value = st.builds(Value, st.sampled_from(factors), st.sampled_from(numbers), flags)
    flagged = st.builds(Value, st.sampled_from(factors), st.none(), st.just("D"))
    return st.lists(st.one_of(value, value, flagged), max_size=most).map(tuple)


class Machine(RuleBasedStateMachine):
    """What all profiles share: the watch after every step, and the settling at the end."""

    mutant: ClassVar[Mutant | None] = None
    profile: ClassVar[Profile]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.mutant)
        self.watcher = Watcher(self.world)

    @property
    def now(self) -> int:
        """The world's clock."""
        return self.world.shared.now

    @invariant()
    def every_law_holds(self) -> None:
        """What must hold at any time."""
        self.watcher.step()

    def tick(self, worker: int, fate: Fate = Fate.DONE) -> None:
        """A worker heeds the clock; nothing is overdue afterwards, if it held the partition and lives.

        One that is refused takes the partition over, and the next turn of the clock writes.
        """
        memory, database = self.world.workers[worker].memory.get(0), self.world.shared.database[0]
        heeds = memory is not None and memory.base == (database.offset, database.epoch)
        self.world.tick(worker, 0, fate)
        if heeds and fate in {Fate.DONE, Fate.LOST_DONE}:
            nothing_is_overdue(self.world.shared.database[0], self.now)

    def teardown(self) -> None:
        """Settles what has not been broken before."""
        if self.watcher.sound:
            self.world.settle()
            settled(self.world)
