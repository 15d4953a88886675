"""`lantian bench kernels`: the same year by the kernels, by pandas and by Polars, in turn, compared and told."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.kernels import ours, with_pandas, with_polars
from bench.kernels.compare import Verdict, compare, together
from bench.kernels.files import compare_folders, write_inputs
from bench.kernels.make import Made, long_table, make
from bench.kernels.measure import Cost, bandwidth, measured, summary
from bench.kernels.report import lines
from bench.kernels.rules import Method, method
from bench.kernels.task import Task
from bench.machine import machine
from standards.editions import HOURLY_FACTORS

LIBRARIES = ("numpy", "numba", "pyarrow", "pandas", "polars")

Tell = Callable[[str], None]

WARM_STATIONS = 2


def main() -> None:
    """Print the figures of the defaults."""
    figures = run(Task(), print)
    print("\n".join(lines(figures)))
    if not figures["equal"]:
        sys.exit("\n".join(figures["differences"]))


def run(task: Task, tell: Tell) -> dict[str, Any]:
    """All figures; `equal` says whether all have made the same."""
    rules = method(task.first, task.days)
    _warm_up(task, rules)
    tell(f"making {task.days} days of hours of {task.stations} stations, seed {task.seed} …")
    made = make(task.stations, task.first, task.days, task.seed)
    table = long_table(made)
    costs, speeds, verdict = _in_memory(made, table, rules, task.runs, tell)
    seconds = {name: statistics.median(cost.seconds for cost in of_one) for name, of_one in costs.items()}
    speed = statistics.median(speeds)
    files = None
    if task.file_stations:
        few = min(task.file_stations, task.stations)
        files, of_files = _from_files(few, table.slice(0, few * task.days * 24), rules, tell)
        verdict = together([verdict, of_files])
    return {
        "stations": task.stations,
        "hours": task.days * 24,
        "factors": len(HOURLY_FACTORS),
        "first": task.first.isoformat(),
        "seed": task.seed,
        "rows": table.num_rows,
        "seconds": seconds["kernels"],
        "seconds_columns": seconds["columns"],
        "seconds_pandas": seconds["pandas"],
        "seconds_polars": seconds["polars"],
        "ratio_pandas": seconds["pandas"] / seconds["kernels"],
        "ratio_polars": seconds["polars"] / seconds["kernels"],
        "ratio_pandas_columns": seconds["pandas"] / seconds["columns"],
        "ratio_polars_columns": seconds["polars"] / seconds["columns"],
        "rows_per_second": table.num_rows / seconds["kernels"],
        "bytes_read": made.hours.nbytes,
        "bandwidth": speed,
        "bandwidth_share": made.hours.nbytes / seconds["kernels"] / speed,
        "equal": verdict.equal,
        "differences": verdict.differences,
        "largest_difference": verdict.largest,
        "costs": {name: summary(of_one) for name, of_one in costs.items()},
        "files": files,
        "machine": machine(*LIBRARIES),
    }


def _warm_up(task: Task, rules: Method) -> None:
    """Compile, import and start what is not to be measured."""
    made = make(WARM_STATIONS, task.first, task.days, task.seed)
    table = long_table(made)
    ours.on_grid(made)
    ours.on_columns(table)
    with_pandas.evaluate(with_pandas.load(table), rules)
    with_polars.evaluate(with_polars.load(table), rules)


def _in_memory(
    made: Made, table: pa.Table, rules: Method, runs: int, tell: Tell
) -> tuple[dict[str, list[Cost]], list[float], Verdict]:
    """Costs by contender, how fast one core reads the grid before each round, and whether all make the same."""
    of_pandas, of_polars = with_pandas.load(table), with_polars.load(table)
    calls: dict[str, Callable[[], Any]] = {
        "kernels": partial(ours.on_grid, made),
        "columns": partial(ours.on_columns, table),
        "pandas": partial(with_pandas.evaluate, of_pandas, rules),
        "polars": partial(with_polars.evaluate, of_polars, rules),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in calls}
    speeds: list[float] = []
    found: dict[str, Any] = {}
    for number in range(1, runs + 1):
        speeds.append(bandwidth(made.hours))
        for name, call in calls.items():
            found.pop(name, None)
            found[name], cost = measured(call)
            costs[name].append(cost)
        took = ", ".join(f"{name} {of_one[-1].seconds:.3f} s" for name, of_one in costs.items())
        tell(f"round {number} of {runs}: {took}")
    base = ours.tables_of_grid(made, found.pop("kernels"))
    verdicts = [_verdict(name, base, tables_of(result)) for name, result in found.items()]
    return costs, speeds, together(verdicts)


def tables_of(result: Any) -> Iterable[pa.Table]:
    """What a contender has made, as Arrow tables."""
    return [
        table if isinstance(table, pa.Table)
        else table.to_arrow() if hasattr(table, "to_arrow")
        else pa.Table.from_pandas(table, preserve_index=False)
        for table in result
    ]  # fmt: skip


def _verdict(name: str, base: ours.Frames, other: Iterable[pa.Table]) -> Verdict:
    return together(
        [compare(f"{name} {kind}", one, two) for kind, one, two in zip(base._fields, base, other, strict=True)]
    )


def _from_files(stations: int, table: pa.Table, rules: Method, tell: Tell) -> tuple[dict[str, Any], Verdict]:
    """Seconds by kind of file and contender, one run each, and whether all have written the same."""
    calls: dict[str, Callable[[Path, Path], None]] = {
        "lantian": ours.on_file,
        "pandas": partial(with_pandas.on_file, method=rules),
        "polars": partial(with_polars.on_file, method=rules),
    }
    seconds: dict[str, Any] = {"stations": stations}
    verdicts = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in write_inputs(table, folder):
            kind = source.suffix[1:]
            seconds[kind] = {}
            for contender, call in calls.items():
                _, cost = measured(partial(call, source, folder / f"{contender}-{kind}"))
                seconds[kind][contender] = cost.seconds
            took = ", ".join(f"{contender} {took:.2f} s" for contender, took in seconds[kind].items())
            tell(f"{stations} stations from {kind} to CSV: {took}")
            verdicts += [
                compare_folders(f"{other} from {kind}", folder / f"lantian-{kind}", folder / f"{other}-{kind}")
                for other in ("pandas", "polars")
            ]
    return seconds, together(verdicts)
