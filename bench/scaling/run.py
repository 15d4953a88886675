"""The curves one after the other, each on stacks of its own that are emptied first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count, islice
from typing import Any

from aggregate.worker import warm_up
from bench.machine import machine
from bench.pipeline.ground import Ground, Tell
from bench.pipeline.rounds import combined
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

    def measured(stations: int) -> dict[str, Any]:
        with ground_of(task, stations, tell) as ground:
            speed = at_full_speed(ground, 0, min(HOUR // task.period - 1, max(1, task.reports // stations)))
            ended = hour_ended(ground)
        tell(f"{stations:,} stations: {speed.readings_per_s:,.0f} readings/s, their hour ended in {ended:.1f} s")
        return {"stations": stations, **speed._asdict(), "hour_ended_s": ended}

    rounds = [[measured(stations) for stations in task.stations] for _ in range(task.runs)]
    return [_as_one(point) for point in zip(*rounds, strict=True)]


def _workers(task: Task, tell: Tell) -> Curve:
    """Ever more workers, each number with an hour of reports that waits for it."""
    slots = HOUR // task.period
    stations = task.backlog // slots

    def measured(ground: Ground, place: int, workers: int) -> dict[str, Any]:
        rate, steady = from_backlog(ground, workers, place * slots, (place + 1) * slots)
        tell(f"{workers} workers: {rate:,.0f} readings/s, {steady:,.0f} stored")
        return {"workers": workers, "stations": stations, "readings_per_s": rate, "steady_per_s": steady}

    rounds = []
    for _ in range(task.runs):
        with ground_of(task, stations, tell) as ground:
            rounds.append([measured(ground, place, workers) for place, workers in enumerate(task.workers)])
    return [_as_one(point) for point in zip(*rounds, strict=True)]


def _history(task: Task, tell: Tell) -> Curve:
    """Hours of reports and the same questions: with nothing in the database, then with ever more days before them."""
    found = []
    slots = HOUR // task.period
    with ground_of(task, task.history_reports // slots, tell) as ground:
        hours = count()
        filled = 0
        for days in (0, *task.days):
            if days:
                history.fill(ground, task.history_stations, filled, days)
                filled = days
            rounds = []
            for hour in islice(hours, task.runs):
                speed = at_full_speed(ground, hour * slots, (hour + 1) * slots)
                tell(f"{days} days of history: {speed.readings_per_s:,.0f} readings/s")
                rounds.append({**speed._asdict(), "answers_ms": history.answers_ms(ground)})
            found.append({"days": days, **history.rows(ground), **_as_one(rounds)})
    return found


def _as_one(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians and spread; that a round came to its end is all that is known of it."""
    return {key: value for key, value in combined([{**each, "good": True} for each in rounds]).items() if key != "good"}
