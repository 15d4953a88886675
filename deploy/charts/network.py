"""A picture of where the network's stations stand, and which of them have an alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from aggregate.statistic import station_object
from deploy.charts.canvas import ALERT, KIND_COLOURS, Canvas
from deploy.charts.day import Place, Raised

MANY = 100
"""Kinds with more stations than this are drawn with small marks."""
NAMED = 12
"""Up to so many stations with an alert are named; if there are more, their rings are small."""


def stations(canvas: Canvas, places: Sequence[Place], alerts: Sequence[Raised]) -> Figure:
    """Every station by kind, those with an alert ringed."""
    figure = canvas.figure(
        f"监测网络：{len(places)} 个站点，{len(alerts)} 条报警",
        f"The network: {len(places)} stations, {len(alerts)} alerts",
    )
    figure.subplots_adjust(left=0.07, right=0.76)
    axes = figure.subplots()
    _marks(canvas, axes, places)
    objects = {raised.object for raised in alerts}
    _rings(canvas, axes, [place for place in places if station_object(place.station) in objects])
    if places:
        axes.set_aspect(1 / np.cos(np.radians(np.mean([place.latitude for place in places]))), adjustable="datalim")
    axes.grid(visible=True, axis="both")
    axes.set_xlabel(canvas.say("经度 °E", "longitude °E"))
    axes.set_ylabel(canvas.say("纬度 °N", "latitude °N"))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0, labelspacing=0.55)
    return figure


def _marks(canvas: Canvas, axes: Axes, places: Sequence[Place]) -> None:
    """Small dots for what there are many of, below larger marks for the few."""
    for kind, count in Counter(place.kind for place in places).most_common():
        many = count > MANY
        axes.scatter(
            [place.longitude for place in places if place.kind is kind],
            [place.latitude for place in places if place.kind is kind],
            s=9 if many else 26,
            marker="o" if many else "D",
            color=KIND_COLOURS[kind],
            linewidths=0,
            alpha=0.85,
            label=f"{canvas.say(kind.zh, kind.en)}  {count}",
            zorder=2 if many else 3,
        )


def _rings(canvas: Canvas, axes: Axes, places: Sequence[Place]) -> None:
    few = len(places) <= NAMED
    axes.scatter(
        [place.longitude for place in places],
        [place.latitude for place in places],
        s=150 if few else 40,
        facecolors="none",
        edgecolors=ALERT,
        linewidths=1.8 if few else 0.7,
        label=f"{canvas.say('有报警', 'with an alert')}  {len(places)}",
        zorder=5,
    )
    for place in places if few else ():
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
