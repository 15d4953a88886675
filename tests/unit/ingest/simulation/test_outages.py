"""Outages: looked up, not drawn in sequence."""

from __future__ import annotations

import numpy as np

from core.clock import DAY, HOUR
from ingest.simulation.models.model import Instrument
from ingest.simulation.noise import name_numbers
from ingest.simulation.outages import away

START = 1_772_300_000
STATIONS = name_numbers([f"station {number}" for number in range(40)])
YEAR = np.arange(START, START + 365 * DAY, 600, dtype=np.int64)


def _instrument(code: str, outages: float, hours: float) -> Instrument:
    return Instrument(code, relative=0.0, absolute=0.0, decimals=1, outages=outages, outage_hours=hours)


def test_the_share_of_time_away_is_the_number_of_outages_times_their_mean_length() -> None:
    instruments = (_instrument("a34004", 60, 4.0), _instrument("a21005", 180, 2.0))
    share = away(7, STATIONS, instruments, YEAR).mean(axis=(0, 1))
    hours = np.array([60 * 4.0, 180 * 2.0])
    np.testing.assert_allclose(share, hours / 8766, rtol=0.2)


def test_any_span_is_the_same_as_within_a_longer_one() -> None:
    instruments = (_instrument("a34004", 100, 6.0), _instrument("a21005", 200, 6.0))
    whole = away(7, STATIONS, instruments, YEAR[:10_000])
    part = away(7, STATIONS, instruments, YEAR[4_000:4_100])
    assert part.any()
    np.testing.assert_array_equal(part, whole[4_000:4_100])


def test_a_station_is_the_same_beside_whatever_others() -> None:
    instruments = (_instrument("a34004", 100, 6.0),)
    times = YEAR[:5_000]
    alone = away(7, STATIONS[3:4], instruments, times)
    np.testing.assert_array_equal(alone[:, 0], away(7, STATIONS, instruments, times)[:, 3])


def test_all_instruments_of_a_station_are_away_together_more_often_than_by_chance() -> None:
    instruments = tuple(_instrument(code, 100, 3.0) for code in ("a34004", "a34002", "a21026"))
    gone = away(7, STATIONS, instruments, YEAR)
    share = gone.mean()
    assert gone.all(axis=2).mean() > 0.4 * share > 10 * share**3


def test_an_instrument_that_never_fails_is_never_away() -> None:
    instruments = (_instrument("a34004", 100, 6.0), _instrument("a01001", 0, 0.0))
    gone = away(7, STATIONS, instruments, YEAR[:20_000])
    assert gone[:, :, 0].any()
    assert not gone[:, :, 1].any()


def test_another_seed_means_other_outages() -> None:
    instruments = (_instrument("a34004", 100, 6.0),)
    times = YEAR[:5_000]
    assert (away(7, STATIONS, instruments, times) != away(8, STATIONS, instruments, times)).any()


def test_outages_last_from_minutes_to_days() -> None:
    instruments = (_instrument("a34004", 200, 3.0),)
    gone = away(7, STATIONS, instruments, YEAR)[:, :, 0].astype(np.int8)
    edges = np.diff(gone, axis=0, prepend=0, append=0)
    lengths = np.concatenate([np.flatnonzero(column == -1) - np.flatnonzero(column == 1) for column in edges.T]) * (
        600 / HOUR
    )
    assert np.median(lengths) < 1.0
    assert np.quantile(lengths, 0.99) > 24.0
