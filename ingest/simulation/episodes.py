"""What can befall a simulated city: episodes, which change what is there to be measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ingest.simulation.monitor import Monitor
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
    """A plant's treatment fails (kinds cems, effluent, seen at facility); `peak`: multiple of the limit that is reached
    by the pollutant `manner` (a code or name; by default SO2 at stacks, COD at outlets). The plant runs meanwhile."""
    CHEATING = "cheating"
    """A plant switches its treatment off and hides it (kinds cems, power, facility); `manner`: a `Cheat`, by default
    night-off. The plant runs meanwhile."""
    SPILL = "spill"
    """Something runs into a river at the first of the stations (kind water) and travels down its sections; `peak`:
    concentration added at that section, mg/L of the factor `manner` (a code, by default NH3-N)."""
    SEWAGE_BYPASS = "sewage-bypass"
    """Untreated water goes past an effluent outlet and mixes with what leaves it; `peak`: multiple of the limit that
    COD and NH3-N reach."""
    RESTART = "restart"
    """Closed enterprises start again (kinds power, facility; cems and effluent if they are named): outside the episode
    they stand still, without water and electricity."""
    NIGHT_NOISE = "night-noise"
    """Works at night near the stations (kind noise); `peak`: dB reached."""


class Cheat(StrEnum):
    """How a plant hides that its treatment is off; production goes on, so its power meters tell."""

    NIGHT_OFF = "night-off"
    """Treatment is off from 22 to 6 h only, and the CEMS shows what then leaves the stack."""
    CONSTANT = "constant"
    """Treatment is off all the time, and the CEMS shows one of three values for hours on end."""
    DILUTED = "diluted"
    """Treatment is off all the time; air let in before the probe makes the concentrations low and O2 near 20 %, so that
    only the normalised concentration tells."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What happens in `[start, end)` (UTC seconds), at `stations` or, where there are none, to the whole network.

    An enterprise's name among `stations` stands for all its monitors: a plant that cheats is seen by its power meters
    and its treatment facility only if they are named too, or the enterprise is.
    """

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

    def befallen(self, monitors: Sequence[Monitor]) -> list[int]:
        """Which of the monitors it befalls, as places in the sequence."""
        named = frozenset(self.stations)
        return [
            place
            for place, monitor in enumerate(monitors)
            if not named or monitor.station in named or (monitor.enterprise and monitor.enterprise in named)
        ]


def of_kind(episodes: Iterable[Episode], *kinds: EpisodeKind) -> tuple[Episode, ...]:
    """Those of some kinds."""
    return tuple(episode for episode in episodes if episode.kind in kinds)
