"""Noise, cooking fume, gates, dustfall and radiation as the simulator makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from core.clock import DAY, HOUR, SHANGHAI_OFFSET
from ingest.kinds import Kind
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.models.model import Averaging, Model, World
from ingest.simulation.models.sites import make_dustfall, make_fume, make_gate, make_noise, make_radiation, poisson
from ingest.simulation.monitor import Monitor, Places
from ingest.simulation.noise import Floats, Ints, uniforms
from ingest.simulation.weather import conditions
from standards.factors import load_catalogue

T0 = 1_772_380_800  # Monday 2026-03-02 00:00 Asia/Shanghai
WORLD = World(7, load_climate("jincheng"))
MAKERS = pytest.mark.parametrize(
    ("make", "kind"),
    [
        (make_noise, Kind.NOISE),
        (make_fume, Kind.FUME),
        (make_gate, Kind.GATE),
        (make_dustfall, Kind.DUSTFALL),
        (make_radiation, Kind.RADIATION),
    ],
)
Make = Callable[[World, Sequence[Monitor]], Model]


def monitors(kind: Kind, count: int = 12, period: int = 60, **limits: float) -> tuple[Monitor, ...]:
    return tuple(
        Monitor(f"{kind}-{number}", kind, "140502", x=2.0 * number, period=period, limits=limits)
        for number in range(count)
    )


def column(model: Model, code: str, times: Ints) -> Floats:
    codes = [instrument.code for instrument in model.instruments]
    return model.at(times)[..., codes.index(code)]


def hours_of(times: Ints) -> Ints:
    hours: Ints = (times + SHANGHAI_OFFSET) % DAY // HOUR
    return hours


def energy_mean(levels: Floats) -> float:
    return float(10.0 * np.log10(np.mean(10.0 ** (levels / 10.0))))


@MAKERS
def test_any_span_is_the_same_as_within_a_longer_one(make: Make, kind: Kind) -> None:
    times = np.arange(T0, T0 + 2 * DAY, 300)
    model = make(WORLD, monitors(kind))
    np.testing.assert_array_equal(model.at(times[250:261]), model.at(times)[250:261])


@MAKERS
def test_a_monitor_measures_the_same_beside_whatever_others(make: Make, kind: Kind) -> None:
    times = np.arange(T0, T0 + DAY, 600)
    alone = make(WORLD, monitors(kind)[3:4]).at(times)
    np.testing.assert_array_equal(alone[:, 0], make(WORLD, monitors(kind)).at(times)[:, 3])


@MAKERS
def test_a_year_stays_within_what_the_catalogue_allows(make: Make, kind: Kind) -> None:
    model = make(WORLD, monitors(kind))
    values = model.at(np.arange(T0, T0 + 365 * DAY, 7 * HOUR + 60))
    for place, instrument in enumerate(model.instruments):
        measure = load_catalogue().by_code[instrument.code].measure(kind)
        of_factor = values[..., place]
        assert measure.minimum <= of_factor.min() <= of_factor.max() <= measure.maximum, instrument.code


def test_rush_hours_are_louder_than_noon_and_noon_than_the_night() -> None:
    times = np.arange(T0, T0 + 5 * DAY, 60)
    levels, hours = column(make_noise(WORLD, monitors(Kind.NOISE)), "Leq", times), hours_of(times)
    rush, noon, night = (energy_mean(levels[np.isin(hours, span)]) for span in ((8, 18), (12, 13), (1, 2, 3)))
    assert rush > noon + 0.5
    assert noon > night + 8.0


def test_a_class_2_quarter_is_quiet_by_night_and_within_its_limit_by_day() -> None:
    times = np.arange(T0, T0 + 7 * DAY, 60)
    levels, hours = column(make_noise(WORLD, monitors(Kind.NOISE, Leq=60.0)), "Leq", times), hours_of(times)
    by_day, by_night = (energy_mean(levels[at]) for at in ((hours >= 6) & (hours < 22), (hours < 5)))
    assert 53.0 < by_day < 60.0
    assert 42.0 < by_night < 48.0


def test_beside_a_main_road_it_is_louder() -> None:
    times = np.arange(T0, T0 + DAY, 60)
    quiet, loud = (column(make_noise(WORLD, monitors(Kind.NOISE, Leq=limit)), "Leq", times) for limit in (60.0, 70.0))
    np.testing.assert_allclose(loud - quiet, 10.0)


def test_weekends_begin_later() -> None:
    model = make_noise(WORLD, monitors(Kind.NOISE))
    monday, saturday = (
        energy_mean(column(model, "Leq", np.arange(T0 + day * DAY + 6 * HOUR, T0 + day * DAY + 8 * HOUR, 60)))
        for day in (0, 5)
    )
    assert saturday < monday - 1.0


def test_levels_stand_in_their_order() -> None:
    values = make_noise(WORLD, monitors(Kind.NOISE)).at(np.arange(T0, T0 + DAY, 60))
    leq, l10, l50, l90 = np.moveaxis(values, -1, 0)
    assert np.all((l90 < l50) & (l50 < leq) & (leq < l10))


def test_leq_is_averaged_by_energy() -> None:
    averaging = {one.code: one.averaging for one in make_noise(WORLD, ()).instruments}
    assert averaging["Leq"] is Averaging.ENERGY


def test_works_by_night_reach_their_level_at_their_station_and_change_nothing_else() -> None:
    works = Episode(EpisodeKind.NIGHT_NOISE, T0 + 23 * HOUR, T0 + 26 * HOUR, ("noise-4",), peak=72.0)
    times = np.arange(T0 + 20 * HOUR, T0 + 30 * HOUR, 60)
    usual = make_noise(WORLD, monitors(Kind.NOISE)).at(times)
    values = make_noise(World(7, WORLD.climate, episodes=(works,)), monitors(Kind.NOISE)).at(times)
    during = (times >= works.start) & (times < works.end)
    full = (times >= works.start + 600) & (times < works.end - 600)
    assert energy_mean(values[full, 4, 0]) == pytest.approx(72.0, abs=0.3)
    np.testing.assert_array_equal(values[~during], usual[~during])
    np.testing.assert_array_equal(np.delete(values, 4, axis=1), np.delete(usual, 4, axis=1))


def test_kitchens_smoke_when_there_is_cooking_and_mostly_within_the_limit() -> None:
    times = np.arange(T0, T0 + 60 * DAY, 600)
    fume, hours = column(make_fume(WORLD, monitors(Kind.FUME, 40)), "a34041", times), hours_of(times)
    cooking = np.isin(hours, (12, 18, 19))
    assert fume[cooking].mean() > 10 * fume[np.isin(hours, (2, 3, 4))].mean()
    assert 0.0 < (fume[cooking] > 2.0).mean() < 0.05


@pytest.mark.parametrize("period", [60, 900, 3600])
def test_whole_vehicles_pass_gates_in_a_period(period: int) -> None:
    instants = max(1, period // 600) if period != 900 else 2
    offsets = ((np.arange(instants) + 0.5) * period / instants).astype(np.int64)
    times = (np.arange(T0, T0 + DAY, period)[:, None] + offsets).ravel()
    rates = make_gate(WORLD, monitors(Kind.GATE, period=period)).at(times)
    counts = rates.reshape(-1, instants, *rates.shape[1:]).mean(axis=1) * period
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-9)
    assert counts.max() >= 2
    assert np.all(counts[..., 1] <= counts[..., 0])


def test_gates_are_busy_by_day_of_work_days_and_nearly_still_by_night() -> None:
    model = make_gate(WORLD, monitors(Kind.GATE, 40, period=600))
    times = np.arange(T0, T0 + 28 * DAY, 600)
    counts, hours = column(model, "x_passages", times) * 600, hours_of(times)
    sunday = (times + SHANGHAI_OFFSET) // DAY % 7 == 3  # 1970-01-01 was a Thursday
    assert counts[np.isin(hours, (23, 0, 1, 2, 3))].mean() < 0.05 * counts[np.isin(hours, (9, 10, 15))].mean()
    assert 0.2 < counts[sunday].mean() / counts[~sunday].mean() < 0.5
    days = counts[~sunday].reshape(24, 144, 40).sum(axis=1).mean(axis=0)
    assert days.min() > 30
    assert days.max() < 420


def test_counts_are_drawn_with_the_mean_and_variance_of_poisson() -> None:
    for mean in (0.2, 3.0, 40.0):
        counts = poisson(np.full(200_000, mean), uniforms(5, np.arange(200_000)))
        assert counts.mean() == pytest.approx(mean, rel=0.02)
        assert counts.var() == pytest.approx(mean, rel=0.03)


def test_dustfall_is_five_to_eight_tons_a_month_and_most_in_spring() -> None:
    model = make_dustfall(WORLD, monitors(Kind.DUSTFALL, 40))
    year = column(model, "a34011", np.arange(T0, T0 + 365 * DAY, 5 * HOUR))
    assert 5.0 < year.mean() < 8.0
    april, october = (
        column(model, "a34011", np.arange(T0 + day * DAY, T0 + (day + 30) * DAY, 5 * HOUR)).mean() for day in (30, 213)
    )
    assert april > 1.15 * october


def test_a_dust_storm_shows_in_the_month_s_dustfall() -> None:
    storm = Episode(EpisodeKind.DUST_STORM, T0 + 10 * DAY, T0 + 11 * DAY, peak=1500.0)
    times = np.arange(T0, T0 + 30 * DAY, HOUR)
    still, stormy = (
        column(make_dustfall(World(7, WORLD.climate, episodes=episodes), monitors(Kind.DUSTFALL)), "a34011", times)
        for episodes in ((), (storm,))
    )
    assert np.all(stormy.mean(axis=0) > still.mean(axis=0) + 1.0)
    outside = (times < storm.start) | (times >= storm.end)
    np.testing.assert_array_equal(stormy[outside], still[outside])


def test_gamma_dose_rises_by_a_few_units_with_rain_and_is_back_after_some_hours() -> None:
    stations = monitors(Kind.RADIATION)
    times = np.arange(T0 + 90 * DAY, T0 + 210 * DAY, 600)
    rain = conditions(WORLD, times, Places.of(stations)).rain[:, 0]
    dose = column(make_radiation(WORLD, stations), "x_gamma_dose", times)[:, 0]
    still = np.convolve(rain, np.ones(37))[: times.size] == 0.0  # no rain for six hours
    usual = np.median(dose[still])
    heavy = np.convolve(rain, np.ones(6) / 6)[: times.size] > 2.0
    assert heavy.any()
    assert 2.0 < np.median(dose[heavy]) - usual < 15.0
    assert np.percentile(dose[still] - usual, 99) < 6.0


def test_radiation_is_natural_background_and_radio_fields_are_far_below_the_limit() -> None:
    values = make_radiation(WORLD, monitors(Kind.RADIATION, 60)).at(np.arange(T0, T0 + 365 * DAY, 7 * HOUR))
    mean = values.mean(axis=0)
    assert 58.0 < mean[:, 0].min() < mean[:, 0].max() < 112.0
    assert values[..., 1].max() < 12.0  # GB 8702-2014
