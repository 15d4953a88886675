"""What simulated monitors of fugitive dust measure."""

from __future__ import annotations

import numpy as np
import pytest

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.kinds import Kind
from ingest.simulation import ambient
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.models.dust import make_dust
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints
from ingest.simulation.weather import conditions
from standards.factors import load_catalogue

T0 = 1_772_380_800  # Monday 2026-03-02 00:00 Asia/Shanghai
TWO_WEEKS = np.arange(T0, T0 + 14 * DAY, 1200)
TSP, PM10, TEMPERATURE, WIND, NOISE = "a34001", "a34002", "a01001", "a01007", "a50001"
SITES = [Monitor(f"dust-{number}", Kind.DUST, "140502", x=2.0 * number) for number in range(20)]
PLACES = Places.of(SITES)

BEGIN, END = T0 + 30 * HOUR, T0 + 36 * HOUR
DURING = (TWO_WEEKS >= BEGIN) & (TWO_WEEKS < END)
EARTHWORK = Episode(EpisodeKind.CONSTRUCTION_DUST, BEGIN, END, ("dust-4",), 800.0)


def world(*episodes: Episode) -> World:
    return World(7, load_climate("jincheng"), episodes=episodes)


def measured(code: str, *episodes: Episode, times: Ints = TWO_WEEKS) -> Floats:
    model = make_dust(world(*episodes), SITES)
    codes = [instrument.code for instrument in model.instruments]
    return model.at(times)[..., codes.index(code)]


def site_s_own(*episodes: Episode) -> Floats:
    """[T, S] PM10 beyond that of the air around."""
    around = ambient.concentrations(world(*episodes), TWO_WEEKS, PLACES)[..., ambient.PM10]
    return measured(PM10, *episodes) - around


def hours_of(times: Ints) -> Ints:
    hours: Ints = (times + SHANGHAI_OFFSET) % DAY // HOUR
    return hours


def test_any_span_is_the_same_as_within_a_longer_one() -> None:
    model = make_dust(world(), SITES)
    np.testing.assert_array_equal(model.at(TWO_WEEKS[250:261]), model.at(TWO_WEEKS)[250:261])


def test_a_monitor_measures_the_same_beside_whatever_others() -> None:
    alone = make_dust(world(), SITES[3:4]).at(TWO_WEEKS)
    np.testing.assert_array_equal(alone[:, 0], make_dust(world(), SITES).at(TWO_WEEKS)[:, 3])


def test_a_year_stays_within_what_the_catalogue_allows() -> None:
    model = make_dust(world(EARTHWORK), SITES)
    values = model.at(np.arange(T0, T0 + 365 * DAY, 7 * HOUR + 60))
    for place, instrument in enumerate(model.instruments):
        measure = load_catalogue().by_code[instrument.code].measure(Kind.DUST)
        of_factor = values[..., place]
        assert measure.minimum <= of_factor.min() <= of_factor.max() <= measure.maximum, instrument.code


def test_a_site_adds_to_the_air_around() -> None:
    assert site_s_own().min() >= -1e-9
    assert 5.0 < site_s_own().mean() < 40.0


def test_it_adds_most_at_work_and_less_at_noon_and_by_night() -> None:
    own, hours = site_s_own(), hours_of(TWO_WEEKS)
    work, noon, night = (own[np.isin(hours, span)].mean() for span in ((9, 10, 15, 16), (12,), (0, 1, 2, 3)))
    assert work > 1.3 * noon
    assert noon > night


def test_in_rain_nobody_works() -> None:
    times = np.arange(T0, T0 + 200 * DAY, HOUR)
    times = times[np.isin(hours_of(times), (9, 10, 15, 16))]
    rain, noise = conditions(world(), times, PLACES).rain, measured(NOISE, times=times)
    assert noise[rain > 1.0].max() < 50.0
    assert noise[rain == 0.0].mean() > 58.0


def test_strong_wind_takes_dust_from_the_ground_by_night_too() -> None:
    times = np.arange(T0, T0 + 60 * DAY, HOUR)
    times = times[np.isin(hours_of(times), (0, 1, 2, 3))]
    weather = conditions(world(), times, PLACES)
    own = measured(PM10, times=times) - ambient.concentrations(world(), times, PLACES)[..., ambient.PM10]
    dry = weather.rain == 0.0
    assert own[dry & (weather.wind_speed > 5.5)].min() > own[dry & (weather.wind_speed < 4.0)].max()


def test_tsp_is_one_and_a_half_to_twice_and_a_bit_pm10() -> None:
    ratio = measured(TSP, EARTHWORK) / measured(PM10, EARTHWORK)
    assert 1.5 < ratio.min() <= ratio.max() < 2.2


def test_temperature_and_wind_are_those_of_the_weather() -> None:
    weather = conditions(world(), TWO_WEEKS, PLACES)
    np.testing.assert_array_equal(measured(TEMPERATURE), weather.temperature)
    np.testing.assert_array_equal(measured(WIND), weather.wind_speed)


def test_earthwork_lifts_pm10_by_its_peak_and_tsp_by_twice_that() -> None:
    inside = (TWO_WEEKS >= BEGIN + 600) & (TWO_WEEKS < END - 600)
    pm10, tsp = ((measured(code, EARTHWORK) - measured(code))[inside, 4] for code in (PM10, TSP))
    np.testing.assert_allclose(pm10, 800.0, rtol=0.06)
    np.testing.assert_allclose(tsp / pm10, 2.1)


def test_it_rises_within_five_minutes_and_settles_within_five() -> None:
    times = np.array([BEGIN - 1, BEGIN + 60, BEGIN + 300, END - 300, END - 60, END])
    lifted = (measured(PM10, EARTHWORK, times=times) - measured(PM10, times=times))[:, 4]
    assert lifted[0] == lifted[-1] == 0.0
    assert 0.0 < lifted[1] < 0.5 * lifted[2]
    assert lifted[2] > 700.0
    assert lifted[3] > 700.0
    assert 0.0 < lifted[4] < 0.5 * lifted[3]


@pytest.mark.parametrize("code", [TSP, PM10, NOISE])
def test_it_changes_nothing_elsewhere_nor_before_and_after(code: str) -> None:
    changed, usual = measured(code, EARTHWORK), measured(code)
    np.testing.assert_array_equal(np.delete(changed, 4, axis=1), np.delete(usual, 4, axis=1))
    np.testing.assert_array_equal(changed[~DURING], usual[~DURING])


def test_a_dust_storm_passes_over_the_sites_as_well() -> None:
    storm = Episode(EpisodeKind.DUST_STORM, BEGIN, END + DAY, peak=1500.0)
    assert measured(PM10, storm).max(axis=0).min() > 1000.0
    np.testing.assert_array_equal(measured(PM10, storm)[TWO_WEEKS < BEGIN], measured(PM10)[TWO_WEEKS < BEGIN])
