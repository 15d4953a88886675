"""An edition's figures as rows for people: what, how much, from which source, how sure; what differs between two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from standards.edition_file import (
    Cited,
    ColumnPart,
    EditionFile,
    IndicesPart,
    LevelsPart,
    LimitsPart,
    Part,
    RoundingPart,
    SixPart,
)
from standards.factors import load_catalogue

Value = bool | float | str | tuple[float, ...]

UNCONFIRMED = frozenset({"C", "M"})
"""Marks of figures to be checked against the official text."""
UNCONFIRMED_ZH = "未确认"

_UNITS = {"ug/m3": "µg/m³", "mg/m3": "mg/m³", "m3": "m³", "m3/s": "m³/s", "degC": "°C"}

SECTIONS = {
    "edition": "版本 Edition",
    "aqi": "AQI 规则 Rules on the AQI",
    "indices": "空气质量分指数（IAQI）断点 Breakpoints",
    "levels": "级别 Levels",
    "limits": "浓度限值（一级、二级） Limits, class I and II",
    "validity": "数据有效性 Validity",
    "city": "城市 City",
    "period": "时段评价 Evaluation of periods",
    "composite": "综合指数 Composite index",
    "shares": "百分比 Shares",
    "decimals": "保留小数位数 Places of statistics when shown",
}

AVERAGES = {
    "hour": "1小时平均 1 h",
    "day": "日平均 day",
    "max_8h": "日最大8小时平均 max 8 h",
    "max_1h": "日最大1小时平均 max 1 h",
    "season": "季平均 season",
    "year": "年平均 year",
}

_LABELS: dict[str, tuple[str, str | None]] = {
    "aqi.minimum": ("AQI 最小值 least AQI", ""),
    "aqi.exceedance_above": ("超标污染物：IAQI 大于 exceedance pollutants: IAQI above", ""),
    "aqi.incomplete_above": ("缺项时仅当 AQI 大于此值才发布 with a pollutant missing an AQI only above", ""),
    "validity.hour_seconds": ("小时均值：采样时间 hour: seconds sampled", "s"),
    "validity.eight_hours": ("8小时均值：小时数 8-h mean: hours", "h"),
    "validity.day_hours": ("日均值：小时数 day: hours", "h"),
    "validity.day_windows": ("臭氧日最大8小时：滑动均值个数 ozone day: 8-h means", ""),
    "validity.windows_excused_above": ("个数不足时最大值大于此值仍有效 with fewer the maximum counts above", "ug/m3"),
    "validity.year_days": ("年均值：天数 year: days", "d"),
    "validity.month_days": ("月均值：天数 month: days", "d"),
    "validity.february_days": ("二月：天数 February: days", "d"),
    "city.minimum_share": ("有效站点比例不少于 share of stations at least", ""),
    "city.control_points": ("对照点参与平均 control points count", ""),
    "period.percents": ("百分位数 percentile", "%"),
    "period.means": ("另评价均值 mean evaluated too", ""),
    "period.attained_up_to": ("达标天：AQI 不大于 day attained: AQI up to", ""),
    "period.heavy_above": ("重污染天：AQI 大于 heavy pollution: AQI above", ""),
    "period.multiple_decimals": ("超标倍数小数位数 places of the exceedance multiple", ""),
    "composite.weights": ("权重 weight", ""),
    "composite.decimals": ("浓度小数位数 places of the concentration", ""),
    "composite.single_decimals": ("单项指数小数位数 places of single indices", ""),
    "composite.total_decimals": ("综合指数小数位数 places of the sum", ""),
    "composite.limits": ("限值 limit", None),
    "shares.decimals": ("小数位数 places", ""),
    "shares.rounding": ("修约 rounding", ""),
    "indices.rounding": ("计算前小数位数 places before", ""),
    "decimals": ("小数位数 places", ""),
}
"""Of each rule in the file: what operators call it, and its unit; None for that of the factor."""

_WORDS: dict[bool | str, str] = {
    True: "是 yes",
    False: "否 no",
    "none": "无 none",
    "half_up": "四舍五入 half up",
    "half_even": "四舍六入五成双 half to even",
}


def unit_text(unit: str) -> str:
    """A unit as people read it."""
    return _UNITS.get(unit, unit)


def mark_text(confidence: str) -> str:
    """How sure a figure is, and whether it is unconfirmed."""
    return f"{confidence} {UNCONFIRMED_ZH}" if confidence in UNCONFIRMED else confidence


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of an edition."""

    section: str
    """A key of `SECTIONS`."""
    item: str
    """What it is, Chinese first; once in a section."""
    value: Value
    """Several numbers: breakpoints in the order of the IAQI's, or class I and class II."""
    unit: str
    source: str
    confidence: str

    @property
    def unconfirmed(self) -> bool:
        """Whether it must be checked against the official text before relying on it."""
        return self.confidence in UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Summary:
    """An edition in a line."""

    id: str
    name_zh: str
    name_en: str
    serves_from: date | None
    """The first day that it serves; None: all earlier ones too."""
    serves_until: date | None
    """The last day that it serves; None: there is no later edition."""
    documents: tuple[str, ...]
    figures: int
    unconfirmed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure in which two editions differ; None where one has no such figure."""

    section: str
    item: str
    first: Row | None
    second: Row | None


def summaries(editions: Sequence[EditionFile]) -> tuple[Summary, ...]:
    """Of all editions, by date."""
    return tuple(_summary(edition, later) for edition, later in zip(editions, (*editions[1:], None), strict=True))


def describe(edition: EditionFile) -> tuple[Row, ...]:
    """All figures of an edition, in the order of `SECTIONS`."""
    return (
        *_bundle(edition),
        *_rules("aqi", edition.aqi),
        *_indices(edition.indices),
        *_levels(edition.levels),
        *_limits(edition.limits),
        *_rules("validity", edition.validity),
        *_rules("city", edition.city),
        *_rules("period", edition.period),
        *_rules("composite", edition.composite),
        *_rules("shares", edition.shares),
        *_by_factor("decimals", "decimals", edition.decimals),
    )


def compare(first: EditionFile, second: EditionFile) -> tuple[Difference, ...]:
    """The figures whose value or unit differs, by section; within it those of `first` before what only `second` has."""
    left, right = ({(row.section, row.item): row for row in describe(edition)} for edition in (first, second))
    sections = list(SECTIONS)
    return tuple(
        Difference(*key, left.get(key), right.get(key))
        for key in sorted({**left, **right}, key=lambda key: sections.index(key[0]))
        if _figure(left.get(key)) != _figure(right.get(key))
    )


def text(value: Value) -> str:
    """A value in words or figures: 是 yes, 35/75."""
    if isinstance(value, tuple):
        return "/".join(map(text, value))
    if isinstance(value, bool | str):
        return _WORDS.get(value, str(value))
    return f"{value:.10g}"


def _summary(edition: EditionFile, later: EditionFile | None) -> Summary:
    rows = describe(edition)
    return Summary(
        edition.id,
        edition.name_zh,
        edition.name_en,
        serves_from=None if edition.serves_earlier else edition.effective,
        serves_until=later.effective - timedelta(days=1) if later else None,
        documents=tuple(document.code for document in edition.standards),
        figures=len(rows),
        unconfirmed=sum(row.unconfirmed for row in rows),
    )


def _figure(row: Row | None) -> tuple[Value, str] | None:
    return (row.value, row.unit) if row else None


def _symbol(factor: str) -> str:
    found = load_catalogue().resolve(factor)
    return found.symbol if found else factor


def _unit(factor: str) -> str:
    found = load_catalogue().resolve(factor)
    return found.unit if found else ""


def _bundle(edition: EditionFile) -> Iterator[Row]:
    yield Row("edition", "名称 name", edition.name_zh, "", "", edition.confidence)
    yield Row("edition", "英文名称 English name", edition.name_en, "", "", edition.confidence)
    yield Row("edition", "实施 effective", edition.effective.isoformat(), "", "", edition.confidence)
    for document in edition.standards:
        item = document.code.rpartition("-")[0] or document.code
        yield Row("edition", item, f"{document.code} {document.title_zh}", "", document.code, edition.confidence)


def _rules(section: str, part: Part) -> Iterator[Row]:
    for name in type(part).model_fields:
        found = getattr(part, name)
        if isinstance(found, Cited):
            item, unit = _LABELS[f"{section}.{name}"]
            value = ", ".join(map(_symbol, found.value)) if isinstance(found.value, list) else found.value
            yield Row(section, item, value, unit or "", found.source, found.confidence)
        elif isinstance(found, SixPart):
            yield from _by_factor(section, f"{section}.{name}", found)


def _by_factor(section: str, key: str, table: SixPart[Any] | RoundingPart) -> Iterator[Row]:
    item, unit = _LABELS[key]
    for factor, value in table.values.items():
        own = _unit(factor) if unit is None else unit
        yield Row(section, f"{_symbol(factor)} {item}", value, own, table.source, table.confidence)


def _indices(part: IndicesPart) -> Iterator[Row]:
    yield Row("indices", "IAQI", tuple(part.index), "", part.source, part.confidence)
    for report, columns in (("实时报", part.hourly), ("日报", part.daily)):
        for column in columns:
            yield from _column(report, column, part)
    beyond = part.beyond_table
    yield Row("indices", "其余超出最高断点 others above the last", beyond.value, "", beyond.source, beyond.confidence)
    if part.rounding:
        yield from _by_factor("indices", "indices.rounding", part.rounding)


def _column(report: str, column: ColumnPart, part: IndicesPart) -> Iterator[Row]:
    item = f"{report} {_symbol(column.factor)} {AVERAGES[column.average]}"
    confidence = column.confidence or part.confidence
    yield Row("indices", item, tuple(column.breaks), _unit(column.factor), part.source, confidence)
    if top := column.above_top:
        yield Row("indices", f"{item} 超出最高断点 above the last", top.value, "", top.source, top.confidence)


def _levels(part: LevelsPart) -> Iterator[Row]:
    below = None
    for level in part.values:
        span = f"≤ {level.up_to:g}" if below is None else f"{below + 1:g}–{level.up_to:g}"
        value = f"{span} {level.colour_zh} {level.colour}"
        yield Row("levels", f"{level.level_zh} {level.name_zh}", value, "", part.source, part.confidence)
        below = level.up_to


def _limits(part: LimitsPart) -> Iterator[Row]:
    for limit in part.values:
        item = f"{_symbol(limit.factor)} {AVERAGES[limit.average]}"
        yield Row("limits", item, (limit.class_1, limit.class_2), limit.unit, part.source, limit.confidence)
