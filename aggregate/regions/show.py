"""A survey as lines and tables for people: Chinese first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aggregate.regions.stretch import Stretch
from aggregate.regions.survey import Survey
from aggregate.regions.tables import (
    NONE,
    SYMBOLS,
    Line,
    Table,
    figure_tables,
    fixed,
    plain,
    ranked,
    signed,
    signed_days,
)
from aggregate.regions.targets import Item, Rest, Standing
from aggregate.regions.verdict import Change
from aggregate.statistic import Tier
from standards.editions import HOURLY_FACTORS, Edition

DUST = {True: "含沙尘 sand-dust in", False: "扣沙尘 sand-dust out"}
TIERS = {Tier.RAW: "原始 raw", Tier.REVIEWED: "审核 reviewed"}

_ITEMS = {
    Item.COMPOSITE: "综合指数 index",
    Item.ATTAINED_SHARE: "优良率 attained %",
    Item.HEAVY_DAYS: "重污染天数 heavy days",
}
_REST = {
    Rest.MEAN: "其余日均值不高于 mean of the rest ≤",
    Rest.FAILING: "其余日可超标天数 days that may fail",
    Rest.HEAVY: "其余日可重污染天数 days that may be heavy",
    Rest.ABOVE: "其余日可高于目标天数 days that may be above",
    Rest.LOST: "已无法达到 can no longer be met",
    Rest.OVER: "时段已结束 over",
    Rest.UNTOLD: "无法由单一数值说明 does not follow from one number",
}
_OF_TARGETS = (
    "对象 Object", "指标 Item", "基期 Base", "基期值", "目标 Target", "现状 Now", "达到 Met", "进度 Progress %",
    "剩余天数 Left", "其余日 Rest",
)  # fmt: skip


def headline(survey: Survey) -> list[str]:
    """What the figures are of, and what must be said of them."""
    dust = "，".join(DUST[dust] for dust in survey.assessed)
    return [
        f"{span_shown(survey.stretch)}  {survey.level.zh} {survey.level}  {TIERS[survey.tier]}  {dust}",
        f"基期 base {span_shown(survey.base)}",
        *(f"{note.zh} {note.en}" for note in survey.notes),
    ]


def span_shown(stretch: Stretch) -> str:
    """A period, its days, and the editions they fall under."""
    until = f"，截至 until {stretch.until}" if stretch.until else ""
    return f"{stretch.asked.label} ({stretch.span.first} … {stretch.asked.last}{until}; {'+'.join(stretch.editions)})"


def tables(survey: Survey) -> Iterator[Table]:
    """All that is told, in tables of which each has a row a region and variant."""
    both = len(survey.assessed) > 1
    who = ("名称 Name", "沙尘 Dust") if both else ("名称 Name",)
    lines, changes = [], []
    for row in _order(survey):
        for dust, assessed in survey.assessed.items():
            region = survey.regions[row]
            members = f" {assessed.figures.members[row]}/{len(region.members)}" if region.members else ""
            name = (region.name + members, *(["含 in" if dust else "扣 out"] if both else []))
            lines.append(Line(name, assessed, row))
            changes.append((*name, *_of_change(survey.changes[dust], row, survey.stretch.edition.shares.decimals)))
    yield from figure_tables(lines, who, survey.stretch.edition, survey.stretch.span)
    concentrations = (f"{symbol} %" for symbol in SYMBOLS)
    of_days = ("优良天数 Days", "优良率 points", "重污染天数 Heavy")
    names = (*who, "改善名次 Rank", "综合指数 Index %", *concentrations, *of_days)
    yield Table("较基期变化 Change against the base", names, changes)
    yield Table("目标 Targets", _OF_TARGETS, [_of_target(one, survey.stretch.edition) for one in survey.targets])


def _order(survey: Survey) -> Sequence[int]:
    """Regions by rank, those without one behind; of two variants the one without sand-dust ranks."""
    rank = list(survey.assessed.values())[-1].ranking.rank.tolist()
    return sorted(range(len(survey.regions)), key=lambda row: (rank[row] == 0, rank[row]))


def _of_change(change: Change, row: int, places: int) -> Iterator[str]:
    yield ranked(int(change.ranking.rank[row]), tied=bool(change.ranking.tied[row]))
    yield signed(change.composite[row], places) + (" 变差" if change.worsening[row] else "")
    for value in change.concentration[row]:
        yield signed(value, places)
    yield signed_days(change.days_attained[row])
    yield signed(change.share[row], places)
    yield signed_days(change.days_heavy[row])


def _of_target(standing: Standing, edition: Edition) -> tuple[str, ...]:
    target, rest = standing.target, _REST[standing.rest]
    if standing.allowed is not None:
        rest += f" {_allowed(standing, standing.allowed, edition)}"
    if standing.members > 1 and standing.rest in {Rest.FAILING, Rest.HEAVY}:
        rest += f"（{standing.members} 个成员合计 of all members）"
    return (
        target.region,
        _ITEMS.get(target.item) or SYMBOLS[target.item.column or 0],
        target.base.label if target.base else NONE,
        plain(standing.base),
        plain(standing.aim),
        plain(standing.now),
        {True: "是", False: "否", None: NONE}[standing.met],
        plain(standing.progress),
        str(standing.left),
        rest,
    )


def _allowed(standing: Standing, allowed: float, edition: Edition) -> str:
    """A mean to one place more than concentrations are printed to."""
    column = standing.target.item.column
    if standing.rest is not Rest.MEAN or column is None:
        return plain(allowed)
    return fixed(allowed, edition.decimals[HOURLY_FACTORS[column]] + 1)
