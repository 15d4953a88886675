"""Who is on duty when."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tellings import ROSTER

from alerts.notify.roster import Gap, Roster, Shift, load
from core.errors import InputError

TARGETS = ("zhang", "li")
EIGHT = datetime.fromisoformat("2026-03-01T08:00:00+08:00")


def read(folder: Path, text: str) -> Roster:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return load(path, TARGETS)


def people(shifts: list[Shift]) -> list[str]:
    return [shift.person for shift in shifts]


def test_a_shift_begins_with_its_first_moment_and_ends_before_its_last(tmp_path: Path) -> None:
    roster = read(tmp_path, ROSTER)
    assert people(roster.on_duty("air", EIGHT - timedelta(seconds=1))) == []
    assert people(roster.on_duty("air", EIGHT)) == ["张三"]
    assert people(roster.on_duty("air", EIGHT + timedelta(hours=12))) == ["李四"]


def test_two_may_share_a_duty(tmp_path: Path) -> None:
    roster = read(tmp_path, ROSTER + "air,2026-03-01T10:00,2026-03-01T12:00,王五,li\n")
    assert people(roster.on_duty("air", EIGHT + timedelta(hours=3))) == ["张三", "王五"]


def test_times_with_an_offset_are_what_they_say(tmp_path: Path) -> None:
    roster = read(tmp_path, "duty,begins,ends,person,target\nair,2026-03-01T00:00Z,2026-03-01T12:00Z,张三,zhang\n")
    assert people(roster.on_duty("air", EIGHT)) == ["张三"]


def test_a_shift_has_begun_once_its_beginning_has_come(tmp_path: Path) -> None:
    roster = read(tmp_path, ROSTER)
    assert people(roster.begun(EIGHT - timedelta(hours=1), EIGHT)) == ["张三"]
    assert people(roster.begun(EIGHT, EIGHT + timedelta(hours=1))) == []


def test_gaps_are_told(tmp_path: Path) -> None:
    roster = read(tmp_path, ROSTER + "air,2026-03-02T09:00,2026-03-02T20:00,张三,zhang\n")
    assert list(roster.gaps()) == [Gap("air", EIGHT + timedelta(days=1), EIGHT + timedelta(hours=25))]


def test_shifts_that_overlap_or_touch_leave_no_gap(tmp_path: Path) -> None:
    assert list(read(tmp_path, ROSTER).gaps()) == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("air,2026-03-01T08:00,2026-03-01T20:00,张三,zang", "row 2, target: is no target (got 'zang'); name one of li"),
        ("air,2026-03-01T08:00,2026-03-01T07:00,张三,zhang", "row 2, ends: is not after the beginning"),
        ("air,gestern,2026-03-01T07:00,张三,zhang", "row 2, begins: is not an ISO 8601 time"),
        ("air,2026-03-01T08:00,2026-03-01T20:00,,zhang", "row 2, person: is empty"),
        ("air,2026-03-01T08:00,2026-03-01T20:00,张\0三,zhang", "row 2, person: holds what cannot be printed"),
        ("air,2026-03-01T08:00,2026-03-01T20:00,张三,zhang,x", "row 2, row: has more cells"),
    ],
)
def test_a_faulty_row_makes_the_roster_unusable(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, f"duty,begins,ends,person,target\n{row}\n")
    assert said in str(error.value)
