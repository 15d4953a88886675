"""The curves as pictures for docs/performance.md, in the style of the demonstration's. Slow to import: matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from bench.scaling.memory import memory_per_thousand
from deploy.charts.canvas import COLUMN, MINUTES, SECOND, THIRD, Canvas

PROCESSES = {"ingest": MINUTES, "aggregate": SECOND, "alerts": THIRD}
_RATES = (("readings_per_s", MINUTES, "until all is judged"), ("steady_per_s", SECOND, "stored"))
_COLOURS = (MINUTES, SECOND, THIRD, "#8C5A2B")

Point = Mapping[str, Any]


def draw(figures: Mapping[str, Any], canvas: Canvas, folder: Path) -> list[Path]:
    """A picture of each curve that was measured, `scaling-<curve>.svg`; returns the files."""
    pictures: dict[str, Callable[[Canvas, Sequence[Point]], Figure]] = {
        "stations": _stations, "workers": _workers, "history": _history, "recompute": _recompute,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    # nothing random and no date in the file, so that the same figures make the same bytes
    with canvas.drawing(), mpl.rc_context({"svg.hashsalt": "lantian"}):
        for name, picture in pictures.items():
            if name in figures:
                files.append(folder / f"scaling-{name}.svg")
                picture(canvas, figures[name]).savefig(files[-1], metadata={"Date": None})
    return files


def _stations(canvas: Canvas, points: Sequence[Point]) -> Figure:
    figure = canvas.figure("站点数的影响", "Stations", "一小时内的报告及整点", "reports within an hour, and its end")
    rate, ended, memory = _beside(figure, 3)
    stations = [point["stations"] for point in points]
    below = canvas.say("站点", "stations")
    for of, colour, label in _RATES:
        rate.plot(stations, [point[of] for point in points], "o-", color=colour, label=label)
    _axis(rate, canvas.say("每秒读数", "readings a second"), below, stations)
    _legend(rate)
    ended.plot(stations, [point["hour_ended_s"] for point in points], "o-", color=MINUTES)
    _axis(ended, canvas.say("整点计算秒数", "seconds for an hour's end"), below, stations)
    for name, colour in PROCESSES.items():
        per = memory_per_thousand(points, name)
        label = f"{name}, {per:.2f} MB / 1 000" if per is not None else name
        memory.plot(stations, [point["memory_mb"][name] for point in points], "o-", color=colour, label=label)
    _axis(memory, canvas.say("内存 MB", "memory, MB"), below, stations)
    _legend(memory)
    return figure


def _workers(canvas: Canvas, points: Sequence[Point]) -> Figure:
    figure = canvas.figure("工作进程数的影响", "Workers", "处理积压", "a backlog worked off")
    [axes] = _beside(figure, 1)
    workers = [point["workers"] for point in points]
    for of, colour, label in _RATES:
        axes.plot(workers, [point[of] for point in points], "o-", color=colour, label=label)
    axes.set_xticks(workers)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    _legend(axes)
    axes.set_xlabel(canvas.say("工作进程", "workers"))
    axes.set_ylabel(canvas.say("每秒读数", "readings a second"))
    return figure


def _history(canvas: Canvas, points: Sequence[Point]) -> Figure:
    figure = canvas.figure("历史数据的影响", "History in the database")
    rate, answers = _beside(figure)
    rows = [max(1, point["report_rows"] + point["statistic_rows"]) for point in points]
    days = [f"{point['days']} d\n{row:,}" for point, row in zip(points, rows, strict=True)]
    rate.plot(rows, [point["readings_per_s"] for point in points], "o-", color=MINUTES)
    below = canvas.say("历史天数、行数", "days of history, rows")
    _axis(rate, canvas.say("每秒读数", "readings a second"), below, rows, days)
    for name, colour in zip(points[0]["answers_ms"], _COLOURS, strict=True):
        answers.plot(rows, [point["answers_ms"][name] for point in points], "o-", color=colour, label=name)
    _axis(answers, canvas.say("查询毫秒", "milliseconds an answer"), below, rows, days)
    _legend(answers)
    return figure


def _recompute(canvas: Canvas, points: Sequence[Point]) -> Figure:
    figure = canvas.figure("重算", "lantian recompute")
    [axes] = _beside(figure, 1)
    names = [f"{point['place']}, {point['stations']} × {point['days']} d" for point in points]
    names = [f"{name}\n{'again' if point['again'] else 'anew'}" for name, point in zip(names, points, strict=True)]
    bars = axes.bar(names, [point["seconds"] / 60 for point in points], color=COLUMN, width=0.6)
    axes.bar_label(bars, [f"{point['windows'] / point['seconds']:,.0f} windows/s" for point in points], size=9)
    axes.set_ylabel(canvas.say("分钟", "minutes"))
    return figure


def _beside(figure: Figure, count: int = 2) -> Sequence[Axes]:
    figure.subplots_adjust(right=0.97, bottom=0.14, wspace=0.3)
    panels: Sequence[Axes] = figure.subplots(1, count, squeeze=False)[0]
    return panels


def _legend(axes: Axes) -> None:
    """In the upper left corner, with room for it above the lines."""
    axes.set_ylim(top=1.5 * axes.get_ylim()[1])
    axes.legend(loc="upper left", fontsize=8)


def _axis(axes: Axes, y: str, x: str, ticks: Sequence[float], labels: Sequence[str] | None = None) -> None:
    """Sizes by powers of ten from left to right, named where something was measured; upwards from nothing."""
    axes.set_xscale("log")
    axes.set_xticks(ticks, labels or [f"{tick:,}".replace(",", " ") for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
