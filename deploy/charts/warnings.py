"""A picture of the past's warnings: each winter's daily AQI, and beneath it what each scheme would have had in force.

`python -m deploy.charts.warnings PAST.json PICTURE.svg` draws what `lantian alerts warning past --json` printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from alerts.warnings.scheme import Level
from alerts.warnings.winters import FIRST_MONTH, LAST_MONTH, season_of
from core.settings import CoreSettings
from deploy.charts.canvas import FAINT, Canvas
from standards.edition_file import LevelPart
from standards.editions import load_editions

LEVEL_COLOURS = {Level.BLUE: "#4C8BD6", Level.YELLOW: "#FFD500", Level.ORANGE: "#FF7E00", Level.RED: "#D32F2F"}
_HEIGHT = 2.0
"""Inches of a winter."""
_TOP = 500
_STRIP = 85
"""Of the AQI's axis, the height of a scheme's strip."""

Past = Mapping[str, Any]


def draw(past: Past, canvas: Canvas, path: Path, city: tuple[str, str]) -> None:
    """Write the picture, nothing random and no date in it."""
    with canvas.drawing(), mpl.rc_context({"svg.hashsalt": "lantian"}):
        winters(past, canvas, city).savefig(path, metadata={"Date": None})


def winters(past: Past, canvas: Canvas, city: tuple[str, str]) -> Figure:
    """The winters of a past, one beneath the other, on the axis of their days; those of a month or less left out."""
    series = {date.fromisoformat(day): aqi for day, aqi, _ in past["days"]}
    found = _winters(series)
    figure = canvas.figure(
        f"{city[0]}历年秋冬季：各方案会发布的预警",
        f"{city[1]}, winters: the warnings each scheme would have had in force",
        "七天预报完全准确",
        "perfect foresight of 7 days",
    )
    figure.set_size_inches(10.0, 1.0 + _HEIGHT * len(found))
    figure.subplots_adjust(left=0.075, right=0.985, top=1 - 1.15 / figure.get_figheight(), bottom=0.045, hspace=0.42)
    for text, inches in zip(figure.texts, (0.15, 0.5), strict=True):
        text.set_y(1 - inches / figure.get_figheight())
    levels = load_editions().by_id("2012").levels
    panels: Sequence[Axes] = figure.subplots(len(found), 1, squeeze=False)[:, 0].tolist()
    for axes, winter in zip(panels, found, strict=True):
        _panel(axes, winter, series, past["schemes"], levels)
    patches = [Patch(color=colour, label=canvas.say(level.chinese, level.value))
               for level, colour in LEVEL_COLOURS.items()]  # fmt: skip
    figure.legend(handles=patches, loc="upper right", ncols=len(patches), fontsize=8, frameon=False)
    return figure


def _winters(series: Mapping[date, float | None]) -> list[str]:
    labels = [season_of(day) for day in series if not LAST_MONTH < day.month < FIRST_MONTH]
    return [label for label in dict.fromkeys(labels) if labels.count(label) > 31]


def _panel(
    axes: Axes, winter: str, series: Mapping[date, float | None], schemes: Sequence[Past], levels: Sequence[LevelPart]
) -> None:
    first, last = date(int(winter[:4]), FIRST_MONTH, 1), date(int(winter[:4]) + 1, LAST_MONTH, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    values = [np.nan if (aqi := series.get(day)) is None else aqi for day in days]
    bounds = [0, *(level.up_to for level in levels)]
    for band, (above, up_to) in zip(levels, pairwise(bounds), strict=True):
        own = [value if above < value <= up_to or value == above == 0 else np.nan for value in values]
        axes.stairs(own, range(len(days) + 1), fill=True, color=band.colour)
    for bound in (200, 300):
        axes.axhline(bound, color=FAINT, linewidth=0.7, linestyle=(0, (4, 3)), zorder=3)
    for row, scheme in enumerate(schemes, start=1):
        in_force = {
            date.fromisoformat(day): level for warning in scheme["warnings"] for day, level in warning["levels"]
        }
        for level, colour in LEVEL_COLOURS.items():
            own = [(0.8 - row) * _STRIP if in_force.get(day) == level else np.nan for day in days]
            axes.stairs(own, range(len(days) + 1), baseline=-row * _STRIP, fill=True, color=colour)
        axes.text(-1.5, (0.4 - row) * _STRIP, scheme["scheme"], ha="right", va="center", size=8, color=FAINT)
    axes.set_ylim(-(len(schemes) + 0.2) * _STRIP, _TOP)
    axes.set_yticks([200, 300, _TOP])
    axes.grid(visible=False)
    starts = {(day - first).days: f"{day:%Y-%m}" for day in days if day.day == 1}
    axes.set_xlim(0, len(days))
    axes.set_xticks(list(starts), list(starts.values()), ha="left", size=8)
    axes.tick_params(length=0)
    axes.set_title(f"{winter}  AQI", loc="left", size=10)


def main(arguments: Sequence[str]) -> None:
    """Draw the picture of the file that is named first into the second; the city's names may follow."""
    source, picture, *names = arguments
    past = json.loads(Path(source).read_text(encoding="utf-8"))
    canvas = Canvas.configured(CoreSettings.load().cache_dir)
    draw(past, canvas, Path(picture), (names[0], names[1]) if len(names) == 2 else ("城市", "City"))


if __name__ == "__main__":
    main(sys.argv[1:])
