"""Each picture of a day, drawn of given rows, shows what it is about in the colours and limits of the regulations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from alerts.rules import book
from core.clock import HOUR, SHANGHAI
from deploy.charts import air, draw, intake, limits, network, power, river
from deploy.charts.canvas import Canvas
from deploy.charts.day import Course, Day, Place, Raised
from deploy.charts.subjects import Subjects
from deploy.totals import Totals
from ingest.kinds import Kind
from standards.editions import edition_at

LIVE = (20.0, 22.0)
NOON = int(datetime(2026, 4, 18, 12, tzinfo=SHANGHAI).timestamp())
LEVELS = edition_at(NOON).levels
SO2 = "a21026"
HEAVY, STOP = (book.load().get(rule).levels[0].threshold for rule in ("heavy-pollution-hour", "dust-stop-work"))
ALERT = Raised("rule", "station:s1", "扬尘停工", "stop", 20.0, 22.0)


def hourly(*values: float | None, first: int = 0) -> Course:
    return Course.of([(first + place, value, 1) for place, value in enumerate(values)])


def minutely(value: float) -> Course:
    return Course.of([(20 + minute / 60, value + minute % 7, 1 / 60) for minute in range(120)])


@pytest.fixture
def canvas() -> Iterator[Canvas]:
    made = Canvas.of(None)
    with made.drawing():
        yield made


def said(figure: Figure) -> str:
    own = [text.get_text() for text in figure.texts]
    of_axes = [text.get_text() for axes in figure.axes for text in axes.texts]
    return " | ".join([*own, *of_axes])


def colours_on(path: Path) -> int:
    pixels = matplotlib.image.imread(path)
    return len(np.unique(pixels[..., :3].reshape(-1, 3), axis=0))


def totals(**figures: int) -> Totals:
    nothing = dict.fromkeys(Totals.__dataclass_fields__, 0)
    return Totals(**{**nothing, **figures})


def test_the_citys_columns_have_the_official_colours_of_their_levels(canvas: Canvas) -> None:
    course = hourly(50, 51, 150, 200, 201, 301)
    figure = air.city(canvas, "晋城市", course, (course, course), LEVELS, HEAVY, [])
    drawn = [to_hex(patch.get_facecolor()).upper() for patch in figure.axes[0].patches]
    assert drawn == ["#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023"]


def test_the_city_is_held_against_an_aqi_of_200(canvas: Canvas) -> None:
    course = hourly(90, None, 207)
    figure = air.city(canvas, "晋城市", course, (course, course), LEVELS, HEAVY, [])
    assert [line.get_ydata()[0] for line in figure.axes[0].lines] == [200.0]  # type: ignore[index]


def test_a_dust_site_over_250_is_told_to_stop_with_the_span_of_its_alert(canvas: Canvas) -> None:
    figure = limits.dust(canvas, ("甲", "A"), hourly(90, 251), minutely(250), hourly(80, 85), STOP, [ALERT], LIVE)
    assert "停工" in said(figure) or "Stop dust work" in said(figure)
    assert "20:00–22:00" in said(figure)


def test_a_dust_site_below_250_is_not(canvas: Canvas) -> None:
    figure = limits.dust(canvas, ("甲", "A"), hourly(90, 249), minutely(240), hourly(80, 85), STOP, [], LIVE)
    assert "扬尘停工" not in said(figure)
    assert "Stop dust work" not in said(figure)


def test_a_stack_is_held_against_its_limit_and_twice_that(canvas: Canvas) -> None:
    figure = limits.stack(canvas, ("甲", "A"), "SO2", 35.0, hourly(20, 77), minutely(75), [], LIVE)
    assert "2.2" in said(figure)
    assert {"35", "70"} <= set(said(figure).replace("|", " ").split())


def test_the_axes_of_the_day_and_of_its_live_hours_do_not_write_over_each_other(canvas: Canvas) -> None:
    figure = limits.dust(canvas, ("甲", "A"), hourly(90, 251), minutely(250), hourly(80, 85), STOP, [], LIVE)
    figure.draw_without_rendering()
    day, evening = figure.axes
    assert day.get_xticklabels()[-1].get_window_extent().x1 < evening.get_xticklabels()[0].get_window_extent().x0


class OnlyStations:
    """The cursor of a day on which these stations stood and none reported."""

    def __init__(self, *rows: tuple[Any, ...]) -> None:
        self._stations = self._found = rows

    def execute(self, query: str, _given: tuple[Any, ...]) -> None:
        self._found = self._stations if "select station, kind" in query else ()

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._found)


@pytest.mark.parametrize(
    ("limits", "drawn"), [({SO2: {"maximum": 35.0}}, True), ({SO2: {"maximum": 0.0}}, False), ({}, False)]
)
def test_an_outlet_has_a_picture_only_with_a_limit_to_hold_it_against(
    limits: dict[str, Any], drawn: bool, canvas: Canvas, tmp_path: Path
) -> None:
    outlet = ("s1", "cems", "甲", "A", "晋城市", "", 112.8, 35.5, limits)
    day = Day(OnlyStations(outlet), NOON - 12 * HOUR, NOON + 12 * HOUR)
    pictures = draw.Pictures(canvas, day, NOON, NOON + 2 * HOUR, Subjects(plant="s1"), totals())
    assert ("2-plant.png" in [file.name for file in pictures.save(tmp_path)]) is drawn


def test_a_river_is_called_worse_than_class_v_above_2_mg_per_litre_only(canvas: Canvas) -> None:
    below = river.river(canvas, [(("甲", "A"), hourly(0.4, 2.0))])
    above = river.river(canvas, [(("甲", "A"), hourly(0.4, 2.1))])
    words = canvas.say("劣V类", "worse than class V")
    assert words not in said(below)
    assert words in said(above)


def test_the_intake_says_that_all_is_accounted_for_only_if_it_is(canvas: Canvas) -> None:
    arrivals = {Kind.DUST: minutely(500)}
    even = intake.intake(canvas, arrivals, totals(readings=10, current=10), LIVE)
    odd = intake.intake(canvas, arrivals, totals(readings=10, current=7, difference=3), LIVE)
    words = canvas.say("逐一有账", "each is accounted for")
    assert words in said(even)
    assert words not in said(odd)


def test_the_map_rings_the_stations_that_have_an_alert_and_names_them(canvas: Canvas) -> None:
    places = [
        Place(f"s{number}", Kind.DUST, f"站{number}", f"site {number}", "晋城市", "", 112.8 + number / 100, 35.5, {})
        for number in range(3)
    ]
    figure = network.stations(canvas, places, [ALERT])
    names = said(figure)
    assert canvas.say("站1", "site 1") in names
    assert canvas.say("站2", "site 2") not in names


def test_of_many_stations_with_an_alert_none_is_named(canvas: Canvas) -> None:
    places = [
        Place(f"s{n}", Kind.DUST, f"站{n}", f"site {n}", "晋城市", "", 112.8, 35.5 + n / 100, {}) for n in range(40)
    ]
    alerts = [Raised("rule", f"station:s{n}", "扬尘停工", "stop", 20.0, 22.0) for n in range(40)]
    assert canvas.say("站1", "site 1") not in said(network.stations(canvas, places, alerts))


def test_kinds_with_few_reports_are_shown_as_one(canvas: Canvas) -> None:
    arrivals = {kind: minutely(len(Kind) - place) for place, kind in enumerate(Kind)}
    figure = intake.intake(canvas, arrivals, totals(readings=1, current=1), LIVE)
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]  # type: ignore[union-attr]
    assert len(names) == intake.TOLD_APART + 1
    assert names[-1] == canvas.say(f"其他 {len(Kind) - 5} 类", f"{len(Kind) - 5} other kinds")


def test_every_picture_becomes_a_file_that_is_not_blank(canvas: Canvas, tmp_path: Path) -> None:
    course = hourly(90, 120, 260)
    figures = [
        air.city(canvas, "晋城市", course, (course, course), LEVELS, HEAVY, [ALERT]),
        limits.dust(canvas, ("甲", "A"), course, minutely(260), course, STOP, [ALERT], LIVE),
        limits.stack(canvas, ("甲", "A"), "SO2", 35.0, course, minutely(75), [], LIVE),
        river.river(canvas, [(("甲", "A"), course), (("乙", "B"), course)]),
        power.power(canvas, ("甲", "A"), course, hourly(9, 9, 1), ("乙", "B"), course),
        network.stations(canvas, [], []),
        intake.intake(canvas, {Kind.CEMS: minutely(604)}, totals(readings=5, current=5), LIVE),
    ]
    for number, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{number}.png")
        assert colours_on(tmp_path / f"{number}.png") > 20


def test_pictures_of_a_day_without_any_value_are_drawn_all_the_same(canvas: Canvas, tmp_path: Path) -> None:
    nothing = Course.of([])
    figures = [
        air.city(canvas, "晋城市", nothing, (nothing, nothing), LEVELS, HEAVY, []),
        limits.dust(canvas, ("甲", "A"), nothing, nothing, nothing, STOP, [], LIVE),
        river.river(canvas, []),
        power.power(canvas, ("甲", "A"), nothing, nothing, ("乙", "B"), nothing),
        intake.intake(canvas, {}, totals(), LIVE),
    ]
    for number, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{number}.png")
        assert (tmp_path / f"{number}.png").stat().st_size > 0
