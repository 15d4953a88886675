"""Revision: which reading counts, and what follows from it."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from .machine import Machine, flags, records, values_of
from .mutants import Profile
from .vocabulary import DAY, HOUR, SLOT, Entry, Fate, Report, Source, Value


class RevisionMachine(Machine):
    """Reports straight into Kafka: corrections, reused numbers, repeats, persons; one worker."""

    profile = Profile.REVISION
    rich = values_of("abx", (1, 2, 15, 99))

    @initialize(now=st.sampled_from([0, 2, 4, 8]))
    def one_worker(self, now: int) -> None:
        """Holds everything."""
        self.world.shared.now = now
        self.world.hold(0, 0)
        self.world.hold(0, 1)

    @rule(
        source=st.sampled_from(Source),
        time=st.sampled_from([0, 0, 1, 2, 2, 3, 5, 8]),
        number=st.tuples(st.integers(0, 1), st.integers(1, 4)),
        period=st.sampled_from([None, None, SLOT, HOUR]),
        values=rich,
        origin=st.sampled_from(["live", "replay"]),
    )
    def a_report_comes(
        self,
        source: Source,
        time: int,
        number: tuple[int, int],
        period: int | None,
        values: tuple[Value, ...],
        origin: str,
    ) -> None:
        """Any number, used before or not."""
        report = Report("A", time, values, *number, period=period, origin=origin)
        self.world.write([Entry("A", source, self.now, report, *number)])

    @rule(
        source=st.sampled_from([Source.DEVICE, Source.DEVICE, Source.PERSON]),
        time=st.sampled_from([0, 2]),
        number=st.tuples(st.sampled_from([0, 0, 1]), st.integers(1, 6)),
        value=st.builds(Value, st.just("a"), st.sampled_from([1, 2]), flags),
        at_once=st.booleans(),
    )
    def a_plain_report_comes(
        self, source: Source, time: int, number: tuple[int, int], value: Value, *, at_once: bool
    ) -> None:
        """One factor in the first hour, so that corrections meet; taken at once or later."""
        report = Report("A", time, (value,), *number)
        self.world.write([Entry("A", source, self.now, report, *number)])
        if at_once:
            self.world.work(0, 0, 50, Fate.DONE)

    @rule(ahead=st.integers(1, 3), seq=st.integers(1, 2))
    def a_fast_clock_reports(self, ahead: int, seq: int) -> None:
        """A time that lies ahead, perhaps no longer when the report is judged."""
        report = Report("A", self.now + ahead, (Value("a", 1),), 0, seq)
        self.world.write([Entry("A", Source.DEVICE, self.now, report, 0, seq)])

    @rule(issued=st.integers(1, 2), time=st.sampled_from([0, 40]), seq=st.integers(1, 3))
    def a_forecast_comes(self, issued: int, time: int, seq: int) -> None:
        """Of any time, also one ahead."""
        report = Report("F", time, (Value("a", seq),), 0, seq, issued=issued)
        self.world.write([Entry("F", Source.DEVICE, self.now, report, 0, seq)])

    @precondition(lambda self: self.world.shared.kafka.log[0])
    @rule(which=st.integers(0, 5), retry=st.booleans(), origin=st.sampled_from(["live", "resent"]))
    def an_entry_comes_again(self, which: int, origin: str, *, retry: bool) -> None:
        """From the device's buffer, or from `lantian rejected replay`."""
        entries = self.world.shared.kafka.entries(0)
        entry = entries[-1 - which % len(entries)]
        assert entry.report is not None
        self.world.write([entry._replace(received=self.now, retry=retry, report=entry.report._replace(origin=origin))])

    @rule(count=records)
    def the_worker_works(self, count: int) -> None:
        """In order, some records at a time."""
        for partition in (0, 1):
            self.world.work(0, partition, count, Fate.DONE)

    @rule(ticks=st.sampled_from([1, 1, SLOT, HOUR, 2 * DAY]), heeded=st.booleans())
    def time_passes(self, ticks: int, *, heeded: bool) -> None:
        """What falls due is written, or not yet."""
        self.world.shared.now += ticks
        if heeded:
            self.tick(0)
