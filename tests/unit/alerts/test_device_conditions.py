"""What is said of a device, and since when."""

from __future__ import annotations

import msgspec
import pytest

from alerts.devices.condition import Device, began, judge_device, minutes
from alerts.devices.running import Running, projected
from alerts.rules import book
from alerts.rules.device import Condition

SILENT = next(rule for rule in book.load().devices if rule.id == "device-silent")
NOON = 1_772_424_000.0


def device(**changes: float | None) -> Device:
    """A minute monitor, heard a second after its minute ended."""
    heard = Device("d1", 60, NOON + 2, NOON + 1, NOON, None, None)
    return msgspec.structs.replace(heard, **changes)


def test_silence_counts_from_when_the_next_report_was_due() -> None:
    assert minutes(Condition.SILENT, device(until=NOON + 1 + 60)) == 0
    assert minutes(Condition.SILENT, device(until=NOON + 1 + 60 + 1800)) == 30
    assert began(Condition.SILENT, device(until=NOON + 5000)) == NOON + 1


def test_of_what_was_never_heard_nothing_is_said() -> None:
    never = device(received=None, ended=None)
    assert {minutes(condition, never) for condition in Condition} == {None}


@pytest.mark.parametrize(("received", "found"), [(NOON + 300, 5), (NOON - 240, 4)])
def test_a_clock_is_off_either_way(received: float, found: float) -> None:
    assert minutes(Condition.CLOCK, device(received=received, until=received)) == found


def test_the_clock_of_what_is_silent_for_a_day_is_no_news() -> None:
    assert minutes(Condition.CLOCK, device(until=NOON + 100_000)) is None


def test_a_stamp_of_the_future_counts_for_an_hour() -> None:
    ahead = {"future_at": NOON, "ahead_s": 600.0}
    assert minutes(Condition.AHEAD, device(**ahead, until=NOON + 3599)) == 10
    assert minutes(Condition.AHEAD, device(**ahead, until=NOON + 3600)) == 0
    assert minutes(Condition.AHEAD, device()) == 0


def test_the_alert_begins_with_the_silence_and_is_told_at_the_look() -> None:
    event = judge_device(SILENT, None, 31.0, NOON, NOON + 1860, next_number=4)
    assert event is not None
    assert event.after is not None
    assert (event.number, event.after.first.start, event.after.first.end) == (4, int(NOON), int(NOON + 1860))
    assert event.after.live


def test_a_look_that_finds_what_stands_is_no_news() -> None:
    opened = judge_device(SILENT, None, 31.0, NOON, NOON + 1860)
    assert opened is not None
    assert opened.after is not None
    assert judge_device(SILENT, (1, opened.after), 90.0, NOON, NOON + 5400) is None


def test_a_running_hour_is_projected_with_its_last_minutes() -> None:
    assert projected(Running(1800, 200.0, 300.0, NOON + 1800), NOON, 15, NOON + 1801) == 250.0
    assert projected(Running(3600, 240.0, 400.0, NOON + 3600), NOON, 15, NOON + 3601) == 240.0


def test_with_too_few_minutes_nothing_is_projected() -> None:
    assert projected(Running(899, 900.0, 900.0, NOON + 1800), NOON, 15, NOON + 1801) is None
    assert projected(Running(900, 900.0, 900.0, NOON + 1800), NOON, 15, NOON + 1801) == 900.0


def test_minutes_long_past_are_no_ground_for_a_projection() -> None:
    flagged_since = Running(1200, 300.0, 300.0, NOON + 1200)
    assert projected(flagged_since, NOON, 15, NOON + 1800) == 300.0
    assert projected(flagged_since, NOON, 15, NOON + 1801) is None


def test_time_out_of_service_is_no_silence() -> None:
    again = msgspec.structs.replace(device(until=NOON + 36_000), in_service=NOON + 35_940)
    assert minutes(Condition.SILENT, again) == 0
    assert began(Condition.SILENT, again) == NOON + 35_940


def test_a_clock_that_was_wrong_from_the_first_day_is_named() -> None:
    never = device(received=None, ended=None, future_at=NOON, ahead_s=7200.0)
    assert minutes(Condition.AHEAD, never) == 120
