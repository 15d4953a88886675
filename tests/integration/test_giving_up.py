"""What becomes of what cannot be told to whom it is for. Time is passed in; nobody sleeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from handling_stage import clock
from notify_stage import Notified, Post

from core.settings import CoreSettings

pytestmark = pytest.mark.stack


def test_what_could_not_be_told_for_too_long_goes_to_the_last_resort(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "resort", tmp_path, more='last_resort = "boss-resort"')
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.give_up(clock("10:01"))
    assert post.notified() == [Notified(post.robot, "opened", "waiting")]
    post.give_up(clock("10:02"))
    post.give_up(clock("10:03"))
    assert post.notified() == [Notified(post.robot, "opened", "given-up"), Notified(post.boss, "opened", "waiting")]


def test_the_last_resort_hears_the_end_of_what_it_was_told(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "resort2", tmp_path, more='last_resort = "boss-resort2"')
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.give_up(clock("10:02"))
    post.ground.hours(100, first=2)
    post.follow(clock("11:01"))
    assert post.notified(post.boss)[-1] == Notified(post.boss, "cleared", "waiting")


def test_the_last_resort_hears_that_what_was_told_was_none(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "recall", tmp_path, more='last_resort = "boss-recall"')
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"))) == 1
    post.ground.hours(200, version=2)
    post.follow(clock("09:20"))
    post.give_up(clock("10:21"))
    (taken_back,) = post.inbox(clock("10:22"), post.boss)
    assert "（未能送达 robot-recall）【撤销" in taken_back


def test_the_last_resort_is_not_told_what_was_none_before_anybody_heard(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "moot", tmp_path, more='last_resort = "boss-moot"')
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.ground.hours(200, version=2)
    post.follow(clock("09:20"))
    post.give_up(clock("10:10"))
    assert post.inbox(clock("10:12"), post.boss) == []


def test_the_last_resort_hears_with_what_it_is_told_that_it_is_over_by_now(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "bygone", tmp_path, more='last_resort = "boss-bygone"')
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.ground.hours(100, first=1)
    post.follow(clock("10:01"))
    post.give_up(clock("10:02"))
    (said,) = post.inbox(clock("10:03"), post.boss)
    assert "（未能送达 robot-bygone）【解除】" in said


def test_what_could_not_be_told_to_another_wakes_no_last_resort_that_sleeps(
    stack: CoreSettings, tmp_path: Path
) -> None:
    post = Post(stack, "asleep", tmp_path, more='last_resort = "boss-asleep"')
    boss = 'id = "boss-asleep"\n'
    quiet = 'quiet = { begins = "09:30:00", ends = "12:00:00" }\n'
    post.path.write_text(post.path.read_text(encoding="utf-8").replace(boss, boss + quiet), encoding="utf-8")
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"))) == 1
    post.ground.hours(100, first=1)
    post.follow(clock("10:01"))
    post.give_up(clock("11:02"))
    assert post.inbox(clock("11:03"), post.boss) == []
    assert len(post.inbox(clock("12:00"), post.boss)) == 1


def test_what_waits_for_a_target_that_was_taken_out_while_nobody_ran_goes_to_the_last_resort(
    stack: CoreSettings, tmp_path: Path
) -> None:
    post = Post(stack, "gone", tmp_path, more='last_resort = "boss-gone"')
    post.ground.hours(300)
    post.follow(clock("09:01"))
    text = post.path.read_text(encoding="utf-8")
    post.path.write_text(text.replace(post.robot, "renamed-gone"), encoding="utf-8")
    post.give_up(clock("09:11"))
    assert post.notified() == [Notified(post.robot, "opened", "waiting")]
    post.give_up(clock("09:12"))
    assert post.notified() == [Notified(post.robot, "opened", "given-up"), Notified(post.boss, "opened", "waiting")]


def test_what_waits_for_the_target_of_another_centre_is_left_to_its_file(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "ours", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:01"))
    (tmp_path / "other").mkdir()
    other = Post(stack, "theirs", tmp_path / "other")
    other.give_up(clock("21:00"))
    assert post.notified() == [Notified(post.robot, "opened", "waiting")]
