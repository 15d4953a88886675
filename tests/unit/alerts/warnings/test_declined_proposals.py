"""What a person declines is not proposed again at once, and not kept back for ever."""

from __future__ import annotations

from course_stage import CLEAN, UNIFIED, City, at, day, warned, words
from episode_days import days, forecast

from alerts.warnings.course import Outlook, Reason, advance, decline
from alerts.warnings.scheme import Level


def test_what_a_person_declines_is_not_proposed_again_while_nothing_changes() -> None:
    city = City()
    expected = [80, 250, 250, 90, 90, 90, 90, 90]
    city.hears(1, [], expected)
    city.state = decline(city.state, at(day(1), 9))
    assert city.hears(1, [], expected, hour=20) == []
    assert city.state.proposal is not None
    assert city.state.proposal.declined == at(day(1), 9)
    assert city.hears(2, [80], [250, 250, 250, 90, 90, 90, 90, 90]) == ["withdrawn start: REPLACED", "start orange"]


def test_a_start_that_was_declined_is_proposed_anew_when_it_has_come_about_the_next_day() -> None:
    city = City()
    city.hears(1, [], [80, 250, 250, 90, 90, 90, 90, 90])
    city.state = decline(city.state, at(day(1), 9))
    assert city.hears(1, [], [80, 250, 250, 90, 90, 90, 90, 90], hour=23) == []
    assert city.hears(2, [80], [250, 250, 90, 90, 90, 90, 90, 90], hour=0) == [
        "withdrawn start: REPLACED",
        "start yellow",
    ]


def test_an_end_that_was_declined_is_proposed_again_on_the_next_day_that_is_clear_and_stays_so() -> None:
    city = City(state=warned(Level.ORANGE))
    clear = [150, 90, 90, 80, 80, 80, 80, 80]
    assert city.hears(3, [250, 250], clear) == ["end"]
    city.state = decline(city.state, at(day(3), 9))
    assert city.hears(3, [250, 250], clear, hour=20) == []
    assert city.hears(4, [250, 250, 145], clear[1:]) == ["withdrawn end: REPLACED", "end"]
    city.state = decline(city.state, at(day(4), 9))
    assert city.hears(4, [250, 250, 145], clear[1:], hour=23) == []


def test_the_36_hours_of_an_end_that_was_declined_the_day_before_run_anew() -> None:
    city = City(state=warned())
    expected = [150, 90, 250, 250, 90, 90, 90, 90]
    assert city.hears(3, [250, 250], expected) == ["end"]
    city.state = decline(city.state, at(day(3), 9))
    assert city.hears(4, [250, 250, 150], [90, 250, 250, 90, 90, 90, 90]) == ["withdrawn end: NOT_SUPPORTED"]


def test_what_was_declined_is_proposed_again_on_the_same_day_for_another_reason() -> None:
    city = City(state=warned(Level.RED, first=1))
    assert city.hears(2, [250], [250, 250, 250, 90, 90, 90, 90, 90]) == ["downgrade orange"]
    assert city.state.proposal is not None
    assert city.state.proposal.reason is Reason.FORECAST_REVISED
    city.state = decline(city.state, at(day(2), 9))
    now = at(day(2), 20)
    corrected = Outlook(days(500), forecast([250, 250, 250, *CLEAN[3:]], day(2)), now)
    assert words(advance(UNIFIED, city.state, corrected, now)) == ["withdrawn downgrade: REPLACED", "downgrade orange"]
