"""Ambient air: what rain and episodes make of it. How it is otherwise: test_realism.py."""

from __future__ import annotations

import numpy as np
import pytest

from core.clock import DAY, HOUR
from ingest.simulation.ambient import CO, NO2, O3, PM10, PM25, SO2, concentrations
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Places
from ingest.simulation.noise import Floats, name_numbers
from ingest.simulation.weather import conditions
from standards.editions import HOURLY_FACTORS

START = 1_585_670_400
"""2020-04-01 in China."""
MINUTES = START + np.arange(3 * DAY // 600, dtype=np.int64) * 600
CLIMATE = load_climate("jincheng")
PLACES = Places(
    name_numbers(["north-west", "middle", "south-east"]), np.array([-30.0, 0.0, 30.0]), np.array([30.0, 0.0, -30.0])
)


def _air(*episodes: Episode) -> Floats:
    return concentrations(World(5, CLIMATE, episodes=episodes), MINUTES, PLACES)


def _episode(kind: EpisodeKind, first_hour: float, last_hour: float, peak: float) -> Episode:
    return Episode(kind, START + int(first_hour * HOUR), START + int(last_hour * HOUR), peak=peak)


USUAL = _air()


def test_columns_are_those_of_hourly_concentrations() -> None:
    codes = [HOURLY_FACTORS[column] for column in (PM25, PM10, SO2, NO2, CO, O3)]
    assert codes == ["a34004", "a34002", "a21026", "a21004", "a21005", "a05024"]


def test_pm10_is_never_less_than_pm25() -> None:
    assert (USUAL[..., PM10] >= USUAL[..., PM25]).all()


def test_any_span_and_place_is_the_same_alone() -> None:
    middle = Places(PLACES.numbers[1:2], PLACES.x[1:2], PLACES.y[1:2])
    alone = concentrations(World(5, CLIMATE), MINUTES[100:110], middle)
    np.testing.assert_allclose(alone, USUAL[100:110, 1:2], rtol=1e-12)


def test_another_seed_is_another_air() -> None:
    other = concentrations(World(6, CLIMATE), MINUTES, PLACES)
    assert np.abs(other / USUAL - 1.0).mean() > 0.2


def test_rain_washes_particles_out_and_leaves_carbon_monoxide() -> None:
    year = START + np.arange(365 * 24, dtype=np.int64) * HOUR
    world = World(5, CLIMATE)
    air, rain = concentrations(world, year, PLACES), conditions(world, year, PLACES).rain
    summer = slice(60 * 24, 150 * 24)
    pouring = rain[summer] > 2.0
    assert pouring.sum() > 30
    washed = air[summer][pouring].mean(axis=0) / air[summer][~pouring].mean(axis=0)
    assert washed[PM10] < 0.75
    assert washed[PM10] < washed[PM25] < washed[CO] - 0.04


@pytest.mark.parametrize("kind", [EpisodeKind.DUST_STORM, EpisodeKind.HEAVY_POLLUTION, EpisodeKind.OZONE])
def test_an_episode_changes_nothing_before_and_after_it(kind: EpisodeKind) -> None:
    air = _air(_episode(kind, 24, 60, 900.0))
    within = (MINUTES >= START + 24 * HOUR) & (MINUTES < START + 60 * HOUR)
    np.testing.assert_array_equal(air[~within], USUAL[~within])
    assert (air[within] != USUAL[within]).any()


def test_a_dust_storm_reaches_its_peak_of_pm10_and_brings_less_pm25() -> None:
    air = _air(_episode(EpisodeKind.DUST_STORM, 30, 54, 1200.0))
    added = (air - USUAL).max(axis=0)
    np.testing.assert_allclose(air[..., PM10].max(axis=0), 1200.0, rtol=0.2)
    share = added[:, PM25] / added[:, PM10]
    assert ((share >= 0.25) & (share <= 0.35)).all()


def test_the_front_of_a_dust_storm_comes_from_the_north_west() -> None:
    air = _air(_episode(EpisodeKind.DUST_STORM, 30, 54, 1200.0))
    arrivals = np.argmax(air[..., PM10] > 600.0, axis=0)
    assert arrivals[0] <= arrivals[1] < arrivals[2]
    assert (arrivals[2] - arrivals[1]) * 600 == pytest.approx(np.hypot(30, 30) / 40 * HOUR, abs=1200)


def test_heavy_pollution_builds_up_over_days_and_is_blown_away() -> None:
    air = _air(_episode(EpisodeKind.HEAVY_POLLUTION, 0, 72, 320.0))
    city = air[..., PM25].mean(axis=1).reshape(12, 36).mean(axis=1)
    assert (np.diff(city[:9]) > 0).all()
    assert air[..., PM25].max() == pytest.approx(320.0, rel=0.2)
    assert city[-1] < 0.6 * city[8:11].max()


def test_heavy_pollution_takes_other_factors_along_and_uses_ozone_up() -> None:
    change = (_air(_episode(EpisodeKind.HEAVY_POLLUTION, 0, 72, 320.0)) - USUAL)[300].mean(axis=0)
    assert (change[[PM25, PM10, SO2, NO2, CO]] > 0).all()
    assert change[PM10] > change[PM25]
    assert change[O3] < 0


def test_ozone_reaches_its_peak_each_afternoon_and_not_at_night() -> None:
    air = _air(_episode(EpisodeKind.OZONE, 0, 72, 260.0))
    days = air[..., O3].mean(axis=1).reshape(3, 144)
    np.testing.assert_allclose(days.max(axis=1), 260.0, rtol=0.12)
    assert ((days.argmax(axis=1) // 6 >= 13) & (days.argmax(axis=1) // 6 <= 17)).all()
    usual = USUAL[..., O3].mean(axis=1).reshape(3, 144)
    np.testing.assert_allclose(days[:, :30], usual[:, :30], rtol=0.02, atol=1.5)


def test_episodes_combine() -> None:
    air = _air(_episode(EpisodeKind.HEAVY_POLLUTION, 0, 40, 300.0), _episode(EpisodeKind.DUST_STORM, 36, 60, 1000.0))
    assert air[:216, :, PM25].max() > 240.0
    assert air[220:, :, PM10].max() > 800.0
