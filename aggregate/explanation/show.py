"""An account as tables for people: Chinese first, English beside. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aggregate.explanation import words
from aggregate.explanation.account import Account, Said
from aggregate.explanation.inputs import Why
from aggregate.explanation.show_inputs import inputs_table
from aggregate.explanation.show_steps import step_tables
from aggregate.explanation.table import Row, Table
from aggregate.explanation.words import NONE, both, stamp, stored
from aggregate.readings.show import review_line, review_shown
from aggregate.rebuild.change import Figure
from aggregate.statistic import Reason
from core.clock import date_of
from standards.describe import mark_text, unit_text

_SAID = ("口径 Variant", "数值 Figure", "状态 State", "版本 Version", "修订 Revision", "变更 Changed")
_RULE = ("规则", "Rule", "可信度 Mark", "依据 Source")
_DUST = ("ID", "城市 City", "时段 Span", "依据 Basis", "录入 Imported by", "状态 State")


def tables(account: Account) -> Iterator[Table]:
    """From the figure down to what was said of it before; what is empty is left out."""
    for table in (
        Table("数值 Figure", (), [*_figure(account)]),
        inputs_table(account),
        *step_tables(account.steps),
        Table("规则 Rules", _RULE, [*_rules(account)]),
        Table("同一时段的其他口径 Other variants of the window", _SAID, [*map(_said, account.others)]),
        Table("历次修订前 What it said before", _SAID, [*map(_said, account.revisions)]),
        Table("人工审核 What persons said of its readings", ("lantian readings reviews",), [*_reviews(account)]),
        Table("沙尘期间 Sand-dust", _DUST, [*_dust(account)]),
    ):
        if table.rows or table.note:
            yield table


def _figure(account: Account) -> Iterator[Row]:
    evidence, asked, row = account.evidence, account.evidence.question, account.evidence.row
    station, edition, figure = evidence.station, account.edition, account.figure
    unit = "" if figure.value is None else unit_text(account.unit)
    place = f"{station.name_zh}（{station.kind.zh}，{station.city}）" if station else "城市 city"
    yield "对象 Object", f"{asked.name} {place}"
    yield "因子 Factor", f"{asked.factor} {both(words.factor_words(asked.factor))}".rstrip()
    span = f"{stamp(asked.start)} – {stamp(asked.key.end)}"
    yield "时段 Window", f"{both(words.WINDOWS[asked.window])}  {span}  Asia/Shanghai"
    yield "口径 Variant", _variants(account)
    yield "显示值 Shown", f"{words.shown(account.rounded, account.decimals)} {unit}".rstrip()
    yield "存储值 Stored", f"{stored(figure.value)} {unit}".rstrip()
    yield "有效性 Validity", both(words.REASONS[Reason(figure.reason)])
    counted = sum(each.why is Why.COUNTED for each in account.inputs)
    counts = f"有效 valid {figure.n_valid}，应有 expected {figure.n_expected}"
    yield (
        "个数 Counts",
        counts if evidence.gone else f"{counts}；输入 inputs {len(account.inputs)}，计入 counted {counted}",
    )
    yield "状态 State", both(words.STATES[account.state]) + _due(account)
    yield "版本 Version", f"{row.version}，修订 revision {row.revision}，{stamp(row.changed_at)} 变更 changed"
    yield "标准 Edition", f"{figure.edition}  {edition.name_zh}"
    yield "", "  ".join(f"{part.code}《{part.title_zh}》" for part in edition.source.standards)
    yield "重算 Recomputed", _recomputed(account)
    yield "SHA-256", account.sha256
    if evidence.closed:
        days = ", ".join(date_of(day).isoformat() for day in evidence.closed)
        yield "归档 Closed", f"{days}{'，监测数据已清除，统计值保留 the readings are gone' if evidence.gone else ''}"


def _variants(account: Account) -> str:
    asked, held = account.evidence.question.variant, account.evidence.row.key.variant
    said = both(words.variant_words(asked))
    return (
        said
        if asked == held
        else f"{said}；没有单独的值，取 it has no row of its own: {both(words.variant_words(held))}"
    )


def _due(account: Account) -> str:
    due = account.evidence.row.due
    return "" if due is None else f"，至 until {stamp(due)}"


def _recomputed(account: Account) -> str:
    if account.agrees:
        return "一致，逐位相同 identical, bit for bit"
    if account.agrees is None:
        gone = account.evidence.gone
        return "不可重算：监测数据已清除 the readings are gone" if gone else "尚在等待数据 still open"
    found = account.recomputed
    return f"不一致 DIFFERS: {'没有此因子 no such factor' if found is None else _text(found)}"


def _text(figure: Figure) -> str:
    validity = both(words.REASONS[Reason(figure.reason)])
    return f"{stored(figure.value)} ({figure.n_valid}/{figure.n_expected} {validity}, {figure.edition})"


def _rules(account: Account) -> Iterator[Row]:
    for rule in account.rules:
        yield rule.zh, rule.en, mark_text(rule.confidence), rule.source


def _said(said: Said) -> Row:
    return (
        both(words.variant_words(said.variant)),
        "没有此因子 no such factor" if said.figure is None else _text(said.figure),
        both(words.STATES[said.state]) if said.state else NONE,
        str(said.version),
        str(said.revision),
        stamp(said.changed_at),
    )


def _reviews(account: Account) -> Iterator[Row]:
    return ((review_line(review_shown(review)),) for review in account.evidence.reviews)


def _dust(account: Account) -> Iterator[Row]:
    for period in account.evidence.dust:
        span = f"{stamp(period.start)} – {stamp(period.end)}"
        state = "有效 in force" if period.withdrawn_at is None else f"已撤销 withdrawn by {period.withdrawn_by}"
        yield str(period.id), period.city, span, period.basis, period.imported_by, state


def plain(shown: Sequence[Table]) -> Iterator[str]:
    """The tables as lines, their columns aligned; nothing is wrapped or cut."""
    for table in shown:
        rows = [table.head, *table.rows] if table.head else table.rows
        widths = [max(map(words.width, column)) for column in zip(*rows, strict=True)]
        yield table.title
        for row in rows:
            cells = (f"{cell}{' ' * (wide - words.width(cell))}" for cell, wide in zip(row, widths, strict=True))
            yield f"  {'  '.join(cells)}".rstrip()
        yield from ([f"  {table.note}"] if table.note else [])
        yield ""
