"""The way from inputs to a figure, as tables for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from aggregate.explanation import words
from aggregate.explanation.account import Steps
from aggregate.explanation.period_steps import PercentileStep, SingleStep
from aggregate.explanation.steps import EightHours, IndexStep, IndexSteps
from aggregate.explanation.table import Row, Table
from aggregate.explanation.words import NONE, both, factor_text, stamp, stored

_INDEX = ("因子 Factor", "浓度 C", "修约 Rounded", "断点 Breakpoints", "IAQI", "内插 Interpolated", "进位 Rounded up")
_SINGLE = ("项目 Item", "浓度 C", "修约 Rounded", "限值 Limit", "单项指数 Single index", "权重 Weight")


def step_tables(steps: Steps) -> Iterator[Table]:
    """What there is to tell beside a mean."""
    if steps.index:
        rows = [_indicator(step) for step in steps.index.steps]
        yield Table("步骤：空气质量分指数 Steps: IAQI", _INDEX, rows, _aqi(steps.index) if steps.index.whole else "")
    if steps.eight_hours:
        head = ("截止 Ending", "均值 Mean", "n", "")
        yield Table("步骤：8小时滑动均值 Steps: running 8-h means", head, [_eight(each) for each in steps.eight_hours])
    if steps.percentile:
        yield Table("步骤：百分位数 Steps: percentile", (), [], _percentile(steps.percentile))
    if steps.singles:
        yield Table("步骤：单项指数 Steps: single indices", _SINGLE, [_single(each) for each in steps.singles])


def _indicator(step: IndexStep) -> Row:
    rounded = "不修约 as it is" if step.decimals is None else words.shown(step.rounded, step.decimals)
    breaks = indices = between = NONE
    if step.between and step.indices and step.interpolated is not None:
        breaks, indices = "–".join(f"{point:g}" for point in step.between), "–".join(map(str, step.indices))
        between = _decimal(step.interpolated)
    elif step.above is not None:
        breaks = f"> {step.above:g}"
    iaqi = NONE if step.iaqi is None else f"{step.iaqi:g}"
    return factor_text(step.factor), stored(step.concentration), rounded, breaks, indices, between, iaqi


def _aqi(index: IndexSteps) -> str:
    largest = NONE if index.largest is None else f"{index.largest:g}"
    if index.aqi is None:
        return f"最大 largest IAQI {largest} → 无 AQI no AQI: {both(words.REASONS[index.reason])}"
    level = f"{index.level.level_zh} {index.level.name_zh} {index.level.name_en}" if index.level else NONE
    primary = "、".join(map(factor_text, index.primary)) or "无 none"
    return f"最大 largest IAQI {largest} → AQI {index.aqi:g}，{level}；首要污染物 primary: {primary}"


def _eight(of: EightHours) -> Row:
    return stamp(of.end), stored(of.mean), f"{of.n_valid}/8", "最大 largest" if of.largest else ""


def _percentile(of: PercentileStep) -> str:
    rank = int(of.k)
    place = f"n = {of.n}，p = {float(of.share):g}，k = 1 + (n − 1)·p = {_decimal(of.k)}：x({rank}) = {stored(of.lower)}"
    return place if of.upper is None else f"{place}，x({rank + 1}) = {stored(of.upper)}"


def _single(of: SingleStep) -> Row:
    rounded = words.shown(of.rounded, of.decimals)
    return (
        factor_text(of.counted),
        stored(of.concentration),
        rounded,
        f"{of.limit:g}",
        stored(of.single),
        f"{of.weight:g}",
    )


def _decimal(exact: Fraction) -> str:
    """With six places at most; `…` tells that there are more."""
    text = f"{float(exact):.6f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == exact else f"{text}…"
