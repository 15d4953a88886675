"""What a reader chooses at the top of a dashboard; the values are those that the database has."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableRefresh, VariableSort

from deploy.grafana.sql import POSTGRES


def chosen(name: str, label: str, query: str, *, several: bool = False) -> QueryVariable:
    """A variable whose values a query gives, one column or `__text` and `__value`; `several`: any number, or all."""
    made = QueryVariable(name).label(label).query(query.strip()).datasource(POSTGRES)
    made = made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.DISABLED)
    return made.multi(several).include_all(several)


def city() -> QueryVariable:
    """Cities that have a station now."""
    return chosen(
        "city", "城市 City", "select distinct city from lantian.v_stations where kind <> 'forecast' order by city"
    )


def station(*kinds: str) -> QueryVariable:
    """Stations of the chosen city; of these kinds if any are named."""
    named = ", ".join(f"'{kind}'" for kind in kinds)
    of = f" and kind in ({named})" if kinds else " and kind <> 'forecast'"
    return chosen(
        "station_id",
        "站点 Station",
        "select name_zh || ' ' || station_id as __text, station_id as __value from lantian.v_stations"
        f" where city = ${{city:sqlstring}}{of} order by kind <> 'air', station_id",
    )


def factor() -> QueryVariable:
    """What the chosen station measured in the range, or reports now; all unless chosen."""
    return chosen(
        "factor",
        "因子 Factor",
        "select f.name_zh || ' ' || f.symbol as __text, f.factor as __value from lantian.v_factors f where f.factor in"
        " (select h.factor from lantian.v_hourly h where h.station_id = ${station_id:sqlstring}"
        " and $__timeFilter(h.start)"
        " union select r.factor from lantian.v_latest_readings r where r.station_id = ${station_id:sqlstring})"
        " order by f.factor",
        several=True,
    )


def edition() -> QueryVariable:
    """Editions of the regulations, the one that holds first."""
    return chosen(
        "edition",
        "标准 Edition",
        "select edition || ' ' || name_zh as __text, edition as __value from lantian.v_editions"
        " order by effective > ($__timeTo()::timestamptz at time zone 'Asia/Shanghai')::date, effective desc",
    )
