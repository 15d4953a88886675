"""The scenario as a story: when its evening begins, whom it is about, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aggregate.ledger.balance import Account
from deploy.charts.subjects import Subjects
from ingest.kinds import Kind
from ingest.simulation.episodes import Episode, EpisodeKind, of_kind
from ingest.simulation.monitor import Monitor, River, downstream
from ingest.simulation.scenario import Scenario
from truth.folder import Run


@dataclass(frozen=True, slots=True)
class Story:
    """UTC seconds: hours from `first` on are told at once, minutes from `live` to `last` when they come."""

    scenario: Scenario
    first: int
    live: int
    last: int
    subjects: Subjects

    @classmethod
    def of(cls, scenario: Scenario) -> Story:
        """What the scenario tells; where nothing is paced, all is told at once."""
        live = next((span.start for span in scenario.spans if span.paced), scenario.end)
        about = subjects(scenario.episodes, scenario.network.monitors, scenario.world.rivers)
        return cls(scenario, scenario.start, live, scenario.end, about)


def subjects(episodes: Sequence[Episode], monitors: Sequence[Monitor], rivers: Iterable[River]) -> Subjects:
    """Whom the pictures are to show: of each kind of episode the one with the highest peak."""

    def worst(episode: EpisodeKind, *kinds: Kind) -> str:
        """The first monitor of these kinds that the worst such episode befalls."""
        for found in sorted(of_kind(episodes, episode), key=lambda found: -found.peak):
            befallen = (monitors[place] for place in found.befallen(monitors))
            if monitor := next((monitor for monitor in befallen if monitor.kind in kinds), None):
                return monitor.station
        return ""

    spilled = worst(EpisodeKind.SPILL, Kind.WATER)
    return Subjects(
        dust=worst(EpisodeKind.CONSTRUCTION_DUST, Kind.DUST),
        plant=worst(EpisodeKind.EXCEEDANCE, Kind.CEMS),
        sections=downstream(spilled, rivers) if spilled else (),
        cheater=worst(EpisodeKind.CHEATING, Kind.CEMS, Kind.POWER),
        closed=worst(EpisodeKind.RESTART, Kind.POWER),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last line says."""

    sent: Run
    stored: int
    lost: int
    doubled: int
    unbalanced: int
    """Accounts of the ledger that do not balance."""
    statistics: int
    alerts: int
    judged: bool
    """Whether the judge found no difference."""
    seconds: float

    def __str__(self) -> str:
        return (
            f"demo: reports {self.sent.reports}, readings {self.stored} stored, {self.lost} lost, "
            f"{self.doubled} duplicated, {self.statistics} statistics, {self.alerts} alerts, {self.seconds:.0f} s"
        )

    @property
    def good(self) -> bool:
        """Whether everything sent has arrived, once, is accounted for, and what had to follow has followed."""
        return self.sent.complete and self.judged and not (self.lost or self.doubled or self.unbalanced)


def lost_readings(due: Mapping[str, int], accounts: Sequence[Account]) -> int:
    """Readings that by what was sent must stand as current (`due`, by station) and do not."""
    current: dict[str, int] = {}
    for account in accounts:
        current[account.station] = current.get(account.station, 0) + account.current
    return sum(max(0, readings - current.get(station, 0)) for station, readings in due.items())
