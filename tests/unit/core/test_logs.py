"""What libraries log is bounded, however long a server is away."""

from __future__ import annotations

import logging

from core.logs import Seldom


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
