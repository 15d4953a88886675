"""Stages, actions and refusals in words: Chinese first, as operators read them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from alerts.handling.answers import Mark, Refusal, Refused
from alerts.handling.machine import Action, Stage
from alerts.handling.order import OrderAction, OrderEvent, OrderStage
from alerts.handling.overdue import Step
from core.clock import SHANGHAI
from core.errors import InputError


class Words(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"


STAGES = {
    Stage.OPEN: Words("待确认", "to be acknowledged"),
    Stage.ACKNOWLEDGED: Words("已确认", "acknowledged"),
    Stage.DISPATCHED: Words("已转办", "dispatched"),
    Stage.FED_BACK: Words("已反馈待复核", "fed back, to be verified"),
    Stage.DOUBTED: Words("疑误报待复核", "said to be a false alarm, to be verified"),
    Stage.CLOSED: Words("已销号", "closed"),
    Stage.FALSE_ALARM: Words("误报销号", "closed as a false alarm"),
}
ACTIONS = {
    Action.ACKNOWLEDGE: Words("确认", "acknowledged"),
    Action.DISPATCH: Words("转办", "dispatched"),
    Action.FEEDBACK: Words("反馈", "fed back"),
    Action.VERIFY: Words("复核销号", "verified and closed"),
    Action.FALSE_ALARM: Words("报为误报", "said to be a false alarm"),
    Action.RETURN: Words("退回", "returned"),
    Action.COMMENT: Words("备注", "commented"),
}
ORDER_STAGES = {
    OrderStage.PROPOSED: Words("停工令待确认", "stop-work order proposed"),
    OrderStage.CONFIRMED: Words("停工令已确认", "stop-work order confirmed"),
    OrderStage.ISSUED: Words("停工令已下达", "stop-work order issued"),
    OrderStage.RECEIVED: Words("工地已签收停工令", "stop-work order received by the site"),
    OrderStage.LIFTED: Words("停工令已解除", "stop-work order lifted"),
    OrderStage.DECLINED: Words("不予停工", "stop-work order declined"),
    OrderStage.HANDED_ON: Words("停工令转入后一次报警", "stop-work order goes on with the later alert"),
    OrderStage.WITHDRAWN: Words("停工令随数据撤销", "stop-work order withdrawn with its data"),
}
ORDER_ENTRIES: dict[str, Words] = {
    OrderEvent.PROPOSED: Words("建议停工", "order proposed"),
    OrderEvent.WITHDRAWN: Words("撤销停工建议", "order withdrawn"),
    OrderEvent.FLAGGED: Words("依据已撤销，停工令待人工解除", "ground withdrawn, order to be lifted by a person"),
    OrderEvent.HANDED_ON: Words("停工令转入后一次报警", "order goes on with the later alert"),
    OrderEvent.TAKEN_ON: Words("承接前一次报警的停工令", "order taken on from the earlier alert"),
    OrderAction.CONFIRM: Words("确认停工令", "order confirmed"),
    OrderAction.ISSUE: Words("下达停工令", "order issued"),
    OrderAction.RECEIVE: Words("工地签收停工令", "order received"),
    OrderAction.LIFT: Words("解除停工令", "order lifted"),
    OrderAction.DECLINE: Words("不予停工", "order declined"),
}
STEPS = {
    Step.ACKNOWLEDGE: Words("确认", "to acknowledge"),
    Step.DISPATCH: Words("转办", "to dispatch"),
    Step.FEEDBACK: Words("反馈", "to feed back"),
    Step.VERIFY: Words("复核", "to verify"),
    Step.RECHECK: Words("销号后又超标，复查", "to look again at what was closed"),
}
_REFUSALS = {
    Refusal.NO_NAME: (Words("没有姓名", "nobody acts without a name"), "give --user"),
    Refusal.NAME_UNREADABLE: (
        Words("姓名含不可见字符", "the name has characters that cannot be seen"),
        "type --user anew, do not paste it",
    ),
    Refusal.NO_TEXT: (Words("须写明内容或理由", "say what or why: it is kept for ever"), "give a text"),
    Refusal.NO_UNIT: (Words("须指明承办单位", "name the unit that has to act"), "give --unit"),
    Refusal.DEADLINE_PAST: (Words("期限已过", "the deadline is not to come"), "give a later --deadline"),
    Refusal.ANOTHER_WAS_FIRST: (Words("已有人先办理", "somebody else was first"), "see `lantian alerts show {id}`"),
    Refusal.SAID_OTHERWISE: (
        Words("您已办理，但内容不同", "you did it already, in other words"),
        "`lantian alerts comment {id}` adds to it, `lantian alerts return {id}` takes it back",
    ),
    Refusal.TOO_EARLY: (
        Words("还不到这一步", "it is not its turn yet"),
        "open → acknowledge → dispatch → feedback → verify, see `lantian alerts show {id}`",
    ),
    Refusal.SAME_PERSON: (
        Words("须由他人复核（双把关）", "a second person has to verify it"),
        "let somebody verify it who neither dispatched it nor answered for it",
    ),
    Refusal.STILL_EXCEEDS: (
        Words("数据仍超标，不能销号", "the data has not cleared it"),
        "wait until it clears, or say with `lantian alerts false-alarm {id}` why it is none",
    ),
    Refusal.ORDER_STANDS: (
        Words("停工令未了结", "its stop-work order still stands"),
        "`lantian alerts order lift {id}` or `order decline {id}` first",
    ),
    Refusal.NOTHING_TO_RETURN: (
        Words("没有可退回的步骤", "there is no step to take back"),
        "see `lantian alerts show {id}`",
    ),
    Refusal.CLOSED: (Words("已销号", "it is closed, and stays so"), "`lantian alerts comment {id}` adds to it"),
    Refusal.WITHDRAWN: (
        Words("报警已撤销", "it was withdrawn"),
        "`lantian alerts comment {id}` adds to it",
    ),
    Refusal.NO_ORDER: (
        Words("该报警没有停工令", "the alert has no stop-work order"),
        "only a live alert of a rule with `order` proposes one",
    ),
    Refusal.OUT_OF_TURN: (
        Words("还不到这一步，或已了结", "it is not its turn, or it is over"),
        "confirm → issue → receive → lift; decline before it is issued; see `lantian alerts show {id}`",
    ),
}  # fmt: skip
_ORDER_REMEDIES = {
    Refusal.NO_TEXT: "give --reason",
    Refusal.SAID_OTHERWISE: "these words are not kept: `lantian alerts comment {id}` adds them",
}
"""Where the remedy is another than with alerts."""


def refusal(alert_id: int, refused: Refused) -> InputError:
    """Why a request about an alert was not done, who was there before, and what to do."""
    said, remedy = _REFUSALS[refused.reason]
    return _about(alert_id, refused, said, remedy)


def order_refusal(alert_id: int, refused: Refused) -> InputError:
    """Why a request about an alert's order was not done."""
    said, remedy = _REFUSALS[refused.reason]
    return _about(alert_id, refused, said, _ORDER_REMEDIES.get(refused.reason, remedy))


def _about(alert_id: int, refused: Refused, said: Words, remedy: str) -> InputError:
    hint = remedy.format(id=alert_id)
    return not_done(refused.reason, said, refused.before, field=f"#{alert_id}", value=refused.value, hint=hint)


def not_done(code: str, said: Words, before: Mark | None, *, field: str, value: str, hint: str) -> InputError:
    """Why something was not done, and who was there before, in one line."""
    first = f"：{before.who} {when(before.at)}" if before else ""
    return InputError(code, f"{said.zh}{first} / {said.en}", field=field, value=value or None, hint=hint)


def when(moment: datetime) -> str:
    """Asia/Shanghai time, to the minute."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
