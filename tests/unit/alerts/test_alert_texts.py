"""An alert as it is stored and told: its texts, its times, and who may be disturbed by it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts.alert import Alert, Place, alert_of, hour_en, hour_zh, number_text
from alerts.engine import Track, judge
from alerts.rules import book
from alerts.rules.model import Rule
from alerts.watched import Fact, judged

DUST = book.load().get("dust-stop-work")
HOUR = 3600
ELEVEN_PM = int(datetime.fromisoformat("2026-03-02T23:00:00+08:00").timestamp())
SITE = Place("东环工地", "East ring site", "cam-7")


def alert_after(
    *values: float, place: Place = SITE, live: bool = True, rule: Rule = DUST, looked: float = 5.0
) -> Alert:
    """The alert after hours of these values from 22:00 of 2 March on, each looked at so many seconds after its end."""
    track, alert = Track(), None
    facts: dict[int, Fact] = {}
    for at, value in enumerate(values, -1):
        start = ELEVEN_PM + at * HOUR
        facts[start] = Fact(start, start + HOUR, 1, value, None, 60, 60, "2026", live)
        outcome = judge(rule, track, judged(rule, facts), start + HOUR + looked)
        track = outcome.track
        for event in outcome.events:
            alert = alert_of(rule, "station:d1", event, "晋城市", place, None)
    assert alert is not None
    return alert


def test_the_texts_name_the_site_the_hour_the_values_and_the_camera() -> None:
    alert = alert_after(300.0, 260.46)
    assert alert.title_zh == "扬尘停工：东环工地 PM10 小时均值 260.46 µg/m³"
    assert alert.title_en == "Stop dust work: East ring site, PM10 hourly mean 260.46 µg/m³"
    assert alert.detail_zh.startswith("2026-03-02 24时（23:00–00:00） PM10 小时均值 260.46 µg/m³，达到停工值 250 µg/m³")
    assert "本次最高 300 µg/m³，已持续 2 小时。现场摄像头：cam-7" in alert.detail_zh
    assert "check on camera cam-7" in alert.todo_en


def test_a_site_without_a_camera_says_so() -> None:
    alert = alert_after(300.0, place=Place("某工地", "A site"))
    assert "现场摄像头：未登记" in alert.detail_zh
    assert "Camera: none registered" in alert.detail_en


def test_an_alert_opens_at_the_end_of_the_first_window_that_exceeds_and_clears_at_the_end_of_the_one_that_ends_it() -> (
    None
):
    alert = alert_after(300.0, 260.0, 100.0)
    assert alert.state == "cleared"
    assert alert.opened_at == datetime.fromtimestamp(ELEVEN_PM, UTC)
    assert alert.cleared_at == datetime.fromtimestamp(ELEVEN_PM + 2 * HOUR, UTC)
    assert alert.updated_at == datetime.fromtimestamp(ELEVEN_PM + 2 * HOUR + 5, UTC)
    assert (alert.value, alert.peak, alert.closed_at) == (260.0, 300.0, None)


@pytest.mark.parametrize(("live", "origin"), [(True, "live"), (False, "history")])
def test_only_live_readings_page(live: bool, origin: str) -> None:
    alert = alert_after(300.0, live=live)
    assert (alert.origin, alert.pages) == (origin, live)


def test_the_chinese_label_of_an_hour_is_its_end_and_midnight_is_24_of_the_day_before() -> None:
    assert hour_zh(ELEVEN_PM, ELEVEN_PM + HOUR) == "2026-03-02 24时（23:00–00:00）"
    assert hour_zh(ELEVEN_PM - HOUR, ELEVEN_PM) == "2026-03-02 23时（22:00–23:00）"
    assert hour_en(ELEVEN_PM - HOUR, ELEVEN_PM) == "2026-03-02 22:00–23:00"


@pytest.mark.parametrize(
    ("value", "text"), [(250.0, "250"), (260.46, "260.46"), (260.5, "260.5"), (0.0, "0"), (-0.001, "0")]
)
def test_numbers_carry_no_decimals_that_are_nought(value: float, text: str) -> None:
    assert number_text(value) == text


def test_the_severity_is_that_of_now_and_the_gravest_stands_beside_it() -> None:
    so2 = book.load().get("so2-hour")
    alert = alert_after(1100.0, 700.0, rule=so2)
    assert (alert.severity, alert.peak_severity, alert.level, alert.threshold) == ("warning", "critical", 2, 650.0)


def test_what_a_rule_finds_in_the_past_pages_nobody() -> None:
    day = 24 * 3600.0
    assert alert_after(300.0, looked=day).pages
    late = alert_after(300.0, looked=day + 1)
    assert (late.origin, late.pages) == ("live", False)


def test_windows_of_days_are_named_by_their_days() -> None:
    midnight = ELEVEN_PM + HOUR
    assert hour_zh(midnight, midnight + 24 * HOUR) == "2026-03-03"
    assert hour_en(midnight, midnight + 48 * HOUR) == "2026-03-03 to 2026-03-04"
