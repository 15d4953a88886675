"""Sand-dust periods as files have them: each row is read by itself, and nothing in it is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregate.sanddust.periods import Period
from aggregate.sanddust.table import read_periods
from ingest.rows import RowError

CITY = "试市"
START = 1_772_305_200
"""2026-03-01T03:00+08:00."""


def read(tmp_path: Path, row: str) -> tuple[list[tuple[Period, str]], list[str]]:
    """What the file of one row holds, and what is wrong with it."""
    file = tmp_path / "dust.csv"
    file.write_text(f"city,start,end,basis\n{row}\n", encoding="utf-8")
    errors: list[RowError] = []
    return list(read_periods(file, {CITY}, errors)), [str(error) for error in errors]


def test_a_row_is_a_period_and_who_decided_it(tmp_path: Path) -> None:
    found = read(tmp_path, f'{CITY},2026-03-01T03:00,2026-02-28T21:30:01Z,"函〔2026〕1号, 2号"')
    assert found == ([(Period(CITY, START, START + 9001), "函〔2026〕1号, 2号")], [])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("无市,2026-03-01,2026-03-02,函", "city: is no city of the registry (got '无市'); see `lantian stations list`"),
        (f"{CITY},2026-03-01,2026-03-02,", "basis: is empty (got ''); name the document or the office that decided it"),
        (f"{CITY},soon,2026-03-02,函", "start: is not an ISO 8601 time (got 'soon'); write it as "),
        (f"{CITY},2026-03-02,2026-03-02,函", "end: is not after start (got '2026-03-02'); turn them round"),
        (
            f"{CITY},2026-03-01T03:00:00.5,2026-03-02,函",
            "start: has fractions of a second (got '2026-03-01T03:00:00.5'); write whole seconds",
        ),
        (
            f"{CITY},2026-03-01,9999-12-31T23:00-12:00,函",
            "end: is in no year from 1970 to 2199 (got '9999-12-31T23:00-12:00'); correct the year",
        ),
        (
            f"{CITY},2026-03-01,2026-03-02,1号, 2号",
            f"row: has more cells than the heading (got '{CITY},2026-03-01,2026-03-02,1号,2号'); quote commas",
        ),
    ],
)
def test_a_bad_row_is_one_line_with_file_row_and_remedy(tmp_path: Path, row: str, says: str) -> None:
    found, [error] = read(tmp_path, row)
    assert found == []
    assert error.startswith(f"dust.csv row 2, {says}")
