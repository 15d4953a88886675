"""A worker is ready soon: it loads what it needs and compiles nothing."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from bench.start_up import ready_after
from core.settings import CoreSettings
from deploy.processes import FREE_PORTS

LIBRARIES = "kafka, numba, psycopg2, pydantic_settings, structlog, prometheus_client"


def cost_of_the_libraries() -> float:
    """Seconds of a core that a Python takes to import them and nothing else."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.stack
def test_a_worker_is_ready_for_little_more_than_its_libraries_cost(
    stack: CoreSettings, stack_environment: dict[str, str]
) -> None:
    def start() -> float:
        environment = {**stack_environment, **FREE_PORTS}
        return ready_after(stack.state_dir, environment, ["aggregate"])["aggregate"].core_seconds

    start()  # compiles what the cache does not hold yet
    assert min(start() for _ in range(3)) < 2.5 * min(cost_of_the_libraries() for _ in range(3))
