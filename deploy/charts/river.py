"""A picture of what travels down a river."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from deploy.charts.canvas import FAINT, MINUTES, RULE, SECOND, THIRD, Canvas, legend, line
from deploy.charts.day import Course

CLASS_3, CLASS_5 = 1.0, 2.0
"""Limits of NH3-N, mg/L (GB 3838-2002 table 1)."""
COLOURS = (SECOND, MINUTES, THIRD, "#7B4FA3", "#8C5A2B", "#5B6B73")


def river(canvas: Canvas, sections: Sequence[tuple[tuple[str, str], Course]]) -> Figure:
    """NH3-N at the sections, the uppermost first, against the limits of classes III and V."""
    peak = max((course.peak for _, course in sections), default=0.0)
    worse = peak > CLASS_5
    figure = canvas.figure(
        f"河流氨氮：{len(sections)} 个断面，最高 {peak:.1f} mg/L{'，劣V类' if worse else ''}",
        f"Ammonia nitrogen down a river: {len(sections)} sections, up to {peak:.1f} mg/L"
        f"{', worse than class V' if worse else ''}",
    )
    axes = figure.subplots()
    for ((zh, en), course), colour in zip(sections, COLOURS, strict=False):
        line(axes, course, canvas.say(zh, en), colour, 1.8)
    axes.set_ylim(0, 1.12 * max(peak, 1.1 * CLASS_5))
    axes.set_ylabel("NH3-N  mg/L")
    canvas.day_axis(axes)
    canvas.rule((axes,), CLASS_3, "III类 1.0", "III 1.0", FAINT)
    canvas.rule((axes,), CLASS_5, "V类 2.0", "V 2.0", RULE)
    legend(axes)
    return figure
