"""What is logged is one event a line, without secrets, and bounded, however long a server is away."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core.logs import Seldom, SeldomEvents, configure
from core.settings import CoreSettings


def record(at: float, line: int = 7, name: str = "kafka.cluster", level: int = logging.WARNING) -> logging.LogRecord:
    made = logging.LogRecord(name, level, "cluster.py", line, "node %d is away", (1,), None)
    made.created = at
    return made


def test_a_place_speaks_once_a_minute_and_says_how_often_it_was_silenced() -> None:
    seldom = Seldom()
    passed = [each for at in range(130) if seldom.filter(each := record(float(at)))]
    assert [each.created for each in passed] == [0, 60, 120]
    assert [each.getMessage() for each in passed] == [
        "node 1 is away",
        "node 1 is away (59 more since the last such line)",
        "node 1 is away (59 more since the last such line)",
    ]


def test_places_do_not_silence_each_other() -> None:
    seldom = Seldom()
    assert seldom.filter(record(0))
    assert seldom.filter(record(0, line=8))
    assert seldom.filter(record(0, name="kafka.coordinator"))
    assert not seldom.filter(record(1))


def test_what_is_worse_is_not_silenced_by_what_the_same_line_said_before() -> None:
    seldom = Seldom()
    assert seldom.filter(record(0))
    assert seldom.filter(record(1, level=logging.ERROR))


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    seldom = Seldom()
    assert seldom.filter(record(7200))
    assert seldom.filter(record(0))
    assert not seldom.filter(record(1))


class Time:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def said(seldom: SeldomEvents, event: str, level: str = "warning", **fields: Any) -> MutableMapping[str, Any] | None:
    """What becomes of an event; None if it is not told."""
    try:
        return seldom(None, level, {"event": event, "level": level, **fields})
    except structlog.DropEvent:
        return None


def test_a_server_that_is_away_for_an_hour_costs_a_line_a_minute_and_each_says_how_many_were_left_out() -> None:
    clock = Time()
    seldom = SeldomEvents(clock)
    told = []
    for second in range(3600):
        clock.now = float(second)
        told.append(said(seldom, "server_away", error=f"try {second}"))
    lines = [line for line in told if line]
    assert len(lines) == 60
    assert "silenced" not in lines[0]
    assert {line["silenced"] for line in lines[1:]} == {59}


def test_one_alert_does_not_silence_another() -> None:
    seldom = SeldomEvents(Time())
    assert said(seldom, "alert_overdue", alert_id=1)
    assert said(seldom, "alert_overdue", alert_id=2)
    assert not said(seldom, "alert_overdue", alert_id=1)


@pytest.mark.parametrize("field", ["partition", "topic", "target"])
def test_what_is_wrong_with_one_does_not_hide_what_is_wrong_with_another(field: str) -> None:
    seldom = SeldomEvents(Time())
    one, another = ({field: of} for of in ("0", "3"))
    assert said(seldom, "unreadable_record", "warning", **one)
    assert said(seldom, "unreadable_record", "warning", **another)
    assert not said(seldom, "unreadable_record", "warning", **another)


def test_another_error_is_heard_and_the_same_with_other_numbers_is_not() -> None:
    seldom = SeldomEvents(Time())
    assert said(seldom, "mqtt_away", error="connection to port 1883 refused")
    assert said(seldom, "mqtt_away", error="certificate expired")
    assert not said(seldom, "mqtt_away", error="connection to port 1884 refused")


def test_however_many_words_an_error_has_it_does_not_fill_the_log() -> None:
    seldom = SeldomEvents(Time())
    words = ("".join(letters) for letters in itertools.product("abcdefghij", repeat=4))
    told = [line for word in words if (line := said(seldom, "statements_malformed", error=f"cannot read {word}"))]
    assert len(told) <= SeldomEvents.ERRORS


def test_of_many_stations_one_is_named_a_minute_and_the_others_are_counted() -> None:
    clock = Time()
    seldom = SeldomEvents(clock)
    assert said(seldom, "status_malformed", station="0")
    assert not [line for number in range(1, 500) if (line := said(seldom, "status_malformed", station=str(number)))]
    clock.now = 60.0
    line = said(seldom, "status_malformed", station="7")
    assert line is not None
    assert line["silenced"] == 499
    assert "left_out" not in line


def test_when_the_trouble_has_ended_the_next_line_of_any_kind_says_what_was_left_out() -> None:
    clock = Time()
    seldom = SeldomEvents(clock)
    for _ in range(8):
        said(seldom, "mqtt_away")
    for partition in (0, 0, 0, 1, 1):
        said(seldom, "unreadable_record", partition=partition)
    clock.now = 59.0
    assert said(seldom, "started", level="info") == {"event": "started", "level": "info"}
    clock.now = 60.0
    line = said(seldom, "mqtt_connected", level="info")
    assert line is not None
    assert line["left_out"] == {"mqtt_away": 7, "unreadable_record": 3}
    clock.now = 200.0
    assert said(seldom, "stopped", level="info") == {"event": "stopped", "level": "info"}
    assert said(seldom, "mqtt_away") == {"event": "mqtt_away", "level": "warning"}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(0, 40)), max_size=60))
def test_every_complaint_is_told_or_counted(complaints: list[tuple[str, int, int]]) -> None:
    clock = Time()
    seldom = SeldomEvents(clock)
    seldom.PLACES = 4
    lines = []
    for event, partition, later in complaints:
        clock.now += later
        lines.append(said(seldom, event, partition=partition))
    clock.now += 60
    lines.append(said(seldom, "stopped", level="info"))
    counted = sum(line.get("silenced", 0) + sum(line.get("left_out", {}).values()) for line in lines if line)
    assert sum(line is not None for line in lines) - 1 + counted == len(complaints)


def test_what_is_worse_is_heard_and_what_is_no_complaint_is_always_told() -> None:
    seldom = SeldomEvents(Time())
    assert said(seldom, "server_away")
    assert said(seldom, "server_away", level="error")
    assert all(said(seldom, "alert_opened", level="info", alert_id=1) for _ in range(5))


def test_what_is_remembered_of_complaints_is_bounded() -> None:
    clock = Time()
    seldom = SeldomEvents(clock)
    for number in range(3 * SeldomEvents.PLACES):
        clock.now += 0.001
        assert said(seldom, "alert_overdue", alert_id=number)
    assert len(seldom._spoke) <= SeldomEvents.PLACES


def test_a_process_logs_json_one_event_a_line_with_who_speaks_and_without_secrets(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = structlog.get_config()
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    try:
        configure(CoreSettings(log_format="json", instance=3), "worker")
        log = structlog.get_logger("test").bind()
        for _ in range(2):
            log.warning("server_away", error="two\nlines of postgresql://worker:s3cr3t@db/lantian", password="s3cr3t")
        log.info("started", port=1)
        lost = ConnectionError("two\nlines of kafka://user:s3cr3t@host")
        logging.getLogger("kafka").warning("cannot reach %s", "kafka://user:s3cr3t@host", exc_info=lost)
    finally:
        structlog.configure(**kept)
    told = capfd.readouterr().err.splitlines()
    assert "s3cr3t" not in "".join(told)
    events = [json.loads(line) for line in told]
    assert [(event["event"], event["level"], event["process"], event["instance"]) for event in events] == [
        ("server_away", "warning", "worker", 3),
        ("started", "info", "worker", 3),
        ("library_said", "warning", "worker", 3),
    ]
    library = events[-1]
    assert (library["logger"], library["said"]) == ("kafka", "cannot reach kafka://***@host")
    assert "ConnectionError: two" in library["exception"]
    assert "timestamp" in library
