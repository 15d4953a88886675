"""Texts made to fit a receiver."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notify.channels.fitting import CUT, Size, fit, in_bytes, one_line, shorten
from alerts.notify.channels.robots import in_json_bytes

ID_LINE = "编号 m-1"
sizes = st.sampled_from([len, in_bytes, in_json_bytes])


@given(st.text(), st.integers(40, 400), sizes)
def test_what_fits_is_left_alone_and_what_does_not_is_cut_to_size(text: str, most: int, size: Size) -> None:
    body = f"{text}\n{ID_LINE}"
    fitted = fit(body, most, size)
    assert size(fitted) <= most
    assert (fitted == body) is (size(body) <= most)


@given(st.text(min_size=400), st.integers(40, 300), sizes)
def test_a_cut_is_seen_and_the_line_with_the_id_stays_the_last(text: str, most: int, size: Size) -> None:
    assert fit(f"{text}\n{ID_LINE}", most, size).endswith(f"{CUT}\n{ID_LINE}")


@given(st.text(alphabet="晋城abc", min_size=300), st.integers(40, 300))
def test_no_more_is_cut_than_must_be(text: str, most: int) -> None:
    assert len(fit(f"{text}\n{ID_LINE}", most)) == most


def test_a_letter_of_three_bytes_is_not_torn() -> None:
    assert shorten("晋城市", 7, in_bytes) == f"晋{CUT}"


@pytest.mark.parametrize(("most", "left"), [(5, f"编号 m{CUT}"), (1, CUT), (0, "")])
def test_where_not_even_the_last_line_fits_its_beginning_is_left(most: int, left: str) -> None:
    assert fit(f"长文\n{ID_LINE}", most) == left


def test_a_line_of_a_log_holds_no_break_and_nothing_that_a_terminal_obeys() -> None:
    assert one_line("无效\r\n  key\x1b[31m \x00 now") == "无效 key [31m now"
    assert len(one_line("x" * 5000)) == 300
