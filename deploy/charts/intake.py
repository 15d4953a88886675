"""A picture of what came in, and of what became of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deploy.charts.canvas import ALERT, COLUMN, FAINT, INK, KIND_COLOURS, MINUTES, THIRD, Canvas
from deploy.charts.day import Course, Floats
from deploy.totals import Totals
from ingest.kinds import Kind

TOLD_APART = 5
"""Kinds with the most reports; the others are one."""


def intake(canvas: Canvas, arrivals: Mapping[Kind, Course], totals: Totals, live: tuple[float, float]) -> Figure:
    """Reports a minute by kind over the live hours, and where every reading taken is."""
    proven, proven_en = "逐一有账", "each is accounted for"
    if totals.difference:
        proven, proven_en = f"{totals.difference:,} 个对不上", f"{totals.difference:,} are not accounted for"
    figure = canvas.figure(
        f"收到 {totals.readings:,} 个读数，{proven}", f"{totals.readings:,} readings came in, {proven_en}"
    )
    figure.subplots_adjust(right=0.97)
    left, right = figure.subplots(1, 2, width_ratios=(3, 1.5), gridspec_kw={"wspace": 0.32})
    _arrivals(canvas, left, arrivals, live)
    _accounts(canvas, right, totals)
    return figure


def _arrivals(canvas: Canvas, axes: Axes, arrivals: Mapping[Kind, Course], live: tuple[float, float]) -> None:
    minutes = np.arange(round(live[0] * 60), round(live[1] * 60))
    by_kind = {kind: _by_minute(course, minutes) for kind, course in arrivals.items()}
    kinds = sorted(by_kind, key=lambda kind: -float(by_kind[kind].sum()))
    layers = [(canvas.say(kind.zh, kind.en), KIND_COLOURS[kind], by_kind[kind]) for kind in kinds[:TOLD_APART]]
    if rest := [by_kind[kind] for kind in kinds[TOLD_APART:]]:
        layers.append((canvas.say(f"其他 {len(rest)} 类", f"{len(rest)} other kinds"), FAINT, np.sum(rest, axis=0)))
    if layers:
        names, colours, counts = zip(*layers, strict=True)
        axes.stackplot(minutes / 60, counts, colors=colours, labels=names, linewidth=0)
        axes.set_ylim(0, 1.3 * max(1.0, float(np.sum(counts, axis=0).max())))
        axes.legend(loc="upper left", ncols=3, fontsize=8.5, borderaxespad=0.2, handlelength=1.0)
    axes.set_title(canvas.say("每分钟报文数", "reports a minute"), size=10.5, loc="left")
    canvas.day_axis(axes, *live, step=(live[1] - live[0]) / 4)


def _accounts(canvas: Canvas, axes: Axes, totals: Totals) -> None:
    """On a logarithmic axis: what is rejected is to be seen beside what stands."""
    parts = [
        (canvas.say("已封存", "closed"), totals.closed, FAINT),
        (canvas.say("拒收", "rejected"), totals.rejected, ALERT),
        (canvas.say("重复", "repeats"), totals.repeats, COLUMN),
        (canvas.say("被更正", "superseded"), totals.superseded, MINUTES),
        (canvas.say("当前值", "current"), totals.current, THIRD),
    ]
    names, counts, colours = zip(*parts, strict=True)
    axes.barh(names, counts, color=colours, height=0.62)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(0, 30 * max(counts) + 10)
    for place, count in enumerate(counts):
        axes.text(max(count, 0.4) * 1.3, place, f"{count:,}", va="center", size=9)
    axes.set_title(canvas.say("读数去向（对数轴）", "where readings went (log)"), size=10.5, loc="left")
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_xticks([], minor=True)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0, labelcolor=INK)


def _by_minute(course: Course, minutes: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """How many in each minute of the day; nought where the course has none."""
    counts = np.zeros(len(minutes))
    places = np.round(course.hours * 60).astype(np.int64) - (minutes[0] if len(minutes) else 0)
    within = (places >= 0) & (places < len(minutes))
    counts[places[within]] = course.values[within]
    return counts
