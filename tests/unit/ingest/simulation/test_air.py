"""Air, micro- and weather stations: instruments in the simulated air."""

from __future__ import annotations

import numpy as np
import pytest

from core.clock import DAY, HOUR
from ingest.kinds import Kind
from ingest.simulation.ambient import PM25, concentrations
from ingest.simulation.climate import load_climate
from ingest.simulation.models.air import make_air, make_micro, make_weather
from ingest.simulation.models.model import Model, World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.weather import conditions
from standards.editions import HOURLY_FACTORS
from standards.factors import load_catalogue

WORLD = World(11, load_climate("jincheng"))
TIMES = 1_593_532_800 + np.arange(60 * DAY // HOUR, dtype=np.int64) * HOUR
"""July and August 2020."""
SITES = [Monitor(f"site {n}", Kind.MICRO, "140502", x=float(n), y=float(-n)) for n in range(30)]
PLACES = Places.of(SITES)


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        (Kind.AIR, make_air(WORLD, SITES)),
        (Kind.MICRO, make_micro(WORLD, SITES)),
        (Kind.WEATHER, make_weather(WORLD, SITES)),
    ],
)
def test_values_are_in_the_catalogues_range_and_shape(kind: Kind, model: Model) -> None:
    values = model.at(TIMES[:48])
    assert values.shape == (48, len(SITES), len(model.instruments))
    for place, instrument in enumerate(model.instruments):
        measure = load_catalogue().by_code[instrument.code].measure(kind)
        assert measure.holds(values[..., place].min()), instrument.code
        assert measure.holds(values[..., place].max()), instrument.code
        assert instrument.decimals <= measure.decimals


def test_an_air_station_measures_the_six_factors_of_the_index() -> None:
    assert tuple(instrument.code for instrument in make_air(WORLD, SITES).instruments) == HOURLY_FACTORS


def test_a_micro_station_reads_too_much_in_moist_air() -> None:
    ratio = make_micro(WORLD, SITES).at(TIMES)[..., 0] / concentrations(WORLD, TIMES, PLACES)[..., PM25]
    moist = conditions(WORLD, TIMES, PLACES).humidity > 85
    assert ratio[moist].mean() > 1.2 * ratio[~moist].mean()


def test_micro_stations_differ_from_each_other_and_drift() -> None:
    ratio = make_micro(WORLD, SITES).at(TIMES)[..., 0] / concentrations(WORLD, TIMES, PLACES)[..., PM25]
    assert 0.05 < np.log(ratio.mean(axis=0)).std() < 0.25
    relative = ratio / ratio.mean(axis=1, keepdims=True)
    assert np.abs(relative[-24:].mean(axis=0) / relative[:24].mean(axis=0) - 1.0).max() > 0.05


def test_micro_stations_are_noisier_and_coarser_than_air_stations() -> None:
    for cheap, standard in zip(make_micro(WORLD, SITES).instruments, make_air(WORLD, SITES).instruments, strict=False):
        if cheap.code == standard.code:
            assert cheap.relative > standard.relative
            assert cheap.absolute > standard.absolute
            assert cheap.decimals < standard.decimals


def test_a_weather_stations_rain_is_what_a_second_brings() -> None:
    model = make_weather(WORLD, SITES)
    column = [instrument.code for instrument in model.instruments].index("x_rainfall")
    rain = model.at(TIMES)[..., column]
    assert rain.max() > 0
    np.testing.assert_allclose(rain * 3600, conditions(WORLD, TIMES, PLACES).rain)
