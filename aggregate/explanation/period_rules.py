"""The rules that decide a figure of a month, quarter or year. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from aggregate.explanation.names import is_count, measured
from aggregate.explanation.question import Question
from aggregate.explanation.rule import Rule, cited
from aggregate.periods import COMPOSITE, DAYS_ATTAINED, DAYS_HEAVY, DAYS_LEVEL, SINGLE_PREFIX, percentile_name
from aggregate.statistic import Window
from core.clock import DAY, date_of
from standards.editions import Edition


def period_rules(asked: Question, edition: Edition) -> Iterator[Rule]:
    """Validity, method, and what holds across editions; `edition` is the one of the period's last day."""
    if is_count(asked.factor):
        yield from _days(asked.factor, edition)
    else:
        yield from _enough_days(asked, edition)
        yield from _method(asked.factor, edition)
    if asked.start < edition.start:
        zh = "跨版本时段：每日按当日版本，限值、百分位数和指数按最后一日的版本"
        yield Rule(
            zh, "days of two editions: each by its own, limits, percentile and index by the last day's", "–", "M"
        )


def _enough_days(asked: Question, edition: Edition) -> Iterator[Rule]:
    validity = edition.source.validity
    if asked.window is Window.YEAR:
        days = validity.year_days
        yield cited(f"年：有效天数不少于 {days.value} 天", f"year: valid with ≥ {days.value} valid days", days)
    months = {date_of(day).month for day in range(asked.start, asked.key.end, DAY)}
    if months != {2}:
        days = validity.month_days
        yield cited(f"每月：有效天数不少于 {days.value} 天", f"each month: ≥ {days.value} valid days", days)
    if 2 in months:
        days = validity.february_days
        yield cited(f"二月：有效天数不少于 {days.value} 天", f"February: ≥ {days.value} valid days", days)
    if asked.factor == COMPOSITE:
        yield Rule("综合指数：六项均须有效", "composite index: all six must be valid")


def _method(factor: str, edition: Edition) -> Iterator[Rule]:
    period, composite, of = edition.source.period, edition.source.composite, measured(factor)
    if factor == COMPOSITE or factor.startswith(SINGLE_PREFIX):
        limits, weights, places = composite.limits, composite.weights, composite.single_decimals
        zh = "单项指数：浓度修约后除以限值"
        yield Rule(zh, "single index: the concentration, rounded, over its limit", limits.source, limits.confidence)
        zh = f"单项指数按 GB/T 8170 修约至 {places.value} 位小数"
        yield cited(zh, f"single indices have {places.value} places, half to even", places)
        if factor == COMPOSITE:
            zh = "综合指数：各单项指数乘以权重后相加"
            yield Rule(zh, "composite index: the weighted sum of these", weights.source, weights.confidence)
    elif factor == percentile_name(of, edition.period.percents[of]):
        share, percents = period.percents.values[of], period.percents
        zh = f"第 {share:g} 百分位数：有效日值升序，k = 1 + (n − 1)·p，相邻值间线性内插"
        en = f"percentile {share:g} of the ascending valid days: k = 1 + (n − 1)·p, linear in between"
        yield Rule(zh, en, percents.source, percents.confidence)
    else:
        yield cited("均值：有效日均值的算术平均", "mean of the valid daily means", period.means)


def _days(factor: str, edition: Edition) -> Iterator[Rule]:
    period, levels = edition.source.period, edition.source.levels
    yield Rule("有效天：有 AQI，且至少一项日值有效", "a valid day has an AQI and a valid daily value")
    if factor == DAYS_ATTAINED:
        limit = period.attained_up_to
        yield cited(f"达标天：AQI 不大于 {limit.value:g}", f"attained: AQI up to {limit.value:g}", limit)
    elif factor == DAYS_HEAVY:
        limit = period.heavy_above
        yield cited(f"重污染天：AQI 大于 {limit.value:g}", f"heavy pollution: AQI above {limit.value:g}", limit)
    elif factor.startswith(DAYS_LEVEL):
        yield Rule("级别按当日的版本", "levels by the edition of each day", levels.source, levels.confidence)
