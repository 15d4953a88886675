"""Periods of instants: on Shanghai's grid, averaged as the factor asks, in order of sending."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from core.clock import DAY, HOUR, SHANGHAI
from ingest.kinds import Kind
from ingest.report import Origin
from ingest.simulation.climate import load_climate
from ingest.simulation.generator import Generator, average, starts_of_periods
from ingest.simulation.models.model import Averaging, World
from ingest.simulation.monitor import Monitor
from ingest.simulation.span import Span, begins_period

MIDNIGHT = int(datetime(2026, 11, 18, tzinfo=SHANGHAI).timestamp())


def test_periods_belong_to_the_span_in_which_they_end() -> None:
    assert starts_of_periods(MIDNIGHT, MIDNIGHT + 2 * HOUR, HOUR).tolist() == [MIDNIGHT, MIDNIGHT + HOUR]


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    assert starts_of_periods(MIDNIGHT - 1, MIDNIGHT, DAY).tolist() == [MIDNIGHT - DAY]
    assert begins_period(MIDNIGHT, DAY)
    assert not begins_period(MIDNIGHT + 8 * HOUR, DAY)


def instants(*values: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(values).reshape(1, -1, 1)


@pytest.mark.parametrize(
    ("values", "averaging", "shown"),
    [
        ((1.0, 2.0, 6.0), Averaging.MEAN, 3.0),
        ((1.0, np.nan, 3.0), Averaging.MEAN, 2.0),
        ((60.0, 60.0), Averaging.ENERGY, 60.0),
        ((60.0, 70.0), Averaging.ENERGY, 10 * np.log10((1e6 + 1e7) / 2)),
        ((0.001, 0.003), Averaging.TOTAL, 1.2),
        ((10.0, 350.0, 20.0), Averaging.MIDDLE, 350.0),
    ],
)
def test_a_period_shows_of_its_instants_what_the_factor_asks(
    values: tuple[float, ...], averaging: Averaging, shown: float
) -> None:
    assert average(instants(*values), averaging, 600)[0, 0] == pytest.approx(shown)


def test_a_period_in_which_nothing_was_measured_shows_nothing() -> None:
    assert np.isnan(average(instants(np.nan, np.nan), Averaging.MEAN, 600)[0, 0])


@pytest.mark.parametrize("period", [10, 60, 900])
def test_rows_come_in_order_of_sending_however_short_the_period(period: int) -> None:
    monitors = [Monitor(f"s-{number}", Kind.DUST, "140502", period=period) for number in range(20)]
    generator = Generator(World(1, load_climate("jincheng")), monitors, outages=False)
    rows = list(generator.rows(Span(MIDNIGHT, MIDNIGHT + HOUR, 0, Origin.LIVE, paced=True)))
    assert len(rows) == 20 * HOUR // period
    assert all(before.send_at <= after.send_at for before, after in pairwise(rows))
