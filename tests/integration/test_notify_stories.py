"""What people read on their phones: stories of a dust site, an hour at a time. Time is passed in; nobody sleeps."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from engine_stage import EIGHT, HOUR
from handling_stage import BOOK, clock
from notify_stage import Post

from alerts.handling.escalate import Escalations
from alerts.handling.grid import Grid, Leader
from alerts.handling.machine import Action
from alerts.handling.order import OrderAction
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry

pytestmark = pytest.mark.stack

ALL = '[[route]]\nid = "all"\nto = ["ROBOT"]\nrules = ["dust-stop-work"]\nabout = ["alert", "order", "overdue"]\n'


def titles(messages: list[str]) -> list[str]:
    """First lines, without how grave it is."""
    return [message.splitlines()[0].partition("〕")[2] for message in messages]


def test_an_exceedance_its_order_and_its_end(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "ordered", tmp_path, routes=ALL)
    post.ground.hours(312)
    (first,) = post.inbox(clock("09:01"))
    assert first.startswith(f"〔紧急〕【触发】扬尘停工：{post.ground.site.station}")
    assert f"【建议停工】{post.ground.site.station}" in first
    assert f"lantian alerts order confirm {post.ground.alert_id}" in first
    post.ground.do(Action.ACKNOWLEDGE, "张三", clock("09:03"))
    post.ground.order(OrderAction.CONFIRM, "张三", clock("09:05"))
    post.ground.order(OrderAction.ISSUE, "李四", clock("09:06"))
    (issued,) = titles(post.inbox(clock("09:07")))
    assert issued == f"【下达停工令】{post.ground.site.station}"
    post.ground.hours(340, first=1)
    assert post.inbox(clock("10:01")) == []
    post.ground.hours(90, first=2)
    (cleared,) = titles(post.inbox(clock("11:01")))
    assert cleared.startswith("【解除】扬尘停工")


def test_a_late_correction_takes_back_what_was_told(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "undo", tmp_path)
    post.ground.hours(300)
    assert titles(post.inbox(clock("09:01")))[0].startswith("【触发】")
    post.ground.hours(200, version=2)
    assert titles(post.inbox(clock("09:20")))[0].startswith("【撤销：更正后不再超限】")


def test_who_heard_nothing_before_the_correction_never_does(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "unheard", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:00"))
    post.ground.hours(200, version=2)
    assert post.inbox(clock("09:20")) == []


def test_a_value_that_goes_up_and_down_is_one_message_to_who_was_away(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "flap", tmp_path)
    for hour, value in enumerate((300, 100, 310, 90, 320)):
        post.ground.hours(value, first=hour)
        post.follow(clock(f"{9 + hour:02}:01"))
    (message,) = post.inbox(clock("13:02"))
    lines = message.splitlines()
    assert [line.partition("】")[0] for line in lines[1:4]] == ["【解除", "【解除", "【触发"]
    assert len(post.ground.alert_ids()) == 3


def test_history_is_read_by_nobody(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "read", tmp_path, routes=ALL)
    post.ground.hours(300, 320, live=False)
    assert post.inbox(clock("10:01")) == []


def escalate(post: Post, grid: Grid, at: datetime) -> None:
    settings = post.ground.settings
    with closing(connect(settings, "engine", application="test")) as database, database, database.cursor() as cursor:
        engine = Escalations(grid, every_s=60.0)
        engine.tick(cursor, BOOK, [post.ground.site.partition], Registry.empty(), at.timestamp())


def test_a_night_in_which_nobody_acknowledges_wakes_the_leader_though_the_office_sleeps(
    stack: CoreSettings, tmp_path: Path
) -> None:
    post = Post(stack, "night", tmp_path, routes=ALL.replace('"overdue"', '"order"'))
    grid = Grid((Leader("北石店镇", "赵镇长", post.boss, (post.ground.site.station,)),))
    at_night = 15
    post.ground.tell(post.ground.site.statement(at_night, 300.0), at=EIGHT + (at_night + 1) * HOUR + 5)
    assert len(post.inbox(clock("00:01", day=3))) == 1
    escalate(post, grid, clock("00:09", day=3))
    assert post.inbox(clock("00:09", day=3), post.boss) == []
    escalate(post, grid, clock("00:11", day=3))
    (woken,) = post.inbox(clock("00:12", day=3), post.boss)
    assert "【逾期未确认】" in woken
    assert "报 北石店镇 赵镇长" in woken
    escalate(post, grid, clock("00:13", day=3))
    assert post.inbox(clock("00:14", day=3), post.boss) == []


def test_quiet_hours_hold_back_what_is_not_grave_until_the_morning(stack: CoreSettings, tmp_path: Path) -> None:
    quiet = '[[target]]\nid = "office-quiet"\nvia = "apprise"\nurl_secret = "x"\n'
    quiet += 'quiet = { begins = "08:30:00", ends = "12:00:00" }\n'
    route = '[[route]]\nid = "all"\nto = ["office-quiet"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    post = Post(stack, "office", tmp_path, routes=quiet + route)
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"), "office-quiet")) == 1
    post.ground.hours(100, first=1)
    assert post.inbox(clock("10:01"), "office-quiet") == []
    assert titles(post.inbox(clock("12:00"), "office-quiet"))[0].startswith("【解除】")


DUTY = '[[route]]\nid = "duty"\nto = ["duty:dust"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
SHIFTS = """\
duty,begins,ends,person,target
dust,2026-03-02T08:00,2026-03-02T10:30,张三,ROBOT
dust,2026-03-02T10:30,2026-03-02T20:00,李四,BOSS
"""


def test_the_next_shift_reads_that_what_the_last_was_told_is_over(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "relieved", tmp_path, routes=DUTY, more='roster = "roster.csv"')
    roster = SHIFTS.replace("ROBOT", post.robot).replace("BOSS", post.boss)
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"))) == 1
    post.ground.hours(100, first=2)
    assert titles(post.inbox(clock("11:01"), post.boss))[0].startswith("【解除】")
    assert post.inbox(clock("11:02")) == []


@pytest.mark.parametrize("tried", [True, False])
def test_what_could_not_be_delivered_in_the_evening_wakes_nobody_at_night(
    stack: CoreSettings, tmp_path: Path, tried: bool
) -> None:
    office = f"office-{tried}".lower()
    quiet = f'[[target]]\nid = "{office}"\nvia = "apprise"\nurl_secret = "x"\n'
    quiet += 'quiet = { begins = "10:10:00", ends = "20:00:00" }\n'
    route = f'[[route]]\nid = "all"\nto = ["{office}"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    post = Post(stack, f"evening-{tried}".lower(), tmp_path, routes=quiet + route)
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"), office)) == 1
    post.ground.hours(100, first=1)
    post.follow(clock("10:01"))
    if tried:
        post.miss(clock("10:02"), office)
    assert post.inbox(clock("10:30"), office) == []
    post.give_up(clock("19:59"))
    assert titles(post.inbox(clock("20:00"), office))[0].startswith("【解除】")


def test_what_is_grave_is_tried_again_in_quiet_hours(stack: CoreSettings, tmp_path: Path) -> None:
    quiet = '[[target]]\nid = "office-awake"\nvia = "apprise"\nurl_secret = "x"\n'
    quiet += 'quiet = { begins = "09:10:00", ends = "20:00:00" }\n'
    route = '[[route]]\nid = "all"\nto = ["office-awake"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    post = Post(stack, "awake", tmp_path, routes=quiet + route)
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.miss(clock("09:02"), "office-awake")
    assert len(post.inbox(clock("09:30"), "office-awake")) == 1
