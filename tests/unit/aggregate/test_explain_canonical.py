"""The text whose SHA-256 two people compare: the same whoever writes it, another with any input that is another."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from explain_stage import NAME, SIX, START, hour_row, of_hour, of_window, said, tampered, told
from reports import HOUR, MIDNIGHT, PM10, SO2

from aggregate.explanation.account import Account
from aggregate.statistic import DEVICES, Tier, Variant, Window
from ingest.envelope import Source

MINUTES = [said(minute, {PM10: 80.0 + minute / 10}) for minute in range(60)]
HOURS = {start: hour_row(start, SIX) for start in range(MIDNIGHT, MIDNIGHT + 24 * HOUR, HOUR)}


def test_the_text_of_an_hour_is_as_documented() -> None:
    readings = [said(0, {PM10: 80.5, SO2: 9.0}), said(1, {PM10: math.nan}, flags="D"), said(2, {PM10: 0.1 + 0.2})]
    found = told(of_hour(readings, PM10))
    assert found.canonical == (
        "lantian explain 1",
        "object station:s1",
        "window hour 2026-03-10T01:00:00Z",
        "factor a34002",
        "edition 2026",
        "reading 2026-03-10T01:00:00Z 60 device 0 1 a34002 80.5 N",
        "reading 2026-03-10T01:01:00Z 60 device 0 2 a34002 - D",
        "reading 2026-03-10T01:02:00Z 60 device 0 3 a34002 0.30000000000000004 N",
    )
    text = "\n".join(found.canonical) + "\n"
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_the_text_of_a_day_has_a_line_an_hour_those_without_too() -> None:
    hours = {start: row for start, row in HOURS.items() if start != MIDNIGHT + HOUR}
    hours[MIDNIGHT] = hour_row(MIDNIGHT, {PM10: None})
    lines = told(of_window(Window.DAY, MIDNIGHT, PM10, hours)).canonical[5:]
    assert len(lines) == 24
    assert lines[:3] == (
        f"hour 2026-03-09T16:00:00Z station:{NAME} a34002 - 0 60 NO_VALUES",
        f"hour 2026-03-09T17:00:00Z station:{NAME} a34002 -",
        f"hour 2026-03-09T18:00:00Z station:{NAME} a34002 80.0 60 60 VALID",
    )


def test_the_order_of_the_inputs_does_not_matter() -> None:
    assert told(of_hour(MINUTES, PM10)).sha256 == told(of_hour(MINUTES[::-1], PM10)).sha256


@pytest.mark.parametrize(
    "other",
    [
        said(7, {PM10: 80.70000000000002}),
        said(7, {PM10: 80.7}, seq=9),
        said(7, {PM10: 80.7}, flags="C"),
        said(7, {PM10: 80.7}, source=Source.REPLAY),
        said(7, {PM10: 80.7}, period=30),
    ],
)
def test_another_reading_gives_another_hash(other: Any) -> None:
    changed = [*MINUTES[:7], other, *MINUTES[8:]]
    assert told(of_hour(changed, PM10)).sha256 != told(of_hour(MINUTES, PM10)).sha256


@pytest.mark.parametrize("values", [SIX | {PM10: 80.00000000000001}, SIX | {PM10: None}])
def test_another_hour_gives_another_hash(values: dict[str, float | None]) -> None:
    changed = HOURS | {MIDNIGHT: hour_row(MIDNIGHT, values)}
    before, after = (told(of_window(Window.DAY, MIDNIGHT, PM10, hours)) for hours in (HOURS, changed))
    assert before.sha256 != after.sha256


def test_one_reading_less_gives_another_hash() -> None:
    assert told(of_hour(MINUTES[:-1], PM10)).sha256 != told(of_hour(MINUTES, PM10)).sha256


@pytest.mark.parametrize(
    "more",
    [
        said(7, {PM10: 99.0}, seq=700, mask="S"),
        said(7, {PM10: 99.0}, seq=1, source=Source.PERSON),
        said(7, {SO2: 9.0}, seq=700),
    ],
)
def test_what_is_no_input_does_not_change_the_hash(more: Any) -> None:
    assert told(of_hour([*MINUTES, more], PM10)).sha256 == told(of_hour(MINUTES, PM10)).sha256


def test_the_tiers_have_one_hash_where_their_inputs_are_the_same() -> None:
    reviewed = of_hour(MINUTES, PM10, variant=Variant(Tier.REVIEWED, sanddust=True))
    assert told(reviewed).sha256 == told(of_hour(MINUTES, PM10)).sha256


def test_leaving_out_particulates_gives_another_hash_of_particulates_alone() -> None:
    without = Variant(Tier.RAW, sanddust=False)
    readings = [said(minute, {PM10: 80.0, SO2: 9.0}) for minute in range(60)]

    def hashes(factor: str) -> set[str]:
        return {told(of_hour(readings, factor, variant=of, dusty=True)).sha256 for of in (DEVICES, without)}

    assert (len(hashes(PM10)), len(hashes(SO2))) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: told(tampered(found.evidence, values=1.0)),
        lambda found: told(replace(found.evidence, row=replace(found.evidence.row, version=9, changed_at=START))),
    ],
)
def test_the_hash_is_of_the_inputs_and_not_of_the_figure(change: Callable[[Account], Account]) -> None:
    found = told(of_hour(MINUTES, PM10))
    assert change(found).sha256 == found.sha256
