"""Data quality: who does not report, what was refused, what is missing, whether the ledger balances."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import BY_STATE, CITY, TO_STATION, TO_STATION_OF_ROW, about
from deploy.grafana.codes import KIND, REJECTED, SOURCE, STATION_STATE, VALIDITY, coloured, in_words
from deploy.grafana.looks import BAD, FAIR, GOOD, GRAVE, STATES, steps, words
from deploy.grafana.panels import Head, Look, bars, columns, grid, leads, number
from deploy.grafana.sql import Sql

_SHARE = Look("percent", 1, steps(GRAVE, (75.0, FAIR), (90.0, GOOD)))


def _ledger(title: str, zh: str, en: str, what: str) -> Panel:
    return number(
        Head(title, about(zh, en, "v_ledger"), 4, 4),
        Sql(f'select coalesce(sum({what}), 0) as "数 Number" from lantian.v_ledger'),
        Look(colours=steps(GOOD, (1.0, GRAVE))),
    )


_NOW = [
    number(
        Head(
            "正常上报 Reporting",
            about("在用站点中按时上报者的百分比。", "Stations in service that report in time, %.", "v_station_states"),
            4,
            4,
        ),
        Sql("""
select 100 * count(*) filter (where state = 'reporting')::float8 / nullif(count(*), 0) as "比例 Share"
from lantian.v_station_states where state <> 'inactive' and kind <> 'forecast'
"""),
        _SHARE,
    ),
    number(
        Head(
            "静默 Silent",
            about(
                "十分钟且三个周期未收到，或从未上报的站点。",
                "Stations not heard for ten minutes nor three periods, or never.",
                "v_station_states",
            ),
            4,
            4,
        ),
        Sql("""
select count(*) as "站点 Stations" from lantian.v_station_states
where state in ('silent', 'never') and kind <> 'forecast'
"""),
        Look(colours=steps(GOOD, (1.0, BAD))),
    ),
    number(
        Head(
            "被拒报告 Rejected",
            about("范围内整份未收下的报告。", "Reports of the range that were refused as a whole.", "v_rejected"),
            4,
            4,
        ),
        Sql('select count(*) as "报告 Reports" from lantian.v_rejected where whole and $__timeFilter(received_at)'),
        Look(colours=steps(GOOD, (1.0, FAIR))),
    ),
    _ledger(
        "缺号 Missing", "应到而未到的报告序号数。", "Report numbers due, not received and not in flight.", "missing"
    ),
    _ledger("重复 Doubled", "一数多值的读数。", "Readings with more than one current value.", "doubled"),
    _ledger(
        "对不上 Unaccounted",
        "去向不明的读数。",
        "Readings taken that do not stand, or stand and were not.",
        "unaccounted",
    ),
]

_STATES = [
    columns(
        Head(
            "站点状态 Stations by state",
            about("各类站点按上报状态。", "Stations of each kind by whether they report.", "v_station_states"),
        ),
        Sql(f"""
select {in_words("kind", KIND)} as "类别 Kind",
    {BY_STATE}
from lantian.v_station_states group by 1 order by 1
"""),
        stacked=True,
        colours=coloured(STATION_STATE, STATES),
    ),
    grid(
        Head(
            "未按时上报 Not in time",
            about(
                "未按时上报的站点，迟者在前。", "Stations that do not report in time, latest first.", "v_station_states"
            ),
        ),
        Sql("""
select station_id as "编号 Id", name_zh as "站点 Station", kind as "类别 Kind", city as "城市 City",
    state as "状态 State",
    received_at as "最近报告 Received", overdue_s as "迟 Overdue, s", ahead_s as "钟快 Ahead, s"
from lantian.v_station_states where state in ('late', 'silent', 'never') or ahead_s > 0
order by overdue_s desc nulls first, station_id limit 500
"""),
        {
            "状态 State": Look(mappings=words(STATION_STATE, STATES)),
            "类别 Kind": Look(mappings=words(KIND)),
            "编号 Id": leads(*TO_STATION_OF_ROW),
        },
    ),
]

_REJECTED = [
    bars(
        Head(
            "被拒原因 Rejected by reason",
            about(
                "每小时未收下的报告（整份或部分），按原因。",
                "Reports refused in each hour, whole or in part, by reason.",
                "v_rejected",
            ),
        ),
        Sql(
            f"""
select date_trunc('hour', received_at) as "time", {in_words("reason", REJECTED)} as metric, count(*) as value
from lantian.v_rejected where $__timeFilter(received_at)
group by 1, 2 order by 1
""",
            series=True,
        ),
    ),
    grid(
        Head(
            "被拒报告清单 List of rejected",
            about(
                "范围内未收下的报告，新者在前；重放见 lantian rejected。",
                "Reports refused in the range, latest first; `lantian rejected` plays them again.",
                "v_rejected",
            ),
        ),
        Sql("""
select received_at as "收到 Received", station_id as "编号 Id", source as "来源 Source", seq as "序号 Seq",
    whole as "整份 Whole",
    reason as "原因 Reason", array_to_string(factors, ' ') as "因子 Factors", detail as "说明 Detail"
from lantian.v_rejected where $__timeFilter(received_at)
order by received_at desc limit 300
"""),
        {"来源 Source": Look(mappings=words(SOURCE)), "原因 Reason": Look(mappings=words(REJECTED))},
    ),
]

_COMPLETE = [
    grid(
        Head(
            "小时有效率 Valid hours",
            about(
                "所选城市在用站点末一日实测因子的有效小时，占已结束小时的百分比，未上报者为 0；低者在前。",
                "Valid hours of measured factors in the range's last day, % of hours that are over, of stations in"
                " service that report each hour; 0 of those that sent nothing. Least first.",
                "v_hourly",
                "v_clock",
                "v_stations",
                "v_factors",
            ),
            12,
            10,
        ),
        Sql(f"""
select s.station_id as "编号 Id", s.name_zh as "站点 Station", s.kind as "类别 Kind",
    100 * count(*) filter (where h.valid) / nullif(ended.hours * greatest(count(distinct h.factor), 1), 0)
        as "有效率 Valid",
    ended.hours * greatest(count(distinct h.factor), 1) - count(*) filter (where h.valid) as "无效或缺 Invalid",
    coalesce(mode() within group (order by h.reason), case when count(h.factor) = 0 then 'NO_VALUES' end)
        as "主要原因 Reason"
from lantian.v_stations s
cross join (
    select until, greatest(floor(extract(epoch from until) / 3600) - ceil(extract(epoch from since) / 3600), 0)::float8
        as hours
    from (
        select least($__timeTo()::timestamptz, now) as until,
            greatest($__timeFrom()::timestamptz, $__timeTo()::timestamptz - interval '1 day') as since
        from lantian.v_clock
    ) span
) ended
left join (lantian.v_hourly h join lantian.v_factors f on f.factor = h.factor and f.medium <> 'derived')
    on h.station_id = s.station_id and $__timeFilter(h.start)
    and h.start >= $__timeTo()::timestamptz - interval '1 day' and h."end" <= ended.until
where s.{CITY} and s.active and s.kind <> 'forecast' and s.reporting_period <= 3600
group by s.station_id, s.name_zh, s.kind, ended.hours
order by 4, 1 limit 1000
"""),
        {
            "有效率 Valid": _SHARE,
            "类别 Kind": Look(mappings=words(KIND)),
            "主要原因 Reason": Look(mappings=words(VALIDITY)),
            "编号 Id": leads(*TO_STATION),
        },
    ),
    columns(
        Head(
            "无效原因 Why hours are invalid",
            about(
                "所选城市空气站范围内末 7 日 AQI 无效的小时，按原因。",
                "Hours of the city's air stations without AQI in the range's last seven days, by reason.",
                "v_air_hourly",
                "v_stations",
            ),
            12,
            10,
        ),
        Sql(f"""
select {in_words("coalesce(h.aqi_reason, 'VALID')", VALIDITY)} as "原因 Reason", count(*) as "小时 Hours"
from lantian.v_stations s join lantian.v_air_hourly h using (station_id)
where s.{CITY} and $__timeFilter(h.start) and h.start > $__timeTo()::timestamptz - interval '7 days'
group by 1 order by 2 desc
"""),
    ),
    grid(
        Head(
            "台账 Ledger",
            about(
                "最近一次核账：按来源的账户、应到、在途、缺号、读数。",
                "The last check of the ledger, by source.",
                "v_ledger",
            ),
            24,
            6,
        ),
        Sql("""
select source as "来源 Source", accounts as "账户 Accounts", unbalanced as "不平 Unbalanced", due as "应到 Due",
    in_flight as "在途 In flight", missing as "缺号 Missing", readings as "读数 Readings",
    unaccounted as "对不上 Unaccounted",
    doubled as "重复 Doubled", breaks as "断点 Breaks", checked_at as "核账 Checked", seconds as "用时 Took, s"
from lantian.v_ledger order by source
"""),
        {
            "来源 Source": Look(mappings=words(SOURCE)),
            "不平 Unbalanced": Look(colours=steps(GOOD, (1.0, GRAVE))),
            "缺号 Missing": Look(colours=steps(GOOD, (1.0, BAD))),
        },
    ),
]

BOARD = Board(
    "lantian-data-quality",
    "数据质量 Data quality",
    "谁没上报，什么被拒，缺多少，账是否平。Who does not report, what was refused or is missing, whether all balances.",
    "now-24h",
    [variables.city()],
    [*_NOW, *_STATES, *_REJECTED, *_COMPLETE],
)
