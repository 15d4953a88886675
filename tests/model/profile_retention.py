"""Retention: days that are closed and dropped while late reports still come."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from .archive import drop
from .machine import Machine, index, records
from .mutants import Profile
from .vocabulary import DAY, HOUR, Entry, Fate, Report, Source, Value


class RetentionMachine(Machine):
    """Days that become final, are closed and dropped, while late reports still come."""

    profile = Profile.RETENTION

    @initialize(late=st.booleans(), closed=st.sampled_from(["", "first", "second"]))
    def a_day_has_gone_by(self, *, late: bool, closed: str) -> None:
        """With reports of two stations: final or not yet; perhaps a day is closed, its chunk dropped."""
        self.seq = {"A": 0, "B": 0}
        self.world.hold(0, 0)
        self.world.shared.now = HOUR + 2
        for time in (HOUR, HOUR + 2):
            self.a_report_comes("A", time, 1, "A", skip=False)
        self.a_report_comes("B", 0, 1, "B", skip=False)
        self.world.work(0, 0, 3, Fate.DONE)
        for _ in range(2):
            self.time_passes_and_is_heeded(HOUR if late else DAY)
        if closed:
            self.a_day_is_closed("AB", 0 if closed == "first" else DAY, drops=True)

    @rule(
        station=st.sampled_from("AAB"),
        time=st.sampled_from([0, 2, HOUR, HOUR + 2, DAY, DAY + 2]),
        value=st.sampled_from([1, 2, 99]),
        claims=st.sampled_from("AAB"),
        skip=st.booleans(),
        at_once=st.booleans(),
    )
    def a_report_comes(
        self, station: str, time: int, value: int, claims: str, *, skip: bool, at_once: bool = False
    ) -> None:
        """Of the first day or the morning after; numbers may be left out; taken at once or later."""
        self.seq[station] += 1 + skip
        report = Report(claims, time, (Value("a", value), Value("b", 1)), 0, self.seq[station])
        self.world.write([Entry(station, Source.DEVICE, self.now, report, 0, self.seq[station])])
        if at_once:
            self.the_worker_works(50)

    @precondition(lambda self: self.world.shared.kafka.log[0])
    @rule(which=index)
    def an_entry_comes_again(self, which: int) -> None:
        """However old."""
        entries = self.world.shared.kafka.entries(0)
        self.world.write([entries[which % len(entries)]._replace(received=self.now)])

    @rule(ticks=st.sampled_from([2, HOUR, DAY]))
    def time_passes_and_is_heeded(self, ticks: int) -> None:
        """Everything is taken and ages."""
        self.world.shared.now += ticks
        self.the_worker_works(3)
        self.tick(0)

    @rule(count=records)
    def the_worker_works(self, count: int) -> None:
        """Some records at a time."""
        self.world.work(0, 0, count, Fate.DONE)

    @rule(stations=st.sampled_from(["A", "B", "AB", "AB"]), day=st.sampled_from([0, DAY]), drops=st.booleans())
    def a_day_is_closed(self, stations: str, day: int, *, drops: bool) -> None:
        """And its chunk dropped, if they may be."""
        for station in stations:
            self.world.close(station, day)
        if drops:
            drop(self.world.shared, day, self.world.broken)

    @rule()
    def a_worker_gains_the_partition(self) -> None:
        """And rebuilds from what is left."""
        self.world.hold(0, 0)
