"""Simulated air stations behave like real ones: the figures of six Beijing sites' four years (docs/simulator.md)."""

from __future__ import annotations

from pathlib import Path

import pytest
from realism import BOUNDS, PAGE, Figures, documented, figures, real_sites, simulated_figures, table


@pytest.fixture(scope="module")
def real(data_dir: Path) -> Figures:
    """Of the sites as published."""
    return figures(real_sites(data_dir))


@pytest.fixture(scope="module")
def simulated(real: Figures) -> Figures:
    """Of stations at the same places in the same years; not made where there is nothing to compare with."""
    assert real.keys() == BOUNDS.keys()
    return simulated_figures()


@pytest.mark.parametrize("key", BOUNDS, ids=" of ".join)
def test_a_simulated_figure_is_near_the_real_one(key: tuple[str, str], real: Figures, simulated: Figures) -> None:
    bound = BOUNDS[key]
    assert bound.allows(real[key], simulated[key]), f"{simulated[key]:.3f} is not within {bound} of {real[key]:.3f}"


def test_the_documented_table_is_that_of_these_figures(real: Figures, simulated: Figures) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == documented(page, table(real, simulated)), "run: python tests/realism.py FOLDER_OF_REAL_DATA"
