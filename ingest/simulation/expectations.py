"""Which rules a scenario's episodes are meant to break: the idea of a rule, whether it exists yet or not.

What must follow to the digit is computed elsewhere, from what was sent; this says what the author of a scenario had in
mind, so that an idea without a rule is not forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ingest.kinds import Kind
from ingest.simulation.episodes import Cheat, Episode, EpisodeKind
from ingest.simulation.monitor import Monitor, downstream
from ingest.simulation.scenario import Scenario
from standards.aqi import iaqi
from standards.editions import edition_at

STOP_WORK = 250.0
"""PM10 at which dust-raising work stops, hourly mean, µg/m³ (mission facts, S3 and S5)."""
HEAVY = 200.0
"""Hourly AQI above which air is heavily polluted (HJ 633)."""
TWICE = 2.0
"""Multiple of a limit from which on a plant must stop (mission facts, S20)."""

# Columns of `HOURLY_FACTORS`: which concentration an episode's peak is.
_PEAK_OF: Mapping[EpisodeKind, int] = {
    EpisodeKind.HEAVY_POLLUTION: 0,
    EpisodeKind.DUST_STORM: 1,
    EpisodeKind.OZONE: 5,
}


def expects(scenario: Scenario) -> list[dict[str, Any]]:
    """The content of a truth folder's `episodes.json`: one entry an episode and rule; `expects` is empty where none.

    `stations` are those where the rule is to show, `start` and `end` UTC seconds of the episode.
    """
    return [
        {
            "episode": episode.kind.value,
            "stations": stations,
            "start": episode.start,
            "end": episode.end,
            "expects": rule,
        }
        for episode in scenario.episodes
        for rule, stations in _ideas(episode, scenario)
    ]


def _ideas(episode: Episode, scenario: Scenario) -> Iterator[tuple[str, list[str]]]:
    monitors = scenario.network.monitors
    befallen = [monitors[place] for place in episode.befallen(monitors)]
    if episode.kind in _PEAK_OF:
        yield from _of_the_air(episode, monitors)
    elif episode.kind is EpisodeKind.CONSTRUCTION_DUST:
        yield ("dust-stop-work" if episode.peak >= STOP_WORK else ""), _of(befallen, Kind.DUST)
    elif episode.kind is EpisodeKind.EXCEEDANCE:
        yield from _of_outlets(episode, befallen)
    elif episode.kind is EpisodeKind.SEWAGE_BYPASS:
        yield ("effluent-over-limit" if episode.peak > 1.0 else ""), _of(befallen, Kind.EFFLUENT)
    elif episode.kind is EpisodeKind.CHEATING:
        hidden = episode.manner in {Cheat.CONSTANT, Cheat.DILUTED}
        yield ("cems-suspect-data" if hidden else "treatment-off"), [monitor.station for monitor in befallen]
    elif episode.kind is EpisodeKind.SPILL:
        yield "water-worse-than-class", list(downstream(episode.stations[0], scenario.world.rivers))
    elif episode.kind is EpisodeKind.RESTART:
        yield "closed-enterprise-restart", [monitor.station for monitor in befallen]
    elif episode.kind is EpisodeKind.NIGHT_NOISE:
        yield "noise-over-limit", _of(befallen, Kind.NOISE)


def _of_the_air(episode: Episode, monitors: Iterable[Monitor]) -> Iterator[tuple[str, list[str]]]:
    """What everywhere's air breaks: the city's AQI, and in a dust storm every building site's limit."""
    table = edition_at(episode.start).hourly
    concentrations = np.full((1, table.breaks.shape[0]), np.nan)
    concentrations[0, _PEAK_OF[episode.kind]] = episode.peak
    heavy = np.nanmax(iaqi(concentrations, table)) > HEAVY
    yield ("heavy-pollution-hour" if heavy else ""), _of(monitors, Kind.AIR)
    if episode.kind is EpisodeKind.DUST_STORM and episode.peak >= STOP_WORK:
        yield "dust-stop-work", _of(monitors, Kind.DUST)


def _of_outlets(episode: Episode, befallen: Iterable[Monitor]) -> Iterator[tuple[str, list[str]]]:
    grade = "twice-the-limit" if episode.peak >= TWICE else "over-limit" if episode.peak > 1.0 else ""
    for kind in (Kind.CEMS, Kind.EFFLUENT):
        if stations := _of(befallen, kind):
            yield (f"{kind}-{grade}" if grade else ""), stations


def _of(monitors: Iterable[Monitor], kind: Kind) -> list[str]:
    return [monitor.station for monitor in monitors if monitor.kind is kind]
