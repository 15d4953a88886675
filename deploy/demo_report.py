"""What the demonstration prints: the day's air hour by hour, and the alerts with their legal basis."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import typer

from aggregate.statistic import AQI
from core.clock import SHANGHAI
from standards.editions import HOURLY_FACTORS, edition_at
from standards.factors import load_catalogue


def day_table(cursor: Any, first: int, end: int) -> None:
    """Print the hours of every city between two UTC seconds: means, AQI and level, labelled by the hour's end."""
    cursor.execute(
        'select s.object, extract(epoch from s.start)::bigint, l.factors, s."values", s.states'
        " from statistic s join layout l on l.layout_id = s.layout where s.time_window = 'hour'"
        " and s.object like 'city:%%' and s.start >= to_timestamp(%s) and s.start < to_timestamp(%s)"
        " order by s.object, s.start",
        (first, end),
    )
    rows = cursor.fetchall()
    catalogue = load_catalogue()
    symbols = [catalogue.by_code[code].symbol for code in HOURLY_FACTORS]
    city = ""
    for name, start, factors, values, states in rows:
        if name != city:
            city = name
            typer.echo(f"\n{name.partition(':')[2]} 小时空气质量 (µg/m³, CO mg/m³)")
            typer.echo(_line(["时", *symbols, "AQI", "级别"]))
        known = dict(zip(factors, values, strict=True))
        cells = [_shown(known.get(code), 1 if catalogue.by_code[code].decimals else 0) for code in HOURLY_FACTORS]
        level = edition_at(start).level(known.get(AQI, float("nan")))
        label = f"{datetime.fromtimestamp(start, SHANGHAI).hour + 1:02d}{'*' if 'O' in states else ''}"
        typer.echo(_line([label, *cells, _shown(known.get(AQI), 0), level.name_zh if level else "–"]))


def alerts(cursor: Any) -> int:
    """Print every alert; returns how many there are."""
    cursor.execute(
        "select severity, state, title_zh, detail_zh, opened_at, cleared_at, origin, todo_zh, legal_basis from alert"
        " where state <> 'withdrawn' order by opened_at, alert_id"
    )
    rows = cursor.fetchall()
    typer.echo(f"\n告警 {len(rows)} 条")
    for severity, state, title, detail, opened, cleared, origin, todo, basis in rows:
        until = f"，{_clock(cleared)} 解除" if cleared else ""
        typer.echo(f"- [{severity}] {title}，{_clock(opened)} 起{until}（{state}，{origin}）")
        typer.echo(f"  {detail}")
        typer.echo(f"  处置：{todo}")
        typer.echo(f"  依据：{basis}")
    typer.echo("")
    return len(rows)


def _line(cells: list[str]) -> str:
    return "  ".join(cell.rjust(6) for cell in cells)


def _shown(value: float | None, decimals: int) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{decimals}f}"


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"
