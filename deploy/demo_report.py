"""What the demonstration prints: the day's air by hour, alerts with their legal basis, the ledger, the pictures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregate.statistic import AQI, State
from alerts.alert import HISTORY, LIVE
from alerts.severity import Severity
from alerts.show import STATES
from core.clock import SHANGHAI
from deploy.totals import Totals
from standards.editions import HOURLY_FACTORS, edition_at
from standards.factors import load_catalogue

ALERTS_SHOWN = 3
"""Of each rule in full, live ones before what history brought, then by their peak; the others are counted."""

ORIGINS = {LIVE: "实时", HISTORY: "历史"}


def day_table(cursor: Any, first: int, end: int) -> Iterator[str]:
    """The hours of every city between two UTC seconds: means, AQI and level, labelled by the hour's end."""
    cursor.execute(
        'select s.object, extract(epoch from s.start)::bigint, l.factors, s."values", s.states'
        " from statistic s join layout l on l.layout_id = s.layout where s.time_window = 'hour'"
        " and s.tier = 'raw' and s.sanddust and s.object like 'city:%%'"
        " and s.start >= to_timestamp(%s) and s.start < to_timestamp(%s) order by s.object, s.start",
        (first, end),
    )
    rows = cursor.fetchall()
    catalogue = load_catalogue()
    symbols = [catalogue.by_code[code].symbol for code in HOURLY_FACTORS]
    city = ""
    for name, start, factors, values, states in rows:
        if name != city:
            city = name
            yield f"\n{name.partition(':')[2]} 小时空气质量（µg/m³，CO mg/m³；带 * 的小时数据尚未收齐）"
            yield _line(["时", *symbols, "AQI", "级别"])
        known = dict(zip(factors, values, strict=True))
        cells = [_shown(known.get(code), 1 if catalogue.by_code[code].decimals else 0) for code in HOURLY_FACTORS]
        level = edition_at(start).level(known.get(AQI, float("nan")))
        label = f"{datetime.fromtimestamp(start, SHANGHAI).hour + 1:02d}{'*' if State.OPEN in states else ''}"
        yield _line([label, *cells, _shown(known.get(AQI), 0), level.name_zh if level else "–"])


def alerts(cursor: Any) -> tuple[int, list[str]]:
    """How many alerts stand, and the lines that tell of the gravest what is to be done and by which law."""
    cursor.execute(
        "select rule_id, severity, state, title_zh, detail_zh, opened_at, cleared_at, origin, todo_zh, legal_basis,"
        " row_number() over (partition by rule_id order by origin = 'live' desc, peak desc, alert_id) as place"
        " from alert where state <> 'withdrawn' order by rule_id, place"
    )
    rows = cursor.fetchall()
    counts = Counter(row[0] for row in rows)
    lines = [f"\n报警 {len(rows)} 条"]
    for rule, severity, state, title, detail, opened, cleared, origin, todo, basis, place in rows:
        if place <= ALERTS_SHOWN:
            until = f"，{_clock(cleared)} 解除" if cleared else ""
            stands = f"{STATES[state]}，{ORIGINS[origin]}"
            lines += [
                f"- [{Severity(severity).chinese}] {title}，{_clock(opened)} 起{until}（{stands}）",
                f"  {detail}",
                f"  处置：{todo}",
                f"  依据：{basis}",
            ]
        if place == counts[rule] > ALERTS_SHOWN:
            lines.append(f"- 另有 {counts[rule] - ALERTS_SHOWN} 条：{rule}")
    return len(rows), lines


def messages(cursor: Any) -> list[str]:
    """How many messages people were sent, and the gravest of them."""
    cursor.execute(
        "select title, count(*) over (), count(*) filter (where fate = 'delivered') over () from v_deliveries"
        " order by array_position(array['critical', 'severe', 'warning', 'info'], severity), delivery_id limit 1"
    )
    row = cursor.fetchone()
    if row is None:
        return ["\n通知 0 条"]
    title, written, delivered = row
    return [f"\n通知 {written} 条，{delivered} 条送达（MQTT 现场屏）", f"- {title}"]


def rejections(cursor: Any) -> list[tuple[str, int]]:
    """Why readings, and reports without any, were rejected, and how often; the most frequent first."""
    cursor.execute(
        "select reason, count(*) from (select unnest(reasons) as reason from rejected where cardinality(reasons) > 0"
        " union all select reason from rejected where cardinality(reasons) = 0) as r group by 1 order by 2 desc, 1"
    )
    return list(cursor.fetchall())


def ledger(totals: Totals, rejected: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Both balances of the whole network, and why something was rejected."""
    yield "\n台账"
    yield (
        f"  报文编号：应到 {totals.due:,} = 已到 {totals.received:,} + 在途 {totals.in_flight:,}"
        f" + 缺号 {totals.missing:,}（{totals.unreadable:,} 份报文读不出编号，原文已存）"
    )
    yield (
        f"  读数：收到 {totals.readings:,} = 当前 {totals.current:,} + 被更正 {totals.superseded:,}"
        f" + 重复 {totals.repeats:,} + 拒收 {totals.rejected:,} + 已封存 {totals.closed:,}"
    )
    yield f"  对不上 {totals.difference:,}，一数多值 {totals.duplicated:,}，不平的账户 {totals.unbalanced:,}"
    if rejected:
        yield f"  拒收原因：{'，'.join(f'{reason} {count:,}' for reason, count in rejected)}"


def verdict(said: Sequence[str]) -> Iterator[str]:
    """What the judge said: differences, what has no rule or statistic yet, and last its own line."""
    yield "\n评判"
    yield from (f"  {line}" for line in said[:-1])
    yield from said[-1:]


def pictures(files: Sequence[Path]) -> Iterator[str]:
    """Where the pictures are."""
    if files:
        yield f"\n图 {len(files)} 张：{files[0].parent}"
        yield from (f"  {file.name}" for file in files)
    yield ""


def _line(cells: list[str]) -> str:
    return "  ".join(cell.rjust(6) for cell in cells)


def _shown(value: float | None, decimals: int) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{decimals}f}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"
