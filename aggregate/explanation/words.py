"""What operators and auditors read: Chinese first, English beside."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from aggregate.explanation.inputs import Why
from aggregate.explanation.names import is_count, measured
from aggregate.periods import (
    COMPOSITE,
    DAYS_ATTAINED,
    DAYS_HEAVY,
    DAYS_LEVEL,
    DAYS_VALID,
    LEVELS,
    SINGLE_PREFIX,
)
from aggregate.statistic import AQI, IAQI_PREFIX, O3_1H_MAX, O3_8H_MAX, Reason, State, Tier, Variant, Window
from core.clock import SHANGHAI
from standards.factors import load_catalogue

Words = tuple[str, str]
"""Chinese and English."""

NONE = "–"

WINDOWS: dict[Window, Words] = {
    Window.HOUR: ("小时", "hour"),
    Window.EIGHT_HOURS: ("8小时滑动", "8 hours"),
    Window.DAY: ("日", "day"),
    Window.MONTH: ("月", "month"),
    Window.QUARTER: ("季", "quarter"),
    Window.YEAR: ("年", "year"),
}

STATES: dict[State, Words] = {
    State.OPEN: ("等待数据", "open"),
    State.PROVISIONAL: ("暂定", "provisional"),
    State.FINAL: ("最终", "final"),
}

REASONS: dict[Reason, Words] = {
    Reason.VALID: ("有效", "valid"),
    Reason.NO_VALUES: ("无有效数据", "no valid values"),
    Reason.TOO_FEW_MINUTES: ("有效分钟数不足", "too few minutes"),
    Reason.TOO_FEW_HOURS: ("有效小时数不足", "too few hours"),
    Reason.TOO_FEW_WINDOWS: ("有效8小时均值个数不足", "too few 8-h means"),
    Reason.TOO_FEW_STATIONS: ("有效站点数不足", "too few stations"),
    Reason.POLLUTANT_MISSING: ("污染物缺项", "a pollutant is missing"),
    Reason.SANDDUST: ("沙尘期间，已扣除", "left out: sand-dust"),
    Reason.TOO_FEW_DAYS: ("有效天数不足", "too few days"),
    Reason.NO_DIRECTION: ("无主导风向", "no direction prevails"),
}

WHYS: dict[Why, Words] = {
    Why.COUNTED: ("计入", "counted"),
    Why.FLAGGED: ("不计入：标记不是 N", "not counted: its flag is not N"),
    Why.OTHER_PERIOD: ("不计入：采用另一平均周期", "not counted: another averaging period stands"),
    Why.SANDDUST: ("不计入：沙尘期间", "not counted: sand-dust"),
    Why.SUPERSEDED: ("不计入：已被较新修订取代", "not counted: superseded by a later number"),
    Why.BY_PERSON: ("不计入：已被人工审核取代", "not counted: superseded by a person"),
    Why.NOT_OF_TIER: ("不计入：人工审核不进入原始数据", "not counted: a person's, and the tier is raw"),
    Why.NOT_VALID: ("不计入：无效", "not counted: not valid"),
    Why.OPEN: ("不计入：尚在等待数据", "not counted: still open"),
    Why.ABSENT: ("不计入：没有", "not counted: there is none"),
    Why.ENTERPRISE: ("不参与：企业自建站", "left out: a works' own station"),
    Why.CONTROL_POINT: ("不参与：对照点", "left out: a control point"),
}

TIERS: dict[Tier, Words] = {Tier.RAW: ("原始", "raw"), Tier.REVIEWED: ("审核", "reviewed")}

_PERIOD_NAMES: dict[str, Words] = {
    COMPOSITE: ("综合指数", "composite index"),
    DAYS_VALID: ("有效天数", "valid days"),
    DAYS_ATTAINED: ("达标天数", "days attained"),
    DAYS_HEAVY: ("重污染天数", "days of heavy pollution"),
    **{f"{DAYS_LEVEL}{level}": (f"{level} 级天数", f"days of level {level}") for level in LEVELS},
}
_MAXIMA = {
    O3_8H_MAX: ("日最大8小时平均", "daily maximum 8-h mean"),
    O3_1H_MAX: ("日最大1小时平均", "daily maximum 1-h mean"),
}


def both(words: Words) -> str:
    """Chinese, then English."""
    return " ".join(words)


def variant_words(variant: Variant) -> Words:
    """Whose readings count, and whether those of sand-dust do."""
    zh, en = TIERS[variant.tier]
    of_zh, of_en = ("含", "with") if variant.sanddust else ("扣除", "without")
    return f"{zh}，{of_zh}沙尘", f"{en}, {of_en} sand-dust"


def factor_words(factor: str) -> Words:
    """What a factor of a statistic is called."""
    if factor in _PERIOD_NAMES:
        return _PERIOD_NAMES[factor]
    if factor == AQI:
        return "空气质量指数", "air quality index"
    known = load_catalogue().by_code.get(measured(factor))
    if known is None or is_count(factor):
        return "", ""
    zh, en = known.name_zh, known.symbol
    if factor.startswith(IAQI_PREFIX):
        zh, en = f"{zh}空气质量分指数", f"IAQI of {en}"
    elif factor.startswith(SINGLE_PREFIX):
        zh, en = f"{zh}单项指数", f"single index of {en}"
    for ending, (of_zh, of_en) in _MAXIMA.items():
        if factor.endswith(ending):
            zh, en = f"{zh}（{of_zh}）", f"{en} ({of_en})"
    head, _, share = factor.rpartition("_p")
    if head and measured(factor) != factor and share.replace(".", "").isdigit():
        zh, en = f"{zh}第{share}百分位数", f"percentile {share} of {en}"
    return zh, en


def factor_text(factor: str) -> str:
    """Code and symbol of a factor."""
    return f"{factor} {factor_words(factor)[1]}".rstrip()


def width(text: str) -> int:
    """Columns that a text takes where Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def stored(value: float | None) -> str:
    """A value with all its digits: the shortest decimal that reads back as the same double."""
    return NONE if value is None else repr(value)


def shown(value: float | None, decimals: int) -> str:
    """A rounded value with its places."""
    return NONE if value is None else f"{value:.{decimals}f}"


def iso(seconds: float) -> str:
    """ISO 8601 of Asia/Shanghai, for machines."""
    return datetime.fromtimestamp(seconds, SHANGHAI).isoformat(timespec="seconds")


def stamp(seconds: float) -> str:
    """Date and time of Asia/Shanghai, for people; seconds only where there are some."""
    at = datetime.fromtimestamp(int(seconds), SHANGHAI)
    return f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"
