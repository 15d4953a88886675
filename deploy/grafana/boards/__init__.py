"""One module a dashboard; `BOARDS` has them in the order in which readers meet them."""

from __future__ import annotations

from deploy.grafana.boards import (
    alerts,
    city_air,
    data_quality,
    dust_sites,
    pipeline_health,
    plants,
    ranking,
    station,
    warnings,
    water,
)

BOARDS = (
    city_air.BOARD,
    station.BOARD,
    ranking.BOARD,
    dust_sites.BOARD,
    plants.BOARD,
    water.BOARD,
    alerts.BOARD,
    warnings.BOARD,
    data_quality.BOARD,
    pipeline_health.BOARD,
)
