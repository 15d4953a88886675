"""A picture of the city's air."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from deploy.charts.canvas import FAINT, MINUTES, SECOND, Canvas, line
from deploy.charts.day import Course, Raised
from standards.edition_file import LevelPart


def city(
    canvas: Canvas,
    name: str,
    aqi: Course,
    particles: tuple[Course, Course],
    levels: Sequence[LevelPart],
    heavy: float,
    alerts: Sequence[Raised],
) -> Figure:
    """AQI by hour in the colours of its levels, above PM10 and PM2.5; over `heavy` the air is heavily polluted."""
    found, found_en = "没有有效小时", "no valid hour"
    if aqi.peak:
        worst = levels[_level(levels, aqi.peak)]
        found, found_en = f"最高 AQI {aqi.peak:.0f}（{worst.name_zh}）", f"AQI up to {aqi.peak:.0f} ({worst.name_en})"
    figure = canvas.figure(f"{name}小时空气质量：{found}", f"City air by hour: {found_en}")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2), gridspec_kw={"hspace": 0.16})
    colours = [levels[_level(levels, value)].colour for value in aqi.values]
    upper.bar(aqi.hours, aqi.values, width=0.94, align="edge", color=colours, edgecolor=FAINT, linewidth=0.4, zorder=2)
    for hour, value in zip(aqi.hours, aqi.values, strict=True):
        if value == value:  # noqa: PLR0124 (not NaN)
            upper.text(hour + 0.47, value, f"{value:.0f}", ha="center", va="bottom", size=8, color=FAINT)
    upper.set_ylabel("AQI")
    upper.set_ylim(0, 1.25 * max(aqi.peak, heavy))
    pm25, pm10 = particles
    line(lower, pm10, "PM10", SECOND)
    line(lower, pm25, "PM2.5", MINUTES)
    lower.set_ylim(0, 1.15 * max(pm10.peak, pm25.peak, 1.0))
    lower.set_ylabel("µg/m³")
    lower.legend(loc="upper left", ncols=2, borderaxespad=0.0, handlelength=1.4)
    canvas.day_axis(lower)
    canvas.rule((upper,), heavy, f"重污染 >{heavy:g}", f"heavy >{heavy:g}")
    for raised in alerts:
        canvas.alert(upper, raised)
    return figure


def _level(levels: Sequence[LevelPart], aqi: float) -> int:
    return next((place for place, level in enumerate(levels) if aqi <= level.up_to), len(levels) - 1)
