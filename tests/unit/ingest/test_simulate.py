"""An ordinary time at registered stations."""

from __future__ import annotations

import math
from datetime import datetime

import pytest

from core.clock import SHANGHAI
from core.errors import InputError
from ingest.kinds import Kind
from ingest.registry import COLUMNS, Registry
from ingest.simulate import of_registered
from ingest.simulation.network import Network, filled_up
from ingest.simulation.scenario import Scenario
from ingest.simulation.stream import messages
from ingest.station import Station

DAY = datetime(2026, 11, 18, tzinfo=SHANGHAI)
ROWS = filled_up(Network.of(()), {Kind.DUST: 5}, seed=1).rows
REGISTRY = Registry(
    1,
    [
        Station(
            version_key=number,
            station_id=number,
            station=row.station,
            valid_from=-math.inf,
            active=True,
            **{column: getattr(row, column) for column in COLUMNS},
        )
        for number, row in enumerate(ROWS, 1)
    ],
)


def ordinary(*names: str, period: int = 0, start: datetime = DAY, end: datetime | None = None) -> Scenario:
    return of_registered(REGISTRY, names, start, end or DAY.replace(hour=1), period=period, seed=1)


def test_a_station_alone_measures_what_it_measures_among_the_others() -> None:
    name = ROWS[3].station
    beside = [message.payload for message in messages(ordinary(), 1) if message.address.endswith(name)]
    assert [message.payload for message in messages(ordinary(name), 1)] == beside
    assert len(beside) == 60


def test_a_day_begins_at_shanghai_s_midnight() -> None:
    assert ordinary(period=86400, end=DAY.replace(day=19)).spans[0].period == 86400


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"period": 86400, "start": DAY.replace(hour=8), "end": DAY.replace(day=19, hour=8)}, "is within a period"),
        ({"end": DAY}, "ends before it begins"),
    ],
)
def test_a_time_that_cannot_be_simulated_is_refused(how: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ordinary(**how)  # type: ignore[arg-type]


def test_an_unknown_station_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="nobody"):
        ordinary("nobody")
