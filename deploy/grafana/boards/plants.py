"""Plants, as far as they are kept: outlets, meters and treatment, enterprise by enterprise."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import BY_STATE, CITY, TO_STATION, about, named, written
from deploy.grafana.codes import ALERT_STATE, FLAG, KIND, SEVERITY, STATION_STATE, coloured, in_words
from deploy.grafana.looks import SEVERITIES, STATES, words
from deploy.grafana.panels import Head, Look, bars, columns, grid, leads, lines
from deploy.grafana.sql import Sql
from deploy.grafana.variables import chosen
from ingest.kinds import Kind

_KINDS = (Kind.CEMS, Kind.EFFLUENT, Kind.POWER, Kind.FACILITY, Kind.GATE)
_OF_PLANTS = "kind in (" + ", ".join(f"'{kind}'" for kind in _KINDS) + ")"
_PLANT = "enterprise = ${enterprise:sqlstring}"
_OUTLETS = f"select o.station_id from lantian.v_stations o where o.{_PLANT} and o.{_OF_PLANTS} limit 100"
_NAMES = in_words("s.kind", KIND)


def _hours(title: str, zh: str, en: str, kinds: str) -> Panel:
    return lines(
        Head(title, about(zh, en, "v_hourly", "v_stations", "v_factors")),
        Sql(
            f"""
select h.start as "time",
    s.name_zh || ' ' || s.station_id || ' ' || {named("h")} as metric,
    h.value as value
from lantian.v_stations s
join lantian.v_hourly h using (station_id)
join lantian.v_factors f using (factor)
where s.{_PLANT} and s.kind in ({kinds}) and $__timeFilter(h.start)
    and h.start > $__timeTo()::timestamptz - interval '92 days'
order by h.start limit 200000
""",
            series=True,
        ),
    )


_CITY_PANELS = [
    columns(
        Head(
            "监控点状态 Monitors by state",
            about(
                "所选城市企业监控点按类别与上报状态。",
                "Monitors of the city's plants by kind and whether they report.",
                "v_station_states",
            ),
        ),
        Sql(f"""
select {_NAMES} as "类别 Kind",
    {BY_STATE}
from lantian.v_station_states s where s.{CITY} and s.{_OF_PLANTS}
group by 1 order by 1
"""),
        stacked=True,
        colours=coloured(STATION_STATE, STATES),
    ),
    bars(
        Head(
            "企业报警 Alerts of plants",
            about(
                "每日新开的企业监控点报警，按级别。",
                "Alerts of plants' monitors opened each day, by severity.",
                "v_alerts",
            ),
        ),
        Sql(
            f"""
select date_trunc('day', opened_at, 'Asia/Shanghai') as "time",
    {in_words("severity", SEVERITY)} as metric, count(*) as value
from lantian.v_alerts where {CITY} and {_OF_PLANTS} and $__timeFilter(opened_at)
group by 1, 2 order by 1
""",
            series=True,
        ),
        colours=coloured(SEVERITY, SEVERITIES),
    ),
]

_PLANT_PANELS = [
    grid(
        Head(
            "企业监控点 Monitors of the enterprise",
            about("所选企业的监控点及其状态。", "Monitors of the enterprise, and how they stand.", "v_station_states"),
            12,
            9,
        ),
        Sql(f"""
select s.station_id as "编号 Id", s.name_zh as "名称 Name", {_NAMES} as "类别 Kind", s.state as "状态 State",
    s.received_at as "最近报告 Received", s.overdue_s as "迟 Overdue, s", s.open_alerts as "报警 Alerts"
from lantian.v_station_states s where s.{CITY} and s.{_PLANT} and s.{_OF_PLANTS}
order by s.kind, s.station_id limit 200
"""),
        {"状态 State": Look(mappings=words(STATION_STATE, STATES)), "编号 Id": leads(*TO_STATION)},
    ),
    grid(
        Head(
            "最近读数 Latest readings",
            about(
                "所选企业各监控点最近一份报告，附登记的限值。",
                "The latest report of each monitor of the enterprise, beside the limits that the registry has.",
                "v_latest_readings",
                "v_factors",
                "v_station_limits",
            ),
            12,
            9,
        ),
        Sql(f"""
select r.station_id as "编号 Id", r.name_zh as "名称 Name", f.name_zh as "因子 Factor", r.value as "值 Value",
    l.maximum as "限值 Limit", {written("r.unit")} as "单位 Unit", r.flag as "标记 Flag", r.time as "时间 Time"
from lantian.v_latest_readings r join lantian.v_factors f using (factor)
left join lantian.v_station_limits l using (station_id, factor)
where r.{_PLANT} and r.{_OF_PLANTS}
order by r.kind, r.station_id, f.factor limit 1000
"""),
        {"标记 Flag": Look(mappings=words(FLAG)), "编号 Id": leads(*TO_STATION)},
    ),
    _hours(
        "烟气排放小时值 Stack emissions, hours",
        "所选企业烟气排放口的小时值（折算前，各带单位）；本视图没有排放限值。",
        "Hours of the enterprise's stacks, each with its unit; no view holds limits of outlets yet.",
        "'cems'",
    ),
    _hours(
        "废水排放小时值 Effluent, hours",
        "所选企业废水排放口的小时值，各带单位。",
        "Hours of the enterprise's outlets, each with its unit.",
        "'effluent'",
    ),
    _hours(
        "用电与治污设施 Power and treatment",
        "所选企业用电与治污设施的小时值，各带单位。",
        "Hours of the enterprise's meters and treatment, each with its unit.",
        "'power', 'facility'",
    ),
    grid(
        Head(
            "企业报警清单 List of alerts",
            about(
                "所选企业监控点的报警，新者在前。",
                "Alerts of the enterprise's monitors, latest first.",
                "v_alerts",
                "v_stations",
            ),
        ),
        Sql(f"""
select a.opened_at as "开始 Opened", a.severity as "级别 Severity", a.station_id as "编号 Id",
    a.title_zh as "标题 Title",
    a.state as "状态 State", a.peak as "峰值 Peak", a.unit as "单位 Unit"
from lantian.v_alerts a where a.station_id in ({_OUTLETS}) and $__timeFilter(a.opened_at)
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
    "lantian-plants",
    "企业 Plants",
    "企业的排放口、用电与治污设施（现有数据）。Plants' outlets, meters and treatment, as far as they are kept.",
    "now-24h",
    [
        variables.city(),
        chosen(
            "enterprise",
            "企业 Enterprise",
            f"select enterprise from lantian.v_stations where {CITY} and {_OF_PLANTS} and enterprise is not null"
            " group by enterprise order by count(distinct kind) desc, enterprise",
        ),
    ],
    [*_CITY_PANELS, *_PLANT_PANELS],
)
