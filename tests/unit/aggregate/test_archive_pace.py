"""Steps that last about a fifth of a second, whatever one costs."""

from __future__ import annotations

import pytest

from aggregate.archive.closing import Pace


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("cost", "steady"), [(0.0001, 500), (0.01, 20), (0.1, 2), (5.0, 1)])
def test_steps_become_as_large_as_what_one_costs_allows(cost: float, steady: int) -> None:
    clock, sizes = Clock(), []
    for step in Pace(clock).steps(range(5000)):
        clock.now += cost * len(step)
        sizes.append(len(step))
    assert sum(sizes) == 5000
    assert sizes[0] == 32
    assert sizes[-2] == pytest.approx(steady, abs=1)


def test_what_was_learnt_of_one_page_holds_for_the_next() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in pace.steps(range(200)):
        clock.now += 10.0
    assert next(iter(pace.steps(range(200)))) == [0]
