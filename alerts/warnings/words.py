"""Cities' warnings in words, Chinese first: what was done, what is refused and why, how each stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from alerts.handling.words import Words, not_done, when
from alerts.warnings.course import Action, Proposal, Reason, Withdrawal
from alerts.warnings.decide import Refusal, Refused
from alerts.warnings.plans import Sent
from alerts.warnings.receipts import Answer as ReceiptAnswer
from alerts.warnings.receipts import Receipt
from alerts.warnings.record import Entry
from alerts.warnings.scheme import Level
from alerts.warnings.store import Decision, Standing
from core.errors import InputError

REASONS = {
    Reason.CONDITION_EXPECTED: Words("预计达到条件", "the condition is expected"),
    Reason.HIGHER_EXPECTED: Words("预计达到更高级别条件", "the condition of a higher level is expected"),
    Reason.BELOW_AND_STAYS: Words("已低于条件且预计持续", "below the condition, and expected to stay so"),
    Reason.FORECAST_REVISED: Words("预报已调整", "the forecast was revised"),
}
WITHDRAWALS = {
    Withdrawal.NOT_SUPPORTED: Words("预报与实况不再支持", "the outlook no longer supports it"),
    Withdrawal.REPLACED: Words("由新建议替代", "replaced by another proposal"),
}
_SHOW = "see `lantian alerts warning show --city {city}`"
_REFUSALS = {
    Refusal.NO_NAME: (Words("没有姓名", "nobody acts without a name"), "give --user"),
    Refusal.NAME_UNREADABLE: (Words("姓名含不可见字符", "the name has something that cannot be seen"), "type it anew"),
    Refusal.NO_REASON: (Words("须写明理由", "say why: it is kept for ever"), "give --reason"),
    Refusal.NOTHING_PROPOSED: (
        Words("没有待发布的建议", "nothing is proposed"),
        "name what to issue with --action and --level",
    ),
    Refusal.DECLINED: (
        Words("建议已被否决", "what is proposed was declined"),
        "issue it all the same with --action and --level",
    ),
    Refusal.ANOTHER_WAS_FIRST: (Words("已有人先办理", "somebody else was first"), _SHOW),
    Refusal.IN_FORCE: (
        Words("已有预警在发布中", "a warning is issued already"),
        "take --action upgrade, downgrade or end",
    ),
    Refusal.NONE_IN_FORCE: (Words("没有发布中的预警", "no warning is issued"), "take --action start"),
    Refusal.NO_LEVEL: (Words("须指明级别", "a warning needs a level"), "give --level yellow, orange or red"),
    Refusal.NOT_HIGHER: (Words("不高于现级别", "is no higher than the level in force"), "take --action downgrade"),
    Refusal.NOT_LOWER: (Words("不低于现级别", "is no lower than the level in force"), "take --action upgrade or end"),
    Refusal.NO_FIRST_DAY: (Words("只有启动有首日", "only a start has a first day"), "leave --first-day out"),
    Refusal.FAR_DAY: (Words("首日离今天太远", "the first day is too far from today"), "correct --first-day"),
}  # fmt: skip


def refusal(city: str, refused: Refused) -> InputError:
    """Why a wish about a city's warning was not done, who was there before, and what to do."""
    said, remedy = _REFUSALS[refused.reason]
    hint = remedy.format(city=city)
    return not_done(refused.reason, said, refused.before, field=city, value=refused.value, hint=hint)


def asked(action: Action, level: Level | None) -> Words:
    """What is proposed or issued: 启动橙色预警 start orange."""
    zh = f"{action.chinese}{level.chinese}预警" if level else f"{action.chinese}预警"
    return Words(zh, f"{action}{f' {level}' if level else ''}")


def decided(city: str, decision: Decision) -> str:
    """What a person did before."""
    done = f"此前已{decision.happening.chinese} already {decision.happening}"
    return f"{city} {done}：{asked(decision.action, decision.level)}，{decision.who} {when(decision.at)}"


def entry_line(entry: Entry) -> str:
    """One event in one line."""
    begins = f"，首日 first day {entry.first_day}" if entry.first_day else ""
    why = [REASONS[entry.reason]] if entry.reason and entry.who is None and entry.why is None else []
    why += [WITHDRAWALS[entry.why]] if entry.why else []
    said = "；".join([*map(str, why), *filter(None, (entry.condition if not entry.why else "", entry.said))])
    who = f" {entry.who}" if entry.who else ""
    what = asked(entry.action, entry.level)
    return (
        f"{when(entry.at)}  {entry.happening.chinese} {entry.happening}{who}：{what}{begins}"
        f"{f'（{said}）' if said else ''}"
    )


def standing_lines(city: str, standing: Standing) -> Iterator[str]:
    """How a city's warning stands."""
    state = standing.state
    if state.in_force:
        active = state.in_force
        since = f"首日 first day {active.first_day}，{when(active.issued_at)} 发布 issued"
        yield f"{city}  {active.level.chinese}预警 {active.level}，{since}"
    else:
        yield f"{city}  无预警 no warning"
    if state.proposal:
        yield f"    {_proposal(state.proposal)}"
    if state.forecast:
        yield f"    所用预报 forecast of {when(state.forecast)}"
    if standing.fault:
        yield f"    未能研判 could not be judged: {standing.fault}"


def _proposal(proposal: Proposal) -> str:
    begins = f"，首日 first day {proposal.first_day}" if proposal.first_day else ""
    condition = f"；{proposal.condition}" if proposal.condition else ""
    days = f"：{proposal.days[0]} … {proposal.days[-1]}" if proposal.days else ""
    no = f"；{when(proposal.declined)} 未采纳 declined" if proposal.declined else ""
    what = asked(proposal.action, proposal.level)
    return f"建议 proposed {when(proposal.at)}：{what}{begins}（{REASONS[proposal.reason]}{condition}{days}）{no}"


def standing_json(city: str, standing: Standing) -> dict[str, Any]:
    """The same for programs."""
    plain: dict[str, Any] = msgspec.to_builtins(standing.state)
    return {"city": city, **plain, "fault": standing.fault}


def sent_line(sent: Sent) -> str:
    """Which list it is."""
    cut = f"，减排要求 cut {sent.cut}" if sent.cut else "，无减排要求 no cut in force"
    plan = f"方案第 {sent.edition} 版 edition"
    return f"{sent.city} 减排清单 dispatch list #{sent.dispatch_id}，{when(sent.at)}，{plan}{cut}"


def receipt_lines(told: Mapping[str, tuple[ReceiptAnswer, Receipt | None]]) -> Iterator[str]:
    """Where enterprises stand: how many, and each of those that have not answered in time."""
    counts = {answer: sum(one is answer for one, _ in told.values()) for answer in ReceiptAnswer}
    yield "，".join(f"{answer.chinese} {answer} {count}" for answer, count in counts.items())
    for name, (answer, receipt) in told.items():
        taken = f"：{receipt.by} {when(receipt.at)}" if receipt else ""
        yield f"    {answer.chinese} {answer}  {name}{taken}"


def receipts_json(sent: Sent, told: Mapping[str, tuple[ReceiptAnswer, Receipt | None]]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "dispatch": sent.dispatch_id,
        "city": sent.city,
        "issued": sent.at.isoformat(),
        "enterprises": [
            {"enterprise": name, "answer": answer, "received_at": receipt and receipt.at.isoformat(),
             "received_by": receipt and receipt.by}
            for name, (answer, receipt) in told.items()
        ],
    }  # fmt: skip


def events_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Events for programs."""
    return [msgspec.to_builtins(entry) for entry in entries]
