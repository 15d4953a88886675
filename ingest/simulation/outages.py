"""When instruments are away by themselves: failures, calibrations and the station's own (power, line, logger).

Most last for minutes, some for days: lengths are lognormal. Whether an outage begins
on a day, when, and for how long, is looked up by station, instrument and day, so that any span can be made alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from core.clock import DAY, HOUR
from ingest.simulation.noise import Floats, Ints, gaussians, key_of, uniforms

if TYPE_CHECKING:
    from ingest.simulation.models.model import Instrument

Bools = npt.NDArray[np.bool_]

LONGEST_DAYS = 30
"""No outage lasts longer: so far one must look back."""

_SPREAD = 2.0
"""Standard deviation of the logarithm of an outage's length: most are minutes, one of a hundred lasts for days."""

_STATION_SHARE = 0.8
"""Of the outages of a station's most reliable instrument, those that all its instruments share."""


class _Outages(NamedTuple):
    """Some outages, as columns: seconds, and place among stations and instruments."""

    start: Floats
    end: Floats
    station: Ints
    instrument: Ints

    def touching(self, day: int) -> _Outages:
        """Those of which a part lies in the day that begins at `day` UTC seconds."""
        some = (self.end > day) & (self.start < day + DAY)
        return _Outages(self.start[some], self.end[some], self.station[some], self.instrument[some])


def away(seed: int, numbers: Ints, instruments: Sequence[Instrument], times: Ints) -> Bools:
    """[T, S, F]: whether instrument F of the station numbered S is away at UTC seconds T, which ascend.

    `Instrument.outages` (a year, one a day at most) and `outage_hours` are of all outages that an instrument has, those
    of its station included. Instruments that never fail by themselves (`outages` 0) keep the whole station up.
    """
    changes = np.zeros((times.size + 1, numbers.size, len(instruments)), dtype=np.int32)
    if changes.size and times.size:
        for day in range(int(times[0]) // DAY, int(times[-1]) // DAY + 1):
            found = _of_day(seed, numbers.tobytes(), tuple(instruments), day * DAY)
            np.add.at(changes, (np.searchsorted(times, found.start), found.station, found.instrument), 1)
            np.add.at(changes, (np.searchsorted(times, found.end), found.station, found.instrument), -1)
    return np.cumsum(changes[:-1], axis=0) > 0


@lru_cache(maxsize=64)
def _of_day(seed: int, numbers: bytes, instruments: tuple[Instrument, ...], day: int) -> _Outages:
    """The outages of which a part lies in a day: kept, for a block of many stations is often but a minute long."""
    stations = np.frombuffer(numbers, dtype=np.int64)
    surest = min(instruments, key=lambda instrument: instrument.outages)
    shared, shared_hours = _STATION_SHARE * surest.outages, surest.outage_hours
    whole = _begun(key_of(seed, "outage"), shared, shared_hours, stations, day)
    found = [whole._replace(instrument=np.full_like(whole.station, place)) for place in range(len(instruments))]
    for place, instrument in enumerate(instruments):
        own = instrument.outages - shared
        hours = (instrument.outages * instrument.outage_hours - shared * shared_hours) / own if own else 0.0
        begun = _begun(key_of(seed, "outage", instrument.code), own, max(hours, 0.0), stations, day)
        found.append(begun._replace(instrument=np.full_like(begun.station, place)))
    start, end, station, column = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return _Outages(start, end, station, column)


def _begun(key: int, a_year: float, mean_hours: float, stations: Ints, day: int) -> _Outages:
    """Of one cause, the outages that begin on a day or so long before that they may last until then."""
    days = np.arange(day // DAY - LONGEST_DAYS, day // DAY + 1)
    begun, station = np.nonzero(uniforms(key, days[:, None], stations, 0) < a_year / 365.25)
    starts = days[begun] * DAY + DAY * uniforms(key, days[begun], stations[station], 1)
    median = mean_hours * np.exp(-0.5 * _SPREAD * _SPREAD)
    hours = median * np.exp(_SPREAD * gaussians(key, days[begun], stations[station], 2))
    ends = starts + np.minimum(hours, LONGEST_DAYS * DAY / HOUR) * HOUR
    return _Outages(starts, ends, station, station).touching(day)
