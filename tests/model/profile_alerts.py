"""Alerts: the outbox, its late relays, and two engines that take its statements from each other."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from .machine import Machine, fates, likely, workers
from .mutants import Profile
from .vocabulary import HOUR, Entry, Fate, Report, Source, Value


class AlertMachine(Machine):
    """One worker, never in doubt; an hour that is complete and high."""

    profile = Profile.ALERTS

    @initialize(origin=st.sampled_from(["live", "replay"]), zombie=st.booleans())
    def an_hour_is_high(self, origin: str, *, zombie: bool) -> None:
        """And told; one engine knows it, and may not know that the other has taken over."""
        self.seq = 0
        self.world.shared.now = HOUR
        self.world.hold(0, 0)
        for time in (0, 2):
            self.a_correction_comes(time, 2, origin, relayed=True)
        self.world.engines[0].gain()
        self.world.engines[0].work(Fate.DONE)
        if zombie:
            self.world.engines[1].gain()

    @rule(
        time=st.just(0), value=st.sampled_from([1, 2, 99]), origin=st.sampled_from(["live", "replay"]), relayed=likely
    )
    def a_correction_comes(self, time: int, value: int, origin: str, *, relayed: bool) -> None:
        """The hour is high or is not, and its statement is sent at once or later."""
        self.seq += 1
        report = Report("A", time, (Value("a", value),), 0, self.seq, origin=origin)
        self.world.write([Entry("A", Source.DEVICE, self.now, report, 0, self.seq)])
        self.world.work(0, 0, 1, Fate.DONE)
        if relayed:
            self.world.workers[0].relay(0, 99, marks=True)

    @rule(ticks=st.sampled_from([1, HOUR]))
    def time_passes(self, ticks: int) -> None:
        """And what falls due is written."""
        self.world.shared.now += ticks
        self.tick(0)

    @rule(count=st.integers(1, 9), marks=likely)
    def the_outbox_is_relayed(self, count: int, *, marks: bool) -> None:
        """And marked, or sent again by the next."""
        self.world.workers[0].relay(0, count, marks=marks)

    @rule(first=st.integers(0, 5))
    def a_zombie_relays(self, first: int) -> None:
        """What it has read long ago."""
        if first < self.world.shared.database[0].relayed:
            self.world.workers[1].relay_late(0, first)

    @rule(engine=workers, act=st.sampled_from(["works", "works", "heeds", "gains"]), fate=fates)
    def an_engine_acts(self, engine: int, act: str, fate: Fate) -> None:
        """Holder or zombie, in time or late."""
        chosen = self.world.engines[engine]
        if act == "works":
            chosen.work(fate)
        elif act == "heeds":
            chosen.tick(fate)
        else:
            chosen.gain()

    @rule()
    def an_engine_takes_everything(self) -> None:
        """As it does when nothing goes wrong."""
        self.world.engines[0].gain()
        for _ in range(3):
            self.world.engines[0].work(Fate.DONE)
