"""Weather: seasons, days, rain, and what episodes make of it."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from core.clock import DAY, HOUR
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Places
from ingest.simulation.noise import Floats, Ints, name_numbers
from ingest.simulation.weather import Conditions, conditions

START = 1_356_969_600
"""2013-01-01 in China."""
YEAR = START + np.arange(3 * 365 * DAY // HOUR, dtype=np.int64) * HOUR + HOUR // 2
PLACES = Places(name_numbers(["west", "middle", "far"]), np.array([-3.0, 0.0, 45.0]), np.array([0.0, 1.0, 20.0]))
BEIJING = load_climate("beijing")


@pytest.fixture(scope="module")
def years() -> Conditions:
    """Three years, hour by hour."""
    return conditions(World(3, BEIJING), YEAR, PLACES)


def _month(number: int) -> Ints:
    months = (YEAR + 8 * HOUR).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    return np.flatnonzero(months == number - 1)


def _correlation(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(np.ravel(one), np.ravel(other))[0, 1])


def test_july_is_warm_and_moist_and_january_cold_and_dry(years: Conditions) -> None:
    july, january = _month(7), _month(1)
    assert 25 < years.temperature[july].mean() < 29
    assert -4 < years.temperature[january].mean() < 1
    assert years.humidity[july].mean() > years.humidity[january].mean() + 10
    assert years.pressure[january].mean() > years.pressure[july].mean() + 2


def test_the_afternoon_is_warmer_and_windier_than_the_night(years: Conditions) -> None:
    hour = (YEAR + 8 * HOUR) % DAY // HOUR
    assert 6 < years.temperature[hour == 15].mean() - years.temperature[hour == 5].mean() < 11
    assert years.wind_speed[hour == 15].mean() > 1.5 * years.wind_speed[hour == 3].mean()


def test_weather_lasts_for_days_and_not_for_weeks(years: Conditions) -> None:
    summer = years.pressure[_month(7)[:700], 0]
    assert _correlation(summer[:-6], summer[6:]) > 0.8
    assert abs(_correlation(summer[:-240], summer[240:])) < 0.5


def test_neighbours_have_nearly_the_same_weather_and_distant_places_less_so(years: Conditions) -> None:
    near = _correlation(years.wind_speed[:, 0], years.wind_speed[:, 1])
    far = _correlation(years.wind_speed[:, 0], years.wind_speed[:, 2])
    assert near > 0.9 > far > 0.3


def test_rain_falls_mostly_in_summer_and_in_moist_air(years: Conditions) -> None:
    raining = years.rain > 0.1
    assert 0.02 < raining.mean() < 0.06
    assert raining[_month(7)].mean() > 5 * raining[_month(1)].mean()
    assert years.humidity[raining].mean() > years.humidity[~raining].mean() + 20


def test_all_conditions_are_physically_possible(years: Conditions) -> None:
    for field in fields(Conditions):
        assert np.isfinite(getattr(years, field.name)).all()
    assert years.humidity.max() <= 100.0
    assert years.humidity.min() > 0.0
    assert years.wind_speed.min() >= 0.0
    assert (years.dew_point <= years.temperature + 1e-9).all()
    assert years.wind_direction.min() >= 0.0
    assert years.wind_direction.max() < 360.0
    assert years.rain.max() < 100.0


def test_any_span_and_place_is_the_same_alone(years: Conditions) -> None:
    middle = Places(PLACES.numbers[1:2], PLACES.x[1:2], PLACES.y[1:2])
    alone = conditions(World(3, BEIJING), YEAR[5000:5010], middle)
    for field in fields(Conditions):
        whole = getattr(years, field.name)[5000:5010, 1:2]
        np.testing.assert_allclose(getattr(alone, field.name), whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "stronger"),
    [(EpisodeKind.DUST_STORM, True), (EpisodeKind.HEAVY_POLLUTION, False)],
)
def test_dust_storms_bring_wind_and_heavy_pollution_calm(kind: EpisodeKind, *, stronger: bool) -> None:
    times = YEAR[2000:2048]
    episode = Episode(kind, int(times[0]), int(times[-1]), peak=600.0)
    usual = conditions(World(3, BEIJING), times, PLACES)
    changed = conditions(World(3, BEIJING, episodes=(episode,)), times, PLACES)
    assert ((changed.wind_speed[12:20] > usual.wind_speed[12:20]) == stronger).all()
    assert ((changed.humidity[12:20] < usual.humidity[12:20]) == stronger).all()


def test_stagnant_air_has_little_wind_and_comes_from_its_side(years: Conditions) -> None:
    from_north = np.cos(np.radians(years.wind_direction))
    assert _correlation(years.wind_speed, years.dew_point) < -0.1
    winter = np.concatenate([_month(12), _month(1), _month(2)])
    assert _correlation(years.dew_point[winter], from_north[winter]) < -0.3
