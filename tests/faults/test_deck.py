"""What the fault suite draws, and how it tells what came of it."""

from __future__ import annotations

from itertools import combinations

import pytest
from deck import cards, fits, hand
from rounds import Played
from table import last_line, markdown

SEEDS = range(1, 21)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_fault_comes_within_forty_rounds(seed: int) -> None:
    drawn = {fault.name for number in range(1, 41) for fault in hand(seed, number)}
    assert drawn == {card().name for card in cards()}


def test_faults_of_a_round_touch_nothing_in_common() -> None:
    hands = [hand(seed, number) for seed in SEEDS for number in range(1, 41)]
    assert all(fits(one, [other]) for faults in hands for one, other in combinations(faults, 2))


def test_a_seed_draws_the_same_rounds_again() -> None:
    assert [str(fault) for fault in hand(7, 12)] == [str(fault) for fault in hand(7, 12)]


def test_the_table_counts_a_round_for_each_of_its_faults_and_its_readings_in_flight_for_whom_they_flew() -> None:
    alone = {"faults": ["a"], "strikes": [{"fault": "a", "in_flight": 5}], "in_flight": 5, "recovery_s": 2.0}
    both = {
        "faults": ["a", "b"],
        "strikes": [{"fault": "a", "in_flight": 1}, {"fault": "b", "in_flight": 10}],
        "in_flight": 10,
        "recovery_s": 3.0,
    }
    quiet = {"lost": 0, "doubled": 0, "differences": 0, "failure": ""}
    rows = markdown([alone | quiet, both | quiet]).splitlines()[2:]
    assert rows == [
        "| a | 2 | 1 | 6 | 2.0 | 2.0 | 3.0 | 3.0 | 0 | 0 | 0 |",
        "| b | 1 | 0 | 10 | – | – | 3.0 | 3.0 | 0 | 0 | 0 |",
    ]
    assert last_line([alone | quiet, both | quiet]) == "faults: 2 rounds, 15 readings in flight, 0 lost, 0 doubled"


def test_a_round_that_never_came_to_be_judged_counts_as_failed_and_for_nothing_else() -> None:
    strikes = [{"fault": "a", "in_flight": 5}]
    judged = {"faults": ["a"], "strikes": strikes, "in_flight": 5, "recovery_s": 2.0, "differences": 0}
    sound = judged | {"lost": 0, "doubled": 0, "failure": ""}
    stopped = judged | {"lost": None, "doubled": None, "failure": "it stopped"}
    wrong = judged | {"lost": 3, "doubled": 0, "differences": 7, "failure": "7 differences"}
    assert markdown([sound, stopped, wrong]).splitlines()[2:] == ["| a | 2 | 2 | 10 | 2.0 | 2.0 | – | – | 3 | 0 | 2 |"]
    assert last_line([sound, stopped]) == (
        "faults: 1 rounds, 5 readings in flight, 0 lost, 0 doubled, 1 failed, 0 differences"
    )
    assert last_line([sound, wrong]) == (
        "faults: 2 rounds, 10 readings in flight, 3 lost, 0 doubled, 1 failed, 7 differences"
    )


def test_a_line_of_the_record_holds_what_the_table_needs() -> None:
    assert '"in_flight": 0' in Played(1, 2, ["a"]).line()
