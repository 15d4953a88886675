"""Pictures of one station against what it may reach: a construction site that has to stop, a stack over its limit."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deploy.charts.canvas import COLUMN, FAINT, MINUTES, RULE, SECOND, Canvas, Names, columns, legend, line
from deploy.charts.day import Course, Raised


def dust(
    canvas: Canvas,
    name: Names,
    hours: Course,
    minutes: Course,
    others: Course,
    stop: float,
    alerts: Sequence[Raised],
    live: tuple[float, float],
) -> Figure:
    """A site's PM10 by hour and, while it was live, by minute; with the median of the other sites.

    At an hour's mean of `stop` µg/m³ dust work has to stop.
    """
    stops = hours.peak >= stop
    figure = canvas.figure(
        f"{'扬尘停工' if stops else '扬尘'}：{name[0]}，PM10 小时均值最高 {hours.peak:.0f} µg/m³",
        f"{'Stop dust work' if stops else 'Dust'}: {name[1]}, hourly PM10 up to {hours.peak:.0f} µg/m³",
    )
    axes = _day_and_live(canvas, figure, hours, minutes, alerts, live)
    line(axes[0], others, canvas.say("其他扬尘点中位数", "median of the other sites"), FAINT)
    axes[0].set_ylim(0, 1.2 * max(hours.peak, minutes.peak, 1.2 * stop))
    axes[0].set_ylabel("PM10  µg/m³")
    canvas.rule(axes, stop, f"停工 {stop:g}", f"stop {stop:g}")
    legend(axes[0])
    return figure


def stack(
    canvas: Canvas,
    name: Names,
    factor: str,
    limit: float,
    hours: Course,
    minutes: Course,
    alerts: Sequence[Raised],
    live: tuple[float, float],
) -> Figure:
    """A stack's factor by hour and by minute against its limit and twice that (mg/m³)."""
    multiple = hours.peak / limit
    figure = canvas.figure(
        f"烟气：{name[0]}，{factor} 小时均值最高为限值的 {multiple:.1f} 倍",
        f"Stack: {name[1]}, hourly {factor} up to {multiple:.1f} times the limit",
    )
    axes = _day_and_live(canvas, figure, hours, minutes, alerts, live)
    axes[0].set_ylim(0, 1.2 * max(hours.peak, minutes.peak, 2.2 * limit))
    axes[0].set_ylabel(f"{factor}  mg/m³")
    canvas.rule(axes, limit, f"限值 {limit:g}", f"limit {limit:g}", SECOND)
    canvas.rule(axes, 2 * limit, f"两倍 {2 * limit:g}", f"twice {2 * limit:g}", RULE)
    legend(axes[0])
    return figure


def _day_and_live(
    canvas: Canvas,
    figure: Figure,
    hours: Course,
    minutes: Course,
    alerts: Sequence[Raised],
    live: tuple[float, float],
) -> Sequence[Axes]:
    """Left the day by hours, right its live hours by minutes, on one scale."""
    day, evening = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2), gridspec_kw={"wspace": 0.14})
    for axes in (day, evening):
        columns(axes, hours, canvas.say("小时均值", "hourly mean"), COLUMN)
    line(evening, minutes, canvas.say("分钟值", "minutes"), MINUTES, 1.2)
    canvas.day_axis(day, step=4)
    canvas.day_axis(evening, *live, step=(live[1] - live[0]) / 4)
    for raised in alerts:
        canvas.alert(day, raised)
    legend(evening)
    return day, evening
