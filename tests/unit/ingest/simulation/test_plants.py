"""What stacks and outlets show of how simulated enterprises run."""

from __future__ import annotations

import numpy as np
import pytest
from enterprises import (
    BEGIN,
    DURING,
    END,
    ENTERPRISES,
    FOUNDRY,
    HEAT,
    IN_FORCE,
    KILN,
    SEED,
    STEEL,
    T0,
    TOWN,
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
from ingest.simulation.models.plant import load, trade_of
from ingest.simulation.models.plants import (
    AMMONIA,
    CLASS_1A,
    COD,
    FLUE_GAS,
    FRESH_AIR,
    HUMIDITY,
    NITROGEN,
    NORMALISING,
    NOX,
    OXYGEN,
    PARTICULATE,
    SEWAGE_FLOW,
    SO2,
    STACKS,
    TEMPERATURE,
    ULTRA_LOW,
    VELOCITY,
    make_cems,
    make_effluent,
)
from ingest.simulation.noise import Floats, Ints
from standards.factors import load_catalogue

MAKERS = pytest.mark.parametrize(("make", "kind"), [(make_cems, Kind.CEMS), (make_effluent, Kind.EFFLUENT)])


def stack(code: str, enterprise: str, *episodes: Episode, times: Ints = WEEK, **limits: float) -> Floats:
    made = make_cems(world(*episodes), monitors(Kind.CEMS, (enterprise,), **limits))
    return column(made, code, times)[:, 0]


def outlet(code: str, enterprise: str, *episodes: Episode, times: Ints = WEEK, **limits: float) -> Floats:
    made = make_effluent(world(*episodes), monitors(Kind.EFFLUENT, (enterprise,), **limits))
    return column(made, code, times)[:, 0]


def normalised(code: str, enterprise: str, *episodes: Episode, times: Ints = WEEK) -> Floats:
    """As GB 13223 converts what was measured."""
    reference = STACKS[trade_of(SEED, enterprise)].reference_oxygen
    oxygen = stack(OXYGEN, enterprise, *episodes, times=times)
    return stack(code, enterprise, *episodes, times=times) * (NORMALISING - reference) / (NORMALISING - oxygen)


def exceedance(enterprise: str, peak: float = 2.5, manner: str = "") -> Episode:
    return Episode(EpisodeKind.EXCEEDANCE, BEGIN, END, (enterprise,), peak, manner)


def cheating(enterprise: str, cheat: Cheat, days: int = 3) -> Episode:
    return Episode(EpisodeKind.CHEATING, T0, T0 + days * DAY, (enterprise,), manner=cheat)


# any monitor


@MAKERS
def test_any_span_is_the_same_as_within_a_longer_one(make: Make, kind: Kind) -> None:
    model = make(world(), monitors(kind))
    np.testing.assert_array_equal(model.at(WEEK[250:261]), model.at(WEEK)[250:261])


@MAKERS
def test_times_may_come_in_any_order(make: Make, kind: Kind) -> None:
    model = make(world(), monitors(kind))
    np.testing.assert_array_equal(model.at(WEEK[::-1])[::-1], model.at(WEEK))


@MAKERS
def test_a_monitor_measures_the_same_beside_whatever_others(make: Make, kind: Kind) -> None:
    alone = make(world(), monitors(kind)[3:4]).at(WEEK)
    np.testing.assert_array_equal(alone[:, 0], make(world(), monitors(kind)).at(WEEK)[:, 3])


@MAKERS
def test_another_seed_gives_others(make: Make, kind: Kind) -> None:
    other = world(seed=SEED + 1)
    assert np.all(make(other, monitors(kind)).at(WEEK[100:101]) != make(world(), monitors(kind)).at(WEEK[100:101]))


@MAKERS
def test_a_year_stays_within_what_the_catalogue_allows(make: Make, kind: Kind) -> None:
    cheats = [cheating(enterprise, cheat) for enterprise, cheat in zip(ENTERPRISES, Cheat, strict=False)]
    model = make(world(exceedance(HEAT, 20.0), *cheats), monitors(kind))
    values = model.at(np.concatenate([WEEK, np.arange(T0, T0 + 365 * DAY, 7 * HOUR + 60)]))
    for place, instrument in enumerate(model.instruments):
        measure = load_catalogue().by_code[instrument.code].measure(kind)
        of_factor = values[..., place]
        assert measure.minimum <= of_factor.min() <= of_factor.max() <= measure.maximum, instrument.code


@MAKERS
def test_a_kind_may_have_no_monitors(make: Make, kind: Kind) -> None:
    del kind
    assert make(world(), ()).at(WEEK[:3]).shape[:2] == (3, 0)


# stacks


@pytest.mark.parametrize("enterprise", ENTERPRISES)
@pytest.mark.parametrize("code", ULTRA_LOW)
def test_what_treatment_leaves_is_a_third_to_four_fifths_of_the_limit(enterprise: str, code: str) -> None:
    running = stack(FLUE_GAS, enterprise) > 0.5 * stack(FLUE_GAS, enterprise).max()
    share = normalised(code, enterprise)[running] / ULTRA_LOW[code]
    assert 0.2 < share.min() <= share.max() < 0.85
    assert 0.3 < share.mean() < 0.7


def test_a_monitor_s_own_limits_stand_before_the_usual_ones() -> None:
    np.testing.assert_allclose(stack(SO2, KILN, a21026=200.0) / stack(SO2, KILN, a21026=100.0), 2.0)


@pytest.mark.parametrize("enterprise", ENTERPRISES)
def test_at_work_the_gas_has_about_the_oxygen_that_limits_refer_to(enterprise: str) -> None:
    flow, reference = stack(FLUE_GAS, enterprise), STACKS[trade_of(SEED, enterprise)].reference_oxygen
    assert abs(stack(OXYGEN, enterprise)[flow > 0.7 * flow.max()].mean() - reference) < 1.0


def test_less_load_leaves_more_oxygen_and_less_gas() -> None:
    loads = load(SEED, WEEK, (HEAT,))[:, 0]
    assert np.corrcoef(loads, stack(OXYGEN, HEAT))[0, 1] < -0.6
    assert np.corrcoef(loads, stack(FLUE_GAS, HEAT))[0, 1] > 0.8


def test_by_night_a_foundry_s_stack_holds_air() -> None:
    night = WEEK[hours_of(WEEK) == 2]
    assert np.all(stack(OXYGEN, FOUNDRY, times=night) > FRESH_AIR - 0.1)
    assert np.all(stack(TEMPERATURE, FOUNDRY, times=night) < 20.0)
    assert np.all(stack(HUMIDITY, FOUNDRY, times=night) < 2.0)
    assert np.all(stack(VELOCITY, FOUNDRY, times=night) < 1.0)
    for code, limit in ULTRA_LOW.items():
        assert np.all(stack(code, FOUNDRY, times=night) < 0.03 * limit)


def test_a_failing_treatment_reaches_the_multiple_of_the_limit_asked_for() -> None:
    reached = normalised(SO2, STEEL, exceedance(STEEL, 2.5))[IN_FORCE] / ULTRA_LOW[SO2]
    np.testing.assert_allclose(reached, 2.5, rtol=0.05)


@pytest.mark.parametrize(("manner", "code"), [("NOx", NOX), ("a34013", PARTICULATE), ("", SO2)])
def test_the_manner_says_which_pollutant_exceeds(manner: str, code: str) -> None:
    for other, limit in ULTRA_LOW.items():
        exceeded = normalised(other, STEEL, exceedance(STEEL, 3.0, manner))[IN_FORCE].min() > limit
        assert exceeded == (other == code)


def test_an_exceedance_changes_nothing_before_and_after() -> None:
    changed = make_cems(world(exceedance(STEEL)), monitors(Kind.CEMS)).at(WEEK)
    usual = make_cems(world(), monitors(Kind.CEMS)).at(WEEK)
    np.testing.assert_array_equal(changed[~DURING], usual[~DURING])


def test_it_befalls_the_stations_named_or_the_enterprise_s_only() -> None:
    usual = make_cems(world(), monitors(Kind.CEMS)).at(WEEK)
    for named in (STEEL, "cems-1"):
        changed = make_cems(world(exceedance(named)), monitors(Kind.CEMS)).at(WEEK)
        assert np.any(changed[:, 1] != usual[:, 1])
        np.testing.assert_array_equal(np.delete(changed, 1, axis=1), np.delete(usual, 1, axis=1))


def test_without_names_it_befalls_all_and_they_run_meanwhile() -> None:
    everywhere = Episode(EpisodeKind.EXCEEDANCE, T0 + HOUR, T0 + 3 * HOUR, peak=2.0)
    assert stack(SO2, FOUNDRY, everywhere, times=np.array([T0 + 2 * HOUR]))[0] > 1.5 * ULTRA_LOW[SO2]


def test_who_switches_off_by_night_emits_untreated_gas_by_night_only() -> None:
    ratio = normalised(SO2, STEEL, cheating(STEEL, Cheat.NIGHT_OFF)) / normalised(SO2, STEEL)
    cheated, hours = WEEK < T0 + 3 * DAY, hours_of(WEEK)
    night = cheated & ((hours >= 23) | (hours < 5)) & (WEEK >= T0 + HOUR) & (WEEK < T0 + 3 * DAY - HOUR)
    assert 3.5 < ratio[night].min() <= ratio[night].max() < 10.5
    np.testing.assert_allclose(ratio[cheated & (hours >= 8) & (hours < 20)], 1.0, rtol=1e-6)
    np.testing.assert_array_equal(ratio[~cheated], 1.0)


def test_who_makes_up_values_shows_three_of_them_below_the_limit() -> None:
    cheat = cheating(STEEL, Cheat.CONSTANT)
    shown = stack(SO2, STEEL, cheat)
    inside = WEEK < T0 + 3 * DAY
    assert 2 <= np.unique(shown[inside]).size <= 3
    assert shown[inside].max() < ULTRA_LOW[SO2]
    assert np.unique(shown[~inside]).size > 100
    np.testing.assert_array_equal(stack(OXYGEN, STEEL, cheat)[~inside], stack(OXYGEN, STEEL)[~inside])


@pytest.mark.parametrize("enterprise", [HEAT, STEEL])
def test_who_dilutes_measures_little_in_gas_that_is_nearly_air_and_normalising_tells(enterprise: str) -> None:
    cheat = cheating(enterprise, Cheat.DILUTED)
    inside = (WEEK >= T0 + HOUR) & (WEEK < T0 + 3 * DAY - HOUR)
    assert np.all(stack(OXYGEN, enterprise, cheat)[inside] > 19.0)
    assert np.all(stack(SO2, enterprise, cheat)[inside] < ULTRA_LOW[SO2])
    assert np.all(normalised(SO2, enterprise, cheat)[inside] > ULTRA_LOW[SO2])


def test_a_closed_enterprise_s_stack_is_cold_until_it_starts_again() -> None:
    restart = Episode(EpisodeKind.RESTART, BEGIN, END, (STEEL,))
    flow, oxygen = stack(FLUE_GAS, STEEL, restart), stack(OXYGEN, STEEL, restart)
    assert np.all(oxygen[~DURING] == FRESH_AIR)
    assert np.all(oxygen[IN_FORCE] < 17.5)
    assert flow[IN_FORCE].min() > 10.0 * flow[~DURING].max()


# outlets


@pytest.mark.parametrize("enterprise", ENTERPRISES)
@pytest.mark.parametrize("code", CLASS_1A)
def test_treated_water_keeps_its_limits(enterprise: str, code: str) -> None:
    share = outlet(code, enterprise) / CLASS_1A[code]
    assert 0.2 < share.min() <= share.max() < 0.9


def test_total_nitrogen_holds_the_ammonia_s() -> None:
    bypass = Episode(EpisodeKind.SEWAGE_BYPASS, BEGIN, END, (TOWN,), 8.0)
    assert np.all(outlet(NITROGEN, TOWN, bypass) > outlet(AMMONIA, TOWN, bypass))


@pytest.mark.parametrize("enterprise", [KILN, FOUNDRY, TOWN])
def test_water_follows_the_load(enterprise: str) -> None:
    loads = load(SEED, WEEK, (enterprise,))[:, 0]
    assert np.corrcoef(loads, outlet(SEWAGE_FLOW, enterprise))[0, 1] > 0.8


def test_past_a_bypassed_outlet_little_water_comes_and_it_is_foul() -> None:
    bypass = Episode(EpisodeKind.SEWAGE_BYPASS, BEGIN, END, (TOWN,), 3.0)
    flow = outlet(SEWAGE_FLOW, TOWN, bypass) / outlet(SEWAGE_FLOW, TOWN)
    assert np.all(flow[IN_FORCE] < 0.75)
    for code in (COD, AMMONIA):
        np.testing.assert_allclose(outlet(code, TOWN, bypass)[IN_FORCE] / CLASS_1A[code], 3.0, rtol=0.05)


def test_a_bypass_changes_nothing_before_and_after() -> None:
    bypass = Episode(EpisodeKind.SEWAGE_BYPASS, BEGIN, END, (TOWN,), 3.0)
    changed = make_effluent(world(bypass), monitors(Kind.EFFLUENT)).at(WEEK)
    usual = make_effluent(world(), monitors(Kind.EFFLUENT)).at(WEEK)
    np.testing.assert_array_equal(changed[~DURING], usual[~DURING])
    np.testing.assert_array_equal(changed[:, :4], usual[:, :4])


@pytest.mark.parametrize(("manner", "code"), [("", COD), ("NH3-N", AMMONIA), ("w21011", "w21011")])
def test_an_outlet_exceeds_in_the_pollutant_asked_for(manner: str, code: str) -> None:
    reached = outlet(code, STEEL, exceedance(STEEL, 2.0, manner))
    np.testing.assert_allclose(reached[IN_FORCE] / CLASS_1A[code], 2.0, rtol=0.05)
    np.testing.assert_array_equal(reached[~DURING], outlet(code, STEEL)[~DURING])


def test_a_pollutant_of_stacks_does_not_show_at_the_outlet() -> None:
    for code in CLASS_1A:
        assert outlet(code, STEEL, exceedance(STEEL, 5.0, "SO2")).max() < CLASS_1A[code]
