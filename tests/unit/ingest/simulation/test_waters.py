"""Rivers, wells and rain as the simulator makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from core.errors import InputError
from ingest.kinds import Kind
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.models.model import Model, World
from ingest.simulation.models.waters import make_groundwater, make_rain, make_water
from ingest.simulation.monitor import Monitor, Places, River
from ingest.simulation.noise import Floats, Ints
from ingest.simulation.weather import conditions
from standards.factors import load_catalogue

T0 = 1_772_294_400  # 2026-03-01 00:00 Asia/Shanghai
KM_PER_HOUR = 3.0
SECTIONS = (("danhe-1", 0.0), ("danhe-2", 18.0), ("danhe-3", 45.0))
TRAVEL_H = tuple(km / KM_PER_HOUR for _, km in SECTIONS)
WORLD = World(7, load_climate("jincheng"), rivers=(River("Danhe", KM_PER_HOUR, SECTIONS),))
PERMITTED = {"w01019": 6.0, "w21003": 1.0, "w21011": 0.2}
MONITORS = tuple(
    Monitor(name, Kind.WATER, "140502", x=4.0 * place, limits=PERMITTED)
    for place, name in enumerate([name for name, _ in SECTIONS] + ["qinhe", "lake"])
)
SPILL = Episode(EpisodeKind.SPILL, T0 + DAY, T0 + DAY + 4 * HOUR, ("danhe-1",), peak=6.0)
YEAR = np.arange(T0, T0 + 365 * DAY, 7 * HOUR)
MAKERS = pytest.mark.parametrize(
    "make", [make_water, make_groundwater, make_rain], ids=["water", "groundwater", "rain"]
)
Make = Callable[[World, Sequence[Monitor]], Model]


def column(model: Model, code: str, times: Ints) -> Floats:
    codes = [instrument.code for instrument in model.instruments]
    return model.at(times)[..., codes.index(code)]


def spilled(code: str, times: Ints, spill: Episode = SPILL) -> Floats:
    """What the spill changes."""
    world = World(WORLD.seed, WORLD.climate, WORLD.rivers, (spill,))
    with_it = column(make_water(world, MONITORS), code, times)
    return with_it - column(make_water(WORLD, MONITORS), code, times)


@MAKERS
def test_any_span_is_the_same_as_within_a_longer_one(make: Make) -> None:
    times = np.arange(T0, T0 + 3 * DAY, 600)
    model = make(World(7, WORLD.climate, WORLD.rivers, (SPILL,)), MONITORS)
    np.testing.assert_array_equal(model.at(times[150:163]), model.at(times)[150:163])


@MAKERS
def test_a_monitor_measures_the_same_beside_whatever_others(make: Make) -> None:
    times = np.arange(T0, T0 + 3 * DAY, HOUR)
    world = World(7, WORLD.climate, WORLD.rivers, (SPILL,))
    alone = make(world, MONITORS[1:2]).at(times)
    np.testing.assert_array_equal(alone[:, 0], make(world, MONITORS).at(times)[:, 1])


@MAKERS
def test_another_seed_makes_other_water(make: Make) -> None:
    times = np.arange(T0 + 120 * DAY, T0 + 140 * DAY, HOUR)
    others = make(World(8, WORLD.climate, WORLD.rivers), MONITORS).at(times)
    assert not np.array_equal(others, make(WORLD, MONITORS).at(times), equal_nan=True)


@MAKERS
def test_a_year_stays_within_what_the_catalogue_allows(make: Make) -> None:
    model = make(WORLD, MONITORS)
    values = model.at(YEAR)
    for place, instrument in enumerate(model.instruments):
        measure = load_catalogue().by_code[instrument.code].measure("water")
        of_factor = values[..., place]
        measured = of_factor[~np.isnan(of_factor)]
        assert measured.size
        assert measure.minimum <= measured.min() <= measured.max() <= measure.maximum, instrument.code


def test_concentrations_are_between_two_and_nine_tenths_of_the_limit_on_average() -> None:
    model = make_water(WORLD, MONITORS)
    for code, limit in PERMITTED.items():
        share = column(model, code, YEAR).mean(axis=0) / limit
        assert np.all((share > 0.4) & (share < 0.9)), (code, share)


def test_a_stricter_limit_means_cleaner_water() -> None:
    strict = tuple(Monitor(one.station, one.kind, one.region, one.x, limits={"w21003": 0.5}) for one in MONITORS)
    usual = column(make_water(WORLD, MONITORS), "w21003", YEAR)
    np.testing.assert_allclose(column(make_water(WORLD, strict), "w21003", YEAR), usual / 2)


@pytest.mark.parametrize("section", [1, 2])
@pytest.mark.parametrize("code", ["w01014", "w01003", "w21011"])
def test_what_is_upstream_arrives_downstream_after_the_time_the_water_needs(section: int, code: str) -> None:
    """Floods (turbidity), salts and nutrients alike."""
    times = np.arange(T0, T0 + 240 * DAY, HOUR)
    changes = np.diff(np.log(column(make_water(WORLD, MONITORS), code, times)), axis=0)
    lags = range(30)
    alike = [np.corrcoef(changes[: -30 or None, 0], changes[lag : lag - 30, section])[0, 1] for lag in lags]
    assert abs(int(np.argmax(alike)) - TRAVEL_H[section]) <= 1
    assert max(alike) > 0.5


def test_water_of_another_river_has_nothing_to_do_with_it() -> None:
    times = np.arange(T0, T0 + 240 * DAY, HOUR)
    changes = np.diff(np.log(column(make_water(WORLD, MONITORS), "w21003", times)), axis=0)
    assert abs(np.corrcoef(changes[:, 0], changes[:, 3])[0, 1]) < 0.3


def test_a_day_is_much_like_the_day_before() -> None:
    times = np.arange(T0, T0 + 200 * DAY, DAY)
    daily = np.log(column(make_water(WORLD, MONITORS), "w21003", times))
    alike = [np.corrcoef(daily[1:, place], daily[:-1, place])[0, 1] for place in range(len(MONITORS))]
    assert min(alike) > 0.6


def test_a_spill_passes_each_section_when_its_water_does_and_lower_each_time() -> None:
    times = np.arange(T0, T0 + 5 * DAY, 600)
    added = spilled("w21003", times)[:, :3]
    middle = (SPILL.start + SPILL.end) / 2
    passed = (times[:, None] * added).sum(axis=0) / added.sum(axis=0)
    np.testing.assert_allclose((passed - middle) / HOUR, TRAVEL_H, atol=0.2)
    heights = added.max(axis=0)
    assert heights[0] == pytest.approx(SPILL.peak)
    assert heights[0] > heights[1] > heights[2] > 0.5 * SPILL.peak


def test_a_spill_gets_wider_and_loses_only_what_decays_and_is_diluted() -> None:
    times = np.arange(T0, T0 + 5 * DAY, 60)
    added = spilled("w21003", times)[:, :3]
    high = (added > 0.1 * added.max(axis=0)).sum(axis=0)
    assert high[0] < high[1] < high[2]
    km = np.array([km for _, km in SECTIONS])
    kept = np.exp(-km / 300.0) * 0.75 ** (km / KM_PER_HOUR / 24.0)
    np.testing.assert_allclose(added.sum(axis=0) / added[:, 0].sum(), kept, rtol=0.01)


def test_a_short_spill_is_flattened_by_dispersion() -> None:
    short = Episode(EpisodeKind.SPILL, T0 + DAY, T0 + DAY + HOUR, ("danhe-1",), peak=6.0)
    added = spilled("w21003", np.arange(T0, T0 + 3 * DAY, 60), short)
    long = spilled("w21003", np.arange(T0, T0 + 3 * DAY, 60))
    assert added[:, 2].max() < 0.5 * long[:, 2].max()


def test_a_spill_changes_nothing_before_it_elsewhere_or_upstream() -> None:
    times = np.arange(T0, T0 + 5 * DAY, 600)
    world = World(7, WORLD.climate, WORLD.rivers, (Episode(SPILL.kind, SPILL.start, SPILL.end, ("danhe-2",), 6.0),))
    changed = make_water(world, MONITORS).at(times) != make_water(WORLD, MONITORS).at(times)
    touched = changed.any(axis=2)
    np.testing.assert_array_equal(touched.any(axis=0), [False, True, True, False, False])
    outside = (times < SPILL.start) | (times >= SPILL.end)
    assert not touched[outside, 1].any()
    assert not touched[times < SPILL.start + (TRAVEL_H[2] - TRAVEL_H[1]) * HOUR / 2, 2].any()


def test_oxygen_falls_where_a_spill_passes() -> None:
    times = np.arange(T0, T0 + 5 * DAY, 600)
    fall = spilled("w01009", times)
    assert np.all(fall[:, :3].min(axis=0) < -2.0)
    assert np.all(fall <= 0.0)


def test_spilled_ammonia_counts_as_nitrogen_too_and_nothing_else_rises() -> None:
    times = np.arange(T0, T0 + 5 * DAY, 600)
    np.testing.assert_allclose(spilled("w21001", times), spilled("w21003", times), atol=1e-9)
    assert not spilled("w01019", times).any()


def test_a_spill_may_be_of_another_substance_by_code_or_name() -> None:
    times = np.arange(T0 + DAY, T0 + DAY + 4 * HOUR, 600)
    by_name = Episode(SPILL.kind, SPILL.start, SPILL.end, ("danhe-1",), 20.0, "CODMn")
    by_code = Episode(SPILL.kind, SPILL.start, SPILL.end, ("danhe-1",), 20.0, "w01019")
    assert spilled("w01019", times, by_name)[:, 0].max() == pytest.approx(20.0)
    np.testing.assert_array_equal(spilled("w01019", times, by_name), spilled("w01019", times, by_code))


@pytest.mark.parametrize("manner", ["pH", "gold"])
def test_a_spill_of_what_cannot_be_spilled_is_refused(manner: str) -> None:
    world = World(7, WORLD.climate, WORLD.rivers, (Episode(SPILL.kind, T0, T0 + DAY, ("danhe-1",), 1.0, manner),))
    with pytest.raises(InputError, match="one of CODMn, NH3-N, TP, TN"):
        make_water(world, MONITORS)


def test_rain_makes_the_river_muddy_thin_and_rich_in_what_is_washed_in() -> None:
    times = np.arange(T0 + 90 * DAY, T0 + 210 * DAY, 2 * HOUR)
    lone = MONITORS[3:]
    rain = conditions(WORLD, times, Places.of(lone)).rain[:, 0]
    fell = np.convolve(rain * 2.0, np.ones(9))[: times.size]  # mm within the 18 hours before
    wet, dry = fell > 8.0, fell == 0.0
    assert wet.any()
    model = make_water(WORLD, lone)
    raised = {
        code: np.median(column(model, code, times)[wet, 0]) / np.median(column(model, code, times)[dry, 0])
        for code in ("w01003", "w01019", "w01014")
    }
    assert raised["w01003"] > 2.0
    assert raised["w01019"] > 1.1
    assert raised["w01014"] < 0.95


def test_water_follows_the_seasons_of_the_air_but_does_not_freeze() -> None:
    model = make_water(WORLD, MONITORS)
    july, january = (
        column(model, "w01010", np.arange(T0 + day * DAY, T0 + (day + 25) * DAY, HOUR)) for day in (125, 310)
    )
    assert 18.0 < july.mean() < 28.0
    assert 0.0 < january.min() < january.mean() < 6.0


def test_oxygen_and_ph_are_highest_in_the_afternoon_and_more_so_in_summer() -> None:
    model = make_water(WORLD, MONITORS)
    rises = []
    for day in (120, 310):
        times = np.arange(T0 + day * DAY, T0 + (day + 30) * DAY, HOUR)
        hours = (times + SHANGHAI_OFFSET) % DAY // HOUR
        for code in ("w01009", "w01001"):
            values = column(model, code, times)
            rises.append(values[hours == 16].mean() - values[hours == 4].mean())
    summer_oxygen, summer_ph, winter_oxygen, winter_ph = rises
    assert summer_oxygen > 0.3
    assert summer_ph > 0.08
    assert summer_oxygen > winter_oxygen
    assert summer_ph > winter_ph > 0.0


def test_a_well_hardly_changes_within_a_month() -> None:
    model = make_groundwater(WORLD, MONITORS)
    month = model.at(np.arange(T0, T0 + 30 * DAY, DAY))
    assert np.all(np.ptp(month, axis=0) / month.mean(axis=0) < 0.2)


def test_rain_is_sampled_when_it_rains_and_never_acid() -> None:
    model = make_rain(WORLD, MONITORS)
    amount, ph = column(model, "x_rainfall", YEAR), column(model, "w01001", YEAR)
    assert np.all(amount >= 0.0)
    assert np.all(np.isnan(ph[amount == 0.0]))
    sampled = ph[~np.isnan(ph)]
    assert sampled.size
    assert 6.1 <= sampled.min() <= sampled.max() <= 8.2
    assert np.all(amount[~np.isnan(ph)] * HOUR >= 0.1)
