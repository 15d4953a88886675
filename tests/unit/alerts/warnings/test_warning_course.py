"""From outlook to outlook: what is proposed, withdrawn, left alone, and issued by a person."""

from __future__ import annotations

import pytest
from course_stage import CLEAN, UNIFIED, Y2024, City, at, day, told, warned, words
from episode_days import SAND, days, forecast

from alerts.warnings.course import (
    Action,
    ActiveWarning,
    Ignored,
    Outlook,
    Proposal,
    Proposed,
    Reason,
    State,
    Withdrawal,
    Withdrawn,
    advance,
    decline,
    issue,
)
from alerts.warnings.scheme import Level


@pytest.mark.parametrize(("first", "proposed"), [(0, True), (3, True), (4, False)])
def test_an_episode_is_proposed_when_it_begins_within_the_schemes_lead(first: int, proposed: bool) -> None:
    expected = [80.0] * first + [250.0, 250.0] + [80.0] * (6 - first)
    assert bool(City().hears(1, [], expected)) is proposed


def test_the_highest_level_of_the_episode_is_proposed_at_once() -> None:
    assert City().hears(1, [], [80, 250, 310, 320, 260, 90, 90, 90]) == ["start red"]


def test_the_forecast_and_the_observed_days_of_one_episode_count_together() -> None:
    assert City().hears(3, [250, 250], [250, 90, 90, 90]) == ["start orange"]


def test_the_same_outlook_again_proposes_nothing_new() -> None:
    city = City()
    expected = [80, 250, 250, 90, 90, 90, 90, 90]
    assert city.hears(1, [], expected) == ["start yellow"]
    assert city.hears(1, [], expected) == []
    assert city.hears(1, [], expected, hour=14) == []


def test_a_later_issue_that_no_longer_supports_a_proposal_withdraws_it() -> None:
    city = City()
    assert city.hears(1, [], [80, 250, 250, 90, 90, 90, 90, 90]) == ["start yellow"]
    assert city.hears(1, [], [80, 250, 190, 90, 90, 90, 90, 90], hour=20) == ["withdrawn start: NOT_SUPPORTED"]
    assert city.state.proposal is None


def test_a_proposal_of_another_level_replaces_the_one_that_stands() -> None:
    city = City()
    city.hears(1, [], [80, 250, 250, 90, 90, 90, 90, 90])
    found = city.hears(1, [], [80, 250, 250, 250, 90, 90, 90, 90], hour=20)
    assert found == ["withdrawn start: REPLACED", "start orange"]


def test_an_episode_that_comes_a_day_later_is_proposed_anew() -> None:
    city = City()
    city.hears(1, [], [80, 80, 250, 250, 90, 90, 90, 90])
    found = city.hears(1, [], [80, 80, 80, 250, 250, 90, 90, 90], hour=20)
    assert found == ["withdrawn start: REPLACED", "start yellow"]


def test_an_episode_that_has_begun_is_not_proposed_anew_when_a_late_day_lengthens_it_backwards() -> None:
    now, later = at(day(5)), at(day(5), 20)
    expected = forecast([250, 90, 90], day(5))
    state = advance(UNIFIED, State(), Outlook(days(80, None, 250, 250), expected, now), now).state
    assert words(advance(UNIFIED, state, Outlook(days(80, 250, 250, 250), expected, later), later)) == []


def test_an_issue_older_than_one_already_used_is_ignored() -> None:
    city = City()
    city.hears(2, [80], [80, 250, 250, 90, 90, 90, 90, 90])
    now = at(day(2), 9)
    late = told([80], CLEAN, now, issued=at(day(1), 20))
    found = advance(UNIFIED, city.state, late, now)
    assert (found.ignored, found.events, found.state) == (Ignored.OLDER_ISSUE, (), city.state)


def test_the_same_issue_with_a_further_observed_day_is_used() -> None:
    issued = at(day(1), 20)
    outlook = told([190], [250, 190, 90, 90, 90], at(day(2)), issued)
    state = advance(UNIFIED, State(), outlook, at(day(2))).state
    later = Outlook(days(190, 230), forecast([250, 250, 90, 90, 90], day(2)), issued)
    assert words(advance(UNIFIED, state, later, at(day(3)))) == ["start yellow"]


def test_forecast_days_before_the_day_of_issue_are_left_out() -> None:
    now = at(day(3))
    old = Outlook((), forecast([250, 250, 250, 80, 80], day(1)), now)
    assert advance(UNIFIED, State(), old, now).events == ()


@pytest.mark.parametrize(
    ("hour", "tomorrow", "after", "ends"),
    [
        (8, 90, 250, True),  # 40 h
        (12, 90, 250, True),  # 36 h
        (13, 90, 250, False),  # 35 h
        (8, 250, 90, False),
        (20, 200, 200, True),
        (8, 201, 90, False),
        (8, None, 90, False),
        (12, 90, None, True),
        (13, 90, None, False),
    ],
)
def test_a_warning_ends_where_it_is_below_and_stays_so_for_36_hours(
    hour: int, tomorrow: float | None, after: float | None, ends: bool
) -> None:
    city = City(state=warned(Level.ORANGE))
    assert city.hears(3, [250, 250], [150, tomorrow, after, *CLEAN[3:]], hour=hour) == (["end"] if ends else [])


def test_a_day_exactly_at_the_threshold_is_below_it_and_one_above_is_not() -> None:
    assert City(state=warned(Level.ORANGE)).hears(3, [250, 250], [200, *CLEAN[1:]]) == ["end"]
    assert City(state=warned(Level.ORANGE)).hears(3, [250, 250], [201, *CLEAN[1:]]) == []


def test_the_36_hours_of_a_proposed_end_run_from_the_proposal_and_not_from_each_look_at_it() -> None:
    city = City(state=warned(Level.ORANGE))
    expected = [150, 90, 250, 250, 90, 90, 90, 90]
    assert city.hears(3, [250, 250], expected, hour=8) == ["end"]
    assert city.hears(3, [250, 250], expected, hour=20) == []
    assert city.hears(3, [250, 250], [150, 210, *CLEAN[2:]], hour=21) == ["withdrawn end: NOT_SUPPORTED"]


def test_the_36_hours_of_a_proposed_end_do_not_count_a_day_that_came_out_above_the_threshold() -> None:
    city = City(state=warned(Level.ORANGE))
    assert city.hears(3, [250, 250], [150, 90, 250, 250, 90, 90, 90, 90]) == ["end"]
    assert city.hears(4, [250, 250, 230], [90, 250, 250, *CLEAN[3:]]) == ["withdrawn end: NOT_SUPPORTED"]


def test_after_the_end_the_next_episode_is_proposed_as_a_start() -> None:
    city = City(state=warned())
    expected = [150, 90, 250, 250, 90, 90, 90, 90]
    city.hears(3, [250, 250], expected)
    city.issues(3)
    assert city.hears(3, [250, 250], expected, hour=10) == ["start yellow"]


def test_missing_days_neither_start_nor_upgrade_nor_downgrade_nor_end() -> None:
    assert City().hears(4, [250, None, None], [250, None, None, 250]) == []
    assert City(state=warned()).hears(3, [250, 250], [None] * 8) == []
    assert City(state=warned()).hears(3, [250, 250], []) == []
    red = City(state=warned(Level.RED))
    assert red.hears(4, [250, 310, 320], [260, None, 250, 90]) == []
    orange = City(state=warned(Level.ORANGE))
    assert orange.hears(4, [250, None, None], [250, 190, 190, 90]) == []


def test_a_level_steps_down_only_if_what_it_was_for_stays_away_for_36_hours() -> None:
    red = City(state=warned(Level.RED))
    assert red.hears(4, [250, 310, 320], [290, 310, 90, *CLEAN[3:]]) == []
    assert red.hears(4, [250, 310, 320], [290, 300, 90, *CLEAN[3:]], hour=20) == ["downgrade orange"]


def test_a_warning_issued_ahead_steps_down_or_is_taken_back_when_the_forecast_is_revised() -> None:
    ahead = warned(Level.ORANGE, first=4)
    city = City(state=ahead)
    assert city.hears(2, [80], [80, 80, 250, 250, 90, 90, 90, 90]) == ["downgrade yellow"]
    assert city.state.proposal is not None
    assert city.state.proposal.reason is Reason.FORECAST_REVISED
    city = City(state=ahead)
    assert city.hears(2, [80], [80, 80, 80, 250, 250, 250, 90, 90]) == []
    assert city.hears(2, [80], CLEAN, hour=20) == ["end"]
    assert city.state.proposal is not None
    assert city.state.proposal.reason is Reason.FORECAST_REVISED


def test_two_clean_days_before_a_warning_begins_do_not_end_it() -> None:
    assert City(state=warned(first=4)).hears(2, [80], [80, 80, 250, 250, 90, 90, 90, 90]) == []


def test_sand_dust_neither_starts_nor_holds_a_warning() -> None:
    now = at(day(3))
    observed = (*days(250, 250), *days((500, SAND), (480, SAND), first=day(3)))
    outlook = Outlook(observed, forecast([90] * 4, day(5)), now)
    assert words(advance(UNIFIED, warned(), outlook, now)) == ["end"]
    alone = Outlook(days((500, SAND), (480, SAND)), forecast(CLEAN, day(3)), now)
    assert advance(UNIFIED, State(), alone, now).events == ()


def test_by_the_scheme_of_2024_it_ends_only_below_150() -> None:
    state = warned(Level.ORANGE)
    assert City(Y2024, state).hears(3, [250, 250], [160, 140, 90, *CLEAN[3:]]) == []
    assert City(Y2024, state).hears(3, [250, 250], [150, 150, 90, *CLEAN[3:]]) == ["end"]


def test_only_what_can_follow_can_be_issued() -> None:
    now = at(day(1))
    with pytest.raises(ValueError, match="no warning is in force"):
        issue(State(), Action.END, now)
    with pytest.raises(ValueError, match="a warning is in force already"):
        issue(warned(), Action.START, now, Level.RED)
    with pytest.raises(ValueError, match="a warning needs a level"):
        issue(State(), Action.START, now)
    with pytest.raises(ValueError, match="a warning needs a level"):
        issue(State(), Action.START, now, Level.CONTROL)
    with pytest.raises(ValueError, match="yellow is no upgrade of yellow"):
        issue(warned(), Action.UPGRADE, now, Level.YELLOW)
    with pytest.raises(ValueError, match="orange is no downgrade of yellow"):
        issue(warned(), Action.DOWNGRADE, now, Level.ORANGE)
    with pytest.raises(ValueError, match="nothing is proposed"):
        decline(State(), now)


def test_a_person_may_issue_what_was_not_proposed() -> None:
    state = issue(State(), Action.START, at(day(1)), Level.ORANGE)
    assert state.in_force == ActiveWarning(Level.ORANGE, day(1), at(day(1)))
    raised = issue(state, Action.UPGRADE, at(day(2)), Level.RED)
    assert raised.in_force == ActiveWarning(Level.RED, day(1), at(day(2)))


def test_a_start_without_a_first_day_begins_when_the_proposed_episode_does() -> None:
    city = City()
    city.hears(1, [], [80, 80, 250, 250, 90, 90, 90, 90])
    assert issue(city.state, Action.START, at(day(1), 9), Level.ORANGE).in_force == ActiveWarning(
        Level.ORANGE, day(3), at(day(1), 9)
    )


def test_events_name_the_proposal_and_why_it_was_withdrawn() -> None:
    now = at(day(1))
    first = advance(UNIFIED, State(), told([], [80, 250, 250, 90], now), now)
    (event,) = first.events
    assert isinstance(event, Proposed)
    condition, both = "AQI>200 持续 48 h 以上", (day(2), day(3))
    assert event.proposal == Proposal(
        Action.START, Level.YELLOW, day(2), Reason.CONDITION_EXPECTED, condition, both, now, now
    )
    second = advance(UNIFIED, first.state, told([], CLEAN, now), now)
    assert second.events == (Withdrawn(event.proposal, Withdrawal.NOT_SUPPORTED),)
