"""`docs/metrics.md`: every metric of every process, as the processes themselves register them.

`python -m deploy.metrics_page` prints the page; a test holds it to what is in the repository.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import NamedTuple

from prometheus_client import REGISTRY

MODULES = {
    "ingest": "ingest.bridge_process",
    "aggregate": "aggregate.worker",
    "alerts": "alerts.run",
    "console": "console.run",
}
"""By process the module that runs it: with it comes all that it counts."""
PREFIX = "lantian_"
_UNITS = {"_seconds": "s", "_bytes": "byte", "_ratio": "0 … 1"}

_HEAD = """# Metrics

What each process tells at `/metrics` ([operations](operations.md#metrics)); beside it stand the Python client's own
(`python_…`, `process_…`). Counters are named with their `_total`, histograms without `_bucket`, `_sum` and `_count`.
This page is made by `python -m deploy.metrics_page`, and a test fails when it says something else than the processes.

**Two times.** Where the clock setting runs data time faster than real time, what is said to be in data time runs with
it: a delay of 60 s at speed 60 took one second. All else is in real seconds.

**Labels** have few values: kinds of station are the seventeen of the registry and `other` for a station that it does
not know; no label is ever a station. Gauges of one look (`lantian_stations…`, `lantian_transmission_ratio`,
`lantian_outbox_…`, `lantian_database_clock_ahead_seconds`, `lantian_alerts_standing`) are told by one worker, or one
engine, at a time: take `max` over processes.

| metric | type | labels | unit | process | says |
| --- | --- | --- | --- | --- | --- |
"""


class Described(NamedTuple):
    """A metric as it is registered."""

    name: str
    type: str
    labels: tuple[str, ...]
    documentation: str

    @property
    def unit(self) -> str:
        """By the end of its name; empty for what is counted."""
        return next((unit for end, unit in _UNITS.items() if self.name.removesuffix("_total").endswith(end)), "")


def registered() -> list[Described]:
    """Lantian's metrics of this very process, as far as its modules are imported."""
    found = []
    for collector in list(REGISTRY._collector_to_names):  # the client has no public way to name what has no value yet
        for metric in getattr(collector, "describe", list)():
            if metric.name.startswith(PREFIX):
                name = f"{metric.name}_total" if metric.type == "counter" else metric.name
                labels: tuple[str, ...] = getattr(collector, "_labelnames", ()) or getattr(metric, "_labelnames", ())
                found.append(Described(name, metric.type, tuple(labels), metric.documentation.rstrip(".")))
    return sorted(found)


def of_processes() -> dict[Described, list[str]]:
    """Every metric and the processes that tell it; each is asked in an interpreter of its own."""
    found: dict[Described, list[str]] = {}
    for process, module in MODULES.items():
        command = [sys.executable, "-m", "deploy.metrics_page", module]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for name, type_, labels, documentation in json.loads(said):
            found.setdefault(Described(name, type_, tuple(labels), documentation), []).append(process)
    return found


def page() -> str:
    """The page's text."""
    rows = [
        f"| `{of.name}` | {of.type} | {', '.join(f'`{label}`' for label in of.labels)} | {of.unit} |"
        f" {', '.join(processes)} | {of.documentation} |"
        for of, processes in sorted(of_processes().items())
    ]
    return _HEAD + "\n".join(rows) + "\n"


def main() -> None:
    """Print the page, or the metrics that come with a module as JSON."""
    if len(sys.argv) > 1:
        importlib.import_module(sys.argv[1])
        sys.stdout.write(json.dumps(registered()))
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
