"""`lantian simulate`: the registry's monitors, simulated."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime

from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.progress import meter
from ingest.registry import Registry
from ingest.report import Origin
from ingest.sender import Identity
from ingest.simulation.courses import SIMULATED
from ingest.simulation.events import parse_event
from ingest.simulation.generator import SimulatedStation
from ingest.simulation.plan import Leg, Plan
from ingest.simulation.sending import Progress, SendResult, send_plan


def registered_stations(core: CoreSettings, names: Sequence[str] = ()) -> tuple[SimulatedStation, ...]:
    """The registry's stations of the kinds that can be simulated, by name; raises `InputError` for unknown names."""
    connection = connect(core, "reader", application="lantian-simulate")
    try:
        registry = Registry.load(connection)
    finally:
        connection.close()
    stations = {
        station.station: SimulatedStation(station.station, station.kind, station.region)
        for station in registry.stations()
        if station.kind in SIMULATED and (not names or station.station in names)
    }
    missing = sorted(set(names) - set(stations))
    if missing or not stations:
        raise InputError(
            "stations",
            "are not registered as one of the kinds simulated",
            field="--stations",
            value=missing or None,
            hint=f"kinds are {', '.join(SIMULATED)}; see `lantian stations list`",
        )
    return tuple(stations[name] for name in sorted(stations))


def make_plan(
    stations: tuple[SimulatedStation, ...],
    start: datetime,
    end: datetime,
    *,
    period: int,
    seed: int,
    origin: Origin,
    events: Sequence[str],
    paced: bool,
    run: int,
) -> Plan:
    """A plan of one span, from what is written on the command line."""
    leg = Leg(int(start.timestamp()), int(end.timestamp()), period, origin, paced)
    return Plan(stations, (leg,), seed, tuple(parse_event(text, start) for text in events), run)


def run_plan(core: CoreSettings, plan: Plan, platform: str, stop: threading.Event) -> SendResult:
    """Send a plan as `platform-<name>`, showing how far it is."""
    total = sum((leg.end - leg.start) // leg.period for leg in plan.legs) * len(plan.stations)
    with meter("simulate", total) as tell:

        def show(progress: Progress) -> None:
            tell(progress.reports, progress.readings)

        return send_plan(core, plan, identity=Identity.platform(platform), stop=stop, on_progress=show)
