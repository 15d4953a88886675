"""Whatever dies: nothing lost, nothing twice, and every statistic and alert as if nothing had happened.

`make test` plays a round of each main kind; `make test-faults` draws its faults, their combinations and their moments
by a seed. Each round says how many readings were in flight when its faults struck, and fails if none were.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from deck import hand
from fault import Fault
from lines import Cut, HalfOpen, Slow
from processes import Zombie
from series import Series
from servers import PowerCut

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1200)]

ROUNDS = int(os.environ.get("LANTIAN_FAULT_ROUNDS") or 90)
SEED = int(os.environ.get("LANTIAN_FAULT_SEED") or 1)
FIRST = int(os.environ.get("LANTIAN_FAULT_FIRST") or 1)
RECORD = os.environ.get("LANTIAN_FAULT_RECORD")


@pytest.fixture(scope="module")
def series(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Series]:
    folder = tmp_path_factory.mktemp("faults")
    played = Series(folder, Path(RECORD) if RECORD else folder / "rounds.jsonl")
    request.config.pluginmanager.register(played)
    yield played
    played.close()


@pytest.mark.parametrize(
    "faults",
    [
        [PowerCut()],
        [Zombie("worker")],
        [HalfOpen("worker-postgres"), Slow("kafka"), Cut("bridge-mqtt")],
    ],
    ids=lambda faults: ", ".join(map(str, faults)),
)
def test_a_round_of_chosen_faults_leaves_what_must_follow(series: Series, faults: list[Fault]) -> None:
    assert series.play(SEED, -len(series.rounds) - 1, faults).in_flight > 0


@pytest.mark.slow
@pytest.mark.parametrize("number", range(FIRST, FIRST + ROUNDS))
def test_a_round_of_drawn_faults_leaves_what_must_follow(series: Series, number: int) -> None:
    assert series.play(SEED, number, hand(SEED, number)).in_flight > 0
