"""What power meters and treatment facilities tell of how simulated enterprises run."""

from __future__ import annotations

import numpy as np
import pytest
from enterprises import (
    BEGIN,
    DURING,
    END,
    FOUNDRY,
    IN_FORCE,
    INDUSTRIES,
    KILN,
    SEED,
    STEEL,
    T0,
    WEEK,
    Make,
    column,
    hours_of,
    monitors,
    world,
)

from core.clock import DAY, HOUR
from ingest.kinds import Kind
from ingest.simulation.episodes import Cheat, Episode, EpisodeKind
from ingest.simulation.models.operation import (
    FAN,
    FILTER,
    PRODUCTION,
    REAGENT,
    SLURRY,
    TREATMENT,
    make_facility,
    make_power,
)
from ingest.simulation.models.plant import load
from ingest.simulation.models.plants import FLUE_GAS, make_cems
from ingest.simulation.noise import Floats
from standards.factors import load_catalogue

MAKERS = pytest.mark.parametrize(("make", "kind"), [(make_power, Kind.POWER), (make_facility, Kind.FACILITY)])


def measured(code: str, enterprise: str, *episodes: Episode) -> Floats:
    make, kind = (make_power, Kind.POWER) if code in {PRODUCTION, TREATMENT} else (make_facility, Kind.FACILITY)
    return column(make(world(*episodes), monitors(kind, (enterprise,))), code)[:, 0]


@MAKERS
def test_any_span_is_the_same_as_within_a_longer_one(make: Make, kind: Kind) -> None:
    model = make(world(), monitors(kind, INDUSTRIES))
    np.testing.assert_array_equal(model.at(WEEK[250:261]), model.at(WEEK)[250:261])


@MAKERS
def test_times_may_come_in_any_order(make: Make, kind: Kind) -> None:
    model = make(world(), monitors(kind, INDUSTRIES))
    np.testing.assert_array_equal(model.at(WEEK[::-1])[::-1], model.at(WEEK))


@MAKERS
def test_a_monitor_measures_the_same_beside_whatever_others(make: Make, kind: Kind) -> None:
    alone = make(world(), monitors(kind, INDUSTRIES)[3:]).at(WEEK)
    np.testing.assert_array_equal(alone[:, 0], make(world(), monitors(kind, INDUSTRIES)).at(WEEK)[:, 3])


@MAKERS
def test_a_year_stays_within_what_the_catalogue_allows(make: Make, kind: Kind) -> None:
    model = make(world(), monitors(kind, INDUSTRIES))
    values = model.at(np.arange(T0, T0 + 365 * DAY, 7 * HOUR + 60))
    for place, instrument in enumerate(model.instruments):
        measure = load_catalogue().by_code[instrument.code].measure(kind)
        of_factor = values[..., place]
        assert measure.minimum <= of_factor.min() <= of_factor.max() <= measure.maximum, instrument.code


@pytest.mark.parametrize("enterprise", INDUSTRIES)
@pytest.mark.parametrize("code", [PRODUCTION, TREATMENT, FAN])
def test_power_and_fan_follow_the_load(code: str, enterprise: str) -> None:
    assert np.corrcoef(measured(code, enterprise), load(SEED, WEEK, (enterprise,))[:, 0])[0, 1] > 0.8


@pytest.mark.parametrize("enterprise", INDUSTRIES)
def test_all_meters_of_an_enterprise_and_its_stack_move_together(enterprise: str) -> None:
    first, second = column(make_power(world(), monitors(Kind.POWER, (enterprise, enterprise))), PRODUCTION).T
    gas = column(make_cems(world(), monitors(Kind.CEMS, (enterprise,))), FLUE_GAS)[:, 0]
    assert np.corrcoef(first, second)[0, 1] > 0.8
    assert np.corrcoef(first, gas)[0, 1] > 0.7


def test_treatment_runs_on_at_part_load() -> None:
    loads = load(SEED, WEEK, (KILN,))[:, 0]
    half, full = (
        measured(TREATMENT, KILN)[(loads > least) & (loads < greatest)].mean()
        for least, greatest in ((0.35, 0.6), (0.85, 1.0))
    )
    assert 0.65 < half / full < 0.9


@pytest.mark.parametrize("code", [PRODUCTION, TREATMENT, FAN, SLURRY, REAGENT, FILTER])
def test_by_night_hardly_anything_runs_at_a_foundry(code: str) -> None:
    course = measured(code, FOUNDRY)
    assert course[hours_of(WEEK) == 2].max() < 0.03 * course.max()


@pytest.mark.parametrize(("manner", "code"), [("SO2", SLURRY), ("", SLURRY), ("NOx", REAGENT), ("a34013", FILTER)])
def test_of_a_failing_treatment_the_parameter_that_fails_tells(manner: str, code: str) -> None:
    failing = Episode(EpisodeKind.EXCEEDANCE, BEGIN, END, (STEEL,), 2.5, manner)
    for each in (SLURRY, REAGENT, FILTER):
        share = measured(each, STEEL, failing) / measured(each, STEEL)
        assert np.all(share[IN_FORCE] < 0.2) if each == code else np.all(share > 0.95)
        np.testing.assert_array_equal(share[~DURING], 1.0)


def test_the_power_of_a_failing_treatment_stays() -> None:
    failing = Episode(EpisodeKind.EXCEEDANCE, BEGIN, END, (STEEL,), 2.5)
    np.testing.assert_allclose(measured(TREATMENT, STEEL, failing), measured(TREATMENT, STEEL), rtol=0.05)


@pytest.mark.parametrize("cheat", [Cheat.CONSTANT, Cheat.DILUTED])
def test_power_betrays_who_cheats(cheat: Cheat) -> None:
    cheating = Episode(EpisodeKind.CHEATING, BEGIN, END, (STEEL,), manner=cheat)
    treatment, production = (
        measured(code, STEEL, cheating) / measured(code, STEEL) for code in (TREATMENT, PRODUCTION)
    )
    assert np.all(treatment[IN_FORCE] < 0.05)
    np.testing.assert_array_equal(treatment[~DURING], 1.0)
    assert np.all(production >= 1.0)


@pytest.mark.parametrize("code", [TREATMENT, SLURRY, REAGENT, FILTER])
def test_who_switches_off_by_night_has_treatment_by_day(code: str) -> None:
    cheating = Episode(EpisodeKind.CHEATING, T0, T0 + 7 * DAY, (STEEL,), manner=Cheat.NIGHT_OFF)
    share, hours = measured(code, STEEL, cheating) / measured(code, STEEL), hours_of(WEEK)
    inside = (WEEK >= T0 + HOUR) & (WEEK < T0 + 7 * DAY - HOUR)
    assert np.all(share[inside & ((hours >= 23) | (hours < 5))] < 0.25)
    np.testing.assert_allclose(share[(hours >= 8) & (hours < 20)], 1.0, rtol=1e-6)


def test_who_cheats_at_a_stack_that_is_named_alone_is_not_seen_elsewhere() -> None:
    cheating = Episode(EpisodeKind.CHEATING, BEGIN, END, ("cems-0",), manner=Cheat.CONSTANT)
    np.testing.assert_array_equal(measured(TREATMENT, STEEL, cheating), measured(TREATMENT, STEEL))


@pytest.mark.parametrize("enterprise", INDUSTRIES)
@pytest.mark.parametrize("code", [PRODUCTION, TREATMENT, FAN, SLURRY])
def test_a_closed_enterprise_draws_nothing_until_it_starts_again(code: str, enterprise: str) -> None:
    course = measured(code, enterprise, Episode(EpisodeKind.RESTART, BEGIN, END, (enterprise,)))
    assert np.all(course[~DURING] == 0.0)
    assert np.all(course[IN_FORCE] > 0.5 * course.max())


def test_a_closed_enterprise_may_start_again_more_than_once() -> None:
    again = Episode(EpisodeKind.RESTART, T0 + 5 * DAY, T0 + 6 * DAY, (STEEL,))
    course = measured(PRODUCTION, STEEL, Episode(EpisodeKind.RESTART, BEGIN, END, (STEEL,)), again)
    working = DURING | (again.shape(WEEK, 1.0, 1.0) > 0.0)
    assert np.all(course[IN_FORCE] > 0.0)
    assert np.all(course[~working] == 0.0)
    assert course[working & ~DURING].mean() > 0.5 * course.max()
