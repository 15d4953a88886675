"""The picture of the past's warnings: a panel a winter, strips of the schemes, the same bytes for the same figures."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from alerts.warnings import show
from alerts.warnings.days import Day
from alerts.warnings.past import past
from alerts.warnings.scheme import load_schemes
from deploy.charts.canvas import Canvas
from deploy.charts.warnings import draw, main, winters

FIRST = date(2014, 9, 1)
PLAIN = Canvas.of(None)


@pytest.fixture(scope="module")
def told() -> dict[str, object]:
    """As `past --json` prints it: two winters, the second of a week alone."""
    days = [Day(FIRST + timedelta(days=number), 90.0 + 160 * (number % 30 < 3)) for number in range(400)]
    judged = [show.past_json(past(scheme, days)) for scheme in load_schemes()]
    found = {"days": [(f"{day.date}", day.aqi, day.kind) for day in days], "schemes": judged}
    return dict(json.loads(json.dumps(found)))


def test_each_winter_of_more_than_a_month_has_a_panel_with_a_strip_a_scheme(told: dict[str, object]) -> None:
    figure = winters(told, PLAIN, ("北京", "Beijing"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["2014/15  AQI"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["2017", "2018", "2024"]
    assert any("Beijing" in text.get_text() or "北京" in text.get_text() for text in figure.texts)


def test_the_same_figures_make_the_same_bytes(told: dict[str, object], tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.svg", "other.svg")]
    for path in paths:
        draw(told, PLAIN, path, ("北京", "Beijing"))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert ET.parse(paths[0]).getroot().tag.endswith("svg")  # noqa: S314 (our own file)


def test_the_picture_is_drawn_of_what_the_command_printed(told: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "past.json").write_text(json.dumps(told), encoding="utf-8")
    main([str(tmp_path / "past.json"), str(tmp_path / "past.svg"), "北京", "Beijing"])
    assert (tmp_path / "past.svg").stat().st_size > 0
