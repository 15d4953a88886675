"""City air: how the chosen city's air is now, and which stations make it so."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Panel

from deploy.grafana import variables
from deploy.grafana.board import Board
from deploy.grafana.boards.said import CITY, LATEST, TO_CITY, TO_STATION, about, primary, written
from deploy.grafana.looks import POLLUTANTS, SYMBOLS, aqi_levels, unit_of
from deploy.grafana.panels import Head, Look, by_level, grid, leads, level, lines, number, places
from deploy.grafana.sql import Sql

_LIMIT_AVERAGES = {"pm25": ("day", "日均"), "pm10": ("day", "日均")}
"""Where GB 3095 has no limit for an hour, that of the day stands beside it."""


def _now(title: str, about_: str, what: str, look: Look) -> Panel:
    return number(
        Head(title, about_, 6, 4),
        Sql(f"""
select {what} from lantian.v_city_hourly
where {CITY} and {LATEST} and aqi is not null
order by start desc limit 1
"""),
        look,
    )


def _pollutant(column: str) -> Panel:
    average, zh = _LIMIT_AVERAGES.get(column, ("hour", "小时"))
    limit = f"二级{zh}限值 Class II, {average}"
    return lines(
        Head(
            f"{SYMBOLS[column]} 小时浓度 Hourly",
            about(
                f"所选城市的小时浓度，虚线为该小时所用标准的{limit.split(maxsplit=1)[0]}。",
                f"Hourly concentration of the city; dashed: class II limit ({average}) of the edition that held.",
                "v_city_hourly",
                "v_air_limits",
            ),
            8,
            7,
        ),
        Sql(
            f"""
select h.start as "time", h.{column} as "{SYMBOLS[column]}", l.class_2 as "{limit}"
from lantian.v_city_hourly h
left join lantian.v_air_limits l
    on l.edition = h.edition and l.factor = '{POLLUTANTS[column]}' and l.average = '{average}'
where h.{CITY} and $__timeFilter(h.start)
order by h.start
""",
            series=True,
        ),
        unit=unit_of(column),
        limits=[limit],
    )


_NOW = [
    _now(
        "AQI 现状 Latest AQI",
        about("所选城市最近一小时的空气质量指数。", "The AQI of the city's latest hour.", "v_city_hourly"),
        'aqi as "AQI"',
        by_level(),
    ),
    _now(
        "级别 Level",
        about(
            "最近一小时的空气质量级别，官方颜色。", "Level of the latest hour, in the official colour.", "v_city_hourly"
        ),
        'level as "级别 Level"',
        level(),
    ),
    _now(
        "首要污染物 Primary pollutant",
        about("AQI 大于 50 时分指数最大者。", "Whose index is the AQI, where that is above 50.", "v_city_hourly"),
        f"coalesce({primary()}, '无 none') as \"首要污染物 Primary\"",
        Look(),
    ),
    _now(
        "最近小时 Latest hour",
        about("最近一小时结束的时间（北京时间）。", "When the latest hour ended, Asia/Shanghai.", "v_city_hourly"),
        "to_char(\"end\" at time zone 'Asia/Shanghai', 'MM-DD HH24:MI') as \"时间 Time\"",
        Look(),
    ),
]

_CITIES = grid(
    Head(
        "各城市最近小时 Cities, latest hour",
        about(
            "各城市最近一小时的 AQI、级别、首要污染物和浓度（CO 为 mg/m³，其余 µg/m³）。",
            "Each city's latest hour: AQI, level, primary pollutant, concentrations (CO mg/m³, others µg/m³).",
            "v_city_hourly",
        ),
        12,
        9,
    ),
    Sql(f"""
select * from (
    select distinct on (city) city as "城市 City", aqi as "AQI", level as "级别 Level",
        {primary()} as "首要 Primary",
        pm25 as "PM2.5", pm10 as "PM10", so2 as "SO2", no2 as "NO2", co as "CO", o3 as "O3", "end" as "时间 Time"
    from lantian.v_city_hourly where {LATEST}
    order by city, start desc
) latest order by "AQI" nulls last
"""),
    {"AQI": by_level(), "级别 Level": level(), "城市 City": leads(*TO_CITY)},
)

_MAP = places(
    Head(
        "站点 Stations",
        about(
            "所选城市空气站最近一小时的 AQI。",
            "AQI of the city's air stations, latest hour.",
            "v_air_hourly",
            "v_stations",
        ),
        12,
        9,
    ),
    Sql(f"""
select distinct on (s.station_id) s.station_id as "编号 Id", s.name_zh as "站点 Station", s.longitude, s.latitude,
    h.aqi as "AQI"
from lantian.v_stations s join lantian.v_air_hourly h using (station_id)
where s.{CITY} and {LATEST}
order by s.station_id, h.start desc limit 2000
"""),
    "AQI",
    aqi_levels(),
)

_COURSE = [
    lines(
        Head(
            "AQI 小时 Hourly AQI",
            about(
                "所选城市的小时 AQI，按级别着色。", "The city's AQI by the hour, coloured by level.", "v_city_hourly"
            ),
        ),
        Sql(
            f"""
select start as "time", aqi as "AQI" from lantian.v_city_hourly
where {CITY} and $__timeFilter(start) order by start
""",
            series=True,
        ),
        colours=aqi_levels(),
    ),
    lines(
        Head(
            "分指数 Individual indices",
            about(
                "所选城市六项污染物的小时分指数 IAQI。",
                "The city's six individual indices by the hour.",
                "v_city_hourly",
            ),
        ),
        Sql(
            f"""
select start as "time", {", ".join(f'iaqi_{column} as "{SYMBOLS[column]}"' for column in POLLUTANTS)}
from lantian.v_city_hourly
where {CITY} and $__timeFilter(start) order by start
""",
            series=True,
        ),
    ),
]

_STATIONS = grid(
    Head(
        "站点最近小时 Stations, latest hour",
        about(
            "所选城市各空气站最近一小时；点编号看站点。单位：CO 为 mg/m³，其余 µg/m³。",
            "The city's air stations, latest hour; the id leads to the station. CO mg/m³, others µg/m³.",
            "v_air_hourly",
            "v_stations",
        ),
        16,
        9,
    ),
    Sql(f"""
select distinct on (s.station_id) s.station_id as "编号 Id", s.name_zh as "站点 Station", h.aqi as "AQI",
    h.level as "级别 Level", {primary("h.")} as "首要 Primary", h.pm25 as "PM2.5", h.pm10 as "PM10", h.so2 as "SO2",
    h.no2 as "NO2", h.co as "CO", h.o3 as "O3", h."end" as "时间 Time"
from lantian.v_stations s join lantian.v_air_hourly h using (station_id)
where s.{CITY} and {LATEST}
order by s.station_id, h.start desc limit 1000
"""),
    {"AQI": by_level(), "级别 Level": level(), "编号 Id": leads(*TO_STATION)},
)

_LIMITS = grid(
    Head(
        "浓度限值 Limits",
        about(
            "所选标准（GB 3095）的浓度限值。", "Limits of the chosen edition of GB 3095.", "v_air_limits", "v_factors"
        ),
        8,
        9,
    ),
    Sql(f"""
select f.symbol as "因子 Factor", l.average as "平均时间 Average", l.class_1 as "一级 Class I",
    l.class_2 as "二级 Class II",
    {written("l.unit")} as "单位 Unit"
from lantian.v_air_limits l join lantian.v_factors f using (factor)
where l.edition = ${{edition:sqlstring}}
order by f.symbol, l.average
"""),
)

BOARD = Board(
    "lantian-city-air",
    "城市空气质量 City air",
    "城市现在的空气如何，由哪些站点构成。How a city's air is now, and which stations make it so.",
    "now-48h",
    [variables.city(), variables.edition()],
    [*_NOW, _CITIES, _MAP, *_COURSE, *(_pollutant(column) for column in POLLUTANTS), _STATIONS, _LIMITS],
)
