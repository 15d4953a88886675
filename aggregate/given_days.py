"""Days of Asia/Shanghai as options of commands name them."""

from __future__ import annotations

from datetime import date, timedelta

from core.errors import InputError

EARLIEST, LATEST = 1970, 2199
"""Years that days may lie in: what lies beyond is a slip of the pen."""
NO_YEAR = f"is in no year from {EARLIEST} to {LATEST}"


def given_day(text: str, option: str) -> date:
    """The day that an option names; raises `InputError`."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InputError("date", "is no day", field=option, value=text, hint="write it as 2026-03-01") from error
    if not EARLIEST <= day.year <= LATEST:
        raise InputError("date", NO_YEAR, field=option, value=text, hint="correct the year")
    return day


def given_days(first: str, last: str) -> tuple[date, date]:
    """The first day, and the day after the last, of `--from` and `--to`; raises `InputError`."""
    begin, end = given_day(first, "--from"), given_day(last, "--to")
    refuse_backwards(begin, end, last)
    return begin, end + timedelta(days=1)


def refuse_backwards(first: date, last: date, given: str | None) -> None:
    """Raise `InputError` if `--to`, as it was given, is before `--from`."""
    if last < first:
        raise InputError("options", "is before --from", field="--to", value=given, hint="turn them round")
