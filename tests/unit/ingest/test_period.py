"""Averaging periods."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from ingest.period import MAX_PERIOD, format_period, parse_period


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT30S", 30), ("PT1M", 60), ("PT60M", 3600), ("PT1H", 3600), ("P1D", 86400), ("P1DT1H", 90000)],
)
def test_a_duration_is_its_seconds(text: str, seconds: int) -> None:
    assert parse_period(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "1H", "PT1", "P1M", "P1Y", "PT0.5S", "-PT1H", "PT1H ", "PT１H"]
)
def test_what_is_no_fixed_duration_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(InputError, match="PT1M, PT1H or P1D"):
        parse_period(text)


@settings(derandomize=True, max_examples=100)
@given(st.integers(1, MAX_PERIOD))
def test_a_period_survives_its_own_writing(seconds: int) -> None:
    assert parse_period(format_period(seconds)) == seconds
