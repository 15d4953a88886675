"""What a person asks of `lantian explain`: windows as they are written, factors by any name."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregate.explanation.question import factor_named, question, window_named, window_text
from aggregate.statistic import PERIODS, Tier, Variant, Window
from core.clock import HOUR, SHANGHAI, day_start
from core.errors import InputError


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp())


@pytest.mark.parametrize(
    ("text", "window", "start"),
    [
        ("2026-03-10T14", Window.HOUR, "2026-03-10T14:00"),
        ("2026-03-10T14:00", Window.HOUR, "2026-03-10T14:00"),
        ("2026-03-10 14:00", Window.HOUR, "2026-03-10T14:00"),
        ("2026-03-10T14:00:00+08:00", Window.HOUR, "2026-03-10T14:00"),
        ("2026-03-10T14/8h", Window.EIGHT_HOURS, "2026-03-10T14:00"),
        ("2026-03-10T20:00/8h", Window.EIGHT_HOURS, "2026-03-10T20:00"),
        (" 2026-03-10 ", Window.DAY, "2026-03-10T00:00"),
        ("2026-03", Window.MONTH, "2026-03-01T00:00"),
        ("2026-Q1", Window.QUARTER, "2026-01-01T00:00"),
        ("2026-Q4", Window.QUARTER, "2026-10-01T00:00"),
        ("2026", Window.YEAR, "2026-01-01T00:00"),
    ],
)
def test_a_window_is_read_as_it_is_written(text: str, window: Window, start: str) -> None:
    assert window_named(text) == (window, at(start))


@pytest.mark.parametrize(
    "text",
    ["", "today", "2026-03-10T24", "2026-03-10T14:30", "2026-03-10T14+00:00", "2026-03-10/8h", "2026-02-30", "2026-13",
     "2026-Q5", "26", "0001", "9999", "2026-03-10T14/24h", "２０２６"],
)  # fmt: skip
def test_what_is_no_window_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(InputError, match="is no window") as refused:
        window_named(text)
    assert "2026-03-10T14/8h" in str(refused.value)


@given(st.sampled_from(Window), st.integers(0, 30_000_000_000 // HOUR))
def test_a_window_told_is_read_as_the_same(window: Window, hour: int) -> None:
    start = hour * HOUR
    if window is Window.DAY:
        start = day_start(start)
    elif window in PERIODS:
        start = window.holding(day_start(start))
    assert window_named(window_text(window, start)) == (window, start)


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("a34002", "a34002"),
        ("pm2.5", "a34004"),
        ("SO₂", "a21026"),
        ("可吸入颗粒物", "a34002"),
        ("aqi", "AQI"),
        ("IAQI_PM10", "IAQI_a34002"),
        ("iaqi_O3 8h", "IAQI_a05024_8h_max"),
        ("IAQI_a05024_1h_max", "IAQI_a05024_1h_max"),
        ("O3 8h", "a05024_8h_max"),
        ("a05024_1h_max", "a05024_1h_max"),
        ("O3 1h", "a05024_1h_max"),
        ("PM2.5_p95", "a34004_p95"),
        ("a05024_8h_p90", "a05024_8h_p90"),
        ("O3 p90", "a05024_8h_p90"),
        ("I_CO", "I_a21005"),
        ("Composite_Index", "composite_index"),
        ("days_level3", "days_level3"),
    ],
)
def test_a_factor_goes_by_any_of_its_names(name: str, factor: str) -> None:
    assert factor_named(name) == factor


@pytest.mark.parametrize("name", ["", "unobtainium", "IAQI_", "IAQI_nothing", "x_p95", "days_level7", "p95"])
def test_what_is_no_factor_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="is no factor"):
        factor_named(name)


def test_a_city_is_named_as_one_and_anything_else_is_a_station() -> None:
    asked = question("city:晋城市", "PM10", "2026-03-10", tier=Tier.REVIEWED, sanddust=False)
    assert (asked.object, asked.name, asked.of_city) == ("city:晋城市", "晋城市", True)
    assert asked.variant == Variant(Tier.REVIEWED, sanddust=False)
    for name in ("jc-1", "station:jc-1"):
        asked = question(name, "PM10", "2026-03-10T14", tier=Tier.RAW, sanddust=True)
        assert (asked.object, asked.name, asked.of_city) == ("station:jc-1", "jc-1", False)
