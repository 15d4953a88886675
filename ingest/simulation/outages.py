"""When instruments are away by themselves: failures, calibrations and the station's own (power, line, logger).

Most last for minutes, some for days: lengths are lognormal. Whether an outage begins
on a day, when, and for how long, is looked up by station, instrument and day, so that any span can be made alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.clock import DAY, HOUR
from ingest.simulation.noise import Ints, gaussians, key_of, uniforms

if TYPE_CHECKING:
    from ingest.simulation.models.model import Instrument

Bools = npt.NDArray[np.bool_]

LONGEST_DAYS = 30
"""No outage lasts longer: so far one must look back."""

_SPREAD = 2.0
"""Standard deviation of the logarithm of an outage's length: most are minutes, one of a hundred lasts for days."""

_STATION_SHARE = 0.8
"""Of the outages of a station's most reliable instrument, those that all its instruments share."""


def away(seed: int, numbers: Ints, instruments: Sequence[Instrument], times: Ints) -> Bools:
    """[T, S, F]: whether instrument F of the station numbered S is away at UTC seconds T, which ascend.

    `Instrument.outages` (a year, one a day at most) and `outage_hours` are of all outages that an instrument has, those
    of its station included. Instruments that never fail by themselves (`outages` 0) keep the whole station up.
    """
    changes = np.zeros((times.size + 1, numbers.size, len(instruments)), dtype=np.int32)
    if not changes.size or not times.size:
        return changes[:-1] > 0
    surest = min(instruments, key=lambda instrument: instrument.outages)
    shared, shared_hours = _STATION_SHARE * surest.outages, surest.outage_hours
    _mark(changes, key_of(seed, "outage"), shared, shared_hours, numbers, times)
    for place, instrument in enumerate(instruments):
        own = instrument.outages - shared
        hours = (instrument.outages * instrument.outage_hours - shared * shared_hours) / own if own else 0.0
        column = changes[:, :, place : place + 1]
        _mark(column, key_of(seed, "outage", instrument.code), own, max(hours, 0.0), numbers, times)
    return np.cumsum(changes[:-1], axis=0) > 0


def _mark(
    changes: npt.NDArray[np.int32], key: int, a_year: float, mean_hours: float, numbers: Ints, times: Ints
) -> None:
    """Add 1 where an outage begins and take 1 where it ends, in `changes` [T + 1, S, F]."""
    days = np.arange(times[0] // DAY - LONGEST_DAYS, times[-1] // DAY + 1)
    begins = uniforms(key, days[:, None], numbers[None, :], 0) < a_year / 365.25
    day, station = np.nonzero(begins)
    starts = days[day] * DAY + DAY * uniforms(key, days[day], numbers[station], 1)
    median = mean_hours * np.exp(-0.5 * _SPREAD * _SPREAD)
    hours = np.minimum(
        median * np.exp(_SPREAD * gaussians(key, days[day], numbers[station], 2)), LONGEST_DAYS * DAY / HOUR
    )
    np.add.at(changes, (np.searchsorted(times, starts), station), 1)
    np.add.at(changes, (np.searchsorted(times, starts + hours * HOUR), station), -1)
