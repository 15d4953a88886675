"""Writes a truth folder while a scenario is sent: what was really sent, when, in whose name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from core.errors import InputError
from ingest.simulation.expectations import expects
from ingest.simulation.scenario import Scenario
from ingest.simulation.sending import Record, SendResult
from ingest.station_row import StationRow
from truth.folder import EPISODES, RUN, SCENARIO, SENT, STATIONS, write_json, write_lines

_encoder = msgspec.json.Encoder()

Finish = Callable[[SendResult], None]


@contextmanager
def recording(path: Path, scenario: Scenario) -> Iterator[tuple[Record, Finish]]:
    """A folder for what is sent: `record` takes each message, `finish` what came of the sending.

    Raises `InputError` if the folder holds anything already: two runs in one folder would be no truth.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError("truth_folder", "is not empty", field="--truth", value=str(path), hint="name a new folder")
    path.mkdir(parents=True, exist_ok=True)
    (path / SCENARIO).write_text(scenario.text, encoding="utf-8")
    write_json(path / STATIONS, [_known(row) for row in scenario.network.rows])
    write_json(path / EPISODES, expects(scenario))
    with write_lines(path / SENT) as out:

        def record(at: float, station: str, payload: bytes) -> None:
            out.write(_encoder.encode((round(at, 3), station, payload.decode())) + b"\n")

        def finish(result: SendResult) -> None:
            write_json(path / RUN, _run(scenario, result))

        yield record, finish


def _known(row: StationRow) -> dict[str, Any]:
    ranges = {code: [_bound(bound) for bound in bounds] for code, bounds in row.valid_ranges.items()}
    return {
        "station": row.station,
        "kind": row.kind.value,
        "city": row.city,
        "control_level": row.control_level,
        "control_point": row.control_point,
        "reporting_period": row.reporting_period,
        "valid_ranges": ranges,
    }


def _bound(bound: float) -> float | None:
    return None if bound in {float("inf"), float("-inf")} else bound


def _run(scenario: Scenario, result: SendResult) -> dict[str, Any]:
    return {
        "format": 1,
        "scenario": scenario.name,
        "seed": scenario.seed,
        "run": result.run,
        "from": scenario.start,
        "to": scenario.end,
        "reports": result.reports,
        "readings": result.readings,
        "complete": result.complete,
    }
