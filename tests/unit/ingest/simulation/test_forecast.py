"""City forecasts: issued daily, for seven days, the less certain the farther ahead."""

from __future__ import annotations

import numpy as np
import pytest

from core.clock import DAY, HOUR, day_start
from ingest.kinds import Kind
from ingest.simulation.climate import load_climate
from ingest.simulation.episodes import Episode, EpisodeKind
from ingest.simulation.models.forecast import DAYS, forecasts, issued_between
from ingest.simulation.models.model import World
from ingest.simulation.monitor import Monitor
from standards.editions import HOURLY_FACTORS

WORLD = World(4, load_climate("jincheng"))
CITY = Monitor("晋城市预报", Kind.FORECAST, "140500", period=DAY)
MIDNIGHT = day_start(1_774_000_000)
ISSUED = MIDNIGHT + 17 * HOUR


def test_forecasts_are_issued_at_five_in_the_afternoon_of_each_day() -> None:
    assert issued_between(MIDNIGHT, MIDNIGHT + 2 * DAY) == [ISSUED, ISSUED + DAY]


def test_a_forecast_belongs_to_the_span_that_it_ends_and_to_no_other() -> None:
    assert issued_between(ISSUED - 60, ISSUED) == [ISSUED]
    assert issued_between(ISSUED, ISSUED + 60) == []


def test_a_forecast_is_for_the_next_seven_days() -> None:
    times = [time for time, _ in forecasts(WORLD, CITY, ISSUED)]
    assert times == [MIDNIGHT + day * DAY for day in range(1, DAYS + 1)]


def test_a_forecast_gives_the_index_and_all_six_concentrations() -> None:
    for _, values in forecasts(WORLD, CITY, ISSUED):
        assert set(values) == {"AQI", *HOURLY_FACTORS}
        assert np.isfinite(list(values.values())).all()
        assert 1 <= values["AQI"] <= 500


def test_the_same_forecast_is_the_same_again() -> None:
    assert forecasts(WORLD, CITY, ISSUED) == forecasts(WORLD, CITY, ISSUED)


def test_the_farther_ahead_the_less_forecasts_of_a_day_agree() -> None:
    issues = [dict(forecasts(WORLD, CITY, ISSUED + day * DAY)) for day in range(60)]
    logarithms = [{time: np.log(values["a34004"]) for time, values in issue.items()} for issue in issues]
    last = {time: value for issue in logarithms for time, value in issue.items()}
    differences = [
        np.std([issue[min(issue) + lead * DAY] - last[min(issue) + lead * DAY] for issue in logarithms[:50]])
        for lead in (1, 3, 6)
    ]
    assert differences[0] < differences[1] < differences[2]


@pytest.mark.parametrize("lead", range(2, 5))
def test_a_heavy_pollution_is_foreseen(lead: int) -> None:
    start = MIDNIGHT + DAY
    haze = Episode(EpisodeKind.HEAVY_POLLUTION, start, start + 6 * DAY, peak=350.0)
    usual = forecasts(WORLD, CITY, ISSUED)[lead][1]
    hazy = forecasts(World(4, WORLD.climate, episodes=(haze,)), CITY, ISSUED)[lead][1]
    assert hazy["a34004"] > usual["a34004"] + 50
    assert hazy["AQI"] > usual["AQI"]
