"""What the console tells as JSON of a snapshot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from console_book import TEN, air, read
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console.api import router
from console.snapshot import Shown
from core.clock import Clock


def told(path: str, shown: Shown) -> dict[str, Any]:
    app = FastAPI()
    app.include_router(router(lambda: shown, Clock()))
    answer = TestClient(app).get(f"/api/v1/{path}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_level_that_is_not_known_is_null() -> None:
    (city,) = told("cities", Shown(read=read(cities=(air(aqi=212, level=None),))))["cities"]
    assert (city["aqi"], city["level"]) == (212, None)


def test_clocks_that_differ_are_told_with_every_answer_and_those_that_agree_are_null() -> None:
    apart, agreed = (Shown(read=read(data_now=TEN - late)) for late in (timedelta(days=5), timedelta(minutes=2)))
    for path in ("alerts", "cities", "health"):
        assert told(path, apart)["clocks_apart_s"] == 432_000.0
        assert told(path, agreed)["clocks_apart_s"] is None


def test_a_pipeline_that_could_not_be_looked_at_says_why() -> None:
    assert told("health", Shown())["away"] == "not asked yet"
    assert told("health", Shown(health_away="broken"))["away"] == "broken"
