"""Heavy-pollution warnings: what is foreseen, what came, and which warnings stood."""

from __future__ import annotations

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import CITY, about
from deploy.grafana.codes import WARNING
from deploy.grafana.looks import WARNINGS, aqi_levels, words
from deploy.grafana.panels import Head, Look, by_level, grid, lines, number
from deploy.grafana.sql import Sql

_FORECASTS_OF_CITY = (
    "station_id in (select station_id from lantian.v_stations where kind = 'forecast' and city = ${city:sqlstring})"
)
_LEVEL = Look(mappings=words(WARNING, WARNINGS))

_NOW = [
    number(
        Head(
            "现行预警 In force",
            about(
                "所选城市已发布未解除的重污染天气预警级别。",
                "Level of the city's warning that was issued and not ended.",
                "v_warnings",
            ),
            8,
            5,
        ),
        Sql(f"""
select coalesce(
    (select level from lantian.v_warnings where {CITY} and stands order by issued_at desc limit 1), '无 none'
) as "级别 Level"
"""),
        _LEVEL,
    ),
    number(
        Head(
            "预报最高 AQI Highest foreseen",
            about("最近一次预报中最高的日 AQI。", "The highest daily AQI of the latest forecast.", "v_forecasts"),
            8,
            5,
        ),
        Sql(f"""
select f.value as "AQI" from lantian.v_forecasts f
where f.{_FORECASTS_OF_CITY} and f.factor = 'AQI' and f.issued = (
    select max(l.issued) from lantian.v_forecasts l
    where l.{_FORECASTS_OF_CITY} and l.issued between $__timeTo()::timestamptz - interval '7 days'
        and $__timeTo()::timestamptz
)
order by f.value desc nulls last limit 1
"""),
        by_level(),
    ),
    number(
        Head(
            "范围内预警 Warnings in range",
            about("范围内发布的预警次数。", "Warnings issued in the range.", "v_warnings"),
            8,
            5,
        ),
        Sql(f'select count(*) as "预警 Warnings" from lantian.v_warnings where {CITY} and $__timeFilter(issued_at)'),
    ),
]

_COURSE = lines(
    Head(
        "预报与实况 Foreseen and observed",
        about(
            "日 AQI：实况，与该日之前最后一次预报。",
            "Daily AQI: what came, and what the last issue before the day said.",
            "v_city_daily",
            "v_forecasts",
        ),
        24,
        10,
    ),
    Sql(
        f"""
select start as "time", aqi as "实况 Observed" from lantian.v_city_daily
where {CITY} and $__timeFilter(start) order by start
""",
        series=True,
    ),
    Sql(
        f"""
select distinct on (time) time, value as "预报 Foreseen" from lantian.v_forecasts
where {_FORECASTS_OF_CITY} and factor = 'AQI' and $__timeFilter(issued) and issued < time
order by time, issued desc limit 1000
""",
        series=True,
        letter="B",
    ),
    dashed=["预报 Foreseen"],
    colours=aqi_levels(),
)

_TABLES = [
    grid(
        Head(
            "预警 Warnings",
            about("所选城市的预警，新者在前。", "The city's warnings, latest first.", "v_warnings"),
            12,
            9,
        ),
        Sql(f"""
select first_day::text as "首日 First day", level as "级别 Level", highest as "最高 Highest",
    issued_at as "发布 Issued", ended_at as "解除 Ended", stands as "未解除 Stands"
from lantian.v_warnings where {CITY} and issued_at <= $__timeTo()::timestamptz
order by issued_at desc limit 100
"""),
        {"级别 Level": _LEVEL, "最高 Highest": _LEVEL},
    ),
    grid(
        Head(
            "最近预报 Latest forecast",
            about("最近一次预报的各日 AQI。", "The latest issue's days.", "v_forecasts"),
            12,
            9,
        ),
        Sql(f"""
select f.time as "日 Day", f.value as "AQI", f.issued as "发布 Issued"
from lantian.v_forecasts f
where f.{_FORECASTS_OF_CITY} and f.factor = 'AQI' and f.issued = (
    select max(l.issued) from lantian.v_forecasts l
    where l.{_FORECASTS_OF_CITY} and l.issued between $__timeTo()::timestamptz - interval '7 days'
        and $__timeTo()::timestamptz
)
order by f.time limit 60
"""),
        {"AQI": by_level()},
    ),
    grid(
        Head(
            "沙尘时段 Sand-dust periods",
            about(
                "所选城市的沙尘时段及依据。",
                "The city's sand-dust periods, and on what they stand.",
                "v_sanddust_periods",
            ),
            24,
            6,
        ),
        Sql(f"""
select start as "自 From", "end" as "至 To", basis as "依据 Basis", imported_by as "导入 By", imported_at as "时间 At"
from lantian.v_sanddust_periods where {CITY} and start <= $__timeTo()::timestamptz
order by start desc limit 100
"""),
    ),
]

BOARD = Board(
    "lantian-warnings",
    "重污染天气预警 Heavy-pollution warnings",
    "预报了什么，实况如何，发布过哪些预警。What was foreseen, what came, which warnings stood.",
    "now-30d",
    [variables.city()],
    [*_NOW, _COURSE, *_TABLES],
)
