"""What disturbs nobody just now, and why; and which alerts are one episode."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.handling.group import Group, Span, groups
from alerts.handling.hide import Hidden, InForce, Silence, Traits, Why, hidden
from alerts.severity import Severity

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


ALERT = Traits("air-hour", "晋城", "s-1", Severity.WARNING, "micro", "hour")
SILENCE = Silence(1, "张三", "设备检修", at(0), at(60), station="s-1")
RED = InForce("晋城", "red", at(0), at(600))
change = msgspec.structs.replace


@pytest.mark.parametrize(("minute", "silent"), [(-1, False), (0, True), (59, True), (60, False)])
def test_a_silence_holds_from_its_beginning_until_before_its_end(minute: float, silent: bool) -> None:
    assert (hidden(ALERT, [SILENCE], [], at(minute)) is not None) == silent


def test_a_silence_says_who_ordered_it_and_why() -> None:
    assert hidden(ALERT, [SILENCE], [], at(1)) == Hidden(Why.SILENCED, at(60), "张三：设备检修", 1)


@pytest.mark.parametrize(
    "other", [{"rule_id": "x"}, {"city": "长治"}, {"station": "s-2"}, {"severity": Severity.CRITICAL}]
)
def test_all_matchers_that_are_given_have_to_meet_it(other: dict[str, object]) -> None:
    strict = change(SILENCE, rule_id="air-hour", city="晋城", severity=Severity.WARNING)
    assert hidden(ALERT, [strict], [], at(1)) is not None
    assert hidden(change(ALERT, **other), [strict], [], at(1)) is None


def test_of_several_silences_the_one_that_lasts_longest_counts() -> None:
    found = hidden(ALERT, [SILENCE, change(SILENCE, silence_id=2, ends=at(90))], [RED], at(1))
    assert found is not None
    assert (found.silence_id, found.until) == (2, at(90))


def test_a_citys_red_warning_hides_its_single_hours() -> None:
    assert hidden(ALERT, [], [RED], at(1)) == Hidden(Why.CITY_WARNING, at(600), "晋城 red")
    assert hidden(ALERT, [], [change(RED, ends=None)], at(10_000)) is not None


@pytest.mark.parametrize(
    ("alert", "warning", "minute"),
    [
        (change(ALERT, kind="dust"), RED, 1),
        (change(ALERT, time_window="day"), RED, 1),
        (change(ALERT, station=None), RED, 1),
        (change(ALERT, city="长治"), RED, 1),
        (ALERT, change(RED, level="orange"), 1),
        (ALERT, RED, -1),
        (ALERT, RED, 600),
    ],
)
def test_it_hides_no_site_no_day_no_city_nothing_elsewhere_and_nothing_when_it_is_over(
    alert: Traits, warning: InForce, minute: float
) -> None:
    assert hidden(alert, [], [warning], at(minute)) is None


def span(number: int, begins: float, ends: float | None, rule: str = "air-hour", city: str = "晋城") -> Span:
    return Span(number, city, rule, f"station:s-{number}", at(begins), None if ends is None else at(ends))


def ids(found: list[Group]) -> list[list[int]]:
    return [[one.alert_id for one in group.alerts] for group in found]


def test_alerts_of_a_city_and_rule_that_overlap_are_one_episode() -> None:
    story = [span(1, 0, 60), span(2, 30, 120), span(3, 90, None), span(4, 500, None)]
    (group,) = groups(story)
    assert (ids([group]), group.key, group.lasts, len(group.objects)) == (
        [[1, 2, 3, 4]], ("晋城", "air-hour", 1), True, 4,
    )  # fmt: skip


def test_an_episode_lasts_as_long_as_any_of_its_alerts() -> None:
    assert ids(groups([span(1, 0, 100), span(2, 10, 20), span(3, 50, 60)])) == [[1, 2, 3]]


def test_what_only_touches_or_is_of_another_city_or_rule_is_another_episode() -> None:
    story = [span(1, 0, 60), span(2, 60, 90), span(3, 0, 60, city="长治"), span(4, 0, 60, rule="o3")]
    assert ids(groups(story)) == [[1], [4], [3], [2]]


spans = st.lists(
    st.tuples(st.integers(0, 50), st.none() | st.integers(1, 20), st.sampled_from(["a", "b"])), max_size=12
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(spans, st.randoms(use_true_random=False))
def test_every_alert_is_in_one_episode_whatever_the_order(
    given_spans: list[tuple[int, int | None, str]], random: object
) -> None:
    story = [
        span(number, begins, None if lasts is None else begins + lasts, city=city)
        for number, (begins, lasts, city) in enumerate(given_spans)
    ]
    found = groups(story)
    assert sorted(one.alert_id for group in found for one in group.alerts) == list(range(len(story)))
    random.shuffle(story)  # type: ignore[attr-defined]
    assert groups(story) == found
