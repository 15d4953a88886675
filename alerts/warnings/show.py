"""Warnings in words: lines for the terminal, rows for files, values for JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from alerts.warnings.dispatch import Change, Dispatch
from alerts.warnings.past import Past, PastWarning
from alerts.warnings.scheme import Level, Scheme
from alerts.warnings.sheets import title
from alerts.warnings.winters import seasons

PAST_HEADINGS = (
    "方案 scheme", "首日 first_day", "解除日 end", "最高级别 highest", "生效天数 days", "各级天数 days_by_level",
    "过程 steps",
)  # fmt: skip


def scheme_lines(scheme: Scheme) -> Iterator[str]:
    """A scheme with its conditions and what is unconfirmed of it."""
    until = f"{scheme.effective_until} 前 until" if scheme.effective_until else "起 on"
    regions = ",".join(scheme.regions)
    yield f"{scheme.id}  {scheme.name_zh} {scheme.name_en}  {scheme.effective_from} – {until}  {regions}"
    yield f"    依据 Basis: {scheme.legal_basis}；日期 dates: {scheme.dates_source.shown}"
    for part in scheme.level:
        conditions = "；或 or ".join(one.chinese for one in part.any)
        yield f"    {part.level.chinese} {part.level}: {conditions}  [{part.source.shown}]"
    for name, setting in (
        ("解除 clear_hours", scheme.clear_hours),
        ("合并 merge_hours", scheme.merge_hours),
        ("提前 lead_days", scheme.lead_days),
    ):
        yield f"    {name} {setting.value}  [{setting.source.shown}]"


def dispatch_lines(found: Dispatch) -> Iterator[str]:
    """How many measures come, change and go, and the sums beside the city's cut."""
    counts = {change: sum(order.change is change for order in found.orders) for change in Change}
    told = "，".join(f"{change.chinese} {change} {count}" for change, count in counts.items())
    enterprises = len({order.measure.unit.enterprise for order in found.orders})
    yield f"{title(found.before)} → {title(found.level)}：企业 enterprises {enterprises}；措施 measures：{told}"
    for one in found.sums:
        required = f"要求 required {one.required:g} %" if one.required is not None else "无要求 no cut"
        short = f"，尚缺 short {one.short:g} %" if one.short else ""
        yield f"    {one.pollutant.shown}: 合计 planned {one.planned:g} %，{required}{short}  {one.verdict.chinese}"
    if found.idle:
        yield f"    本级无措施的企业 without measures at this level: {len(found.idle)}（{_some(found.idle)}）"
    if found.weaker:
        some = _some(found.weaker)
        yield f"    本级减排少于低级别的企业 cutting less than at a lower level: {len(found.weaker)}（{some}）"


def dispatch_json(found: Dispatch) -> dict[str, Any]:
    """As `dispatch --json` prints it."""
    return {
        "from": found.before,
        "level": found.level,
        "orders": [
            {
                "enterprise": order.measure.unit.enterprise,
                "line": order.measure.unit.line,
                "process": order.measure.unit.process,
                "equipment": order.measure.unit.equipment,
                "level": order.measure.level,
                "measure": order.measure.text,
                "shares": {pollutant: float(share) for pollutant, share in order.measure.shares.items()},
                "change": order.change,
            }
            for order in found.orders
        ],
        "sums": [
            {
                "pollutant": one.pollutant,
                "planned": float(one.planned),
                "required": None if one.required is None else float(one.required),
                "short": float(one.short),
                "verdict": one.verdict,
            }
            for one in found.sums
        ],
        "idle": list(found.idle),
        "weaker": list(found.weaker),
    }


def past_lines(found: Past) -> Iterator[str]:
    """The seasons of a scheme, a line each."""
    levels = [part.level for part in found.scheme.level if part.level.is_warning]
    yield f"{found.scheme.id}  {found.scheme.name_zh} {found.scheme.name_en}  {found.first} – {found.last}"
    for season in seasons(found):
        number = " ".join(f"{level.chinese}{season.warnings.get(level, 0)}" for level in levels)
        days = " ".join(f"{level.chinese}{season.days.get(level, 0)}" for level in levels)
        yield f"    {season.label:8}  次数 warnings: {number}  生效天数 days in force: {days}"


def past_rows(found: Past) -> Iterator[tuple[str, ...]]:
    """A row a warning, in the order of `PAST_HEADINGS`."""
    for warning in found.warnings:
        days = _days(warning)
        steps = ";".join(" ".join(filter(None, (f"{step.on}", step.action, step.level))) for step in warning.steps)
        yield (
            found.scheme.id, f"{warning.first_day}", f"{warning.end or ''}", warning.highest, f"{sum(days.values())}",
            ";".join(f"{level} {count}" for level, count in days.items()), steps,
        )  # fmt: skip


def past_json(found: Past) -> dict[str, Any]:
    """As `past --json` prints it, and pictures are drawn of it."""
    return {
        "scheme": found.scheme.id,
        "name_zh": found.scheme.name_zh,
        "name_en": found.scheme.name_en,
        "first": f"{found.first}",
        "last": f"{found.last}",
        "seasons": [
            {"season": season.label, "warnings": dict(season.warnings), "days": dict(season.days)}
            for season in seasons(found)
        ],
        "warnings": [
            {
                "first_day": f"{warning.first_day}",
                "end": f"{warning.end}" if warning.end else None,
                "highest": warning.highest,
                "days": _days(warning),
                "levels": [[f"{day}", level] for day, level in warning.levels],
                "steps": [{"on": f"{step.on}", "action": step.action, "level": step.level} for step in warning.steps],
            }
            for warning in found.warnings
        ],
        "apart": [{"kind": kind, "first": f"{first}", "last": f"{last}"} for kind, first, last in found.apart],
    }


def _days(warning: PastWarning) -> dict[Level, int]:
    levels = [level for _, level in warning.levels]
    return {level: levels.count(level) for level in Level if level in levels}


def _some(names: Iterable[str], shown: int = 5) -> str:
    known = list(names)
    return "、".join(known[:shown]) + ("…" if len(known) > shown else "")
