"""What codes in the database are called on dashboards: Chinese, then English, in the words that the packages have."""

from __future__ import annotations

from collections.abc import Mapping

from aggregate.explanation.words import REASONS
from aggregate.explanation.words import STATES as STATISTIC_STATES
from aggregate.reading import RejectReason
from alerts.handling.words import ORDER_STAGES, STAGES
from alerts.notify.show import FATES
from alerts.severity import Severity
from alerts.show import STATES as ALERT_STATES
from alerts.warnings.scheme import Level
from ingest.envelope import Source
from ingest.kinds import Kind
from ingest.value import Flag

Codes = Mapping[str, str]
"""What is shown, by code."""

SEVERITY: Codes = {one.value: f"{one.chinese} {one}" for one in Severity}
ALERT_STATE: Codes = {state: f"{zh} {state}" for state, zh in ALERT_STATES.items()}
STAGE: Codes = {stage.value: str(said) for stage, said in STAGES.items()}
ORDER_STAGE: Codes = {stage.value: str(said) for stage, said in ORDER_STAGES.items()}
FATE: Codes = {fate.value: said for fate, said in FATES.items()}
KIND: Codes = {kind.value: f"{kind.zh} {kind.en}" for kind in Kind}
STATION_STATE: Codes = {
    "reporting": "正常上报 reporting",
    "late": "迟报 late",
    "silent": "静默 silent",
    "never": "从未上报 never",
    "inactive": "停用 inactive",
}
STATISTIC_STATE: Codes = {en: f"{zh} {en}" for zh, en in STATISTIC_STATES.values()}
VALIDITY: Codes = {reason.name: f"{zh} {en}" for reason, (zh, en) in REASONS.items()}
WARNING: Codes = {level.value: f"{level.chinese} {level}" for level in Level if level.is_warning}
FLAG: Codes = {flag.value: f"{flag.zh} {flag}" for flag in Flag}
SOURCE: Codes = {
    Source.DEVICE.name.lower(): "设备 device",
    Source.HJ212.name.lower(): "数采仪 HJ 212",
    Source.REPLAY.name.lower(): "回放 replay",
    Source.PERSON.name.lower(): "人工 person",
}
_REJECTED_ZH = {
    RejectReason.MALFORMED: "格式有误",
    RejectReason.OVERSIZE: "过长",
    RejectReason.STATION_MISMATCH: "站点与主题不符",
    RejectReason.UNKNOWN_STATION: "站点未登记",
    RejectReason.FUTURE: "时间超前",
    RejectReason.CLOSED: "当日已封账",
    RejectReason.UNKNOWN_FACTOR: "因子未登记",
    RejectReason.FACTOR_TWICE: "因子重复",
    RejectReason.NOT_FINITE: "不是有限数",
    RejectReason.OUT_OF_RANGE: "超出物理范围",
    RejectReason.UNSTORABLE: "无法入库",
    RejectReason.CONFLICT: "同号异值",
}
REJECTED: Codes = {reason.value: f"{zh} {reason}" for reason, zh in _REJECTED_ZH.items()}
"""The English is the code: `lantian rejected` takes it."""


def in_words(column: str, codes: Codes) -> str:
    """SQL for a column of codes as they are shown, where they name a line or a bar; a code without words stays."""
    quoted = {code: said.replace("'", "''") for code, said in codes.items()}
    pairs = " ".join(f"when '{code}' then '{said}'" for code, said in quoted.items())
    return f"case {column} {pairs} else {column} end"


def coloured(codes: Codes, colours: Mapping[str, str]) -> dict[str, str]:
    """Colours by what is shown, of colours by code."""
    return {codes[code]: colour for code, colour in colours.items()}
