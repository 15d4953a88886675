"""Days as options of commands name them."""

from __future__ import annotations

from datetime import date

import pytest

from aggregate.given_days import given_days
from core.errors import InputError


def test_the_last_day_is_in() -> None:
    assert given_days("2026-02-27", "2026-02-28") == (date(2026, 2, 27), date(2026, 3, 1))
    assert given_days("1970-01-01", "2199-12-31") == (date(1970, 1, 1), date(2200, 1, 1))


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("yesterday", "2026-03-01", "--from: is no day (got 'yesterday'); write it as 2026-03-01"),
        ("2026-03-01", "2026-02-29", "--to: is no day (got '2026-02-29'); write it as 2026-03-01"),
        ("2026-03-01", "2026-02-28", "--to: is before --from (got '2026-02-28'); turn them round"),
        ("2026-03-01", "9999-12-31", "--to: is in no year from 1970 to 2199 (got '9999-12-31'); correct the year"),
        ("0001-01-01", "2026-03-01", "--from: is in no year from 1970 to 2199 (got '0001-01-01'); correct the year"),
    ],
)
def test_what_are_no_days_is_refused_in_one_line(first: str, last: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        given_days(first, last)
    assert str(error.value) == says
