"""Six Beijing sites, 2013–2017: every site and day straight by the kernels against the independent reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aggregate.windows import DaySeries, Floats, day_series
from standards.editions import load_editions

POLLUTANTS = ("PM2.5", "PM10", "SO2", "NO2", "CO", "O3")
SITES, DAYS = 6, 1461


class Beijing:
    """Hours and reference of all sites."""

    def __init__(self, folder: Path) -> None:
        self.hours = pd.read_parquet(folder / "beijing_2013_2017.parquet")
        self.reference = pd.read_csv(folder / "beijing_daily_reference.csv.gz")

    def of(self, pollutant: str) -> list[tuple[DaySeries, pd.DataFrame]]:
        """Each site's daily statistics, and what they should be."""
        rule = load_editions().by_id("2012").validity
        pairs = []
        for site, rows in self.hours.groupby("station", sort=True):
            assert rows["hour"].to_numpy().tolist() == list(range(24)) * DAYS
            milligrams = 1000.0 if pollutant == "CO" else 1.0
            hours: Floats = rows[pollutant].to_numpy() / milligrams
            result = day_series(
                hours,
                minimum_day_hours=rule.day_hours,
                minimum_eight_hours=rule.eight_hours,
                minimum_windows=rule.day_windows,
                limit=rule.windows_excused_above,
            )
            pairs.append((result, self.reference[self.reference["station"] == site]))
        return pairs


@pytest.fixture(scope="module")
def beijing(data_dir: Path) -> Beijing:
    return Beijing(data_dir / "air")


@pytest.mark.parametrize("pollutant", POLLUTANTS)
def test_counts_and_daily_means_are_those_of_the_reference(beijing: Beijing, pollutant: str) -> None:
    pairs = beijing.of(pollutant)
    assert len(pairs) == SITES
    for result, reference in pairs:
        np.testing.assert_array_equal(result.mean.n_valid, reference[f"{pollutant}_n"])
        np.testing.assert_allclose(result.mean.value, reference[f"{pollutant}_mean"], rtol=0, atol=1e-6)


def test_ozone_windows_and_daily_maxima_are_those_of_the_reference(beijing: Beijing) -> None:
    for result, reference in beijing.of("O3"):
        np.testing.assert_array_equal(result.max_8h.n_valid, reference["O3_8h_windows"])
        np.testing.assert_allclose(result.max_8h.value, reference["O3_8h_max_valid"], rtol=0, atol=1e-6)
