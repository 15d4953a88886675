"""Pictures of the whole network: where its stations stand, and what came in from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from deploy.charts.canvas import ALERT, COLUMN, FAINT, Canvas
from deploy.charts.day import Course, Place, Raised
from deploy.totals import Totals
from ingest.kinds import Kind

COLOURS = {
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
MANY = 100
"""Kinds with more stations than this are drawn with small marks."""
BESIDE = {"left": 0.07, "right": 0.76}
"""Room at the right for a list of kinds."""


def stations(canvas: Canvas, places: Sequence[Place], alerts: Sequence[Raised]) -> Figure:
    """Every station by kind, those with an alert ringed and the first of them named."""
    figure = canvas.figure(
        f"监测网络：{len(places)} 个站点，{len(alerts)} 条告警",
        f"The network: {len(places)} stations, {len(alerts)} alerts",
    )
    figure.subplots_adjust(**BESIDE)
    axes = figure.subplots()
    for kind in sorted({place.kind for place in places}, key=lambda kind: -_count(places, kind)):
        of_kind = [place for place in places if place.kind is kind]
        axes.scatter(
            [place.longitude for place in of_kind],
            [place.latitude for place in of_kind],
            s=9 if len(of_kind) > MANY else 26,
            marker="o" if len(of_kind) > MANY else "D",
            color=COLOURS[kind],
            linewidths=0,
            alpha=0.85,
            label=f"{canvas.say(kind.zh, kind.en)}  {len(of_kind)}",
            zorder=2 if len(of_kind) > MANY else 3,
        )
    alarmed = {raised.object.partition(":")[2] for raised in alerts if raised.object.startswith("station:")}
    for place in (place for place in places if place.station in alarmed):
        axes.scatter(
            place.longitude, place.latitude, s=150, facecolors="none", edgecolors=ALERT, linewidths=1.8, zorder=5
        )
        if len(alarmed) <= 12:
            axes.annotate(
                canvas.say(place.name_zh, place.name_en),
                (place.longitude, place.latitude),
                xytext=(9, 6),
                textcoords="offset points",
                size=8.5,
                color=ALERT,
                zorder=6,
                path_effects=[withStroke(linewidth=2.5, foreground="white")],
            )
    axes.scatter([], [], s=110, facecolors="none", edgecolors=ALERT, linewidths=1.8,
                 label=f"{canvas.say('有告警', 'with an alert')}  {len(alarmed)}")  # fmt: skip
    if places:
        axes.set_aspect(1 / np.cos(np.radians(np.mean([place.latitude for place in places]))), adjustable="datalim")
    axes.grid(visible=True, axis="both")
    axes.set_xlabel(canvas.say("经度 °E", "longitude °E"))
    axes.set_ylabel(canvas.say("纬度 °N", "latitude °N"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, labelspacing=0.7)
    return figure


def _count(places: Sequence[Place], kind: Kind) -> int:
    return sum(place.kind is kind for place in places)


def intake(canvas: Canvas, arrivals: Mapping[Kind, Course], totals: Totals, live: tuple[float, float]) -> Figure:
    """Reports a minute by kind over the live hours, and what became of every reading totals."""
    proven, proven_en = "逐一有账", "each is accounted for"
    if totals.difference:
        proven, proven_en = f"{totals.difference:,} 个对不上", f"{totals.difference:,} are not accounted for"
    figure = canvas.figure(
        f"收到 {totals.readings:,} 个读数，{proven}", f"{totals.readings:,} readings came in, {proven_en}"
    )
    figure.subplots_adjust(right=0.97)
    left, right = figure.subplots(1, 2, width_ratios=(3, 1.5), gridspec_kw={"wspace": 0.32})
    minutes = np.arange(round(live[0] * 60), round(live[1] * 60))
    kinds = sorted(arrivals, key=lambda kind: -float(arrivals[kind].values.sum()))
    stacked = [_by_minute(arrivals[kind], minutes) for kind in kinds]
    if stacked:
        left.stackplot(
            minutes / 60,
            stacked,
            colors=[COLOURS[kind] for kind in kinds],
            labels=[canvas.say(kind.zh, kind.en) for kind in kinds],
            linewidth=0,
        )
        left.set_ylim(0, 1.35 * max(1.0, float(np.sum(stacked, axis=0).max())))
        left.legend(loc="upper left", ncols=3, fontsize=8.5, borderaxespad=0.2, handlelength=1.0)
    left.set_title(canvas.say("每分钟报文数", "reports a minute"), size=10.5, loc="left")
    canvas.day_axis(left, *live, step=(live[1] - live[0]) / 4)
    parts = [
        (canvas.say("当前值", "current"), totals.current, "#2E8B57"),
        (canvas.say("被更正", "superseded"), totals.superseded, "#1F5FA8"),
        (canvas.say("重复", "repeats"), totals.repeats, COLUMN),
        (canvas.say("拒收", "rejected"), totals.rejected, ALERT),
        (canvas.say("已封存", "closed"), totals.closed, FAINT),
    ]
    names, counts, colours = zip(*reversed(parts), strict=True)
    right.barh(names, counts, color=colours, height=0.62)
    right.set_xscale("symlog", linthresh=1)
    right.set_xlim(0, 30 * max(counts, default=1) + 10)
    for place, count in enumerate(counts):
        right.text(max(count, 0.4) * 1.3, place, f"{count:,}", va="center", size=9)
    right.set_title(canvas.say("读数去向（对数轴）", "where readings went (log)"), size=10.5, loc="left")
    right.grid(visible=False)
    right.set_xticks([])
    right.set_xticks([], minor=True)
    right.spines["bottom"].set_visible(False)
    right.tick_params(length=0, labelcolor="#22303C")
    return figure


def _by_minute(course: Course, minutes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[float]:
    counts = dict(zip(np.round(course.hours * 60).astype(int).tolist(), course.values.tolist(), strict=True))
    return [counts.get(int(minute), 0.0) for minute in minutes]
