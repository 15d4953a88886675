"""A station: what it is, whether it reports, what it measures, and what became of it."""

from __future__ import annotations

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import STATION, TO_ALERTS, about, named, written
from deploy.grafana.codes import (
    ALERT_STATE,
    FLAG,
    KIND,
    REJECTED,
    SEVERITY,
    STATION_STATE,
    STATISTIC_STATE,
    VALIDITY,
)
from deploy.grafana.looks import SEVERITIES, STATES, aqi_levels, words
from deploy.grafana.panels import Head, Look, grid, leads, lines, number
from deploy.grafana.sql import Sql

_FACTOR = "factor in (${factor:sqlstring})"


_NOW = [
    number(
        Head("状态 State", about("是否按时上报。", "Whether the station reports in time.", "v_station_states"), 6, 4),
        Sql(f'select state as "状态 State" from lantian.v_station_states where {STATION}'),
        Look(mappings=words(STATION_STATE, STATES)),
    ),
    number(
        Head(
            "迟报 Overdue",
            about("下一份报告已迟的秒数。", "By how much the next report is overdue, s.", "v_station_states"),
            6,
            4,
        ),
        Sql(f'select overdue_s as "迟报 Overdue" from lantian.v_station_states where {STATION}'),
        Look(unit="s"),
    ),
    number(
        Head(
            "未结报警 Open alerts",
            about("该站未结束的报警数。", "Alerts of the station that are open.", "v_station_states"),
            6,
            4,
        ),
        Sql(f'select open_alerts as "报警 Alerts" from lantian.v_station_states where {STATION}'),
    ),
    number(
        Head(
            "最近报告 Latest report",
            about(
                "最近一份报告收到的时间（北京时间）。",
                "When the latest report came, Asia/Shanghai.",
                "v_station_states",
            ),
            6,
            4,
        ),
        Sql(f"""
select coalesce(to_char(received_at at time zone 'Asia/Shanghai', 'MM-DD HH24:MI'), '—') as "收到 Received"
from lantian.v_station_states where {STATION}
"""),
    ),
]

_LATEST = grid(
    Head(
        "最近读数 Latest readings",
        about("最近一份报告的各因子。", "The factors of the latest report.", "v_latest_readings", "v_factors"),
        8,
        9,
    ),
    Sql(f"""
select f.name_zh as "因子 Factor", f.symbol as "符号 Symbol", r.value as "值 Value",
    {written("r.unit")} as "单位 Unit",
    r.flag as "标记 Flag", r.time as "时间 Time"
from lantian.v_latest_readings r join lantian.v_factors f using (factor)
where r.{STATION} order by f.factor
"""),
    {"标记 Flag": Look(mappings=words(FLAG))},
)

_READINGS = lines(
    Head(
        "读数 Readings",
        about(
            "所选因子的原始读数（人工审核后），最多 20000 条。",
            "Readings of the chosen factors as persons left them, 20 000 at most.",
            "v_readings",
        ),
        16,
        9,
    ),
    Sql(
        f"""
select * from (
    select r.time as "time", {named("r")} as metric, r.value as value
    from lantian.v_readings r join lantian.v_factors f using (factor)
    where r.{STATION} and $__timeFilter(r.time) and r.{_FACTOR}
    order by r.time desc limit 20000
) latest order by "time"
""",
        series=True,
    ),
)

_HOURS = lines(
    Head(
        "小时值 Hours",
        about("所选因子的小时均值，各带单位。", "Hourly means of the chosen factors, each with its unit.", "v_hourly"),
    ),
    Sql(
        f"""
select h.start as "time", {named("h")} as metric, h.value as value
from lantian.v_hourly h join lantian.v_factors f using (factor)
where h.{STATION} and $__timeFilter(h.start) and h.{_FACTOR}
order by h.start
""",
        series=True,
    ),
)

_SPANS = [
    lines(
        Head(
            "臭氧 8 小时滑动 Ozone, 8 h",
            about(
                "臭氧 8 小时滑动平均，µg/m³，按窗口开始时间。",
                "Running 8-hour means of ozone by their beginning, µg/m³.",
                "v_eight_hours",
            ),
        ),
        Sql(
            f"""
select start as "time", value as "O3 8h" from lantian.v_eight_hours
where {STATION} and $__timeFilter(start) and factor = 'a05024' order by start
""",
            series=True,
        ),
        unit="suffix: µg/m³",
    ),
    lines(
        Head(
            "AQI 小时 Hourly AQI",
            about(
                "空气站的小时 AQI，按级别着色；其他站点无。",
                "Hourly AQI of an air station; others have none.",
                "v_air_hourly",
            ),
        ),
        Sql(
            f"""
select start as "time", aqi as "AQI" from lantian.v_air_hourly
where {STATION} and $__timeFilter(start) order by start
""",
            series=True,
        ),
        colours=aqi_levels(),
    ),
    lines(
        Head(
            "有效分钟比例 Completeness",
            about("每小时有效数据占应有数据的百分比。", "Valid per expected readings of each hour, %.", "v_hourly"),
        ),
        Sql(
            f"""
select h.start as "time", {named("h")} as metric, 100 * h.n_valid::float8 / nullif(h.n_expected, 0) as value
from lantian.v_hourly h join lantian.v_factors f using (factor)
where h.{STATION} and $__timeFilter(h.start) and h.{_FACTOR}
order by h.start
""",
            series=True,
        ),
        unit="percent",
    ),
]

_DAYS = grid(
    Head(
        "日值 Days",
        about(
            "范围内各日的日均值（审核后）与设备原始日均值。",
            "Daily means as reviewed beside those of devices alone.",
            "v_daily",
            "v_daily_raw",
        ),
        12,
        8,
    ),
    Sql(f"""
select d.start as "日 Day", {named("d")} as "因子 Factor", d.value as "值 Value", r.value as "设备 Device",
    d.n_valid as "有效 Valid",
    d.n_expected as "应有 Expected", d.reason as "无效原因 Reason", d.state as "状态 State"
from lantian.v_daily d
join lantian.v_daily_raw r on r.{STATION} and r.start = d.start and r.factor = d.factor
join lantian.v_factors f on f.factor = d.factor
where d.{STATION} and d.start between $__timeFrom()::timestamptz - interval '1 day' and $__timeTo()::timestamptz
    and r.start between $__timeFrom()::timestamptz - interval '1 day' and $__timeTo()::timestamptz
    and d.{_FACTOR}
order by d.start desc, d.factor limit 500
"""),
    {"无效原因 Reason": Look(mappings=words(VALIDITY)), "状态 State": Look(mappings=words(STATISTIC_STATE))},
)

_HISTORY = [
    grid(
        Head(
            "报警 Alerts",
            about("该站的报警；点城市看报警总览。", "Alerts of the station; the city leads to all.", "v_alerts"),
            12,
            8,
        ),
        Sql(f"""
select a.opened_at as "开始 Opened", a.severity as "级别 Severity", a.title_zh as "标题 Title", a.state as "状态 State",
    a.peak as "峰值 Peak", a.unit as "单位 Unit", a.city as "城市 City"
from lantian.v_alerts a
where a.{STATION} and $__timeFilter(a.opened_at)
order by a.opened_at desc limit 200
"""),
        {
            "级别 Severity": Look(mappings=words(SEVERITY, SEVERITIES)),
            "状态 State": Look(mappings=words(ALERT_STATE)),
            "城市 City": leads(*TO_ALERTS),
        },
    ),
    grid(
        Head("登记 Register", about("登记的各版本。", "The versions of the register.", "v_station_versions"), 12, 6),
        Sql(f"""
select valid_from as "自 From", valid_to as "至 To", active as "在用 Active", name_zh as "名称 Name",
    kind as "类别 Kind", city as "城市 City", county as "区县 County", enterprise as "企业 Enterprise",
    reporting_period as "周期 Period, s", changed_by as "修改人 By"
from lantian.v_station_versions where {STATION} order by valid_from desc nulls last limit 50
"""),
        {"类别 Kind": Look(mappings=words(KIND))},
    ),
    grid(
        Head(
            "被拒报告 Rejected",
            about("未收下的报告及原因。", "Reports that were not taken, and why.", "v_rejected"),
            12,
            6,
        ),
        Sql(f"""
select received_at as "收到 Received", seq as "序号 Seq", whole as "整份 Whole", reason as "原因 Reason",
    array_to_string(factors, ' ') as "因子 Factors", detail as "说明 Detail"
from lantian.v_rejected where {STATION} and $__timeFilter(received_at)
order by received_at desc limit 200
"""),
        {"原因 Reason": Look(mappings=words(REJECTED))},
    ),
]

BOARD = Board(
    "lantian-station",
    "站点 Station",
    "一个站点：是否上报、测到什么、有何报警。A station: whether it reports, what it measures, its alerts.",
    "now-24h",
    [variables.city(), variables.station(), variables.factor()],
    [*_NOW, _LATEST, _READINGS, _HOURS, *_SPANS, _DAYS, *_HISTORY],
)
