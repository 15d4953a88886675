"""The benchmarks that there are; each module has a `main` that prints figures with their units."""

from __future__ import annotations

from typing import NamedTuple


class Benchmark(NamedTuple):
    """What is measured, and where."""

    module: str
    help: str
    command: str = "python -m bench"


BENCHMARKS = {
    "bridge_step": Benchmark("bench.bridge_step", "What the bridge costs between real Mosquitto and Kafka, no worker."),
    "kernels": Benchmark(
        "bench.kernels.run", "Hours of air to days and periods, against pandas and Polars.", "lantian bench"
    ),
    "pipeline": Benchmark(
        "bench.pipeline.run",
        "The whole pipeline under load: rate, lateness, cost, and whether all is right.",
        "lantian bench",
    ),
    "report_decode": Benchmark("bench.report_decode", "What reading a report costs."),
    "scaling": Benchmark(
        "bench.scaling.run", "How cost grows with stations, workers, history and recomputing.", "lantian bench"
    ),
    "start_up": Benchmark("bench.start_up", "How soon a command answers and a process is ready."),
    "worker_step": Benchmark("bench.worker_step", "What the worker's step costs on a real database."),
}
