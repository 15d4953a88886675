"""A unit that changes within the input is found, whatever the order of its rows."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
import pytest

from aggregate import evaluate_air
from core.errors import InputError


def hours(station: str, days: int, **values: float) -> pd.DataFrame:
    """Hours from 2015-02-20 on, clean but for what is given."""
    times = [datetime(2015, 2, 20) + timedelta(hours=hour) for hour in range(24 * days)]  # noqa: DTZ001
    return pd.DataFrame({"station": station, "time": times, "O3": 40.0, "CO": 0.5} | values)


def warnings_of(data: pd.DataFrame) -> list[str]:
    return [str(warning) for warning in evaluate_air(data).notes.warnings]


@pytest.mark.parametrize("by", [["station", "time"], ["time", "station"], ["time", "CO"]])
def test_a_month_of_carbon_monoxide_in_micrograms_is_refused_with_station_month_and_row(by: list[str]) -> None:
    data = pd.concat([hours("A", 20), hours("B", 20)])
    data.loc[(data["station"] == "B") & (data["time"] >= "2015-03-01"), "CO"] *= 1000
    data = data.sort_values(by).reset_index(drop=True)
    first = int((data["CO"] > 60).to_numpy().argmax()) + 1
    with pytest.raises(InputError) as told:
        evaluate_air(data)
    assert str(told.value) == (
        f"data row {first}, CO: the median at station B in 2015-03 is above 60 mg/m³: looks like µg/m³; divide by 1000"
    )


def test_micrograms_beyond_the_range_count_among_those_that_are_refused() -> None:
    data = hours("A", 2)
    data.loc[20:, "CO"] = 1400.0
    with pytest.raises(InputError, match="data row 21, CO: the median at station A in 2015-02 is above 60 mg/m³"):
        evaluate_air(data)


def test_some_hours_of_carbon_monoxide_in_micrograms_are_told_with_station_row_and_number() -> None:
    data = pd.concat([hours("A", 3), hours("B", 3)], ignore_index=True)
    data.loc[[80, 90, 91], "CO"] = [61.0, 500.0, 700.0]
    (told,) = warnings_of(data)
    assert told == (
        "data row 81, CO: is above 60 mg/m³ at station B: looks like µg/m³ (got '61'), 3 in all;"
        " taken as it is; if it is µg/m³, divide by 1000"
    )


def test_carbon_monoxide_outside_its_range_may_be_in_micrograms() -> None:
    data = hours("A", 3)
    data.loc[7, "CO"] = 1300.0
    assert warnings_of(data) == [
        "data row 8, CO: is outside 0 … 1000 mg/m³ (got '1300'); treated as missing; if it is µg/m³, divide by 1000"
    ]


@pytest.mark.parametrize("value", [45.0, 60.0])
def test_the_highest_hours_that_there_are_say_nothing_of_units(value: float) -> None:
    assert not warnings_of(hours("A", 3, CO=value))


def test_months_in_milligrams_are_told_with_the_first_of_them() -> None:
    data = pd.concat([hours("A", 80), hours("B", 80)], ignore_index=True)
    data.loc[(data["station"] == "B") & (data["time"] >= "2015-03-01"), "O3"] /= 1000
    first = int((data["O3"] < 1).to_numpy().argmax()) + 1
    (told,) = warnings_of(data)
    assert told == (
        f"data row {first}, O3: all values at station B in 2015-03 are below 1 µg/m³: looks like mg/m³, 3 in all;"
        " if so, multiply by 1000"
    )


def test_a_few_hours_of_clean_air_say_nothing_of_units() -> None:
    data = hours("A", 12)
    data.loc[data["time"] >= "2015-03-01", "O3"] = 0.4
    assert warnings_of(data.iloc[: 9 * 24 + 23]) == []
    assert len(warnings_of(data)) == 1


def test_what_is_infinite_is_outside_the_range_and_says_nothing_of_units() -> None:
    (told,) = warnings_of(hours("A", 2, CO=float("inf")))
    assert told.startswith("data row 1, CO: is outside 0 … 1000 mg/m³ (got 'inf'), 48 in all; treated as missing")
    assert not told.endswith("divide by 1000")
