"""What all pictures share: Chinese glyphs, colours, the axis of the day, rules and alerts drawn in one way.

Labels are Chinese; where no font has Chinese glyphs they are English instead (decisions/0006). matplotlib is slow to
import: only who draws imports these modules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager

from deploy.charts.day import Course, Raised
from deploy.setup import places
from ingest.kinds import Kind

DPI = 110
WIDE = (10.0, 5.2)
INK, FAINT, GRID = "#22303C", "#6B7A88", "#E3E8EC"
RULE, ALERT = "#B00020", "#D32F2F"
COLUMN, MINUTES, SECOND, THIRD = "#AFC3D6", "#1F5FA8", "#E07B00", "#2E8B57"
KIND_COLOURS = {
    Kind.CEMS: "#8C5A2B",
    Kind.DUST: "#E0A030",
    Kind.EFFLUENT: "#5B7F95",
    Kind.POWER: "#B58BC9",
    Kind.FACILITY: "#9AA5AE",
    Kind.MICRO: "#7FB3E6",
    Kind.AIR: "#1F5FA8",
    Kind.WATER: "#138D90",
    Kind.NOISE: "#6C8E3F",
    Kind.GATE: "#A0A0A0",
    Kind.FUME: "#C77C6A",
    Kind.RAIN: "#66B7C9",
    Kind.DUSTFALL: "#BFA77A",
    Kind.GROUNDWATER: "#2E6F73",
    Kind.RADIATION: "#9C9C3A",
    Kind.WEATHER: "#4AA3A2",
    Kind.FORECAST: "#55606A",
}
Names = tuple[str, str]
"""Chinese and English."""
INSTALLED = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)
"""Fonts with simplified Chinese that a machine may have, tried when the system root's is not there."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """Pictures in Chinese with English beneath, or, without a font for it, in English."""

    chinese: bool
    family: tuple[str, ...]

    @classmethod
    def of(cls, font: Path | None) -> Canvas:
        """With the glyphs of the file `font`, else with those of an installed font, else in English."""
        if font is not None and font.is_file():
            fontManager.addfont(font)
            return cls(chinese=True, family=(FontProperties(fname=font).get_name(), "DejaVu Sans"))
        known = {entry.name for entry in fontManager.ttflist}
        for name in INSTALLED:
            if name in known:
                return cls(chinese=True, family=(name, "DejaVu Sans"))
        return cls(chinese=False, family=("DejaVu Sans",))

    @classmethod
    def configured(cls, cache: Path) -> Canvas:
        """With the font of the system root that the set-up has built in `cache`."""
        return cls.of(places.system_root(cache) / places.CHINESE_FONT)

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """matplotlib's settings while pictures are drawn and saved."""
        settings: Any = {
            "font.family": list(self.family),
            "font.size": 10,
            "axes.edgecolor": FAINT,
            "axes.labelcolor": INK,
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.axisbelow": True,
            "grid.color": GRID,
            "xtick.color": FAINT,
            "ytick.color": FAINT,
            "text.color": INK,
            "legend.frameon": False,
        }
        with mpl.rc_context(settings):
            yield

    def say(self, zh: str, en: str) -> str:
        """The Chinese, or the English where Chinese cannot be shown."""
        return zh if self.chinese else en

    def figure(self, zh: str, en: str, note_zh: str = "", note_en: str = "") -> Figure:
        """An empty picture under its title; a note stands beneath the title."""
        figure = Figure(figsize=WIDE, dpi=DPI, facecolor="white")
        figure.subplots_adjust(left=0.075, right=0.905, top=0.79, bottom=0.085)
        title, small = (zh, f"{en}{'  ·  ' if note_zh else ''}{note_zh}") if self.chinese else (en, note_en)
        figure.text(0.012, 0.965, title, size=15, va="top")
        figure.text(0.012, 0.895, small, size=9, color=FAINT, va="top")
        return figure

    def day_axis(self, axes: Axes, first: float = 0.0, end: float = 24.0, step: float = 2.0) -> None:
        """Hours of the day from left to right, named every `step` hours."""
        axes.set_xlim(first, end)
        ticks = [first + step * place for place in range(int((end - first) / step) + 1)]
        labels = [f"{int(tick):02d}:{round(tick % 1 * 60):02d}" for tick in ticks]
        axes.set_xticks(ticks, labels)
        axes.tick_params(length=0)

    def rule(self, panels: Sequence[Axes], value: float, zh: str, en: str, colour: str = RULE) -> None:
        """A limit across panels side by side, named at the right edge."""
        for axes in panels:
            axes.axhline(value, color=colour, linewidth=1.1, linestyle=(0, (5, 3)), zorder=3)
        panels[-1].annotate(
            self.say(zh, en),
            (1.0, value),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            size=9,
            color=colour,
        )

    def alert(self, axes: Axes, raised: Raised) -> None:
        """The span of an alert, named at its top within the axes."""
        axes.axvspan(raised.first, raised.end, color=ALERT, alpha=0.10, linewidth=0, zorder=0)
        middle = min(max((raised.first + raised.end) / 2, axes.get_xlim()[0] + 1.2), axes.get_xlim()[1] - 1.2)
        axes.annotate(
            self.say("报警", "alert") + f" {clock(raised.first)}–{clock(raised.end)}",
            (middle, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="center",
            va="top",
            size=9,
            color=ALERT,
        )


def columns(axes: Axes, course: Course, label: str, colour: str | list[str] = COLUMN) -> None:
    """Hourly values as columns that fill their hours."""
    axes.bar(course.hours, course.values, width=0.94, align="edge", color=colour, label=label, zorder=2)


def line(axes: Axes, course: Course, label: str, colour: str, width: float = 1.5) -> None:
    """Values as a line through the middles of their periods; gaps are left open."""
    hours, values = course.broken()
    axes.plot(hours, values, color=colour, linewidth=width, label=label, zorder=4)


def legend(axes: Axes) -> None:
    """The names of what is drawn, above the axes at the left."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", ncols=4, bbox_to_anchor=(-0.01, 1.0), borderaxespad=0.2, handlelength=1.4)


def clock(hours: float) -> str:
    """Hours of the day as hh:mm."""
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
