"""The rules that decide a figure, each with its source and how sure it is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aggregate.explanation.evidence import Evidence
from aggregate.explanation.names import indicators, is_count, is_index, measured
from aggregate.explanation.period_rules import period_rules
from aggregate.explanation.rule import Rule, cited
from aggregate.explanation.steps import IndexSteps
from aggregate.hours import PARTICULATES
from aggregate.periods import COMPOSITE, SINGLE_PREFIX
from aggregate.statistic import AQI, O3_1H_MAX, O3_8H_MAX, PERIODS, WIND_DIRECTION, Window
from core.clock import HOUR
from standards.aqi import PRIMARY_ABOVE
from standards.editions import Edition
from standards.factors import load_catalogue

SANDDUST = Rule(
    "沙尘期间的 PM10、PM2.5 小时值不参与统计，气态污染物照常参与",
    "hours that a sand-dust period touches count without PM10 and PM2.5; gases stay",
    "环办监测〔2016〕120号",
    "B",
)

WITHOUT_AQI = Rule(
    "颗粒物因扣除沙尘而无有效值的小时、日没有 AQI，该日不计入有效天；气态污染物的 IAQI 照常",
    "an hour or day left without a valid particulate by that has no AQI and is no valid day; IAQI of gases stay",
    "no text seen: the shares of days in Shanxi's bulletin of 2017 fit only with such days deducted; hours alike",
    "C",
)

_WIND = Rule(
    "风向按矢量平均：每个方向都有风速时以风速加权，否则等权",
    "directions are averaged as vectors, weighed by the speeds where each has one, else alike",
)


def rules_of(evidence: Evidence, edition: Edition, index: IndexSteps | None) -> tuple[Rule, ...]:
    """What decides whether the figure is valid, then how it is computed, then how it is shown."""
    asked = evidence.question
    kind = evidence.station.kind if evidence.station else ""
    found: list[Rule]
    if asked.window in PERIODS:
        found = [*period_rules(asked, edition)]
    elif index is not None:
        found = [*_index(edition, asked.window, index)]
    elif asked.of_city:
        found = [*_city(edition)]
    elif asked.window is Window.HOUR:
        found = [*_hour(edition, {slot.period for slot, row in evidence.readings if asked.factor in row.names})]
    elif asked.window is Window.EIGHT_HOURS:
        found = [_eight_hours(edition)]
    else:
        found = [*_day(asked.factor, edition)]
    if asked.factor == WIND_DIRECTION:
        found.append(_WIND)
    if not asked.variant.sanddust:
        found += _without_sanddust(asked.factor)
    return (*found, _shown(asked.factor, edition, kind))


def _without_sanddust(factor: str) -> Iterator[Rule]:
    if factor == AQI or measured(factor) in PARTICULATES:
        yield SANDDUST
    if factor == AQI or is_count(factor):
        yield WITHOUT_AQI


def _hour(edition: Edition, periods: set[int]) -> Iterator[Rule]:
    least = edition.source.validity.hour_seconds
    counts = ", ".join(f"{_span(each)}: {-(-least.value // each)}/{-(-HOUR // each)}" for each in sorted(periods))
    yield cited(
        f"小时均值：有效采样不少于 {least.value // 60} 分钟{counts and f'（{counts}）'}",
        f"hour: valid with readings for ≥ {least.value // 60} min{counts and f' ({counts})'}",
        least,
    )
    if len(periods) > 1:
        yield Rule(
            "数据采集仪上报的有效小时值优先，否则取覆盖较多的平均周期",
            "a logger's own valid hour value goes first, else the averaging period that covers more",
        )


def _span(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _eight_hours(edition: Edition) -> Rule:
    least = edition.source.validity.eight_hours
    zh = f"8小时均值：8 个小时均值中有效的不少于 {least.value} 个"
    return cited(zh, f"8-h mean: valid with ≥ {least.value} of 8 hours", least)


def _day(factor: str, edition: Edition) -> Iterator[Rule]:
    validity = edition.source.validity
    if factor == O3_1H_MAX:
        least = validity.day_hours.value
        yield Rule(
            f"日最大1小时平均：有效小时均值不少于 {least} 个时的最大值",
            f"daily maximum 1-h mean: the largest hour, with ≥ {least} valid hours",
            "no text seen that gives a number: that of daily means is taken",
            "M",
        )
    elif factor == O3_8H_MAX:
        windows, above = validity.day_windows, validity.windows_excused_above
        yield cited(
            f"日最大8小时平均：8:00 至 24:00 的 17 个滑动均值中有效的不少于 {windows.value} 个",
            f"daily maximum 8-h mean: of the 17 that end at 08:00 … 24:00 ≥ {windows.value} valid",
            windows,
        )
        zh = f"个数不足时，最大值大于 {above.value:g} µg/m³ 仍有效"
        yield cited(zh, f"with fewer the maximum stands if it is above {above.value:g} µg/m³", above)
        yield _eight_hours(edition)
    else:
        hours = validity.day_hours
        zh = f"日均值：24 个小时均值中有效的不少于 {hours.value} 个"
        yield cited(zh, f"day: valid with ≥ {hours.value} of 24 hours", hours)


def _city(edition: Edition) -> Iterator[Rule]:
    share, control = edition.source.city.minimum_share, edition.source.city.control_points
    zh = f"城市值：有效站点比例不少于 {share.value:.0%}"
    yield cited(zh, f"city: valid with ≥ {share.value:.0%} of its stations", share)
    zh = f"城市值：各评价站点均值的平均，对照点{'参与' if control.value else '不参与'}"
    yield cited(zh, f"city: mean of its stations, control points {'in' if control.value else 'left out'}", control)
    zh = "城市值：只用政府空气站，企业自建站和微站不参与"
    yield Rule(zh, "city: official air stations alone; works' own and micro-stations are left out")


def _index(edition: Edition, window: Window, index: IndexSteps) -> Iterator[Rule]:
    part, rules, levels = edition.source.indices, edition.source.aqi, edition.source.levels
    of_window = part.hourly if window is Window.HOUR else part.daily
    columns = dict(zip(indicators(AQI, window, edition), of_window, strict=True))
    mark = max(columns[step.factor].confidence or part.confidence for step in index.steps)
    yield Rule("IAQI：相邻断点间线性内插，向上取整", "IAQI: linear between breakpoints, rounded up", part.source, mark)
    if part.rounding:
        zh = "计算 IAQI 前浓度按 GB/T 8170 修约"
        yield Rule(zh, "concentrations are rounded before by GB/T 8170", part.rounding.source, part.rounding.confidence)
    for step in index.steps:
        if step.above is not None:
            top = columns[step.factor].above_top or part.beyond_table
            gives = "无 IAQI none" if top.value == "none" else f"{top.value:g}"
            yield cited(f"{step.factor} 超出最高断点：{gives}", f"above the last breakpoint: {gives}", top)
    if index.whole:
        least, incomplete = rules.minimum, rules.incomplete_above
        zh = f"AQI：各 IAQI 的最大值，不小于 {least.value:g}"
        yield cited(zh, f"AQI: the largest IAQI, at least {least.value:g}", least)
        if incomplete:
            zh = f"缺项时仅当 AQI 大于 {incomplete.value:g} 才有 AQI"
            yield cited(zh, f"with a pollutant missing an AQI only above {incomplete.value:g}", incomplete)
        yield Rule("级别由 AQI 确定", "the level comes from the AQI", levels.source, levels.confidence)
        zh = f"AQI 大于 {PRIMARY_ABOVE:g} 时 IAQI 最大者为首要污染物，并列者均是"
        yield Rule(zh, f"primary where the AQI is above {PRIMARY_ABOVE:g}: all who tie", "HJ 633", "A")


def _shown(factor: str, edition: Edition, kind: str) -> Rule:
    """How the value is rounded for showing."""
    places = decimals_of(factor, edition, kind)
    zh = f"显示时按 GB/T 8170 修约至 {places} 位小数，存储值不修约"
    en = f"shown with {places} places, GB/T 8170 (half to even); what is stored is not rounded"
    part = edition.source
    if factor == COMPOSITE:
        return cited(zh, en, part.composite.total_decimals)
    if factor.startswith(SINGLE_PREFIX):
        return cited(zh, en, part.composite.single_decimals)
    if measured(factor) in part.decimals.values and not is_index(factor):
        return Rule(zh, en, part.decimals.source, part.decimals.confidence)
    return Rule(zh, en)


def decimals_of(factor: str, edition: Edition, kind: str = "") -> int:
    """Places to which a statistic is rounded for showing: the edition's, else the catalogue's, else none."""
    if factor == COMPOSITE:
        return edition.composite.total_decimals
    if factor.startswith(SINGLE_PREFIX):
        return edition.composite.single_decimals
    if is_index(factor) or is_count(factor):
        return 0
    known: Any = load_catalogue().by_code.get(measured(factor))
    catalogued = known.measure(kind).decimals if known else 0
    return edition.decimals.get(measured(factor), catalogued)
