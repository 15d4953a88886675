"""Zombies: who writes, and what becomes of a doubtful commit."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from .laws import a_lost_log_stops_the_worker
from .machine import Machine, fates, workers
from .mutants import Profile
from .vocabulary import HOUR, Entry, Fate, Report, Source, Value
from .worker import recompute


class ZombieMachine(Machine):
    """Two workers and two engines that take the same partition from each other, die, wake late, are in doubt."""

    profile = Profile.ZOMBIES

    @initialize(complete=st.booleans())
    def one_holds(self, *, complete: bool) -> None:
        """And knows it; an hour is open, or complete."""
        self.seq = 0
        self.cut = False
        self.world.shared.now = HOUR
        self.world.hold(0, 0)
        self.a_report_comes(0, 2, at_once=True)
        if complete:
            self.a_report_comes(2, 2, at_once=True)

    @rule(
        time=st.sampled_from([0, 2]),
        value=st.sampled_from([1, 2, 99]),
        at_once=st.booleans(),
    )
    def a_report_comes(self, time: int, value: int, *, at_once: bool) -> None:
        """Always of the first hour; taken at once or later."""
        self.seq += 1
        report = Report("A", time, (Value("a", value),), 0, self.seq)
        self.world.write([Entry("A", Source.DEVICE, self.now, report, 0, self.seq)])
        if at_once:
            self.world.work(self.world.holder[0] or 0, 0, 9, Fate.DONE)

    @rule(worker=workers, fate=fates)
    def a_worker_works(self, worker: int, fate: Fate) -> None:
        """Holder or zombie."""
        self.world.work(worker, 0, 1, fate)

    @rule(worker=workers, fate=fates, ticks=st.sampled_from([0, 1, HOUR]), again=st.booleans())
    def a_worker_heeds_the_clock(self, worker: int, fate: Fate, ticks: int, *, again: bool) -> None:
        """Holder or zombie, on time or with a late flush; and again before anything else comes."""
        self.world.shared.now += ticks
        self.tick(worker, fate)
        if again:
            self.world.shared.now += 1
            self.tick(worker)

    @rule(worker=workers, ticks=st.sampled_from([0, 1]))
    def a_worker_gains_the_partition(self, worker: int, ticks: int) -> None:
        """The other may not know."""
        self.world.shared.now += ticks
        self.world.hold(worker, 0)

    @rule()
    def the_rule_changes(self) -> None:
        """`recompute` runs."""
        recompute(self.world.shared, 0, self.world.broken)

    @precondition(lambda self: not self.cut)
    @rule()
    def the_log_is_cut_for_a_moment(self) -> None:
        """As after a loss of power; all is put back afterwards."""
        self.cut = True
        a_lost_log_stops_the_worker(self.world, 0)
