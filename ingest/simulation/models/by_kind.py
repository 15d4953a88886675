"""The model of each kind of monitor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ingest.kinds import Kind
from ingest.simulation.models import air, dust, operation, plants, sites, waters
from ingest.simulation.models.model import Model, World
from ingest.simulation.monitor import Monitor

_MODELS: Mapping[Kind, Callable[[World, Sequence[Monitor]], Model]] = {
    Kind.AIR: air.make_air,
    Kind.MICRO: air.make_micro,
    Kind.WEATHER: air.make_weather,
    Kind.DUST: dust.make_dust,
    Kind.CEMS: plants.make_cems,
    Kind.EFFLUENT: plants.make_effluent,
    Kind.POWER: operation.make_power,
    Kind.FACILITY: operation.make_facility,
    Kind.WATER: waters.make_water,
    Kind.GROUNDWATER: waters.make_groundwater,
    Kind.RAIN: waters.make_rain,
    Kind.NOISE: sites.make_noise,
    Kind.FUME: sites.make_fume,
    Kind.GATE: sites.make_gate,
    Kind.DUSTFALL: sites.make_dustfall,
    Kind.RADIATION: sites.make_radiation,
}


def make_model(world: World, kind: Kind, monitors: Sequence[Monitor]) -> Model:
    """The model of monitors of one kind; forecasts are no measurements and have none (`models.forecast`)."""
    return _MODELS[kind](world, monitors)
