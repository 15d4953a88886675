"""Words and pieces of SQL that dashboards share."""

from __future__ import annotations

from deploy.grafana.codes import STATION_STATE

LATEST = "$__timeFilter(start) and start > $__timeTo()::timestamptz - interval '1 day'"
"""The last day of the range: enough to find a station's latest hour, however long the range is."""
NOW = "$__timeFilter(start) and start > $__timeTo()::timestamptz - interval '3 hours'"
"""The last hours of the range: what a station did before them says nothing of how it is now."""
CITY = "city = ${city:sqlstring}"
BY_STATE = ", ".join(
    f"count(*) filter (where state = '{state}') as \"{said}\"" for state, said in STATION_STATE.items()
)
"""SQL for how many stations are in each state, of v_station_states."""
STATION = "station_id = ${station_id:sqlstring}"
TO_STATION = (
    "站点 Station",
    '/d/lantian-station?${city:queryparam}&var-station_id=${__data.fields["编号 Id"]}&${__url_time_range}',
)
TO_STATION_OF_ROW = (
    "站点 Station",
    (
        '/d/lantian-station?var-city=${__data.fields["城市 City"]}&var-station_id=${__data.fields["编号 Id"]}'
        "&${__url_time_range}"
    ),
)
TO_CITY = ("城市 City", '/d/lantian-city-air?var-city=${__data.fields["城市 City"]}&${__url_time_range}')
TO_ALERTS = ("报警 Alerts", '/d/lantian-alerts?var-city=${__data.fields["城市 City"]}&${__url_time_range}')


def written(unit: str) -> str:
    """SQL for a unit of the catalogue as people write it: µg/m³ for ug/m3, nothing for 1."""
    return f"replace(replace(nullif({unit}, '1'), 'ug/', 'µg/'), 'm3', 'm³')"


def named(row: str) -> str:
    """SQL for a factor `f` by symbol and the unit of its row (`h`): a stack has units of its own."""
    return f"concat_ws(' ', f.symbol, {written(f'{row}.unit')})"


def primary(row: str = "") -> str:
    """SQL for the primary pollutants of a row (`h.`) by symbol: PM2.5 for pm25."""
    return f"replace(upper(replace({row}\"primary\", 'pm25', 'pm2.5')), ';', ' ')"


def about(zh: str, en: str, *views: str) -> str:
    """What a panel says of itself: Chinese, English, and the views that it reads."""
    return f"{zh}\n\n{en}\n\n数据 Source: {', '.join(views)}"
