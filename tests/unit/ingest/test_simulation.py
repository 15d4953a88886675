"""The simulator: seeded, in order of time, numbered through."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from core.clock import SHANGHAI
from core.errors import InputError
from ingest.kinds import Kind
from ingest.report import Origin, decode_report
from ingest.simulation.courses import COURSES, SIMULATED
from ingest.simulation.events import DustEvent, parse_event
from ingest.simulation.generator import SimulatedStation, simulate
from ingest.simulation.plan import Leg, Plan, reports
from standards.factors import load_catalogue

DAY_BEGINS = datetime(2026, 3, 10, tzinfo=SHANGHAI)
T0 = int(DAY_BEGINS.timestamp())
HOUR, MINUTE = 3600, 60
STATIONS = tuple(SimulatedStation(f"s-{kind}", kind, "140502") for kind in SIMULATED)
EVENT = parse_event("dust@20:30+45m:s-dust", DAY_BEGINS)


def plan(seed: int = 7) -> Plan:
    history = Leg(T0, T0 + 20 * HOUR, HOUR, Origin.RESENT, paced=False)
    live = Leg(T0 + 20 * HOUR, T0 + 20 * HOUR + 30 * MINUTE, MINUTE, Origin.LIVE, paced=True)
    return Plan(STATIONS, (history, live), seed, (EVENT,))


def hourly_pm10(station: str, hour: int) -> float:
    start = T0 + hour * HOUR
    made = simulate(STATIONS, start, start + HOUR, MINUTE, 7, (EVENT,))
    return float(np.mean([report.values["a34002"] for report in made if report.station.station == station]))


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert list(reports(plan())) == list(reports(plan()))


def test_another_seed_gives_others() -> None:
    assert [one.payload for one in reports(plan(1))] != [one.payload for one in reports(plan(2))]


def test_a_minute_s_values_do_not_depend_on_the_span_asked_for() -> None:
    whole = {(m.station.station, m.time): m.values for m in simulate(STATIONS, T0, T0 + HOUR, MINUTE, 7)}
    part = list(simulate(STATIONS, T0 + 600, T0 + 660, MINUTE, 7))
    assert len(part) == len(STATIONS)
    assert all(whole[one.station.station, one.time] == one.values for one in part)


def test_reports_come_in_order_of_time() -> None:
    times = [one.ready for one in reports(plan())]
    assert times == sorted(times)


def test_numbers_run_on_from_history_into_live_minutes() -> None:
    for station in STATIONS:
        own = [one for one in reports(plan()) if one.address == station.address]
        assert [one.seq for one in own] == list(range(1, 51))
        assert [decode_report(one.payload).origin for one in own] == ["resent"] * 20 + ["live"] * 30


def test_every_payload_keeps_the_contract_and_the_factors_ranges_and_decimals() -> None:
    catalogue = load_catalogue()
    kinds = {station.station: station.kind for station in STATIONS}
    for one in reports(plan()):
        report = decode_report(one.payload)
        assert len(report.names) == one.readings == len(COURSES[kinds[report.station]])
        for name, value in zip(report.names, report.values, strict=True):
            factor = catalogue.resolve(name)
            assert factor is not None
            measure = factor.measure(kinds[report.station])
            assert measure.holds(value)
            assert round(value, measure.decimals) == value


def test_the_dust_event_lifts_pm10_of_the_site_and_of_the_air_stations_past_250() -> None:
    assert hourly_pm10("s-dust", 19) < 250 < hourly_pm10("s-dust", 20)
    assert hourly_pm10("s-air", 19) < 250 < hourly_pm10("s-air", 20)


def test_the_event_leaves_other_dust_sites_alone() -> None:
    other = SimulatedStation("elsewhere", Kind.DUST, "140502")
    with_event, without = (
        [one.values for one in simulate((other,), EVENT.start, EVENT.end, MINUTE, 7, events)]
        for events in ((EVENT,), ())
    )
    assert with_event == without


def test_an_event_is_read_with_and_without_its_date() -> None:
    start = T0 + 20 * HOUR + 30 * MINUTE
    assert DustEvent(start, start + 45 * MINUTE, "s-dust") == EVENT
    assert parse_event("dust@2026-03-10T20:30+45m:s-dust", datetime(2020, 1, 1, tzinfo=SHANGHAI)) == EVENT


@pytest.mark.parametrize("text", ["", "dust", "fire@20:30+45m:x", "dust@25:00+45m:x", "dust@20:30+45:x"])
def test_an_event_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_event(text, DAY_BEGINS)


def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be simulated"):
        Plan((SimulatedStation("x", Kind.NOISE, "140502"),), (), 1)
    with pytest.raises(InputError, match="no station"):
        Plan(STATIONS[:1], (), 1, (EVENT,))
    with pytest.raises(InputError, match="whole periods"):
        Plan(STATIONS, (Leg(T0 + 1, T0 + HOUR, MINUTE, Origin.LIVE, paced=False),), 1)
