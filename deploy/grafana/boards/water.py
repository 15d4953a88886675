"""Water, as far as it is kept: sections of rivers and what their autostations measured."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import CITY, STATION, TO_STATION, about, named, written
from deploy.grafana.codes import FLAG, STATION_STATE
from deploy.grafana.looks import STATES, unit, words
from deploy.grafana.panels import Head, Look, grid, leads, lines
from deploy.grafana.sql import Sql
from standards.factors import load_catalogue

_SHOWN = ("w01001", "w01009", "w01019", "w21003", "w21011", "w21001")
"""pH, oxygen, permanganate index, ammonia, phosphorus, nitrogen: what sections are mostly judged by."""
_BOUND = 20_000

_SECTIONS = [
    grid(
        Head(
            "断面 Sections",
            about(
                "所选城市的水质自动站：目标类别与上报状态。",
                "The city's water stations: target class, and whether they report.",
                "v_stations",
                "v_station_states",
            ),
            10,
            9,
        ),
        Sql(f"""
select s.station_id as "编号 Id", s.name_zh as "断面 Section", s.county as "区县 County",
    s.target_class as "目标 Target",
    t.state as "状态 State", t.ended_at as "至 Until"
from lantian.v_stations s join lantian.v_station_states t using (station_id)
where s.kind = 'water' and s.{CITY} order by s.station_id limit 500
"""),
        {"状态 State": Look(mappings=words(STATION_STATE, STATES)), "编号 Id": leads(*TO_STATION)},
    ),
    grid(
        Head(
            "最近读数 Latest readings",
            about(
                "各断面最近一份报告（多为四小时一次），按其类别未作评价。",
                "Each section's latest report (mostly every four hours); no class is judged yet.",
                "v_latest_readings",
                "v_factors",
            ),
            14,
            9,
        ),
        Sql(f"""
select r.station_id as "编号 Id", r.name_zh as "断面 Section", f.name_zh as "因子 Factor", r.value as "值 Value",
    {written("r.unit")} as "单位 Unit", r.flag as "标记 Flag", r.time as "时间 Time"
from lantian.v_latest_readings r join lantian.v_factors f using (factor)
where r.kind = 'water' and r.{CITY} order by r.station_id, f.factor limit 2000
"""),
        {"标记 Flag": Look(mappings=words(FLAG)), "编号 Id": leads(*TO_STATION)},
    ),
]


def _course(code: str) -> Panel:
    factor = next(one for one in load_catalogue() if one.code == code)
    name = factor.symbol if factor.symbol == "pH" else f"{factor.name_zh} {factor.symbol}"
    shown = "" if factor.unit == "1" else factor.unit
    return lines(
        Head(
            name,
            about(
                f"所选断面的{factor.name_zh}读数，{shown or '无单位'}。",
                f"The section's {factor.symbol}, {shown or 'no unit'}.",
                "v_readings",
            ),
            8,
            7,
        ),
        Sql(
            f"""
select * from (
    select time, value as "{factor.symbol}" from lantian.v_readings
    where {STATION} and $__timeFilter(time) and factor = '{code}' order by time desc limit {_BOUND}
) latest order by time
""",
            series=True,
        ),
        unit=unit(shown) if shown else "",
    )


_ALL = lines(
    Head(
        "所选因子 Chosen factors",
        about(
            "所选断面所选因子的读数，各带单位。",
            "Readings of the chosen factors, each with its unit.",
            "v_readings",
            "v_factors",
        ),
        24,
        9,
    ),
    Sql(
        f"""
select * from (
    select r.time as "time", {named("r")} as metric, r.value as value
    from lantian.v_readings r join lantian.v_factors f using (factor)
    where r.{STATION} and $__timeFilter(r.time) and r.factor in (${{factor:sqlstring}})
    order by r.time desc limit {_BOUND}
) latest order by "time"
""",
        series=True,
    ),
)

BOARD = Board(
    "lantian-water",
    "水质 Water",
    "河流断面水质自动站（现有数据，未作类别评价）。Rivers' autostations, as far as kept; no class is judged.",
    "now-7d",
    [variables.city(), variables.station("water"), variables.factor()],
    [*_SECTIONS, *(_course(code) for code in _SHOWN), _ALL],
)
