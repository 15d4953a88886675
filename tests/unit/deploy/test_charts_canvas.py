"""What all pictures share: glyphs, rules, gaps."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from matplotlib.ft2font import FT2Font

from core.settings import CoreSettings
from deploy.charts import canvas as shared
from deploy.charts.canvas import Canvas, clock
from deploy.charts.day import Course
from deploy.setup import places
from ingest.kinds import Kind


@pytest.fixture
def font() -> Path:
    """The font of the system root."""
    settings: CoreSettings = CoreSettings.load()
    path = places.system_root(settings.cache_dir) / places.CHINESE_FONT
    if not path.is_file():
        pytest.skip(f"no font at {path}: run make setup")
    return path


def test_with_the_system_roots_font_labels_are_chinese(font: Path) -> None:
    made = Canvas.of(font)
    assert made.family[0] == "WenQuanYi Micro Hei"
    assert made.say("报警", "alert") == "报警"


def test_the_font_has_a_glyph_for_every_name_of_a_kind(font: Path) -> None:
    glyphs = FT2Font(font).get_charmap()
    assert not {letter for kind in Kind for letter in kind.zh if ord(letter) not in glyphs}


def test_without_any_chinese_font_labels_are_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shared, "INSTALLED", ())
    made = Canvas.of(tmp_path / "none.ttc")
    assert made.say("报警", "alert") == "alert"
    texts = [text.get_text() for text in made.figure("标题", "title").texts]
    assert "title" in texts
    assert "标题" not in texts


def test_a_title_is_chinese_with_the_english_beneath(font: Path) -> None:
    upper, lower = Canvas.of(font).figure("标题", "title").texts
    assert (upper.get_text(), lower.get_text()) == ("标题", "title")
    assert float(upper.get_fontsize()) > float(lower.get_fontsize())


def test_a_line_is_broken_where_periods_are_left_out() -> None:
    hours, values = Course.of([(0, 10.0, 1), (1, 11.0, 1), (3, 13.0, 1)]).broken()
    assert hours[[0, 1, 3]].tolist() == [0.5, 1.5, 3.5]
    assert math.isnan(values[2])


def test_a_line_goes_on_where_hours_give_way_to_minutes() -> None:
    _, values = Course.of([(0, 10.0, 1), (1, 11.0, 1 / 60), (1 + 1 / 60, 12.0, 1 / 60)]).broken()
    assert values.tolist() == [10.0, 11.0, 12.0]


def test_the_peak_passes_over_what_is_not_valid() -> None:
    assert Course.of([(0, None, 1), (1, 7.0, 1)]).peak == 7.0
    assert Course.of([(0, None, 1)]).peak == 0.0
    assert Course.of([]).peak == 0.0


def test_hours_are_written_as_a_clock_shows_them() -> None:
    assert [clock(hours) for hours in (0.0, 20.5, 24.0)] == ["00:00", "20:30", "24:00"]
