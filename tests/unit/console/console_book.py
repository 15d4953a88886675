"""Snapshots for tests of the console."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alerts.handling.machine import Stage
from alerts.handling.order import OrderStage
from alerts.severity import Severity
from console.snapshot import CityAir, OpenAlert, Read

NINE = datetime(2026, 3, 2, 1, tzinfo=UTC)
"""09:00 in Asia/Shanghai."""
TEN = datetime(2026, 3, 2, 2, tzinfo=UTC)


def alert(alert_id: int = 1, **given: Any) -> OpenAlert:
    """A dust alert at a building site in Jincheng."""
    known: dict[str, Any] = {
        "alert_id": alert_id,
        "severity": Severity.CRITICAL,
        "opened_at": NINE,
        "city": "晋城市",
        "station": "140502051",
        "name_zh": "凤台西街工地",
        "name_en": "Fengtai West Street site",
        "title_zh": "扬尘停工",
        "title_en": "Dust: stop work",
        "detail_zh": "PM10 312",
        "detail_en": "PM10 of 312",
        "todo_zh": "停工",
        "todo_en": "stop",
        "value": 312.0,
        "threshold": 250.0,
        "unit": "µg/m³",
        "legal_basis": "晋市政办〔2018〕46号",
        "camera": "",
        "stage": Stage.OPEN,
        "order": OrderStage.PROPOSED,
        "history": False,
    }
    return OpenAlert(**known | given)


def air(city: str = "晋城市", aqi: int = 168, level: int | None = 4, primary: tuple[str, ...] = ("pm25",)) -> CityAir:
    """A city's hour from 09:00 to 10:00."""
    return CityAir(city=city, start=NINE, end=TEN, aqi=aqi, level=level, primary=primary)


def read(*alerts: OpenAlert, **given: Any) -> Read:
    """What a look found; counts are of the alerts unless given."""
    counts = {severity: sum(one.severity is severity for one in alerts) for severity in Severity}
    found: dict[str, Any] = {
        "alerts": alerts,
        "counts": counts,
        "answered_for": 0,
        "cities": (),
        "now": TEN,
        "data_now": TEN,
    }
    return Read(**found | given)
