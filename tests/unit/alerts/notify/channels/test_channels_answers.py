"""What HTTP answers mean."""

from __future__ import annotations

import pytest

from alerts.notify.channels.answers import Answer, outcome_of, patience_s
from alerts.notify.message import Failure, Outcome

NOW = 1_772_323_200.0
"""2026-03-01T00:00:00Z."""


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_is_delivered(status: int) -> None:
    assert outcome_of(Answer(status, "", b""), NOW) == Outcome()


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (302, Failure.REFUSED),
        (400, Failure.REFUSED),
        (401, Failure.REFUSED),
        (410, Failure.REFUSED),
        (408, Failure.BUSY),
        (429, Failure.BUSY),
        (503, Failure.BUSY),
        (500, Failure.UNREACHABLE),
        (502, Failure.UNREACHABLE),
        (504, Failure.UNKNOWN),
    ],
)
def test_a_status_says_why_it_failed(status: int, failure: Failure) -> None:
    assert outcome_of(Answer(status, "", b""), NOW).failure is failure


def test_a_server_that_fails_and_asks_for_patience_is_busy() -> None:
    assert outcome_of(Answer(500, "30", b""), NOW) == Outcome(Failure.BUSY, "HTTP 500", 30.0)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("99999999999999999999", 3600.0),
        ("Sun, 01 Mar 2026 00:02:00 GMT", 120.0),
        ("Sat, 28 Feb 2026 00:00:00 GMT", 0.0),
        ("Sun, 01 Mar 2099 00:00:00 GMT", 3600.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("１２０", None),
    ],
)
def test_patience_is_read_as_seconds_or_as_a_date_and_bounded(retry_after: str, seconds: float | None) -> None:
    assert patience_s(retry_after, NOW) == seconds


def test_the_detail_is_one_line_of_what_the_receiver_said() -> None:
    said = "签名无效\nbad signature".encode()
    assert outcome_of(Answer(401, "", said), NOW).detail == "HTTP 401 签名无效 bad signature"
