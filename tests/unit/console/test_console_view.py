"""What a snapshot says to an operator, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from console_book import TEN, air, alert, read
from hypothesis import given
from hypothesis import strategies as st

from alerts.handling.machine import Stage
from alerts.severity import Severity
from console import words
from console.language import Both, Language
from console.snapshot import Shown, clocks_apart_s
from console.view import LISTED, Asked, Head, air_cards, alert_list, asked_of, head
from core.clock import Clock

ZH, EN = Asked(Language.ZH), Asked(Language.EN)


def head_of(shown: Shown, monotonic: float, language: Language = Language.ZH) -> Head:
    return head(shown, language, clock=Clock(), wall=1_772_416_800.0, monotonic=monotonic, refresh_s=2.0)


def test_an_alert_is_told_in_the_language_that_is_asked_for() -> None:
    (chinese,), (english,) = alert_list(read(alert()), ZH).cards, alert_list(read(alert()), EN).cards
    assert (chinese.severity, chinese.title, chinese.where) == ("紧急", "扬尘停工", "凤台西街工地 · 晋城市")
    assert (chinese.measured, chinese.since) == ("实测 312 µg/m³　限值 250 µg/m³", "自 2026-03-02 09:00")
    assert (chinese.stage, chinese.order, chinese.camera) == ("待确认", "停工令待确认", "未登记")
    assert (english.severity, english.title) == ("critical", "Dust: stop work")
    assert (english.stage, english.order) == ("to be acknowledged", "stop-work order proposed")


def test_the_legal_basis_is_that_of_the_alert_in_any_language() -> None:
    assert {alert_list(read(alert()), asked).cards[0].basis for asked in (ZH, EN)} == {"晋市政办〔2018〕46号"}


def test_only_what_nobody_has_acknowledged_is_marked_as_waiting() -> None:
    cards = alert_list(read(alert(1), alert(2, stage=Stage.ACKNOWLEDGED)), ZH).cards
    assert [card.waits for card in cards] == [True, False]


def test_history_is_marked_for_nobody_is_paged_for_it() -> None:
    assert alert_list(read(alert(history=True)), ZH).cards[0].history == "历史数据，不通知"


def test_city_and_severity_choose() -> None:
    found = read(alert(1), alert(2, city="长治市"), alert(3, severity=Severity.WARNING))
    chosen = alert_list(found, Asked(Language.ZH, "晋城市", Severity.WARNING))
    assert [card.alert_id for card in chosen.cards] == [3]
    assert [(count.severity, count.number) for count in chosen.counts] == [
        (Severity.CRITICAL, 2), (Severity.SEVERE, 0), (Severity.WARNING, 1), (Severity.INFO, 0),
    ]  # fmt: skip
    assert chosen.cities == ("晋城市", "长治市")


def test_a_choice_that_hides_all_does_not_say_that_there_are_none() -> None:
    assert alert_list(read(alert()), Asked(Language.ZH, "长治市")).empty == "没有符合筛选条件的报警"
    assert alert_list(read(), ZH).empty == "没有未解除的报警"


def test_what_is_not_listed_is_said() -> None:
    found = alert_list(
        read(*(alert(n) for n in range(LISTED + 3)), counts={Severity.CRITICAL: 900}, answered_for=7), ZH
    )
    assert len(found.cards) == LISTED
    assert found.notes == (
        "另有 3 条未列出，请用筛选缩小范围",
        f"仅读取最严重的 {LISTED + 3} 条，共 900 条",
        "另有 7 条数据已解除、待人工销号",
    )


def test_before_the_first_answer_it_is_not_known_whether_there_are_alerts() -> None:
    assert "报警情况不明" in head_of(Shown(), 5.0).warning
    assert "数据库不通，报警情况不明" in head_of(Shown(away="refused"), 5.0).warning


def test_what_is_fresh_carries_no_warning() -> None:
    said = head_of(Shown(read=read(), read_at=100.0), 101.0)
    assert (said.warning, said.state) == ("", "实时 · 1 秒前更新")
    assert said.data_time == "数据时间 2026-03-02 10:00:00（北京时间）"


def test_a_database_that_is_away_is_said_with_the_age_of_what_is_shown() -> None:
    said = head_of(Shown(read=read(), read_at=100.0, away="refused"), 142.0)
    assert "以下为 42 秒前的情况" in said.warning
    assert "lantian doctor" in said.warning


def test_what_is_old_is_said_even_if_nothing_else_is_known_to_be_wrong() -> None:
    assert head_of(Shown(read=read(), read_at=100.0), 109.0).warning == ""
    assert "数据已 60 秒未更新" in head_of(Shown(read=read(), read_at=100.0), 160.0).warning


def test_a_data_clock_that_is_days_from_the_consoles_is_said_with_both_times_and_the_remedy() -> None:
    shown = Shown(read=read(data_now=TEN - timedelta(days=5)), read_at=100.0)
    said = head_of(shown, 101.0).clock
    assert "数据时间停在 2026-02-25 10:00" in said
    assert "值班台时钟为 2026-03-02 10:00" in said
    assert "相差 5 天" in said
    assert "LANTIAN_CLOCK_EPOCH" in said
    assert "are 5 d apart" in head_of(shown, 101.0, Language.EN).clock


@pytest.mark.parametrize("data_now", [None, TEN - timedelta(minutes=9), TEN + timedelta(minutes=9)])
def test_a_data_clock_that_is_minutes_away_or_not_known_is_not_warned_of(data_now: datetime | None) -> None:
    assert head_of(Shown(read=read(data_now=data_now), read_at=100.0), 101.0).clock == ""


def test_a_clock_that_runs_faster_may_be_ten_real_minutes_away() -> None:
    found = read(data_now=TEN - timedelta(minutes=50))
    assert clocks_apart_s(found, Clock(speed=6.0)) is None
    assert clocks_apart_s(found, Clock()) == 3000.0


@pytest.mark.parametrize(
    ("level", "colour", "word"),
    [
        (1, "#00E400", "优"),
        (2, "#FFFF00", "良"),
        (3, "#FF7E00", "轻度污染"),
        (4, "#FF0000", "中度污染"),
        (5, "#99004C", "重度污染"),
        (6, "#7E0023", "严重污染"),
    ],
)
def test_levels_have_the_official_colours_and_words(level: int, colour: str, word: str) -> None:
    (card,) = air_cards([air(level=level)], ZH)
    assert (card.colour, card.level) == (colour, word)


def test_a_city_whose_level_is_not_known_is_drawn_grey_with_its_aqi() -> None:
    (card,) = air_cards([air(aqi=212, level=None)], ZH)
    assert (card.aqi, card.level, card.colour) == ("212", "级别不明", words.NO_LEVEL_COLOUR)


def test_a_city_shows_its_hour_and_its_primary_pollutant() -> None:
    (card,) = air_cards([air()], ZH)
    assert (card.aqi, card.primary, card.hour) == ("168", "首要污染物 PM2.5", "03-02 09:00–10:00")
    (clean,) = air_cards([air(aqi=40, level=1, primary=())], EN)
    assert (clean.primary, clean.level) == ("no primary pollutant", "excellent")


def test_the_worst_air_comes_first() -> None:
    cards = air_cards([air("甲", 40, 1), air("乙", 210, 5)], ZH)
    assert [card.city for card in cards] == ["乙", "甲"]


def test_the_hour_before_midnight_ends_at_24() -> None:
    last = air()
    end = datetime(2026, 3, 2, 16, tzinfo=UTC)
    (card,) = air_cards([type(last)(city="甲", start=end.replace(hour=15), end=end, aqi=50, level=1, primary=())], ZH)
    assert card.hour == "03-02 23:00–24:00"


@given(st.builds(Asked, st.sampled_from(Language), st.text(max_size=100), st.none() | st.sampled_from(Severity)))
def test_an_address_leads_to_the_page_that_it_was_made_of(asked: Asked) -> None:
    parameters = dict(parse_qsl(asked.address().removeprefix("/?"), keep_blank_values=True))
    assert asked_of(parameters, Language.ZH) == asked


@given(st.dictionaries(st.sampled_from(["lang", "city", "severity", "x"]), st.text(max_size=300)))
def test_any_address_leads_to_a_page(parameters: dict[str, str]) -> None:
    asked = asked_of(parameters, Language.EN)
    alert_list(read(alert()), asked)
    assert len(asked.city) <= 100


def test_both_languages_are_said_everywhere() -> None:
    spoken = [value for value in vars(words).values() if isinstance(value, Both)]
    assert spoken
    assert all(both.zh and both.en for both in spoken)
