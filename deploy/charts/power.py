"""A picture of what the power meters tell: treatment that is off, and closed works that run."""

from __future__ import annotations

from matplotlib.figure import Figure

from deploy.charts.canvas import MINUTES, SECOND, Canvas, Names, legend, line
from deploy.charts.day import Course


def power(
    canvas: Canvas,
    cheater: Names,
    production: Course,
    treatment: Course,
    closed: Names,
    running: Course,
) -> Figure:
    """Left the works that produce while their treatment is off; right works that should stand still. kW."""
    figure = canvas.figure(
        "用电监管：生产与治污设施功率，关停企业功率",
        "Power meters: production and treatment; works that were closed",
    )
    left, right = figure.subplots(1, 2, gridspec_kw={"wspace": 0.2})
    line(left, production, canvas.say("生产设施", "production"), SECOND)
    line(left, treatment, canvas.say("治污设施", "treatment"), MINUTES)
    line(right, running, canvas.say("生产设施", "production"), SECOND)
    for axes, name, courses in ((left, cheater, (production, treatment)), (right, closed, (running,))):
        axes.set_title(canvas.say(*name), size=10.5, loc="right")
        axes.set_ylim(0, 1.15 * max(1.0, *(course.peak for course in courses)))
        axes.set_ylabel("kW")
        canvas.day_axis(axes, step=4)
        legend(axes)
    return figure
