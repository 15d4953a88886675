"""A scenario: the network, the time, what happens in it and what goes wrong, read from a TOML file and checked as one.

The format is documented in docs/scenarios.md; `scenario_file` has its tables.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from ingest.kinds import Kind
from ingest.registry import Registry
from ingest.simulation.climate import climate_names, load_climate
from ingest.simulation.episodes import Episode
from ingest.simulation.faults import Fault
from ingest.simulation.models.model import World
from ingest.simulation.network import Network, filled_up, network_of_csv, network_of_registry
from ingest.simulation.scenario_checks import CheckedTables
from ingest.simulation.scenario_file import (
    NetworkPart,
    ScenarioPart,
    Where,
    read_scenario_file,
)
from ingest.simulation.span import Span

FOLDER = Path(__file__).with_name("scenarios")
REGISTRIES = Path(__file__).parents[1] / "registries"


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that a simulation needs. `gaps`: whether instruments fail by themselves. `text`: the file as read."""

    name: str
    title_zh: str
    title_en: str
    seed: int
    gaps: bool
    world: World
    network: Network
    spans: tuple[Span, ...]
    faults: tuple[Fault, ...]
    text: str

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """What happens."""
        return self.world.episodes

    @property
    def start(self) -> int:
        """Where its first span begins, UTC seconds."""
        return self.spans[0].start

    @property
    def end(self) -> int:
        """Where its last span ends, UTC seconds."""
        return self.spans[-1].end


def shipped_scenarios() -> list[str]:
    """The names of the scenarios that come along."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_scenario(
    name: str | Path, registered: Callable[[], Registry] | None = None, *, count: int | None = None
) -> Scenario:
    """A scenario by its file or, of those that come along, by its name; raises `InputError`.

    `registered` reads the registry of a database, which is done only if the scenario asks for it. `count` scales the
    counts of the network to so many stations.
    """
    path = _find(name)
    part, text = read_scenario_file(path)
    whole = Where(path.name)
    if part.climate not in climate_names():
        raise whole.error("climate", "is unknown", part.climate, hint=f"known are {', '.join(climate_names())}")
    network = _network(path, part, registered, count)
    checked = CheckedTables(path.name, part, network)
    return Scenario(
        part.name,
        part.title.zh,
        part.title.en,
        part.seed,
        part.gaps,
        World(part.seed, load_climate(part.climate), checked.rivers, checked.episodes()),
        network,
        checked.spans,
        checked.faults(),
        text,
    )


def _find(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return path
    shipped = FOLDER / f"{name}.toml"
    if shipped.is_file():
        return shipped
    known = ", ".join(shipped_scenarios())
    raise InputError(
        "scenario", "is no scenario", field="scenario", value=str(name), hint=f"give a TOML file, or one of {known}"
    )


def _network(path: Path, part: ScenarioPart, registered: Callable[[], Registry] | None, count: int | None) -> Network:
    where, asked = Where(path.name, "network"), part.network
    network = Network.of(())
    if asked.registered:
        if registered is None:
            raise where.error("registered", "needs a database", hint="start one, or name a file")
        network = network_of_registry(registered(), part.span[0].start)
    elif asked.file:
        network = _network_file(path, asked.file, where)
    counts = asked.counts if count is None else _scaled(asked, count, where)
    try:
        network = filled_up(network, counts, part.seed if asked.seed is None else asked.seed, asked.area)
    except InputError as error:
        raise where.error(f"counts {error.field}", error.message, error.value, hint=error.hint or "") from error
    if not network.rows:
        raise where.error("", "has no station", hint="register some, or give counts")
    return network


def _network_file(path: Path, name: str, where: Where) -> Network:
    shipped, own = REGISTRIES / f"{name}.csv", path.parent / name
    if not own.is_file() and not shipped.is_file():
        known = ", ".join(sorted(registry.stem for registry in REGISTRIES.glob("*.csv")))
        raise where.error("file", "is not there", name, hint=f"give a CSV beside the scenario, or one of {known}")
    return network_of_csv(own if own.is_file() else shipped)


def _scaled(asked: NetworkPart, count: int, where: Where) -> dict[Kind, int]:
    """The counts in the same proportions with the sum `count`, what is left over where most was cut off."""
    if not asked.counts:
        raise where.error("counts", "are needed for another number of stations", hint="give counts by kind")
    total = sum(asked.counts.values())
    exact = {kind: number * count / total for kind, number in asked.counts.items()}
    scaled = {kind: math.floor(number) for kind, number in exact.items()}
    by_rest = sorted(exact, key=lambda kind: scaled[kind] - exact[kind])
    for kind in by_rest[: count - sum(scaled.values())]:
        scaled[kind] += 1
    return scaled
