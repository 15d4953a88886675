"""Dust sites: which exceed now, how their day went, and which were told to stop."""

from __future__ import annotations

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import CITY, NOW, STATION, TO_STATION, about
from deploy.grafana.codes import ALERT_STATE, ORDER_STAGE, SEVERITY, coloured, in_words
from deploy.grafana.looks import BAD, FAIR, GOOD, GRAVE, SEVERITIES, steps, unit_of, words
from deploy.grafana.panels import Head, Look, bars, columns, grid, leads, lines, number, places
from deploy.grafana.sql import Sql

STOP_WORK = 250.0
"""PM10 of an hour at a site, µg/m³, from which on earthwork stops (晋政办发〔2019〕39号)."""
_COLOURS = steps(GOOD, (150.0, FAIR), (STOP_WORK, GRAVE))
_PM10 = unit_of("pm10")
_SITE_ALERTS = "a.kind = 'dust' and a.city = ${city:sqlstring}"

_NOW = [
    number(
        Head(
            "工地 Sites",
            about("所选城市在用的扬尘监测点。", "Dust monitors of the city in service.", "v_stations"),
            6,
            4,
        ),
        Sql(f"select count(*) as \"工地 Sites\" from lantian.v_stations where kind = 'dust' and active and {CITY}"),
    ),
    number(
        Head(
            "超 250 µg/m³ Above 250",
            about(
                "范围末 3 小时内最近有效小时 PM10 达到 250 µg/m³ 的工地数。",
                "Sites whose PM10 reached 250 µg/m³ in their latest valid hour of the range's last three.",
                "v_hourly",
                "v_stations",
            ),
            6,
            4,
        ),
        Sql(f"""
select count(*) filter (where value >= {STOP_WORK:.0f}) as "超标 Above" from (
    select distinct on (h.station_id) h.value from lantian.v_stations s join lantian.v_hourly h using (station_id)
    where s.kind = 'dust' and s.{CITY} and h.factor = 'a34002' and {NOW} and h.value is not null
    order by h.station_id, h.start desc
) latest
"""),
        Look(colours=steps(GOOD, (1.0, GRAVE))),
    ),
    number(
        Head("未结报警 Open alerts", about("扬尘报警未结束者。", "Alerts of dust that are open.", "v_alerts"), 6, 4),
        Sql(f"select count(*) as \"报警 Alerts\" from lantian.v_alerts a where {_SITE_ALERTS} and a.state = 'open'"),
        Look(colours=steps(GOOD, (1.0, BAD))),
    ),
    number(
        Head(
            "生效停工令 Orders in force",
            about(
                "已下达或已签收而未解除的停工令。",
                "Stop-work orders issued or received, and not lifted.",
                "v_stop_work_orders",
                "v_alerts",
            ),
            6,
            4,
        ),
        Sql(f"""
select count(*) as "停工令 Orders" from lantian.v_stop_work_orders o join lantian.v_alerts a using (alert_id)
where {_SITE_ALERTS} and o.stage in ('issued', 'received')
"""),
        Look(colours=steps(GOOD, (1.0, GRAVE))),
    ),
]

_SITES = [
    grid(
        Head(
            "工地最近小时 Sites, latest hour",
            about(
                "各工地范围末 3 小时内最近有效小时的 PM10，µg/m³，高者在前；更早的不算。",
                "PM10 of each site's latest valid hour of the range's last three, µg/m³, highest first.",
                "v_hourly",
                "v_stations",
            ),
            12,
            10,
        ),
        Sql(f"""
select * from (
    select distinct on (s.station_id) s.station_id as "编号 Id", s.name_zh as "工地 Site", s.county as "区县 County",
        h.value as "PM10", h.n_valid as "有效 Valid", h."end" as "时间 Time"
    from lantian.v_stations s join lantian.v_hourly h using (station_id)
    where s.kind = 'dust' and s.{CITY} and h.factor = 'a34002' and {NOW} and h.value is not null
    order by s.station_id, h.start desc
) latest order by "PM10" desc limit 1000
"""),
        {"PM10": Look(_PM10, 0, _COLOURS), "编号 Id": leads(*TO_STATION)},
    ),
    places(
        Head(
            "工地分布 Map",
            about(
                "各工地最近一份报告的 PM10，µg/m³。",
                "PM10 of each site's latest report, µg/m³.",
                "v_latest_readings",
                "v_stations",
            ),
            12,
            10,
        ),
        Sql(f"""
select s.station_id as "编号 Id", s.name_zh as "工地 Site", s.longitude, s.latitude, r.value as "PM10"
from lantian.v_stations s join lantian.v_latest_readings r using (station_id)
where s.kind = 'dust' and s.{CITY} and r.factor = 'a34002' limit 2000
"""),
        "PM10",
        _COLOURS,
    ),
]

_COURSE = [
    lines(
        Head(
            "所选工地小时 PM10 Hours of the site",
            about(
                "所选工地的小时 PM10，虚线为停工线 250 µg/m³（晋政办发〔2019〕39号）。",
                "Hourly PM10 of the site; dashed: 250 µg/m³, from which on work stops.",
                "v_hourly",
            ),
        ),
        Sql(
            f"""
select start as "time", value as "PM10", {STOP_WORK:.0f}::float8 as "停工线 Stop-work" from lantian.v_hourly
where {STATION} and $__timeFilter(start) and factor = 'a34002' order by start
""",
            series=True,
        ),
        unit=_PM10,
        limits=["停工线 Stop-work"],
    ),
    lines(
        Head(
            "所选工地读数 Readings of the site",
            about(
                "所选工地的 PM10 读数，µg/m³，最多 20000 条。",
                "PM10 readings of the site, µg/m³, 20 000 at most.",
                "v_readings",
            ),
        ),
        Sql(
            f"""
select * from (
    select time, value as "PM10" from lantian.v_readings
    where {STATION} and $__timeFilter(time) and factor = 'a34002' order by time desc limit 20000
) latest order by time
""",
            series=True,
        ),
        unit=_PM10,
    ),
]

_ALERTS = [
    bars(
        Head(
            "扬尘报警 Alerts of dust",
            about("每日新开的扬尘报警，按级别。", "Alerts of dust opened each day, by severity.", "v_alerts"),
        ),
        Sql(
            f"""
select date_trunc('day', a.opened_at, 'Asia/Shanghai') as "time",
    {in_words("a.severity", SEVERITY)} as metric, count(*) as value
from lantian.v_alerts a where {_SITE_ALERTS} and $__timeFilter(a.opened_at)
group by 1, 2 order by 1
""",
            series=True,
        ),
        colours=coloured(SEVERITY, SEVERITIES),
    ),
    columns(
        Head(
            "报警最多的工地 Sites with most alerts",
            about(
                "范围内报警最多的 20 个工地。",
                "The twenty sites with most alerts in the range.",
                "v_alerts",
                "v_stations",
            ),
        ),
        Sql(f"""
select s.name_zh as "工地 Site", count(*) as "报警 Alerts"
from lantian.v_alerts a join lantian.v_stations s using (station_id)
where {_SITE_ALERTS} and $__timeFilter(a.opened_at)
group by 1 order by 2 desc, 1 limit 20
"""),
    ),
    grid(
        Head(
            "停工令 Stop-work orders",
            about(
                "范围内提出的停工令及其现状。",
                "Stop-work orders proposed in the range, and how they stand.",
                "v_stop_work_orders",
                "v_alerts",
            ),
            12,
            9,
        ),
        Sql(f"""
select o.proposed_at as "提出 Proposed", a.station_id as "编号 Id", a.name_zh as "工地 Site",
    o.order_number as "序号 Number",
    o.stage as "阶段 Stage", o.flagged as "存疑 Flagged", a.peak as "峰值 Peak", o.last_by as "经办 By",
    o.last_at as "时间 At",
    o.why as "理由 Why"
from lantian.v_stop_work_orders o join lantian.v_alerts a using (alert_id)
where {_SITE_ALERTS} and $__timeFilter(o.proposed_at)
order by o.proposed_at desc limit 200
"""),
        {"阶段 Stage": Look(mappings=words(ORDER_STAGE)), "编号 Id": leads(*TO_STATION), "峰值 Peak": Look(_PM10, 0)},
    ),
    grid(
        Head(
            "扬尘报警清单 List of alerts",
            about("范围内的扬尘报警，新者在前。", "Alerts of dust in the range, latest first.", "v_alerts"),
            12,
            9,
        ),
        Sql(f"""
select a.opened_at as "开始 Opened", a.severity as "级别 Severity", a.station_id as "编号 Id", a.name_zh as "工地 Site",
    a.peak as "峰值 Peak", a.state as "状态 State", a.cleared_at as "结束 Cleared", a.rule_id as "规则 Rule"
from lantian.v_alerts a where {_SITE_ALERTS} and $__timeFilter(a.opened_at)
order by a.opened_at desc limit 200
"""),
        {
            "级别 Severity": Look(mappings=words(SEVERITY, SEVERITIES)),
            "状态 State": Look(mappings=words(ALERT_STATE)),
            "编号 Id": leads(*TO_STATION),
        },
    ),
]

BOARD = Board(
    "lantian-dust-sites",
    "扬尘工地 Dust sites",
    "哪些工地扬尘超标，哪些被责令停工。Which sites exceed, and which were told to stop.",
    "now-24h",
    [variables.city(), variables.station("dust")],
    [*_NOW, *_SITES, *_COURSE, *_ALERTS],
)
