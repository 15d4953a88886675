"""Tellings, targets and routes for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.notify.routes import Routes, load
from alerts.notify.telling import About, Telling, Words
from alerts.severity import Severity

NOON = datetime.fromisoformat("2026-03-01T12:00:00+08:00")
NIGHT = datetime.fromisoformat("2026-03-01T23:30:00+08:00")

ROSTER = """\
duty,begins,ends,person,target
air,2026-03-01T08:00,2026-03-01T20:00,张三,zhang
air,2026-03-01T20:00,2026-03-02T08:00,李四,li
"""
TARGETS = """\
last_resort = "boss"
gather = "PT5S"
roster = "roster.csv"
""" + "".join(
    f'[[target]]\nid = "{name}"\nvia = "apprise"\nurl_secret = "notify-{name}"\n{more}\n'
    for name, more in (
        ("boss", ""),
        ("zhang", ""),
        ("li", 'quiet = { begins = "22:00:00", ends = "07:00:00" }'),
        ("robot", 'quiet = { begins = "12:30:00", ends = "13:30:00", unless = "severe" }'),
    )
)


def telling(number: int = 1, **more: Any) -> Telling:
    """The opening of an alert of a dust site in Jincheng's 140502."""
    severity = more.get("severity", Severity.WARNING)
    given: dict[str, Any] = {
        "key": f"晋城市#{number}", "thread": f"alert:{number}", "bundle": "晋城市|dust", "about": About.ALERT,
        "happening": "opened", "news": True, "severity": severity, "urgency": severity,
        "at": NOON + timedelta(seconds=number), "place": number, "city": "晋城市", "region": "140502", "kind": "dust",
        "station": f"site-{number}", "rule_id": "dust-stop-work", "alert_id": number,
        "words": Words(f"标题{number}", f"title {number}", f"内容{number}", f"line {number}", "停工", "stop", "第28项"),
    }  # fmt: skip
    return Telling(**(given | more))


def routes_of(folder: Path, routes: str, *, roster: str = ROSTER, targets: str = TARGETS) -> Routes:
    """What a file with these `[[route]]` says."""
    (folder / "roster.csv").write_text(roster, encoding="utf-8")
    (folder / "notify.toml").write_text(targets + routes, encoding="utf-8")
    return load(folder / "notify.toml")
