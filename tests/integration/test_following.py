"""From the alerts' log to who is told what, each entry decided once. Time is passed in; nobody sleeps."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from handling_stage import clock
from notify_stage import Notified, Post, follow_all
from prometheus_client import REGISTRY

from alerts.handling import silences
from alerts.handling.chain import Line, Subject
from alerts.handling.hide import Silence
from alerts.handling.log import append
from alerts.handling.machine import Action
from alerts.handling.order import OrderAction
from alerts.notify import store
from alerts.severity import Severity
from core.postgres import connect
from core.settings import CoreSettings
from deploy.local.notifying import waiting

pytestmark = pytest.mark.stack

ALL = '[[route]]\nid = "all"\nto = ["ROBOT"]\nrules = ["dust-stop-work"]\nabout = ["alert", "order", "dispatch"]\n'


def test_an_opening_is_told_once_however_often_the_log_is_looked_at(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "once", tmp_path)
    post.ground.hours(300)
    for minute in ("09:01", "09:02", "09:03"):
        post.follow(clock(minute))
    assert post.notified() == [Notified(post.robot, "opened", "waiting")]


def test_what_was_followed_in_a_transaction_that_is_lost_is_followed_again(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "lost", tmp_path)
    post.ground.hours(300)
    with closing(connect(stack, "notifier", application="test")) as database, database.cursor() as cursor:
        follow_all(cursor, post.routes, clock("09:01"))
        database.rollback()
    assert post.notified() == []
    post.follow(clock("09:01"))
    assert [one.happening for one in post.notified()] == ["opened"]


def test_two_who_follow_at_once_do_not_tell_twice(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "two", tmp_path)
    post.ground.hours(300)
    with closing(connect(stack, "notifier", application="test")) as database, database.cursor() as cursor:
        follow_all(cursor, post.routes, clock("09:01"))
        post.follow(clock("09:01"))
        assert post.notified() == []
        database.commit()
    post.follow(clock("09:01"))
    assert [one.happening for one in post.notified()] == ["opened"]


def test_that_it_goes_on_is_not_told_and_that_it_is_over_is(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "over", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.ground.hours(320, 100, first=1)
    post.follow(clock("11:01"))
    assert [one.happening for one in post.notified()] == ["opened", "cleared"]


def test_history_is_told_to_nobody(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "oldnews", tmp_path)
    post.ground.hours(300, live=False)
    post.follow(clock("09:01"))
    assert post.ground.alert_ids()
    assert post.notified() == []


def test_what_nobody_could_be_told_for_a_day_is_told_no_more(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "toolate", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:06", day=3))
    assert post.notified() == []


def test_what_was_over_long_before_anybody_looked_is_not_told(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "past", tmp_path)
    post.ground.hours(300, 100)
    post.follow(clock("12:30"))
    assert post.notified() == []


def test_orders_and_dispatches_are_told_as_persons_decide(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "persons", tmp_path, routes=ALL)
    post.ground.hours(300)
    post.ground.do(Action.ACKNOWLEDGE, "张三", clock("09:02"))
    post.ground.order(OrderAction.CONFIRM, "张三", clock("09:03"))
    post.ground.order(OrderAction.ISSUE, "李四", clock("09:04"))
    post.ground.do(Action.DISPATCH, "张三", clock("09:05"), unit="城区住建局")
    post.follow(clock("09:06"))
    assert [one.happening for one in post.notified()] == ["opened", "propose", "confirm", "issue", "dispatch"]


def test_a_unit_with_letters_that_the_database_does_not_take_stops_nothing(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "odd", tmp_path, routes=ALL.replace('"alert", "order", ', ""))
    post.ground.hours(300)
    odd = Line(city=post.ground.site.city, at=clock("09:00"), subject=Subject.HANDLING, happening=Action.DISPATCH,
               alert_id=post.ground.alert_id, detail=json.dumps({"unit": "住建局\0\n二科"}))  # fmt: skip
    with closing(connect(stack, "operator", application="test")) as database, database, database.cursor() as cursor:
        append(cursor, [odd])
    (message,) = post.inbox(clock("09:04"))
    assert "请 住建局  二科 办理" in message


def silence(post: Post, begins: str, ends: str) -> Silence:
    station = post.ground.site.station
    wish = Silence(0, "张三", "设备检修", clock(begins), clock(ends), station=station)
    settings = post.ground.settings
    with closing(connect(settings, "operator", application="test")) as database, database, database.cursor() as cursor:
        return silences.add(cursor, wish, clock(begins))


def test_what_is_silent_is_held_back_and_told_when_the_silence_ends(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "silent", tmp_path)
    silence(post, "08:00", "10:00")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.release(clock("09:59"))
    assert [one.state for one in post.notified()] == ["hidden"]
    post.release(clock("10:00"))
    assert [one.state for one in post.notified()] == ["waiting"]


def test_a_proposed_order_is_as_silent_as_its_alert(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "hushed", tmp_path, routes=ALL)
    silence(post, "08:00", "10:00")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    assert [(one.happening, one.state) for one in post.notified()] == [("opened", "hidden"), ("propose", "hidden")]


def test_an_opening_that_was_hidden_is_not_told_after_what_came_later(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "stale", tmp_path)
    kept = silence(post, "08:00", "20:00")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    with closing(connect(stack, "operator", application="test")) as database, database, database.cursor() as cursor:
        silences.end(cursor, kept.silence_id, "李四", "检修完毕", clock("09:30"))
    # a correction clears the alert, a later hour reopens it: told before the next look at what is hidden
    post.ground.hours(100, first=1)
    post.ground.hours(310, first=1, version=2)
    told = post.inbox(clock("10:10"))
    assert len(told) == 1
    post.release(clock("10:11"))
    assert post.notified()[0] == Notified(post.robot, "opened", "undone")


def test_a_silence_that_is_ended_early_holds_back_no_more(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "unsilent", tmp_path)
    kept = silence(post, "08:00", "20:00")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    with closing(connect(stack, "operator", application="test")) as database, database, database.cursor() as cursor:
        silences.end(cursor, kept.silence_id, "李四", "检修完毕", clock("09:30"))
    post.release(clock("09:31"))
    assert [one.state for one in post.notified()] == ["waiting"]


def test_a_silence_that_outlasts_giving_up_gives_nothing_up(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "long", tmp_path, more='last_resort = "boss-long"')
    silence(post, "08:00", "12:00")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.release(clock("12:00"))
    post.give_up(clock("12:00"))
    assert post.notified() == [Notified(post.robot, "opened", "waiting")]


def test_what_a_silence_held_back_wakes_nobody_when_it_ends_at_night(stack: CoreSettings, tmp_path: Path) -> None:
    quiet = '[[target]]\nid = "robot-dark"\nvia = "apprise"\nurl_secret = "x"\n'
    quiet += 'quiet = { begins = "12:00:00", ends = "14:00:00" }\n'
    route = '[[route]]\nid = "all"\nto = ["robot-dark"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    post = Post(stack, "dusk", tmp_path, routes=quiet + route)
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"), "robot-dark")) == 1
    silence(post, "09:30", "12:30")
    post.ground.hours(100, first=1)
    post.follow(clock("10:01"))
    post.release(clock("12:30"))
    assert post.inbox(clock("13:59"), "robot-dark") == []
    assert len(post.inbox(clock("14:00"), "robot-dark")) == 1


def test_who_was_told_before_a_silence_hears_after_it_that_it_was_none(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "told", tmp_path)
    post.ground.hours(300)
    assert len(post.inbox(clock("09:01"))) == 1
    silence(post, "09:02", "10:00")
    post.ground.hours(200, version=2)
    assert post.inbox(clock("09:20")) == []
    post.release(clock("10:00"))
    (taken_back,) = post.inbox(clock("10:01"))
    assert "【撤销：更正后不再超限】" in taken_back


def test_what_was_over_while_it_was_silent_is_never_told(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "quiet", tmp_path)
    silence(post, "08:00", "12:00")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.ground.hours(100, first=1)
    post.follow(clock("10:01"))
    post.release(clock("12:00"))
    assert [one.state for one in post.notified()] == ["undone", "undone"]


def test_the_doctor_names_a_target_that_is_not_reached_and_what_was_given_up(
    stack: CoreSettings, tmp_path: Path
) -> None:
    post = Post(stack, "doctor", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:01"))

    def said(at: str) -> list[str]:
        return [one.detail for one in waiting(stack, clock(at)) if post.robot in one.detail]

    assert said("09:05") == []
    assert said("09:07") == [f"1 wait for {post.robot}, the oldest since 2026-03-02 01:01 UTC"]
    post.give_up(clock("10:02"))
    assert said("10:03") == [f"1 of the last day could not be told to {post.robot}"]


SHIFTS = """\
duty,begins,ends,person,target
dust,2026-03-02T08:00,2026-03-02T20:00,张三,ROBOT
dust,2026-03-02T20:00,2026-03-03T08:00,李四,BOSS
"""


def test_the_next_shift_is_told_once_what_is_not_done_with(stack: CoreSettings, tmp_path: Path) -> None:
    routes = '[[route]]\nid = "duty"\nto = ["duty:dust"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    post = Post(stack, "shift", tmp_path, routes=routes, more='roster = "roster.csv"')
    roster = SHIFTS.replace("ROBOT", post.robot).replace("BOSS", post.boss)
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.hand_over(clock("19:59"))
    assert post.notified() == [Notified(post.robot, "opened", "waiting")]
    post.hand_over(clock("20:00"))
    post.hand_over(clock("20:01"))
    assert post.notified(post.boss) == [Notified(post.boss, "shift-begins", "waiting")]
    ((said,),) = post.ground.site.rows(
        f"select telling::json->'words'->>'line_zh' from notification where target = '{post.boss}'", role="notifier"
    )
    assert f"#{post.ground.alert_id} 紧急 待确认 扬尘停工" in said


def test_a_shift_is_not_told_of_the_alerts_of_another_centre(stack: CoreSettings, tmp_path: Path) -> None:
    routes = '[[route]]\nid = "duty"\nto = ["duty:dust"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    centres = []
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        post = Post(stack, name, tmp_path / name, routes=routes, more='roster = "roster.csv"')
        roster = SHIFTS.replace("ROBOT", post.robot).replace("BOSS", post.boss)
        (tmp_path / name / "roster.csv").write_text(roster, encoding="utf-8")
        centres.append(post)
    north, south = centres
    north.ground.hours(300)
    north.follow(clock("09:01"))
    south.hand_over(clock("20:00"))
    (said,) = south.inbox(clock("20:01"), south.boss)
    assert "0 条报警未办结" in said


def test_what_is_for_a_duty_that_nobody_has_is_counted_where_there_is_no_last_resort(
    stack: CoreSettings, tmp_path: Path
) -> None:
    routes = '[[route]]\nid = "duty"\nto = ["duty:dust"]\nrules = ["dust-stop-work"]\nabout = ["alert"]\n'
    post = Post(stack, "nobody", tmp_path, routes=routes, more='roster = "roster.csv"')
    roster = (
        SHIFTS.replace("ROBOT", post.robot)
        .replace("BOSS", post.boss)
        .replace("08:00,2026-03-02T20", "10:00,2026-03-02T20")
    )
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    before = REGISTRY.get_sample_value("lantian_notify_given_up_total") or 0
    post.ground.hours(300)
    post.follow(clock("09:01"))
    assert REGISTRY.get_sample_value("lantian_notify_given_up_total") == before + 1


def test_a_storm_that_waits_is_read_within_a_second(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "storm", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:01"))
    with closing(connect(stack, "owner", application="test")) as database, database.cursor() as cursor:
        cursor.execute("analyze notification")  # as the planner knows it from calmer days
        cursor.execute(
            "insert into notification (target, key, thread, addressees, state, made_at, due_at, telling)"
            " select target, key || '.' || number, thread || '.' || number, addressees, state, made_at, due_at, telling"
            " from notification, generate_series(1, 8000) as number where target = %s",
            (post.robot,),
        )
        cursor.execute("set local statement_timeout = '1s'")
        assert len(store.waiting(cursor, post.robot, clock("09:02"))) == store.AT_ONCE
        database.rollback()


def test_what_is_grave_does_not_wait_behind_a_storm(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "behind", tmp_path)
    post.ground.hours(300)
    post.follow(clock("09:01"))
    with closing(connect(stack, "owner", application="test")) as database, database.cursor() as cursor:
        cursor.execute(
            "insert into notification (target, key, thread, addressees, state, made_at, due_at, telling)"
            " select target, key || '.' || number, thread || '.' || number / 3, addressees, state, made_at, due_at,"
            ' replace(telling, \'"urgency":"critical"\', case number when 5000 then \'"urgency":"severe"\''
            ' else \'"urgency":"info"\' end) from notification, generate_series(1, 5000) as number where target = %s',
            (post.robot,),
        )
        found = [one.telling.urgency for one in store.waiting(cursor, post.robot, clock("09:02"))]
        database.rollback()
    assert found.count(Severity.CRITICAL) == found.count(Severity.SEVERE) == 1


def test_a_clock_that_was_set_back_leaves_no_target_unserved(stack: CoreSettings, tmp_path: Path) -> None:
    post = Post(stack, "back", tmp_path)
    post.path.write_text(
        post.path.read_text(encoding="utf-8").replace('"notify-back"', '"notify-back"\nper_minute = 1'),
        encoding="utf-8",
    )
    post.ground.hours(300)
    post.follow(clock("09:01"))
    post.miss(clock("09:02", day=20), post.robot)
    post.ground.hours(100, first=1)
    post.follow(clock("10:01"))
    assert post.targets_with_work(clock("10:02")) == [post.robot]
    assert len(post.inbox(clock("10:03"))) == 1
