"""A signed webhook to a real server on loopback."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from notify_receivers import (
    IMPATIENCE_S,
    PATIENCE_S,
    SLACK_S,
    closed_port,
    crowded,
    http,
    message,
    nobody,
    says,
    says_half,
    says_slowly,
    says_without_end,
)
from standardwebhooks.webhooks import Webhook as Verifier

from alerts.notify.channels.in_time import InTime
from alerts.notify.channels.webhook import Webhook
from alerts.notify.message import Failure, Outcome

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
CERTIFICATE = Path(__file__).parent / "receiver.pem"
"""Signed by itself, with its key, for 127.0.0.1; it opens nothing but this test."""
NOW = 1_772_323_200.0


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def end() -> Iterator[threading.Event]:
    """Lets a receiver that holds a connection go."""
    event = threading.Event()
    yield event
    event.set()


def sent(url: str, timeout_s: float = PATIENCE_S) -> Outcome:
    return InTime(Webhook(url, KEY, lambda: NOW)).send(message(), timeout_s)


def test_a_receiver_verifies_the_document_with_the_standard_s_package() -> None:
    with http(says(204)) as receiver:
        assert InTime(Webhook(receiver.url, KEY)).send(message("m-7"), PATIENCE_S) == Outcome()
    (request,) = receiver.requests
    assert Verifier(SECRET).verify(request.body, dict(request.headers)) == {"id": "m-7", "站": "城区"}
    assert request.headers["webhook-id"] == "m-7"
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"


def test_sent_again_a_message_has_the_same_id_and_document() -> None:
    with http(says(200)) as receiver:
        channel = Webhook(receiver.url, KEY)
        channel.send(message(), PATIENCE_S)
        channel.send(message(), PATIENCE_S)
    first, second = receiver.requests
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


@pytest.mark.parametrize("status", [400, 401, 410])
def test_a_refusal_says_what_the_receiver_said(status: int) -> None:
    with http(says(status, "签名无效")) as receiver:
        assert sent(receiver.url) == Outcome(Failure.REFUSED, f"HTTP {status} 签名无效")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_receiver_is_given_the_time_it_asks_for(status: int) -> None:
    with http(says(status, Retry_After="Sun, 01 Mar 2026 00:01:30 GMT")) as receiver:
        assert sent(receiver.url) == Outcome(Failure.BUSY, f"HTTP {status}", 90.0)


def test_where_nobody_listens_it_is_unreachable() -> None:
    outcome = sent(f"http://127.0.0.1:{closed_port()}/hook")
    assert outcome.failure is Failure.UNREACHABLE
    assert "refused" in outcome.detail


def test_a_name_that_nobody_knows_is_unreachable() -> None:
    outcome = sent("http://receiver.invalid/hook")
    assert outcome.failure is Failure.UNREACHABLE


def test_whoever_never_answers_is_waited_for_within_the_limit_and_may_have_it() -> None:
    with nobody() as port:
        started = time.monotonic()
        assert sent(f"http://127.0.0.1:{port}/hook", IMPATIENCE_S).failure is Failure.UNKNOWN
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_where_no_connection_is_taken_within_the_limit_it_is_unreachable() -> None:
    with crowded() as port:
        started = time.monotonic()
        assert sent(f"http://127.0.0.1:{port}/hook", IMPATIENCE_S).failure is Failure.UNREACHABLE
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_half_an_answer_is_judged_by_its_status(end: threading.Event) -> None:
    with http(says_half(400, "not th", end)) as receiver:
        assert sent(receiver.url, IMPATIENCE_S) == Outcome(Failure.REFUSED, "HTTP 400 not th")


def test_what_is_accepted_is_delivered_whether_or_not_a_body_comes(end: threading.Event) -> None:
    with http(says_half(200, "", end)) as receiver:
        started = time.monotonic()
        assert sent(receiver.url) == Outcome()
        assert time.monotonic() - started < SLACK_S


def test_a_body_without_end_is_not_read_to_it() -> None:
    out: list[int] = []
    hung_up = threading.Event()
    with http(says_without_end(500, out, hung_up)) as receiver:
        outcome = sent(receiver.url)
        assert hung_up.wait(PATIENCE_S)
    assert outcome.failure is Failure.UNREACHABLE
    assert len(outcome.detail) <= 300
    assert sum(out) < 50_000_000, "no more than what buffers between the two hold"


def test_an_answer_of_a_byte_at_a_time_is_given_up_in_time() -> None:
    with http(says_slowly(threading.Event())) as receiver:
        started = time.monotonic()
        assert sent(receiver.url, IMPATIENCE_S).failure is Failure.UNKNOWN
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_a_redirect_is_not_followed() -> None:
    with http(says(200)) as elsewhere, http(says(307, Location=elsewhere.url)) as receiver:
        outcome = sent(receiver.url)
        assert outcome.failure is Failure.REFUSED
        assert "redirect" in outcome.detail
        assert not elsewhere.requests


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    with http(says(200), CERTIFICATE) as receiver:
        outcome = sent(receiver.url)
        assert outcome.failure is Failure.UNREACHABLE
        assert "certificate" in outcome.detail
        assert not receiver.requests
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
        assert sent(receiver.url) == Outcome()


def test_no_login_of_the_machine_goes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login admin password machine-pass\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with http(says(200)) as receiver:
        sent(receiver.url)
    assert "Authorization" not in receiver.requests[0].headers


def test_a_token_in_the_url_is_in_no_detail() -> None:
    for url in (f"http://127.0.0.1:{closed_port()}/hook/tok-123", "http://receiver.invalid/hook?key=tok-123"):
        assert "tok-123" not in sent(url).detail


def test_two_targets_at_once_keep_their_answers_apart() -> None:
    outcomes: dict[int, Outcome] = {}
    with http(says(400, "one")) as one, http(says(410, "two")) as two:
        threads = [
            threading.Thread(target=lambda n, url: outcomes.update({n: sent(url)}), args=(n, receiver.url))
            for n, receiver in enumerate((one, two) * 4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [outcomes[n].detail for n in range(8)] == ["HTTP 400 one", "HTTP 410 two"] * 4


def test_the_document_goes_out_byte_for_byte() -> None:
    with http(says(200)) as receiver:
        sent(receiver.url)
    assert receiver.requests[0].body == message().document
    assert json.loads(receiver.requests[0].body)["站"] == "城区"
