"""The same snapshot as JSON, for those who build on it: `/api/v1/alerts`, `…/cities`, `…/health`; see `/openapi.json`.

Times are ISO 8601 in UTC, data time. `read_s_ago` is null until the database has answered once; then `away` says why
it does not answer now, if it does not. `clocks_apart_s` is null unless data's clock and the console's differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from alerts.handling.machine import Stage
from alerts.handling.order import OrderStage
from alerts.severity import Severity
from console.snapshot import Read, Shown, clocks_apart_s
from core.clock import Clock


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Freshness(_Answer):
    """How old an answer is: null if there is none yet."""

    read_s_ago: float | None
    away: str
    """Why the source does not answer now; empty if it does."""
    clocks_apart_s: float | None
    """How far data's clock is from the console's, in data time; null if that is less than ten minutes of real time."""


class Alert(_Answer):
    """An alert that data holds open and no person has closed."""

    alert_id: int
    severity: Severity
    opened_at: datetime
    city: str
    station: str | None
    name_zh: str
    name_en: str
    title_zh: str
    title_en: str
    detail_zh: str
    detail_en: str
    todo_zh: str
    todo_en: str
    value: float
    threshold: float
    unit: str
    legal_basis: str
    camera: str
    stage: Stage
    order: OrderStage | None
    history: bool


class Alerts(Freshness):
    """Open alerts, the gravest first; `counts` are of all, also of those beyond the limit of rows."""

    alerts: list[Alert]
    counts: dict[Severity, int]
    answered_for: int


class City(_Answer):
    """A city's latest hour with an AQI."""

    city: str
    start: datetime
    end: datetime
    aqi: int
    level: int | None
    primary: list[str]


class Cities(Freshness):
    """Cities with an AQI of the last six hours."""

    cities: list[City]


class Server(_Answer):
    """A server of the stack."""

    name: str
    answers: bool


class Process(_Answer):
    """A process that told its port."""

    name: str
    answers: bool
    ready: bool
    lacks: list[str]


class Consumer(_Answer):
    """A reader of Kafka's log."""

    name: str
    topic: str
    behind: int | None
    still_s: float


class Health(Freshness):
    """The pipeline as `lantian status` sees it."""

    servers: list[Server]
    processes: list[Process]
    consumers: list[Consumer]
    outbox: int | None
    overdue: int | None
    newest_report_s: float | None
    ledger_holds: bool | None


def router(shown: Callable[[], Shown], clock: Clock) -> APIRouter:
    """The paths; each answers from the shared snapshot and asks no server."""
    paths = APIRouter(prefix="/api/v1")

    def freshness(at: float, read: Read | None, *, known: bool, away: str) -> dict[str, object]:
        ago = round(time.monotonic() - at, 3) if known else None
        return {"read_s_ago": ago, "away": away, "clocks_apart_s": clocks_apart_s(read, clock)}

    @paths.get("/alerts")
    def alerts(city: Annotated[str | None, Query(max_length=100)] = None, severity: Severity | None = None) -> Alerts:
        now = shown()
        found = now.read.alerts if now.read else ()
        return Alerts.model_validate(
            freshness(now.read_at, now.read, known=now.read is not None, away=now.away)
            | {
                "alerts": [
                    Alert.model_validate(one)
                    for one in found
                    if city in (None, one.city) and severity in (None, one.severity)
                ],
                "counts": now.read.counts if now.read else {},
                "answered_for": now.read.answered_for if now.read else 0,
            }
        )

    @paths.get("/cities")
    def cities() -> Cities:
        now = shown()
        return Cities.model_validate(
            freshness(now.read_at, now.read, known=now.read is not None, away=now.away)
            | {"cities": [City.model_validate(one) for one in (now.read.cities if now.read else ())]}
        )

    @paths.get("/health")
    def health() -> Health:
        now = shown()
        away = "" if now.health else now.health_away or "not asked yet"
        fresh = freshness(now.health_at, now.read, known=now.health is not None, away=away)
        if now.health is None:
            nothing = dict.fromkeys(("outbox", "overdue", "newest_report_s", "ledger_holds"))
            return Health.model_validate(fresh | {"servers": [], "processes": [], "consumers": []} | nothing)
        told = msgspec.structs.asdict(now.health)
        told["processes"] = [msgspec.structs.asdict(one) | {"ready": one.ready} for one in now.health.processes]
        return Health.model_validate(fresh | told)

    return paths
