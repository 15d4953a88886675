"""Messages of a scenario: the same bytes for the same seed, in order, numbered as devices do, whole in every sense."""

from __future__ import annotations

import json
import tracemalloc
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from core.clock import HOUR
from ingest.kinds import Kind
from ingest.report import Origin, decode_report, read_number
from ingest.simulation.climate import load_climate
from ingest.simulation.faults import Fault, FaultKind
from ingest.simulation.models.model import World
from ingest.simulation.network import Network, filled_up
from ingest.simulation.scenario import Scenario
from ingest.simulation.span import Span
from ingest.simulation.stream import Form, Message, messages
from standards.factors import load_catalogue

START = 1_794_931_200  # 2026-11-18 00:00 Asia/Shanghai
EVENING = START + 20 * HOUR
RUN = 7


@cache
def network() -> Network:
    """Two monitors of every kind."""
    return filled_up(Network.of(()), dict.fromkeys(Kind, 2), seed=3)


def scenario(*faults: Fault, seed: int = 5, kinds: tuple[Kind, ...] = tuple(Kind)) -> Scenario:
    """Twenty hours at once, then half an hour of each monitor's own reports when they come."""
    spans = (
        Span(START, EVENING, HOUR, Origin.RESENT, paced=False),
        Span(EVENING, EVENING + HOUR // 2, 0, Origin.LIVE, paced=True),
    )
    some = Network.of([row for row in network().rows if row.kind in kinds], network().middle)
    world = World(seed, load_climate("jincheng"))
    return Scenario("test", "测试", "test", seed, False, world, some, spans, faults, "")


def whole(of: Scenario, **how: bool) -> list[Message]:
    return [message for message in messages(of, RUN, **how) if message.form is Form.WHOLE]


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert list(messages(scenario(), RUN)) == list(messages(scenario(), RUN))


def test_another_seed_gives_others() -> None:
    assert whole(scenario(seed=5)) != whole(scenario(seed=6))


def test_every_kind_reports() -> None:
    # samples of a day or a month end in these hours for no station
    slow = {Kind.RAIN, Kind.DUSTFALL, Kind.GROUNDWATER}
    kinds = {message.address.split("/")[3] for message in whole(scenario())}
    assert kinds == {kind.value for kind in set(Kind) - slow}
    month = replace(scenario(), spans=(Span(START, START + 31 * 24 * HOUR, 24 * HOUR, Origin.RESENT, paced=False),))
    assert slow <= {Kind(message.address.split("/")[3]) for message in whole(month)}


def test_a_station_s_reports_do_not_depend_on_what_else_is_simulated() -> None:
    alone = whole(scenario(kinds=(Kind.DUST,)))
    beside = [message for message in whole(scenario()) if "/dust/" in message.address]
    assert alone == beside


def test_minutes_do_not_depend_on_the_span_asked_for() -> None:
    later = replace(scenario(), spans=(Span(EVENING + 600, EVENING + 900, 0, Origin.LIVE, paced=True),))
    contents = {(m.address, time_of(m)): json.loads(m.payload)["values"] for m in whole(scenario())}
    found = whole(later)
    assert found
    assert all(contents[m.address, time_of(m)] == json.loads(m.payload)["values"] for m in found)


def time_of(message: Message) -> str:
    content = json.loads(message.payload)
    return f"{content['time']} {content['period']} {content.get('issued')}"


def test_messages_come_in_order_of_sending_within_a_span_and_not_before_their_period_s_end() -> None:
    for paced in (False, True):
        sent = [message for message in whole(scenario()) if message.paced is paced]
        assert all(before.send_at <= after.send_at for before, after in pairwise(sent))
        for message in sent:
            report = decode_report(message.payload)
            assert report.issued is not None or message.send_at > report.time + report.period


def test_each_station_numbers_its_reports_one_by_one_from_history_into_the_live_minutes() -> None:
    numbers = defaultdict(list)
    for message in whole(scenario()):
        numbers[message.address].append(message.seq)
        assert read_number(message.payload) == (RUN, message.seq)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_what_is_sent_at_once_is_never_live_and_never_waits() -> None:
    hurried = whole(scenario(), at_once=True)
    assert not any(message.paced for message in hurried)
    assert {decode_report(message.payload).origin for message in hurried} == {Origin.RESENT}
    assert {decode_report(message.payload).origin for message in whole(scenario())} == {Origin.RESENT, Origin.LIVE}


def test_every_value_is_in_the_factor_s_range_and_names_a_factor_of_the_catalogue() -> None:
    catalogue = load_catalogue()
    for message in whole(scenario()):
        report = decode_report(message.payload)
        assert report.names
        for name, value in zip(report.names, report.values, strict=True):
            factor = catalogue.resolve(name)
            assert factor is not None
            assert factor.measure(message.address.split("/")[3]).holds(value)


def test_a_half_written_payload_has_no_number_and_the_whole_follows_it() -> None:
    fault = Fault(FaultKind.HALF_WRITTEN, EVENING, EVENING + HOUR)
    sent = [m for m in messages(scenario(fault, kinds=(Kind.DUST,)), RUN) if m.send_at > EVENING + HOUR // 60]
    halves = [place for place, message in enumerate(sent) if message.form is Form.HALF]
    assert halves
    for place in halves:
        half, next_one = sent[place], sent[place + 1]
        assert read_number(half.payload) is None
        assert next_one.form is Form.WHOLE
        assert next_one.payload.startswith(half.payload)


def test_a_copy_has_the_same_bytes() -> None:
    fault = Fault(FaultKind.DUPLICATES, EVENING, EVENING + HOUR, share=0.5)
    sent = list(messages(scenario(fault, kinds=(Kind.DUST,)), RUN))
    copies = [place for place, message in enumerate(sent) if message.form is Form.COPY]
    assert copies
    assert all(sent[place].payload == sent[place - 1].payload for place in copies)


def test_late_reports_are_numbered_when_they_are_made_and_sent_when_the_line_is_back() -> None:
    back = EVENING + 1200
    fault = Fault(FaultKind.LATE, EVENING + 600, back)
    sent = whole(scenario(fault, kinds=(Kind.DUST,)))
    station = sent[0].address
    own = [message for message in sent if message.address == station]
    late = [message for message in own if EVENING + 600 < decode_report(message.payload).time + 60 <= back]
    assert len(late) == 10
    assert all(message.send_at >= back for message in late)
    assert {decode_report(message.payload).origin for message in late} == {Origin.RESENT}
    by_time = sorted(own, key=lambda message: decode_report(message.payload).time)
    assert [message.seq for message in by_time] == list(range(1, len(own) + 1))


def test_a_correction_is_a_later_number_for_the_same_time() -> None:
    fault = Fault(FaultKind.CORRECTIONS, EVENING, EVENING + 600, share=1.0, seconds=300, amount=0.2)
    sent = whole(scenario(fault, kinds=(Kind.DUST,)))
    of_slot = defaultdict(list)
    for message in sent:
        report = decode_report(message.payload)
        of_slot[message.address, report.time, report.period].append(message)
    corrected = [slot for slot in of_slot.values() if len(slot) > 1]
    assert corrected
    for first, second in corrected:
        assert second.seq > first.seq
        assert second.send_at == pytest.approx(first.send_at + 300)


def test_a_report_in_a_wrong_name_uses_up_a_number_of_its_own() -> None:
    fault = Fault(FaultKind.WRONG_STATION, EVENING, EVENING + 600, share=1.0)
    sent = whole(scenario(fault, kinds=(Kind.DUST,)))
    wrong = [message for message in sent if decode_report(message.payload).station != message.address.split("/")[4]]
    assert wrong
    numbers = sorted(message.seq for message in sent if message.address == wrong[0].address)
    assert numbers == list(range(1, len(numbers) + 1))


FIELDS: dict[FaultKind, dict[str, Any]] = {
    FaultKind.CORRECTIONS: {"seconds": 70, "amount": 0.1, "share": 0.5},
    FaultKind.RECONNECT_STORM: {"seconds": 60},
    FaultKind.CLOCK_SKEW: {"seconds": 180},
    FaultKind.FUTURE_STAMPS: {"seconds": 86400 * 3650, "share": 0.3},
}


@pytest.mark.parametrize("kind", FaultKind)
def test_whatever_goes_wrong_sending_keeps_its_order_and_numbers_have_no_gap(kind: FaultKind) -> None:
    fault = Fault(kind, EVENING, EVENING + 1200, **({"amount": 2.0, "share": 0.5} | FIELDS.get(kind, {})))
    sent = [message for message in messages(scenario(fault, kinds=(Kind.DUST, Kind.CEMS)), RUN) if message.paced]
    assert all(before.send_at <= after.send_at for before, after in pairwise(sent))
    numbers = defaultdict(list)
    for message in sent:
        if message.form is Form.WHOLE:
            numbers[message.address].append(message.seq)
    for found in numbers.values():
        assert sorted(found) == list(range(min(found), max(found) + 1))


def test_a_correction_made_between_two_reports_has_the_number_between_theirs() -> None:
    fault = Fault(FaultKind.CORRECTIONS, EVENING, EVENING + 1200, share=1.0, seconds=70, amount=0.2)
    sent = [message for message in whole(scenario(fault, kinds=(Kind.DUST,))) if message.paced]
    own = [message.seq for message in sent if message.address == sent[0].address]
    assert own == sorted(own)


def test_memory_does_not_grow_with_the_time_simulated() -> None:
    many = filled_up(Network.of(()), {Kind.POWER: 400}, seed=3)

    def peak(hours: int) -> int:
        span = Span(START, START + hours * HOUR, 0, Origin.LIVE, paced=False)
        of = replace(scenario(), network=many, spans=(span,))
        tracemalloc.start()
        try:
            assert sum(1 for _ in messages(of, RUN)) == hours * 4 * 400
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    first = peak(12)
    assert peak(48) < 1.5 * first
