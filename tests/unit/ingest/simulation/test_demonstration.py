"""The day that is demonstrated tells its story, whatever becomes of the models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from ingest.kinds import Kind
from ingest.simulation.expectations import expects
from ingest.simulation.models.air import make_air
from ingest.simulation.models.dust import make_dust
from ingest.simulation.models.model import Model, World
from ingest.simulation.models.plants import make_cems
from ingest.simulation.models.waters import make_water
from ingest.simulation.monitor import Monitor
from ingest.simulation.noise import Floats
from ingest.simulation.scenario import Scenario, load_scenario
from standards.aqi import aqi
from standards.editions import HOURLY_FACTORS, edition_at

Make = Callable[[World, Sequence[Monitor]], Model]
INSTANTS = 6
EVENING = slice(20, 22)
PM10, AMMONIA, SO2 = "a34002", "w21003", "a21026"


@pytest.fixture(scope="module")
def day() -> Scenario:
    return load_scenario("jincheng-day")


def hours(day: Scenario, make: Make, monitors: Sequence[Monitor], code: str) -> Floats:
    """[22, S]: what is there to be measured in each hour of the day."""
    model = make(day.world, monitors)
    column = [instrument.code for instrument in model.instruments].index(code)
    times = np.arange(day.start, day.end, 3600 // INSTANTS, dtype=np.int64) + 1800 // INSTANTS
    mean: Floats = model.at(times)[..., column].reshape(-1, INSTANTS, len(monitors)).mean(axis=1)
    return mean


def monitors(day: Scenario, *stations: str) -> list[Monitor]:
    return [monitor for monitor in day.network.monitors if monitor.station in stations]


def test_a_site_goes_over_250_in_the_evening_and_few_others_do_with_it(day: Scenario) -> None:
    sites = [monitor for monitor in day.network.monitors if monitor.kind is Kind.DUST]
    found = hours(day, make_dust, sites, PM10)
    site = found[:, [monitor.station for monitor in sites].index("140502201")]
    assert site[20] > 400
    assert site[:20].max() < 245
    assert (found[EVENING] >= 250).sum(axis=1).max() < 60


def test_heavy_pollution_builds_up_until_the_citys_index_passes_200_in_the_evening(day: Scenario) -> None:
    counted = [row.station for row in day.network.rows if row.kind is Kind.AIR and not row.control_point]
    city = np.stack(
        [hours(day, make_air, monitors(day, *counted), code).mean(axis=1) for code in HOURLY_FACTORS], axis=-1
    )
    index = aqi(city, edition_at(day.start).hourly)[1]
    assert index[:16].max() <= 200
    assert index[EVENING].min() > 200


def test_a_sinter_plant_exceeds_twice_its_limit_in_the_evening(day: Scenario) -> None:
    (plant,) = monitors(day, "140525403")
    sulphur = hours(day, make_cems, [plant], SO2)[:, 0] / plant.limits[SO2]
    assert sulphur[20] > 2.0
    assert sulphur[:19].max() < 1.0


def test_the_spill_makes_three_sections_worse_than_class_v_one_after_another_the_last_in_the_evening(
    day: Scenario,
) -> None:
    course = ("140581302", "140525306", "140525301")
    worst = [int(hours(day, make_water, monitors(day, station), AMMONIA)[:, 0].argmax()) for station in course]
    assert worst == sorted(set(worst))
    assert all(hours(day, make_water, monitors(day, station), AMMONIA).max() > 2.0 for station in course)
    assert hours(day, make_water, monitors(day, course[-1]), AMMONIA)[19:21].min() > 2.0


def test_the_days_episodes_are_told_with_what_they_are_to_break(day: Scenario) -> None:
    assert {entry["expects"] for entry in expects(day)} >= {
        "dust-stop-work", "heavy-pollution-hour", "cems-twice-the-limit", "water-worse-than-class",
    }  # fmt: skip


def test_what_goes_wrong_on_the_way_spares_the_storys_stations(day: Scenario) -> None:
    told = {"140502201", "140525403", "140581302", "140525306", "140525301"}
    assert not told.intersection(station for fault in day.faults for station in fault.stations)
    assert all(fault.stations for fault in day.faults)
