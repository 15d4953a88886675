"""Climates: what their files must hold, and what one that is like another takes over."""

from __future__ import annotations

import numpy as np
import pytest

from core.clock import DAY, HOUR
from core.errors import InputError
from ingest.simulation.ambient import concentrations
from ingest.simulation.climate import FOLDER, Variable, climate_names, load_climate, read_climate
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Places
from ingest.simulation.noise import name_numbers

BEIJING = (FOLDER / "beijing.toml").read_text(encoding="utf-8")
JINCHENG = (FOLDER / "jincheng.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", climate_names())
def test_every_climate_describes_every_variable(name: str) -> None:
    assert set(load_climate(name).courses) == set(Variable)


def test_what_shared_states_bring_is_never_more_than_all_of_a_deviation() -> None:
    for variable, course in load_climate("beijing").courses.items():
        assert np.sum(course.loads**2, axis=1).max() < 1.0, variable


def test_a_climate_like_another_is_scaled_and_shifted() -> None:
    beijing, jincheng = load_climate("beijing"), load_climate("jincheng")
    pm25 = jincheng.courses[Variable.PM25]
    assert (pm25.scale, beijing.courses[Variable.PM25].scale) == (0.60, 1.0)
    assert jincheng.courses[Variable.PRESSURE].shift == -8.3
    np.testing.assert_array_equal(pm25.month, beijing.courses[Variable.PM25].month)


def test_an_unknown_climate_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no such climate \(got 'atlantis'\); take one of beijing, jincheng"):
        load_climate("atlantis")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BEIJING.replace("power = 3", "power = 7", 1), r"climates/x.toml: variables.pm25.power: .*\(got 7\)"),
        (BEIJING.replace("[variables.co]", "[variables.cobalt]", 1), r"climates/x.toml: variables.cobalt"),
        (BEIJING.replace("clean = 330", "clean = 400", 1), r"climates/x.toml: wind.clean: .*\(got 400"),
        (BEIJING.replace("least = 2", 'least = 2\ncolour = "blue"', 1), r"variables.pm25.colour: .*\(got 'blue'\)"),
        (BEIJING[: BEIJING.index("[variables.wind_speed]")], r"climates/x.toml: variables.wind_speed: is missing"),
        (JINCHENG.replace("co = 0.72", "co = -1", 1), r"climates/x.toml: scale.co: .*\(got -1"),
        ("title_zh = ", r"climates/x.toml: the file: cannot be read"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_file_field_and_value(text: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_climate("x", text)


def test_what_leaves_no_room_for_a_variables_own_noise_is_refused() -> None:
    text = BEIJING.replace("stagnation = [0.94, 0.88, 0.94, 0.93]", "stagnation = [0.94, 1.2, 0.94, 0.93]", 1)
    assert text != BEIJING
    with pytest.raises(InputError, match=r"variables.pm25.loads: .*more than all"):
        read_climate("x", text)


def test_jincheng_has_the_annual_figures_of_the_citys_bulletin_of_2020() -> None:
    runs = np.array([_year_in_jincheng(seed) for seed in range(6)])
    bulletin = [46.0, 96.0, 13.0, 31.0, 2.1, 176.0]
    np.testing.assert_allclose(runs.mean(axis=0), bulletin, rtol=0.10)


def _year_in_jincheng(seed: int) -> list[float]:
    """Annual means of PM2.5, PM10, SO2, NO2; percentile 95 of daily CO, 90 of daily 8-hour O3."""
    places = Places(
        name_numbers([f"{seed}-{n}" for n in range(4)]), np.array([0, 4.0, -4, 1]), np.array([2.0, 0, 3, -5])
    )
    times = 1_577_808_000 + np.arange(366 * DAY // HOUR, dtype=np.int64) * HOUR + HOUR // 2
    hours = concentrations(World(seed, load_climate("jincheng")), times, places).mean(axis=1).reshape(366, 24, 6)
    ozone = np.lib.stride_tricks.sliding_window_view(hours[..., 5], 8, axis=1).mean(axis=2).max(axis=1)
    means = hours.mean(axis=(0, 1))[:4].tolist()
    return [*means, float(np.percentile(hours[..., 4].mean(axis=1), 95)), float(np.percentile(ozone, 90))]
