"""The curves one after the other, each on stacks of its own that are emptied first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from aggregate.worker import warm_up
from bench.machine import machine
from bench.pipeline.ground import Tell
from bench.pipeline.run import LIBRARIES
from bench.scaling import history, recompute
from bench.scaling.ground import at_full_speed, from_backlog, ground_of, hour_ended
from bench.scaling.report import lines
from bench.scaling.task import CURVES, QUICK, Task
from core.clock import HOUR

Curve = list[dict[str, Any]]


def run(task: Task, tell: Tell, curves: Collection[str] = CURVES) -> dict[str, Any]:
    """The points of each curve, and on which machine; raises `UnavailableError` where one does not come to its end."""
    warm_up()
    measures: dict[str, Callable[[Task, Tell], Curve]] = {
        "stations": _stations, "workers": _workers, "history": _history, "recompute": recompute.measure,
    }  # fmt: skip
    described = machine(*LIBRARIES)
    return {
        "task": task._asdict(),
        **{name: measures[name](task, tell) for name in CURVES if name in curves},
        "machine": described,
    }


def main() -> None:
    """Print the figures of small sizes."""
    print("\n".join(lines(run(QUICK, print))))


def _stations(task: Task, tell: Tell) -> Curve:
    """Reports within an hour from ever more stations, then the hour's end; memory is that before it."""
    found = []
    for stations in task.stations:
        with ground_of(task, stations, tell) as ground:
            slots = min(HOUR // task.period - 1, max(1, task.reports // stations))
            speed = at_full_speed(ground, 0, slots)
            tell(f"{stations:,} stations: {speed.readings_per_s:,.0f} readings/s")
            ended = hour_ended(ground)
        tell(f"{stations:,} stations: their hour ended in {ended:.1f} s")
        found.append({"stations": stations, **speed._asdict(), "hour_ended_s": ended})
    return found


def _workers(task: Task, tell: Tell) -> Curve:
    """Ever more workers, each number with an hour of reports that waits for it."""
    found = []
    slots = HOUR // task.period
    stations = task.backlog // slots
    with ground_of(task, stations, tell) as ground:
        for place, workers in enumerate(task.workers):
            rate, steady = from_backlog(ground, workers, place * slots, (place + 1) * slots)
            tell(f"{workers} workers: {rate:,.0f} readings/s, {steady:,.0f} stored")
            found.append({"workers": workers, "stations": stations, "readings_per_s": rate, "steady_per_s": steady})
    return found


def _history(task: Task, tell: Tell) -> Curve:
    """An hour of reports and the same questions: with nothing in the database, then with ever more days before them."""
    found = []
    slots = HOUR // task.period
    with ground_of(task, task.history_reports // slots, tell) as ground:
        filled = 0
        for place, days in enumerate((0, *task.days)):
            if days:
                history.fill(ground, task.history_stations, filled, days)
                filled = days
            tell(f"{days} days of history: {history.rows(ground)}")
            speed = at_full_speed(ground, place * slots, (place + 1) * slots)
            answers = history.answers_ms(ground)
            tell(f"{days} days of history: {speed.readings_per_s:,.0f} readings/s")
            found.append({"days": days, **history.rows(ground), **speed._asdict(), "answers_ms": answers})
    return found
