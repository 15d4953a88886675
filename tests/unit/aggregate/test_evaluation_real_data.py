"""Real measurements through `evaluate_air`, against what others computed or published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aggregate import evaluate_air
from aggregate.evaluation.rolling import running_8h, running_24h
from ingest.importers.source import number
from standards.editions import load_editions

BY_TOKEN = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}
PERCENTILES = {"PM2.5": "p95", "PM10": "p95", "SO2": "p98", "NO2": "p98", "CO": "p95"}
SITES, DAYS = 6, 1461


def frame(table: pa.Table) -> pd.DataFrame:
    """The table with its texts as they are, not as categories."""
    kinds = [(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(kinds)).to_pandas()


@pytest.fixture(scope="module")
def beijing(data_dir: Path) -> dict[str, pd.DataFrame]:
    """Four years of six sites: the figures and the references, sorted alike."""
    hours = pd.read_parquet(data_dir / "air" / "beijing_2013_2017.parquet")
    hours["time"] = pd.to_datetime(hours[["year", "month", "day", "hour"]])
    # As decimals: the reference's 429 µg/m³ are the 0.429 mg/m³ of a file.
    hours["CO"] = [number(str(value), 1000) for value in hours["CO"].where(hours["CO"].notna(), "")]
    found = evaluate_air(hours[["station", "time", *BY_TOKEN.values()]])
    return {
        "daily": frame(found.daily),
        "period": frame(found.period),
        "days": pd.read_csv(data_dir / "air" / "beijing_daily_reference.csv.gz", parse_dates=["date"]),
        "years": pd.read_csv(data_dir / "air" / "beijing_year_reference.csv"),
    }


def close(found: Any, expected: Any, tolerance: float = 1e-6) -> None:
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=0, atol=tolerance)


def test_every_day_of_six_beijing_sites_is_that_of_the_reference(beijing: dict[str, pd.DataFrame]) -> None:
    found, expected = beijing["daily"], beijing["days"].sort_values(["station", "date"])
    assert len(found) == len(expected) == SITES * DAYS
    assert found["station"].tolist() == expected["station"].tolist()
    assert [str(day) for day in found["date"]] == [str(day.date()) for day in expected["date"]]
    for token, name in list(BY_TOKEN.items())[:5]:
        np.testing.assert_array_equal(found[f"{token}_n"], expected[f"{name}_n"])
        close(found[token], expected[f"{name}_mean"])
    np.testing.assert_array_equal(found["o3_8h_n"], expected["O3_8h_windows"])
    close(found["o3_8h_max"], expected["O3_8h_max_valid"])
    close(found["o3_1h_max"], expected["O3_1h_max"])


def test_every_year_of_six_beijing_sites_is_that_of_the_reference(beijing: dict[str, pd.DataFrame]) -> None:
    found = beijing["period"]
    found = found[found["period"].str.len() == 4]
    expected = beijing["years"].sort_values(["station", "year"])
    assert found["station"].tolist() == expected["station"].tolist()
    assert found["period"].astype(int).tolist() == expected["year"].tolist()
    for token, name in BY_TOKEN.items():
        if name in PERCENTILES:
            close(found[f"{token}_{PERCENTILES[name]}"], expected[f"{name}_{PERCENTILES[name]}"])
        if f"{token}_mean" in found:
            close(found[f"{token}_mean"], expected[f"{name}_annual_mean"])
    close(found["o3_8h_p90"], expected["O3_8h_p90"])
    valid = np.all([expected[f"{name}_hj663_valid"] for name in BY_TOKEN.values()], axis=0)
    assert valid.any()
    np.testing.assert_array_equal(found["valid"], valid)


PRIMARY = {
    "细颗粒物(PM2.5)": "pm25",
    "颗粒物(PM10)": "pm10",
    "二氧化硫": "so2",
    "二氧化氮": "no2",
    "一氧化碳": "co",
    "臭氧1小时": "o3",
}


def test_every_published_aqi_level_and_primary_pollutant_of_the_national_feed_comes_out(data_dir: Path) -> None:
    feed = pq.read_table(data_dir / "air" / "national_station_hourly_2020.parquet").to_pandas()
    feed["station"] = feed["city"] + " " + feed["WatchPoint"]
    # The feed labels an hour by its end.
    ended = pd.to_datetime(feed["Date"], format="%Y%m%d") + pd.to_timedelta(feed["Hour"].astype(int), unit="h")
    feed["time"] = ended - pd.Timedelta(hours=1)
    feed = feed.rename(columns={"O3_1h": "O3"}).sort_values(["station", "time"], ignore_index=True)
    found = frame(evaluate_air(feed[["station", "time", *BY_TOKEN.values()]]).hourly)
    assert found["station"].tolist() == feed["station"].tolist()
    published = (feed["AQI"] != "NaN").to_numpy()
    found, feed = found[published], feed[published]
    assert len(feed) > 80_000
    np.testing.assert_array_equal(found["aqi"].astype(int), feed["AQI"].astype(int))
    names = {level.number: level.name_zh for level in load_editions().by_id("2012").levels}
    assert [names[level] for level in found["level"].astype(int)] == feed["Level"].tolist()
    named = (
        feed["PrimaryPollution"].str.split("|").map(lambda parts: {PRIMARY[part] for part in parts if part in PRIMARY})
    )
    withheld = [{token for token in tokens if row[BY_TOKEN[token]] == "NaN"}
                for tokens, row in zip(named, feed.to_dict("records"), strict=True)]  # fmt: skip
    assert sum(map(bool, withheld)) == 2  # Changchun, 2020-04-05 23 h and 24 h: PM10 is named, its value is not given
    expected = [";".join(token for token in BY_TOKEN if token in tokens - without)
                for tokens, without in zip(named, withheld, strict=True)]  # fmt: skip
    assert found["primary"].fillna("").tolist() == expected


def test_running_means_are_those_of_openair(data_dir: Path) -> None:
    hours = pd.read_csv(data_dir / "air" / "openair_mydata.csv.gz")
    expected = pd.read_csv(data_dir / "air" / "openair_rolling_reference.csv.gz")
    assert hours["date"].tolist() == expected["date"].tolist()
    close(running_8h(hours["o3"], 6), expected["o3_roll8_right_75"], 1e-8)
    close(running_8h(hours["o3"], 1), expected["o3_roll8_right_0"], 1e-8)
    close(running_24h(hours["pm10"], 18), expected["pm10_roll24_right_75"], 1e-8)
    close(running_24h(hours["pm10"], 22), expected["pm10_roll24_right_90"], 1e-8)


def test_the_city_means_of_ganzhou_are_the_published_ones() -> None:
    # April 2022, five stations without the control point; the means of stations stand for every hour
    stations = {"PM2.5": (17, 23, 22, 21, 23), "PM10": (41, 40, 42, 36, 37), "SO2": (9, 9, 7, 8, 8)}
    hours = pd.DataFrame(
        {"station": "赣州", "time": pd.date_range("2022-04-01", "2022-05-01", freq="h", inclusive="left")}
    )
    city = hours.assign(**{name: np.mean(values) for name, values in stations.items()})
    month = evaluate_air(city, rounded=True).period.to_pylist()[1]
    assert (month["period"], month["pm25_mean"], month["pm10_mean"], month["so2_mean"]) == ("2022-04", 21, 39, 8)
