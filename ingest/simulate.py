"""Scenarios to simulate: from a file, or of what is registered; and sending them as a platform."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime

from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import MINUTE
from ingest.period import format_period
from ingest.progress import meter
from ingest.registry import Registry
from ingest.report import Origin
from ingest.sender import Identity
from ingest.simulation.climate import load_climate
from ingest.simulation.models.model import World
from ingest.simulation.network import Network, network_of_registry
from ingest.simulation.scenario import Scenario
from ingest.simulation.sending import Record, SendResult, send, unrecorded
from ingest.simulation.span import Span, begins_period
from ingest.simulation.stream import expected_reports, messages


def read_registry(core: CoreSettings) -> Registry:
    """The registry of the database; raises `UnavailableError`."""
    with closing(connect(core, "reader", application="lantian simulate")) as connection:
        return Registry.load(connection)


def of_registered(
    registry: Registry, names: Sequence[str], start: datetime, end: datetime, *, period: int, seed: int
) -> Scenario:
    """An ordinary time at registered stations, all of them if no `names`; raises `InputError`.

    `period` in seconds, 0: each monitor's own.
    """
    grid = period or MINUTE
    first, last = int(start.timestamp()), int(end.timestamp())
    if first >= last:
        raise InputError("span", "ends before it begins", field="--to", value=str(end), hint="give a later time")
    for field, moment, shown in (("--from", first, start), ("--to", last, end)):
        if not begins_period(moment, grid):
            raise InputError(
                "span",
                "is within a period",
                field=field,
                value=str(shown),
                hint=f"a period of {format_period(grid)} must begin then, counted from midnight",
            )
    network = network_of_registry(registry, first)
    known = {row.station for row in network.rows}
    if missing := sorted(set(names) - known):
        raise InputError(
            "stations", "are not registered", field="--stations", value=missing, hint="see `lantian stations list`"
        )
    if names:
        network = Network.of([row for row in network.rows if row.station in set(names)], network.middle)
    if not network.rows:
        raise InputError("stations", "none is registered", hint="run `lantian stations import FILE`")
    spans = (Span(first, last, period, Origin.LIVE, paced=True),)
    world = World(seed, load_climate("jincheng"))
    told = f"# {len(network.rows)} registered stations, {start} … {end}, period {period} s, seed {seed}\n"
    return Scenario("registered", "已登记站点", "registered stations", seed, True, world, network, spans, (), told)


def send_scenario(
    core: CoreSettings,
    scenario: Scenario,
    run: int,
    *,
    platform: str,
    at_once: bool,
    stop: threading.Event,
    record: Record = unrecorded,
) -> SendResult:
    """Send a scenario as `platform-<name>`, showing how far it is; `run` is that of all its devices."""
    with meter("simulate", expected_reports(scenario)) as tell:
        return send(
            core,
            messages(scenario, run, at_once=at_once),
            run,
            identity=Identity.platform(platform),
            stop=stop,
            on_progress=tell,
            record=record,
        )
