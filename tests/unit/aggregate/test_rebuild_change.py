"""Which changed figures `lantian recompute --factor` tells of."""

from __future__ import annotations

import pytest
from reports import OZONE, PM10

from aggregate.rebuild.change import comes_of

SPEED, DIRECTION = "a01007", "a01008"
OF_OZONE = (
    OZONE, "a05024_8h_max", "a05024_1h_max", "IAQI_a05024", "IAQI_a05024_8h_max", "a05024_8h_p90", "I_a05024",
)  # fmt: skip
OF_ALL = ("AQI", "composite_index", "days_valid", "days_attained", "days_level3")


@pytest.mark.parametrize("figure", [*OF_OZONE, *OF_ALL])
def test_what_is_made_of_a_pollutant_comes_of_it(figure: str) -> None:
    assert comes_of(figure, OZONE)


@pytest.mark.parametrize("figure", OF_OZONE)
def test_what_is_made_of_one_pollutant_comes_of_no_other(figure: str) -> None:
    assert not comes_of(figure, PM10)


@pytest.mark.parametrize("figure", [*OF_OZONE, *OF_ALL])
def test_no_index_comes_of_the_wind(figure: str) -> None:
    assert not comes_of(figure, SPEED)


def test_a_winds_direction_comes_of_its_speed_too_and_not_the_other_way_round() -> None:
    assert comes_of(DIRECTION, SPEED)
    assert not comes_of(SPEED, DIRECTION)
