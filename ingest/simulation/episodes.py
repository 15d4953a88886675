"""What can befall a simulated city: episodes, which change what is there to be measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ingest.simulation.noise import Floats, Ints


class EpisodeKind(StrEnum):
    """What happens."""

    DUST_STORM = "dust-storm"
    """A front of desert dust passes over everything; `peak`: PM10 at its height, µg/m³."""
    HEAVY_POLLUTION = "heavy-pollution"
    """Stagnant air: PM2.5 builds up over hours or days until `peak` µg/m³, and is blown away at the end."""
    OZONE = "ozone"
    """Hot clear afternoons; `peak`: O3 at its height, µg/m³."""
    CONSTRUCTION_DUST = "construction-dust"
    """Earthwork without cover at the stations (kind dust); `peak`: PM10 added, µg/m³."""
    EXCEEDANCE = "exceedance"
    """A plant's treatment fails (kinds cems, effluent); `peak`: multiple of the limit that is reached."""
    CHEATING = "cheating"
    """A plant cheats (kind cems); `manner`: night-off, constant or diluted."""
    SPILL = "spill"
    """Something runs into a river at the first of the stations (kind water) and travels down its sections; `peak`:
    concentration added at that section, mg/L of the factor `manner` (a code, by default NH3-N)."""
    SEWAGE_BYPASS = "sewage-bypass"
    """An effluent outlet lets untreated water through; `peak`: multiple of the limit."""
    RESTART = "restart"
    """Closed enterprises start again (kinds power, facility): their stations stand still outside the episode."""
    NIGHT_NOISE = "night-noise"
    """Works at night near the stations (kind noise); `peak`: dB reached."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What happens in `[start, end)` (UTC seconds), at `stations` or, where there are none, to the whole network."""

    kind: EpisodeKind
    start: int
    end: int
    stations: tuple[str, ...] = ()
    peak: float = 0.0
    manner: str = ""

    def shape(self, times: Ints, rise: float, fall: float) -> Floats:
        """[T] 0 … 1: rises within `rise` seconds from `start`, falls within `fall` seconds before `end`."""
        up = (times - self.start) / max(rise, 1.0)
        down = (self.end - times) / max(fall, 1.0)
        linear: Floats = np.clip(np.minimum(up, down), 0.0, 1.0)
        return linear * linear * (3.0 - 2.0 * linear)


def of_kind(episodes: Iterable[Episode], *kinds: EpisodeKind) -> tuple[Episode, ...]:
    """Those of some kinds."""
    return tuple(episode for episode in episodes if episode.kind in kinds)
