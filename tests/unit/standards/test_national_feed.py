"""The published hourly AQI of the national network's stations, spring 2020."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

from standards.aqi import aqi
from standards.editions import load_editions

COLUMNS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3_1h")
PRIMARY = {
    "细颗粒物(PM2.5)": 1,
    "颗粒物(PM10)": 2,
    "二氧化硫": 4,
    "二氧化氮": 8,
    "一氧化碳": 16,
    "臭氧1小时": 32,
}


class Feed(NamedTuple):
    concentrations: npt.NDArray[np.float64]
    aqi: npt.NDArray[np.float64]
    primary: list[str]
    level: list[str]


@pytest.fixture(scope="module")
def published(data_dir: Path) -> Feed:
    """All rows that have an AQI."""
    columns = pq.read_table(data_dir / "air" / "national_station_hourly_2020.parquet").to_pydict()
    numbers = {name: np.array(columns[name], dtype=object).astype(np.float64) for name in (*COLUMNS, "AQI")}
    rows = np.flatnonzero(~np.isnan(numbers["AQI"]))
    return Feed(
        np.column_stack([numbers[name][rows] for name in COLUMNS]),
        numbers["AQI"][rows],
        [columns["PrimaryPollution"][row] for row in rows],
        [columns["Level"][row] for row in rows],
    )


def test_every_published_aqi_comes_out(published: Feed) -> None:
    assert published.aqi.size > 80_000
    np.testing.assert_array_equal(
        aqi(published.concentrations, load_editions().by_id("2012").hourly).aqi, published.aqi
    )


def test_every_published_primary_pollutant_comes_out_ties_included(published: Feed) -> None:
    primary = aqi(published.concentrations, load_editions().by_id("2012").hourly).primary
    named = np.array([sum(PRIMARY.get(part, 0) for part in text.split("|")) for text in published.primary])
    missing = np.isnan(published.concentrations) @ (1 << np.arange(len(COLUMNS)))
    withheld = named & missing
    assert np.count_nonzero(withheld) == 2  # Changchun, 2020-04-05 23 h and 24 h: PM10 is named, its value is not given
    np.testing.assert_array_equal(primary, named & ~withheld)


def test_every_published_level_comes_out(published: Feed) -> None:
    edition = load_editions().by_id("2012")
    names = {value: level.name_zh for value in range(501) if (level := edition.level(value))}
    assert [names[int(value)] for value in published.aqi] == published.level
