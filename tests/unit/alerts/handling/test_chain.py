"""The log's chain: whatever is altered, taken out or put elsewhere is found at its place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.handling.chain import ORIGIN, Break, Broken, Chained, Head, Line, Subject, hash_of, netstrings, verify

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LINES = [
    Line(
        city="晋城",
        at=NINE + timedelta(minutes=n),
        subject=Subject.HANDLING,
        happening="comment",
        alert_id=n,
        who="张三",
    )
    for n in range(1, 6)
]


def chained(city: str, lines: Sequence[Line]) -> tuple[Head, list[Chained]]:
    """A chain of these entries."""
    previous, found = ORIGIN, list[Chained]()
    for place, line in enumerate(lines, 1):
        previous = hash_of(previous, place, line)
        found.append(Chained(place, previous, line))
    return Head(city, len(found), previous), found


HEAD, ENTRIES = chained("晋城", LINES)


def broken(entries: list[Chained], head: Head = HEAD) -> tuple[int, Break] | None:
    found = verify(head, entries)
    return None if found is None else (found.place, found.what)


def altered(entry: Chained, **changes: object) -> Chained:
    return msgspec.structs.replace(entry, line=msgspec.structs.replace(entry.line, **changes))


def test_a_chain_as_it_was_written_holds() -> None:
    assert broken(ENTRIES) is None
    assert broken([], Head("晋城", 0, bytes(32))) is None


@pytest.mark.parametrize(
    "change",
    [
        {"who": "李四"},
        {"who": None},
        {"at": NINE},
        {"happening": "verify"},
        {"alert_id": 9},
        {"detail": "{}"},
        {"value": 0.0},
    ],
)
def test_an_altered_entry_is_found_at_its_place(change: dict[str, object]) -> None:
    found = verify(HEAD, [*ENTRIES[:2], altered(ENTRIES[2], **change), *ENTRIES[3:]])
    assert found == Broken("晋城", 3, Break.ALTERED, change.get("alert_id", 3))  # type: ignore[arg-type]


def test_an_entry_taken_out_is_missing_and_so_is_a_tail() -> None:
    assert broken([*ENTRIES[:2], *ENTRIES[3:]]) == (3, Break.MISSING)
    assert broken(ENTRIES[1:]) == (1, Break.MISSING)
    assert broken(ENTRIES[:3]) == (4, Break.TAIL_MISSING)
    assert broken([]) == (1, Break.TAIL_MISSING)


def test_entries_that_changed_places_are_found() -> None:
    swapped = [msgspec.structs.replace(ENTRIES[2], place=2), msgspec.structs.replace(ENTRIES[1], place=3)]
    assert broken([ENTRIES[0], *swapped, *ENTRIES[3:]]) == (2, Break.ALTERED)


def test_a_tail_written_anew_does_not_meet_the_head() -> None:
    _, forged = chained("晋城", [*LINES[:4], msgspec.structs.replace(LINES[4], who="李四")])
    assert broken(forged) == (5, Break.HEAD_DIFFERS)
    _, longer = chained("晋城", [*LINES, LINES[0]])
    assert broken(longer) == (6, Break.HEAD_DIFFERS)
    assert broken(ENTRIES, Head("晋城", 4, HEAD.hash)) == (5, Break.HEAD_DIFFERS)


texts = st.lists(st.none() | st.text("ab:,-1 晋", max_size=6), max_size=4)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(texts, texts)
def test_different_fields_are_different_bytes(one: list[str | None], other: list[str | None]) -> None:
    assert (netstrings(one) == netstrings(other)) == (one == other)


def test_the_hash_is_the_one_that_the_documentation_describes() -> None:
    line = Line(
        city="晋城", at=NINE, subject=Subject.DATA, happening="opened", alert_id=7, version=1, state="open",
        object="station:site-1", time_window="hour", start=NINE, statement_version=3, value=300.5,
    )  # fmt: skip
    fields = (
        "6:晋城,1:1,1:7,1:1,16:1772413200000000,4:data,6:opened,4:open,14:station:site-1,4:hour,"
        "16:1772413200000000,1:3,16:4072c80000000000,-,-,-,"
    )
    assert hash_of(ORIGIN, 1, line) == hashlib.sha256(bytes(32) + fields.encode()).digest()
