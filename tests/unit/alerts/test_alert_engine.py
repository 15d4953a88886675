"""Laws of the engine: whatever the order, the repeats and the corrections, the alerts are those of the windows."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_facts import (
    ALL_AT_ONCE,
    DUST,
    HOUR,
    HYSTERESIS,
    RISING,
    RULES,
    SLOW_TO_CLEAR,
    STEPS,
    STUCK,
    TWO_OF_THREE,
    changed,
    fact,
    tell,
)

from alerts.engine import Episode, Track, episodes_of, judge, settled
from alerts.happening import Happening
from alerts.rules.model import Rule
from alerts.watched import Fact, judged

LAWS = settings(max_examples=150, derandomize=True, deadline=None)

values = st.sampled_from([None, 100.0, 149.0, 199.0, 200.0, 249.0, 250.0, 300.0])
facts_of_a_day = st.lists(
    st.builds(fact, st.integers(0, 9), values, st.integers(1, 4), live=st.booleans()), max_size=25
)
rules = st.sampled_from(RULES)


def one_a_version(facts: list[Fact]) -> list[Fact]:
    """A version of a window says one thing (state-model: every write raises the version)."""
    said: dict[tuple[int, int], Fact] = {}
    return [said.setdefault((one.start, one.version), one) for one in facts]


def latest(facts: list[Fact]) -> dict[int, Fact]:
    return {one.start: one for one in sorted(facts, key=lambda one: one.version)}


def unversioned(episodes: list[Episode]) -> list[tuple[object, ...]]:
    bare = msgspec.structs.replace
    return [
        (tuple(bare(w, version=0) for w in (*e.lead, *e.windows)), e.ended_by and e.ended_by.start) for e in episodes
    ]


@LAWS
@given(facts_of_a_day, rules)
def test_the_alerts_are_those_of_the_latest_windows_whatever_the_order(facts: list[Fact], rule: Rule) -> None:
    facts = one_a_version(facts)
    track, _ = tell(rule, facts)
    expected = episodes_of(rule, judged(rule, latest(facts)))
    found = sorted(track.alerts.values(), key=lambda episode: episode.first.start)
    assert unversioned(found) == unversioned(expected)


@LAWS
@given(facts_of_a_day, rules)
def test_what_the_events_tell_adds_up_to_the_alerts(facts: list[Fact], rule: Rule) -> None:
    track, events = tell(rule, one_a_version(facts))
    standing: dict[int, Episode] = {}
    for event in events:
        born = event.happening in {Happening.OPENED, Happening.SPLIT}
        assert (event.before is None) == born
        assert (event.number in standing) != born
        if event.after is None:
            del standing[event.number]
        else:
            standing[event.number] = event.after
    assert set(standing) == set(track.alerts)
    assert all(standing[number].tells_as(track.alerts[number]) for number in standing)


@LAWS
@given(facts_of_a_day, rules)
def test_judging_the_same_windows_again_changes_nothing(facts: list[Fact], rule: Rule) -> None:
    track, _ = tell(rule, one_a_version(facts))
    again = judge(rule, track, judged(rule, latest(one_a_version(facts))), 0.0)
    assert again.events == ()


@LAWS
@given(facts_of_a_day, rules)
def test_a_number_is_given_out_once(facts: list[Fact], rule: Rule) -> None:
    _, events = tell(rule, one_a_version(facts))
    born = [event.number for event in events if event.before is None]
    assert len(born) == len(set(born))


@LAWS
@given(facts_of_a_day, rules)
def test_history_pages_nobody(facts: list[Fact], rule: Rule) -> None:
    _, events = tell(rule, [msgspec.structs.replace(one, live=False) for one in one_a_version(facts)])
    assert not any(event.after.live for event in events if event.after)


@LAWS
@given(st.lists(values, max_size=14), rules, st.integers(0, 10))
def test_from_where_it_is_settled_a_part_gives_what_the_whole_gives(
    course: list[float | None], rule: Rule, cut: int
) -> None:
    windows = judged(rule, {one.start: one for at, value in enumerate(course) for one in [fact(at, value)]})
    part = windows[cut:]
    place = settled(rule, part)
    since = part[place].start if place < len(part) else float("inf")
    of_part = [episode for episode in episodes_of(rule, part) if episode.first.start >= since]
    of_whole = [episode for episode in episodes_of(rule, windows) if episode.first.start >= since]
    assert of_part == of_whole
    assert not any(
        episode.first.start < since and (episode.ended_by is None or episode.ended_by.start >= since)
        for episode in episodes_of(rule, windows)
        if since != float("inf")
    )


@LAWS
@given(st.lists(values, max_size=12))
def test_in_order_an_alert_opens_once_between_two_clearing_windows(course: list[float | None]) -> None:
    _, events = tell(DUST, [fact(at, value) for at, value in enumerate(course)])
    standing = False
    for event in events:
        if event.happening is Happening.OPENED:
            assert not standing
        standing = event.happening is not Happening.CLEARED
    told = [event.happening for event in events]
    assert set(told) <= {Happening.OPENED, Happening.EXTENDED, Happening.CLEARED}


def story(rule: Rule, *course: float | None) -> list[str]:
    """What happens hour by hour."""
    return [event.happening for event in tell(rule, [fact(at, value) for at, value in enumerate(course)])[1]]


def test_a_window_that_becomes_final_unchanged_is_no_news() -> None:
    track, _ = tell(DUST, [fact(0, 260.0, 1)])
    assert judge(DUST, track, judged(DUST, {0: fact(0, 260.0, 2)}), 0.0).events == ()


def test_a_correction_that_leaves_no_exceedance_withdraws_the_alert() -> None:
    _, events = tell(DUST, [fact(0, 260.0, 1), fact(0, None, 2)])
    assert [event.happening for event in events] == ["opened", "withdrawn"]
    assert events[-1].after is None


def test_an_alert_lasts_between_the_clear_value_and_the_threshold_but_does_not_open_there() -> None:
    assert story(HYSTERESIS, 220.0, 260.0, 220.0, 199.0) == ["opened", "extended", "cleared"]


def test_a_late_clearing_window_divides_an_alert_and_the_later_part_keeps_the_number() -> None:
    _, events = tell(DUST, [fact(0, 260.0), fact(2, 270.0), fact(1, 100.0)])
    assert [(event.happening, event.number) for event in events[-2:]] == [("corrected", 1), ("split", 2)]


def test_a_merged_alert_names_the_one_that_goes_on() -> None:
    _, events = tell(DUST, [fact(0, 260.0), fact(1, 100.0), fact(2, 270.0), fact(1, 255.0, 2)])
    assert (events[-2].happening, events[-2].number, events[-2].heir) == (Happening.MERGED, 1, 2)
    assert (events[-1].happening, events[-1].number) == (Happening.EXTENDED, 2)


def test_what_is_over_before_it_is_known_opens_and_clears() -> None:
    outcome = judge(DUST, Track(), judged(DUST, {one.start: one for one in (fact(0, 260.0), fact(1, 100.0))}), 0.0)
    assert [event.happening for event in outcome.events] == ["opened", "cleared"]


def test_the_peak_of_equals_is_the_earliest_and_of_what_falls_the_least() -> None:
    _, events = tell(DUST, [fact(0, 260.0), fact(1, 300.0), fact(2, 300.0)])
    assert events[-1].after is not None
    assert events[-1].after.peak(DUST).start == HOUR
    low = changed(levels=[{"severity": "info", "below": 10}])
    _, events = tell(low, [fact(0, 5.0), fact(1, 2.0), fact(2, 7.0)])
    assert events[-1].after is not None
    assert events[-1].after.peak(low).value == 2.0


def test_an_alert_rises_and_falls_through_its_levels_each_by_its_own_clear_value() -> None:
    assert story(STEPS, 200.0, 260.0, 310.0, 299.0, 200.0, 199.0, 150.0, 149.0) == [
        "opened", "raised", "raised", "lowered", "extended", "lowered", "extended", "cleared",
    ]  # fmt: skip


def test_an_alert_that_needs_two_of_three_opens_with_the_second_and_names_what_led_to_it() -> None:
    track, events = tell(TWO_OF_THREE, [fact(0, 260.0), fact(1, 100.0), fact(2, 270.0)])
    assert [event.happening for event in events] == ["opened"]
    (alert,) = track.alerts.values()
    assert ([w.start for w in alert.lead], [w.start for w in alert.windows]) == ([0], [2 * HOUR])
    assert story(TWO_OF_THREE, 260.0, 100.0, 100.0, 260.0) == []


def test_a_missing_window_counts_as_one_that_does_not_exceed() -> None:
    assert story(TWO_OF_THREE, 260.0, None, 260.0) == ["opened"]
    assert tell(TWO_OF_THREE, [fact(0, 260.0), fact(3, 260.0)])[1] == []


def test_an_alert_that_clears_slowly_lasts_through_a_single_low_hour() -> None:
    assert story(SLOW_TO_CLEAR, 260.0, 100.0, 260.0, 100.0, 100.0) == ["opened", "extended", "cleared"]
    assert story(SLOW_TO_CLEAR, 260.0, 100.0, None, 100.0) == ["opened", "cleared"]


def test_a_rise_is_against_the_window_so_many_before_and_unknown_where_that_is_missing() -> None:
    assert story(RISING, 100.0, 100.0, 149.0) == []
    assert story(RISING, 100.0, 100.0, 150.0) == ["opened"]
    assert story(RISING, None, 100.0, 300.0) == []


def test_what_does_not_move_is_stuck_and_a_gap_is_not_stuck() -> None:
    assert story(STUCK, 42.0, 42.0, 42.0, 42.5) == ["opened", "cleared"]
    assert story(STUCK, 42.0, None, 42.0) == []


def test_a_correction_of_an_earlier_window_changes_what_later_ones_are_measured_by() -> None:
    _, events = tell(RISING, [fact(0, 100.0), fact(2, 160.0), fact(0, 130.0, 2)])
    assert [event.happening for event in events] == ["opened", "withdrawn"]


@pytest.mark.parametrize(
    ("value", "other", "happens"), [(40.0, 39.0, ["opened"]), (40.0, 40.0, []), (40.0, None, []), (5.0, 1.0, [])]
)
def test_a_comparison_with_another_factor_needs_both_and_a_value_at_the_floor(
    value: float, other: float | None, happens: list[str]
) -> None:
    more = changed(
        watch={
            "kinds": ["air"], "window": "hour", "factor": "a34004", "measure": "ratio",
            "against": {"factor": "a34002"}, "floor": 10,
        },
        levels=[{"severity": "info", "exceeds": 1}],
    )  # fmt: skip
    assert [event.happening for event in tell(more, [fact(0, value, other=other)])[1]] == happens


def test_outside_its_schedule_a_rule_opens_nothing_and_what_is_open_clears() -> None:
    # hour 0 of the tests is 08:00 in Shanghai
    morning = changed(schedule={"hours": [8, 10]}, clear_after=3)
    assert story(morning, 260.0, 270.0, 280.0, 290.0) == ["opened", "extended", "cleared"]


def test_a_season_may_go_over_new_year() -> None:
    winter = changed(schedule={"first": "11-15", "last": "03-15"})
    summer = changed(schedule={"first": "05-01", "last": "09-30"})
    assert (story(winter, 260.0), story(summer, 260.0)) == (["opened"], [])


def test_levels_with_hold_and_slow_clearing_go_together() -> None:
    assert story(ALL_AT_ONCE, 210.0, 310.0, 320.0, 100.0, 160.0, 100.0, 100.0) == [
        "opened", "raised", "lowered", "cleared",
    ]  # fmt: skip


def test_what_led_to_an_alert_counts_as_live_and_what_only_holds_does_not() -> None:
    def live(rule: Rule, *course: tuple[float, bool]) -> bool:
        track, _ = tell(rule, [fact(at, value, live=live) for at, (value, live) in enumerate(course)])
        return any(alert.live for alert in track.alerts.values())

    assert live(TWO_OF_THREE, (260.0, True), (260.0, False))
    assert not live(HYSTERESIS, (260.0, False), (220.0, True))


def test_a_graver_hour_between_two_looks_is_told() -> None:
    track, _ = tell(STEPS, [fact(0, 210.0)])
    windows = judged(STEPS, {one.start: one for one in (fact(0, 210.0), fact(1, 350.0), fact(2, 210.0))})
    outcome = judge(STEPS, track, windows, 0.0)
    assert [event.happening for event in outcome.events] == ["raised"]
    assert outcome.track.alerts[1].peak_level == 3


def test_running_windows_are_counted_by_the_hour_that_they_begin() -> None:
    running = changed(TWO_OF_THREE, watch={"kinds": ["air"], "window": "8h", "factor": "a05024"})
    assert story(running, 260.0, 100.0, 260.0) == ["opened"]
    assert story(running, 260.0, 100.0, 100.0, 260.0) == []


def test_the_cause_of_a_correction_is_the_window_that_left() -> None:
    _, events = tell(HYSTERESIS, [fact(0, 260.0), fact(1, 260.0), fact(1, None, 2)])
    assert (events[-1].happening, events[-1].cause.start, events[-1].cause.version) == ("corrected", HOUR, 2)
