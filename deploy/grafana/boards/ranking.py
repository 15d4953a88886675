"""Ranking and calendar: which city did how well, day by day, month by month."""

from __future__ import annotations

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import CITY, TO_CITY, about, primary
from deploy.grafana.codes import STATISTIC_STATE, VALIDITY
from deploy.grafana.looks import POLLUTANTS, SYMBOLS, aqi_levels, level_colours, words
from deploy.grafana.panels import Head, Look, by_level, columns, grid, leads, level, lines
from deploy.grafana.sql import Sql

_DAYS = ", ".join(f'max(aqi) filter (where extract(day from date) = {day}) as "{day}"' for day in range(1, 32))
_MEANS = """
    pm25_mean as "PM2.5", pm10_mean as "PM10", so2_mean as "SO2", no2_mean as "NO2", co_p95 as "CO P95",
    o3_8h_p90 as "O3 P90"
"""

_DAY = grid(
    Head(
        "日排名 Day",
        about(
            "范围内最近一日各城市按 AQI 从低到高；点城市看详情。CO 为 mg/m³，其余 µg/m³。",
            "Cities of the range's last complete day by AQI, least first; CO mg/m³, others µg/m³.",
            "v_city_daily",
        ),
        12,
        10,
    ),
    Sql(f"""
select d.rank as "名次 Rank", d.city as "城市 City", d.aqi as "AQI", d.level as "级别 Level",
    {primary("d.")} as "首要 Primary",
    d.pm25 as "PM2.5", d.pm10 as "PM10", d.so2 as "SO2", d.no2 as "NO2", d.co as "CO", d.o3_8h_max as "O3 8h",
    d.date::text as "日期 Date", d.state as "状态 State"
from lantian.v_city_daily d
where d.start = (
    select max(last.start) from lantian.v_city_daily last
    where $__timeFilter(last.start) and last.start > $__timeTo()::timestamptz - interval '14 days'
        and last.aqi is not null
)
order by d.rank nulls last, d.city limit 500
"""),
    {
        "AQI": by_level(),
        "级别 Level": level(),
        "城市 City": leads(*TO_CITY),
        "状态 State": Look(mappings=words(STATISTIC_STATE)),
    },
)

_PERIODS = [
    grid(
        Head(title, about(zh, en, "v_city_periods"), 12, 10),
        Sql(f"""
select p.rank as "名次 Rank", p.city as "城市 City", p.composite_index as "综合指数 Index",
    p.days_attained as "达标天 Attained",
    p.days_valid as "有效天 Valid", p.days_heavy as "重污染天 Heavy", {_MEANS.strip()}, p.period as "时段 Period",
    p.reason as "无效原因 Reason", p.state as "状态 State"
from lantian.v_city_periods p
where p.time_window = '{window}' and p.start = (
    select last.start from lantian.v_city_periods last
    where last.time_window = '{window}' and last.start <= $__timeTo()::timestamptz
    order by (last.composite_index is not null) desc, last.start desc limit 1
)
order by p.rank nulls last, p.city limit 500
"""),
        {
            "城市 City": leads(*TO_CITY),
            "无效原因 Reason": Look(mappings=words(VALIDITY)),
            "状态 State": Look(mappings=words(STATISTIC_STATE)),
        },
    )
    for window, title, zh, en in (
        (
            "month",
            "月排名 Month",
            "最近有综合指数的一月，各城市按综合指数（HJ 663）从低到高；CO 为 mg/m³，其余 µg/m³。",
            "Cities of the latest month with a composite index (HJ 663), by it, least first; CO mg/m³, others µg/m³.",
        ),
        (
            "year",
            "年排名 Year",
            "最近有综合指数的一年，各城市按综合指数（HJ 663）从低到高；CO 为 mg/m³，其余 µg/m³。",
            "Cities of the latest year with a composite index (HJ 663), by it, least first; CO mg/m³, others µg/m³.",
        ),
    )
]

_CALENDAR = grid(
    Head(
        "空气质量日历 Calendar",
        about(
            "所选城市每日 AQI，一行一月，按级别着色。",
            "The city's AQI by the day: a row a month, coloured by level.",
            "v_city_daily",
        ),
        24,
        10,
    ),
    Sql(f"""
select to_char(date, 'YYYY-MM') as "月 Month", {_DAYS}
from lantian.v_city_daily where {CITY} and $__timeFilter(start)
group by 1 order by 1
"""),
    {str(day): by_level() for day in range(1, 32)},
)

_LEVELS = columns(
    Head(
        "各级别天数 Days by level",
        about(
            "所选城市各月各级别的天数（AQI 有效的日），官方颜色。",
            "The city's days of each level by month, of those with an AQI, in the official colours.",
            "v_city_daily",
        ),
        12,
        9,
    ),
    Sql(f"""
select to_char(date, 'YYYY-MM') as "月 Month",
    {", ".join(f'count(*) filter (where level = {number}) as "{name}"' for number, name in level_colours().names)}
from lantian.v_city_daily
where {CITY} and $__timeFilter(start)
group by 1 order by 1 limit 120
"""),
    stacked=True,
    colours=level_colours().of_name,
)

_COURSE = [
    lines(
        Head(
            "日 AQI Daily AQI",
            about(
                "所选城市的日 AQI，全部与剔除沙尘。",
                "The city's daily AQI, with and without sand-dust periods.",
                "v_city_daily",
                "v_city_daily_without_sanddust",
            ),
            12,
            9,
        ),
        Sql(
            f"""
select start as "time", aqi as "全部 All" from lantian.v_city_daily
where {CITY} and $__timeFilter(start) order by start
""",
            series=True,
        ),
        Sql(
            f"""
select start as "time", aqi as "剔除沙尘 Without sand-dust" from lantian.v_city_daily_without_sanddust
where {CITY} and $__timeFilter(start) order by start
""",
            series=True,
            letter="B",
        ),
        dashed=["剔除沙尘 Without sand-dust"],
        colours=aqi_levels(),
    ),
    lines(
        Head(
            "综合指数 Composite index",
            about(
                "各城市逐月综合指数（HJ 663），越低越好。",
                "Composite index of cities by month; less is better.",
                "v_city_periods",
            ),
            12,
            9,
        ),
        Sql(
            """
select start as "time", city as metric, composite_index as value from lantian.v_city_periods
where time_window = 'month' and start between $__timeFrom()::timestamptz - interval '1 month' and $__timeTo()
order by start
""",
            series=True,
        ),
    ),
    lines(
        Head(
            "日浓度 Daily concentrations",
            about(
                "所选城市的日浓度：CO 为 mg/m³，其余 µg/m³，O3 为日最大 8 小时。",
                "The city's days: CO mg/m³, others µg/m³, of O3 the greatest 8-hour mean.",
                "v_city_daily",
            ),
            24,
            9,
        ),
        Sql(
            f"""
select start as "time",
    {", ".join(f'{"o3_8h_max" if column == "o3" else column} as "{SYMBOLS[column]}"' for column in POLLUTANTS)}
from lantian.v_city_daily where {CITY} and $__timeFilter(start) order by start
""",
            series=True,
        ),
    ),
]

BOARD = Board(
    "lantian-ranking",
    "排名与日历 Ranking and calendar",
    "各城市谁好谁差，一年中每天如何。Which city did how well, and each day of the year.",
    "now-1y",
    [variables.city()],
    [_DAY, _PERIODS[0], _CALENDAR, _LEVELS, *_COURSE, _PERIODS[1]],
)
