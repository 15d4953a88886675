"""The life of alerts with persons, on a real database: stories told in the time that they are given."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from engine_stage import RULE
from handling_stage import Ground, clock, log_holds

from alerts.handling.answers import Already, Refusal, Refused, Taken
from alerts.handling.machine import Action
from alerts.handling.order import OrderAction
from alerts.handling.show import lines, of_alert
from alerts.rules.book import RuleBook
from alerts.rules.level import Level
from alerts.severity import Severity
from core.postgres import connect
from core.settings import CoreSettings

pytestmark = pytest.mark.stack


def test_a_dust_site_from_the_first_exceedance_to_the_verified_close(stack: CoreSettings) -> None:
    ground = Ground(stack, "whole-story")
    ground.hours(180.0, 312.0)
    assert ground.stands() == ("open", "open", "proposed", None)

    ground.do(Action.ACKNOWLEDGE, "值班员张", clock("10:03"))
    ground.order(OrderAction.CONFIRM, "值班员张", clock("10:06"))
    ground.order(OrderAction.ISSUE, "科长刘", clock("10:08"))
    ground.do(Action.DISPATCH, "值班员张", clock("10:09"), unit="城区住建局")
    ground.order(OrderAction.RECEIVE, "工地赵", clock("10:20"))
    ground.hours(270.0, 96.0, first=2)
    assert ground.stands() == ("cleared", "dispatched", "received", None)

    ground.do(Action.FEEDBACK, "住建局孙", clock("12:30"), text="土方已停，裸土覆盖", reference="file:site.jpg")
    refused = ground.ask(Action.VERIFY, "科长刘", clock("12:40"))
    assert isinstance(refused, Refused)
    assert refused.reason is Refusal.ORDER_STANDS
    ground.order(OrderAction.LIFT, "科长刘", clock("12:45"), "复测达标")
    for helper in ("住建局孙", "值班员张"):
        refused = ground.ask(Action.VERIFY, helper, clock("12:50"))
        assert isinstance(refused, Refused)
        assert refused.reason is Refusal.SAME_PERSON
    ground.do(Action.VERIFY, "科长刘", clock("13:00"), text="现场复核无误")
    assert ground.stands() == ("cleared", "closed", "lifted", clock("13:00"))
    assert ground.record() == [
        ("opened", None), ("propose", None),
        ("acknowledge", "值班员张"), ("confirm", "值班员张"), ("issue", "科长刘"), ("dispatch", "值班员张"),
        ("receive", "工地赵"), ("extended", None), ("cleared", None),
        ("feedback", "住建局孙"), ("lift", "科长刘"), ("verify", "科长刘"),
    ]  # fmt: skip
    assert log_holds(ground)


def test_what_was_closed_stays_closed_when_late_data_goes_on(stack: CoreSettings) -> None:
    ground = Ground(stack, "stays-closed")
    ground.hours(300.0)
    ground.do(Action.FALSE_ALARM, "值班员张", clock("09:10"), text="雾炮对着采样口")
    ground.order(OrderAction.DECLINE, "值班员张", clock("09:11"), "误报")
    ground.do(Action.VERIFY, "科长刘", clock("09:30"))
    told = [notice.alert for notice in ground.hours(310.0, 90.0, first=1) if notice.alert.rule_id == RULE]
    assert ground.stands() == ("cleared", "false-alarm", "declined", clock("09:30"))
    assert [(alert.state, alert.closed_at) for alert in told] == [
        ("open", clock("09:30")),
        ("cleared", clock("09:30")),
    ]


def test_two_operators_at_once_and_the_second_is_told_who_was_first(stack: CoreSettings) -> None:
    ground = Ground(stack, "two-at-once")
    ground.hours(300.0)
    alert_id, answers = ground.alert_id, dict[str, object]()

    def acknowledge(who: str) -> None:
        answers[who] = ground.ask(Action.ACKNOWLEDGE, who, clock("09:02"), alert_id)

    both = [threading.Thread(target=acknowledge, args=(who,)) for who in ("张三", "李四")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    first = next(who for who, answer in answers.items() if isinstance(answer, Taken))
    second = next(answer for answer in answers.values() if isinstance(answer, Refused))
    assert second.before is not None
    assert (second.reason, second.before.who, second.before.at) == (Refusal.ANOTHER_WAS_FIRST, first, clock("09:02"))
    assert isinstance(ground.ask(Action.ACKNOWLEDGE, first, clock("09:05")), Already)
    assert ground.record("handling") == [("acknowledge", first)]


def test_what_a_correction_reopens_has_to_be_acknowledged_again(stack: CoreSettings) -> None:
    ground = Ground(stack, "reopened")
    ground.hours(300.0, 100.0)
    ground.do(Action.ACKNOWLEDGE, "张三", clock("10:10"))
    ground.hours(280.0, first=1, version=2)
    assert ground.stands()[:2] == ("open", "open")
    assert log_holds(ground)
    ground.do(Action.ACKNOWLEDGE, "李四", clock("11:00"))
    assert ground.stands()[:2] == ("open", "acknowledged")


def test_an_alert_that_is_withdrawn_takes_its_proposed_order_along(stack: CoreSettings) -> None:
    ground = Ground(stack, "unproposed")
    ground.hours(300.0)
    ground.hours(120.0, version=2)
    assert ground.stands()[:3] == ("withdrawn", "open", "withdrawn")
    assert ground.record() == [("opened", None), ("propose", None), ("withdrawn", None), ("withdraw", None)]


def test_an_order_that_was_issued_is_flagged_when_its_alert_is_withdrawn(stack: CoreSettings) -> None:
    ground = Ground(stack, "flagged")
    ground.hours(300.0)
    ground.order(OrderAction.CONFIRM, "张三", clock("09:05"))
    ground.order(OrderAction.ISSUE, "张三", clock("09:06"))
    ground.hours(120.0, version=2)
    flagged = "select stage, flagged from v_stop_work_orders join v_alerts using (alert_id) where city = %(city)s"
    assert ground.site.rows(flagged) == [("issued", True)]
    ground.order(OrderAction.LIFT, "张三", clock("10:00"), "数据更正")
    assert ground.site.rows(flagged) == [("lifted", True)]


def issued(ground: Ground, alert_id: int | None = None) -> None:
    ground.order(OrderAction.CONFIRM, "张三", clock("09:05"), alert_id=alert_id)
    ground.order(OrderAction.ISSUE, "张三", clock("09:06"), alert_id=alert_id)


def test_what_data_reopens_after_its_order_was_lifted_proposes_another(stack: CoreSettings) -> None:
    ground = Ground(stack, "another-order")
    ground.hours(300.0, 100.0)
    issued(ground)
    ground.order(OrderAction.LIFT, "张三", clock("10:10"))
    ground.hours(280.0, first=1, version=2)
    alert_id = ground.alert_id
    assert ground.orders() == [(alert_id, 1, "lifted", False), (alert_id, 2, "proposed", False)]
    ground.order(OrderAction.DECLINE, "李四", clock("10:20"))
    ground.hours(290.0, first=2)
    assert ground.orders()[1:] == [(alert_id, 2, "declined", False)], "it only goes on"
    assert log_holds(ground)


def test_what_comes_to_a_graver_level_than_ever_after_its_order_was_declined_proposes_another(
    stack: CoreSettings,
) -> None:
    ground = Ground(stack, "graver-order")
    rule = ground.book.get(RULE)
    graver = Level(severity=Severity.CRITICAL, reaches=400.0, clear=250.0)
    ground.book = RuleBook((rule.model_copy(update={"levels": (*rule.levels, graver)}),))
    ground.hours(300.0)
    ground.order(OrderAction.DECLINE, "张三", clock("09:05"))
    ground.hours(410.0, 420.0, first=1)
    assert [stage for _, _, stage, _ in ground.orders()] == ["declined", "proposed"]


def test_an_issued_order_goes_on_with_the_later_alert_that_its_own_is_joined_to(stack: CoreSettings) -> None:
    ground = Ground(stack, "joined-order")
    ground.hours(300.0, 100.0)
    earlier = ground.alert_id
    issued(ground)
    ground.hours(300.0, first=2)
    _, later = ground.alert_ids()
    ground.hours(280.0, first=1, version=2)
    assert ground.orders() == [
        (earlier, 1, "handed-on", False),
        (later, 1, "withdrawn", False),
        (later, 2, "issued", False),
    ]
    assert log_holds(ground)
    with closing(connect(stack, "reader", application="test")) as database:
        shown = "\n".join(lines(of_alert(database, later)))
    assert "停工令已下达 stop-work order issued（第 2 份 no. 2）" in shown
    assert f"承接前一次报警的停工令 order taken on from the earlier alert：#{earlier}" in shown
    ground.order(OrderAction.LIFT, "李四", clock("11:30"), alert_id=later)
    assert log_holds(ground)


def test_of_two_orders_that_nobody_issued_that_of_the_later_alert_remains(stack: CoreSettings) -> None:
    ground = Ground(stack, "joined-proposals")
    ground.hours(300.0, 100.0, 300.0)
    earlier, later = ground.alert_ids()
    ground.hours(280.0, first=1, version=2)
    assert ground.orders() == [(earlier, 1, "withdrawn", False), (later, 1, "proposed", False)]
    assert log_holds(ground)


def test_a_closed_case_that_data_reopens_is_opened_again_by_who_acknowledges_it(stack: CoreSettings) -> None:
    ground = Ground(stack, "closed-and-again")
    ground.hours(300.0, 100.0)
    ground.do(Action.FALSE_ALARM, "值班员张", clock("10:10"), text="雾炮对着采样口")
    ground.order(OrderAction.DECLINE, "值班员张", clock("10:11"), "误报")
    ground.do(Action.VERIFY, "科长刘", clock("10:30"))
    ground.hours(280.0, first=1, version=2)
    assert ground.stands() == ("open", "false-alarm", "proposed", clock("10:30"))
    ground.do(Action.ACKNOWLEDGE, "值班员王", clock("10:45"))
    assert ground.stands() == ("open", "acknowledged", "proposed", None)
    assert log_holds(ground)


def test_history_asks_for_no_order(stack: CoreSettings) -> None:
    ground = Ground(stack, "no-order")
    ground.hours(300.0, live=False)
    assert ground.stands()[:3] == ("open", "open", None)


def test_a_word_about_an_alert_that_data_reopens_leaves_it_to_be_acknowledged(stack: CoreSettings) -> None:
    ground = Ground(stack, "only-a-word")
    ground.hours(300.0, 100.0)
    ground.do(Action.COMMENT, "张三", clock("10:10"), text="是否沙尘？")
    ground.hours(280.0, first=1, version=2)
    ground.do(Action.ACKNOWLEDGE, "李四", clock("11:00"), text="已调看视频")
    assert ground.stands()[:2] == ("open", "acknowledged")
    assert log_holds(ground)


def test_engines_and_operators_that_write_at_once_leave_one_whole_chain(stack: CoreSettings) -> None:
    ground = Ground(stack, "all-at-once")
    ground.hours(300.0)
    alert_id = ground.alert_id

    def persons(who: str) -> None:
        for minute in range(10, 30):
            ground.ask(Action.COMMENT, who, clock(f"09:{minute}"), alert_id, text="在看")

    def engine() -> None:
        for version in range(2, 12):
            ground.hours(300.0 + version, version=version)

    everybody = [threading.Thread(target=persons, args=(who,)) for who in ("张三", "李四", "王五")]
    everybody.append(threading.Thread(target=engine))
    for one in everybody:
        one.start()
    for one in everybody:
        one.join()
    assert log_holds(ground)
    happened = [happening for happening, _ in ground.record()]
    assert (happened.count("comment"), happened.count("corrected")) == (60, 10)
