"""Alerts and response times: what is open, who waits for whom, how long each step took, what was told."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import TO_STATION_OF_ROW, about
from deploy.grafana.codes import FATE, ORDER_STAGE, SEVERITY, STAGE, coloured, in_words
from deploy.grafana.looks import BAD, FAIR, GOOD, GRAVE, SEVERITIES, steps, words
from deploy.grafana.panels import Head, Look, bars, columns, grid, leads, lines, number
from deploy.grafana.sql import Sql

_CITIES = "city in (${city:sqlstring})"
_STEPS = {
    "told_after_s": "告知 Told",
    "acknowledged_after_s": "确认 Acknowledged",
    "dispatched_after_s": "派遣 Dispatched",
    "fed_back_after_s": "反馈 Fed back",
    "closed_after_s": "办结 Closed",
}
_SECONDS = Look(unit="s", decimals=0)
_SEVERITY = Look(mappings=words(SEVERITY, SEVERITIES))
_STAGE = Look(mappings=words(STAGE))


def _count(title: str, zh: str, en: str, where: str, worst: str) -> Panel:
    return number(
        Head(title, about(zh, en, "v_alert_lifecycle"), 4, 4),
        Sql(f'select count(*) as "报警 Alerts" from lantian.v_alert_lifecycle where {_CITIES} and {where}'),
        Look(colours=steps(GOOD, (1.0, worst))),
    )


def _typical(title: str, zh: str, en: str, column: str) -> Panel:
    return number(
        Head(title, about(zh, en, "v_alert_lifecycle"), 4, 4),
        Sql(f"""
select percentile_cont(0.5) within group (order by {column}) as "中位 Median"
from lantian.v_alert_lifecycle where {_CITIES} and $__timeFilter(opened_at)
"""),
        _SECONDS,
    )


_NOW = [
    _count("未结束 Open", "数据仍超标的报警。", "Alerts whose data still exceeds.", "state = 'open'", BAD),
    _count(
        "待确认 To acknowledge",
        "需人处理而未确认者，数据已恢复者亦在内。",
        "Alerts that page and nobody has acknowledged, recovered or not.",
        "waits and stage = 'open'",
        GRAVE,
    ),
    _count(
        "超期 Overdue",
        "已派遣而过期限未反馈者，截至范围末。",
        "Dispatched and not fed back by the deadline, at the range's end.",
        "deadline < $__timeTo()::timestamptz and fed_back_at is null and closed_at is null",
        GRAVE,
    ),
    _typical(
        "告知用时 Told after",
        "从开始到第一条消息送达的中位秒数。",
        "Median from opening to the first delivered message, s.",
        "told_after_s",
    ),
    _typical(
        "确认用时 Acknowledged after",
        "从开始到确认的中位秒数。",
        "Median from opening to acknowledgement, s.",
        "acknowledged_after_s",
    ),
    _typical(
        "办结用时 Closed after", "从开始到办结的中位秒数。", "Median from opening to closing, s.", "closed_after_s"
    ),
]

_OPEN = grid(
    Head(
        "未结束的报警 Open alerts",
        about(
            "数据仍超标的报警，级别重者在前；点编号看站点。",
            "Alerts whose data still exceeds, gravest first; the id leads to the station.",
            "v_alerts",
            "v_alert_lifecycle",
        ),
        24,
        10,
    ),
    Sql(f"""
select a.alert_id as "报警 Alert", a.severity as "级别 Severity", l.stage as "阶段 Stage",
    l.order_stage as "停工令 Order",
    a.city as "城市 City", a.station_id as "编号 Id", a.name_zh as "对象 Object", a.title_zh as "标题 Title",
    a.opened_at as "开始 Opened", a.value as "现值 Value", a.peak as "峰值 Peak", a.unit as "单位 Unit",
    l.deadline as "期限 Deadline"
from lantian.v_alerts a join lantian.v_alert_lifecycle l using (alert_id)
where a.{_CITIES} and a.state = 'open'
order by array_position(array['critical', 'severe', 'warning', 'info'], a.severity), a.opened_at desc limit 200
"""),
    {
        "级别 Severity": _SEVERITY,
        "阶段 Stage": _STAGE,
        "停工令 Order": Look(mappings=words(ORDER_STAGE)),
        "编号 Id": leads(*TO_STATION_OF_ROW),
    },
)

_OPENED = [
    bars(
        Head(
            "每日新开 Opened by day",
            about("每日新开的报警，按级别。", "Alerts opened each day, by severity.", "v_alerts"),
        ),
        Sql(
            f"""
select date_trunc('day', opened_at, 'Asia/Shanghai') as "time",
    {in_words("severity", SEVERITY)} as metric, count(*) as value
from lantian.v_alerts where {_CITIES} and $__timeFilter(opened_at)
group by 1, 2 order by 1
""",
            series=True,
        ),
        colours=coloured(SEVERITY, SEVERITIES),
    ),
    columns(
        Head(
            "按规则 By rule",
            about("范围内报警最多的 20 条规则。", "The twenty rules with most alerts in the range.", "v_alerts"),
        ),
        Sql(f"""
select rule_id as "规则 Rule", count(*) as "报警 Alerts"
from lantian.v_alerts where {_CITIES} and $__timeFilter(opened_at)
group by 1 order by 2 desc, 1 limit 20
"""),
    ),
]

_SHARES = ", ".join(
    f'percentile_cont({share}) within group (order by {column}) as "{name} P{share * 100:.0f}"'
    for column, name in _STEPS.items()
    for share in (0.5, 0.9)
)
_RESPONSE = [
    grid(
        Head(
            "响应时间 Response times",
            about(
                "范围内报警各步骤用时（秒）：中位数与九成位数，按级别。",
                "How long each step took, s: median and 90th percentile by severity.",
                "v_alert_lifecycle",
            ),
            24,
            6,
        ),
        Sql(f"""
select severity as "级别 Severity", count(*) as "报警 Alerts", {_SHARES}
from lantian.v_alert_lifecycle where {_CITIES} and $__timeFilter(opened_at)
group by 1 order by array_position(array['critical', 'severe', 'warning', 'info'], severity)
"""),
        {
            "级别 Severity": _SEVERITY,
            **{f"{name} P{share}": _SECONDS for name in _STEPS.values() for share in (50, 90)},
        },
    ),
    lines(
        Head(
            "每日响应时间 Response by day",
            about(
                "每日新开报警各步骤用时的中位数，秒。",
                "Median of each step of the day's alerts, s.",
                "v_alert_lifecycle",
            ),
        ),
        Sql(
            f"""
select date_trunc('day', opened_at, 'Asia/Shanghai') as "time",
    {", ".join(f'percentile_cont(0.5) within group (order by {column}) as "{name}"' for column, name in _STEPS.items())}
from lantian.v_alert_lifecycle where {_CITIES} and $__timeFilter(opened_at)
group by 1 order by 1
""",
            series=True,
        ),
        unit="s",
    ),
    columns(
        Head(
            "处理阶段 Stages",
            about("范围内报警的处理阶段。", "How far persons have brought the range's alerts.", "v_alert_lifecycle"),
        ),
        Sql(f"""
select {in_words("stage", STAGE)} as "阶段 Stage", count(*) as "报警 Alerts"
from lantian.v_alert_lifecycle where {_CITIES} and $__timeFilter(opened_at)
group by 1 order by 2 desc
"""),
    ),
    grid(
        Head(
            "处理记录 Handling",
            about(
                "范围内有人处理的报警。",
                "Alerts that persons have dealt with.",
                "v_alert_handling",
                "v_alert_lifecycle",
            ),
            24,
            8,
        ),
        Sql(f"""
select l.alert_id as "报警 Alert", l.city as "城市 City", l.station_id as "编号 Id", l.severity as "级别 Severity",
    h.stage as "阶段 Stage", h.acknowledged_by as "确认 By", h.unit as "派往 To", h.deadline as "期限 Deadline",
    h.fed_back_by as "反馈 Fed back by", h.feedback as "反馈 Feedback", h.closed_by as "办结 Closed by",
    h.verdict as "结论 Verdict"
from lantian.v_alert_handling h join lantian.v_alert_lifecycle l using (alert_id)
where l.{_CITIES} and $__timeFilter(l.opened_at)
order by l.opened_at desc limit 200
"""),
        {"级别 Severity": _SEVERITY, "阶段 Stage": _STAGE, "编号 Id": leads(*TO_STATION_OF_ROW)},
    ),
]

_TOLD = [
    grid(
        Head(
            "停工令 Stop-work orders",
            about("范围内提出的停工令。", "Stop-work orders proposed in the range.", "v_stop_work_orders", "v_alerts"),
            12,
            8,
        ),
        Sql(f"""
select o.proposed_at as "提出 Proposed", o.alert_id as "报警 Alert", a.city as "城市 City", a.station_id as "编号 Id",
    o.stage as "阶段 Stage", o.flagged as "存疑 Flagged", o.last_by as "经办 By", o.last_at as "时间 At"
from lantian.v_stop_work_orders o join lantian.v_alerts a using (alert_id)
where a.{_CITIES} and $__timeFilter(o.proposed_at)
order by o.proposed_at desc limit 200
"""),
        {"阶段 Stage": Look(mappings=words(ORDER_STAGE)), "编号 Id": leads(*TO_STATION_OF_ROW)},
    ),
    grid(
        Head(
            "消息 Messages",
            about(
                "范围内各目标的消息：结果、次数、用时（秒）。",
                "Messages by target: what became of them, tries, and time taken, s.",
                "v_deliveries",
                "v_delivery_tries",
            ),
            12,
            8,
        ),
        Sql("""
select d.target as "目标 Target", d.fate as "结果 Fate", count(*) as "消息 Messages", sum(d.tries) as "尝试 Tries",
    percentile_cont(0.5) within group (order by extract(epoch from d.ended_at - d.written_at)) as "中位 Median",
    (select count(*) from lantian.v_delivery_tries t
        where t.target = d.target and t.failure is not null and $__timeFilter(t.at)) as "失败 Failures"
from lantian.v_deliveries d where $__timeFilter(d.written_at)
group by 1, 2 order by 1, 2 limit 200
"""),
        {
            "结果 Fate": Look(mappings=words(FATE)),
            "中位 Median": _SECONDS,
            "失败 Failures": Look(colours=steps(GOOD, (1.0, FAIR))),
        },
    ),
]

BOARD = Board(
    "lantian-alerts",
    "报警与响应 Alerts and response",
    "哪些报警未结束，谁在等谁，各步骤用时。What is open, who waits for whom, how long each step took.",
    "now-7d",
    [
        variables.chosen(
            "city",
            "城市 Cities",
            "select distinct city from lantian.v_stations where kind <> 'forecast' order by city",
            several=True,
        ),
    ],
    [*_NOW, _OPEN, *_OPENED, *_RESPONSE, *_TOLD],
)
