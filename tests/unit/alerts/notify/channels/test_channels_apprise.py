"""Whatever Apprise knows, by its `json://` to a real server on loopback."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from apprise.plugins.custom_json import NotifyJSON
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

from alerts.notify.channels.apprise_channel import fitted
from alerts.notify.channels.apprise_url import service_of
from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Channel, Failure, Outcome
from alerts.notify.target import AppriseTarget
from core.errors import SettingsError
from core.secrets import write_secret
from core.settings import CoreSettings


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def end() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def opened(state_dir: Path, url: str) -> Channel:
    write_secret(state_dir, "chat-url", url)
    target = AppriseTarget(id="chat", via="apprise", url_secret="chat-url")
    return channel_of(target, CoreSettings(state_dir=state_dir))


def sent(state_dir: Path, url: str, timeout_s: float = PATIENCE_S) -> Outcome:
    return opened(state_dir, url).send(message(), timeout_s)


def test_title_body_and_id_arrive_with_chinese_intact(tmp_path: Path) -> None:
    with http(says(200)) as receiver:
        assert sent(tmp_path, f"json://127.0.0.1:{receiver.port}/hook") == Outcome()
    heard = json.loads(receiver.requests[0].body)
    assert heard["title"] == "【严重】城区站 PM10 超标"
    assert heard["message"] == "PM10 小时均值 312 µg/m³\n编号 m-1"
    assert heard["type"] == "failure"


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (400, Failure.REFUSED),
        (401, Failure.REFUSED),
        (410, Failure.REFUSED),
        (429, Failure.BUSY),
        (503, Failure.BUSY),
        (500, Failure.UNREACHABLE),
    ],
)
def test_a_failure_is_told_by_the_status_with_what_the_receiver_said(
    tmp_path: Path, status: int, failure: Failure
) -> None:
    with http(says(status, "机器人已停用")) as receiver:
        outcome = sent(tmp_path, f"json://127.0.0.1:{receiver.port}/hook")
    assert outcome.failure is failure
    assert str(status) in outcome.detail
    assert "机器人已停用" in outcome.detail
    assert "\n" not in outcome.detail


def test_where_nobody_listens_it_is_unreachable(tmp_path: Path) -> None:
    outcome = sent(tmp_path, f"json://127.0.0.1:{closed_port()}/")
    assert outcome.failure is Failure.UNREACHABLE
    assert "refused" in outcome.detail


def test_whoever_never_answers_is_waited_for_within_the_limit_and_may_have_it(tmp_path: Path) -> None:
    with nobody() as port:
        started = time.monotonic()
        assert sent(tmp_path, f"json://127.0.0.1:{port}/", IMPATIENCE_S).failure is Failure.UNKNOWN
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_where_no_connection_is_taken_within_the_limit_it_is_unreachable(tmp_path: Path) -> None:
    with crowded() as port:
        started = time.monotonic()
        assert sent(tmp_path, f"json://127.0.0.1:{port}/", IMPATIENCE_S).failure is Failure.UNREACHABLE
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_half_an_answer_is_waited_for_within_the_limit(tmp_path: Path, end: threading.Event) -> None:
    with http(says_half(400, "not th", end)) as receiver:
        started = time.monotonic()
        assert sent(tmp_path, f"json://127.0.0.1:{receiver.port}/", IMPATIENCE_S).failure is not None
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_an_answer_without_end_is_given_up_in_time_and_read_no_more(tmp_path: Path) -> None:
    hung_up = threading.Event()
    with http(says_without_end(200, [], hung_up)) as receiver:
        started = time.monotonic()
        outcome = sent(tmp_path, f"json://127.0.0.1:{receiver.port}/", IMPATIENCE_S)
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S
        assert hung_up.wait(PATIENCE_S), "the answer is still read"
    assert outcome.failure is Failure.UNKNOWN


def test_an_answer_of_a_byte_at_a_time_is_given_up_in_time_and_read_no_more(tmp_path: Path) -> None:
    hung_up = threading.Event()
    with http(says_slowly(hung_up)) as receiver:
        started = time.monotonic()
        outcome = sent(tmp_path, f"json://127.0.0.1:{receiver.port}/", IMPATIENCE_S)
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S
        assert hung_up.wait(PATIENCE_S), "the answer is still read"
    assert outcome.failure is Failure.UNKNOWN


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with http(says(200)) as elsewhere, http(says(307, Location=elsewhere.url)) as receiver:
        assert sent(tmp_path, f"json://127.0.0.1:{receiver.port}/").failure is Failure.REFUSED
        assert not elsewhere.requests


def test_a_url_that_asks_for_repeats_is_sent_once(tmp_path: Path) -> None:
    with http(says(500)) as receiver:
        started = time.monotonic()
        sent(tmp_path, f"json://127.0.0.1:{receiver.port}/?retry=5&wait=5")
        assert time.monotonic() - started < SLACK_S
    assert len(receiver.requests) == 1


def test_a_url_that_calls_itself_optional_still_fails(tmp_path: Path) -> None:
    with http(says(500)) as receiver:
        assert sent(tmp_path, f"json://127.0.0.1:{receiver.port}/?optional=yes").failure is Failure.UNREACHABLE


def test_a_url_that_wants_long_texts_in_pieces_gets_one_cut_text_with_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifyJSON, "body_maxlen", 500)
    with http(says(200)) as receiver:
        channel = opened(tmp_path, f"json://127.0.0.1:{receiver.port}/?overflow=split")
        assert channel.send(message(body="扬尘" * 2000), PATIENCE_S) == Outcome()
    (request,) = receiver.requests
    assert len(json.loads(request.body)["message"]) <= 500
    assert json.loads(request.body)["message"].endswith("…\n编号 m-1")


def test_what_grows_when_its_signs_are_written_as_html_is_not_sent_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotifyJSON, "body_maxlen", 500)
    with http(says(200)) as receiver:
        channel = opened(tmp_path, f"json://127.0.0.1:{receiver.port}/?overflow=split&format=html")
        assert channel.send(message(body="<&>" * 150), PATIENCE_S) == Outcome()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url", ["tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/1000/", "json://h/", "mailto://u:p@example.org"]
)
def test_title_and_body_fit_what_the_service_takes_in_one_piece(url: str) -> None:
    service = service_of(url, "t")
    title, body = fitted(service, "题" * 9000, "文" * 90000 + "\n编号 m-1")
    together = len(body) + (0 if service.title_maxlen > 0 else len(title) + 2)
    assert together <= service.body_maxlen
    assert len(title) <= (service.title_maxlen or service.body_maxlen)
    assert body.endswith("…\n编号 m-1")


@pytest.fixture
def our_log() -> Iterator[StringIO]:
    """All that comes to the root's handlers; `caplog` would also hear what never comes there."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


def test_no_secret_stands_in_a_detail_or_a_log(
    tmp_path: Path, our_log: StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    tail = "hook/tok-abc-123?+X-Key=key-abc-123"
    with http(says(401, "no: admin:pass-abc-123 tok-abc-123 key-abc-123 YWRtaW46cGFzcy1hYmMtMTIz")) as receiver:
        answered = sent(tmp_path, f"json://admin:pass-abc-123@127.0.0.1:{receiver.port}/{tail}")
    refused = sent(tmp_path, f"json://admin:pass-abc-123@127.0.0.1:{closed_port()}/{tail}")
    printed = capfd.readouterr()
    for text in (answered.detail, refused.detail, printed.out, printed.err, our_log.getvalue()):
        assert "abc-123" not in text
        assert "YWRtaW46" not in text


@pytest.mark.parametrize(
    ("url", "says_what"),
    [
        ("foo://pass-abc-123@host", "is no foo:// URL that Apprise can use"),
        ("wecombot://pass-abc-123 !/", "is no wecombot:// URL that Apprise can use"),
        ("pass-abc-123", "is not one URL"),
        ("json://a.org/pass-abc-123, json://b.org/", "is not one URL"),
        ("tgram://123456789:pass-abc-123-pass-abc-123/1000/2000/", "names 2 receivers"),
    ],
)
def test_a_url_that_cannot_be_used_is_named_by_its_secret_and_never_shown(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], url: str, says_what: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        opened(tmp_path, url)
    assert str(caught.value).startswith(f"secret chat-url: {says_what}")
    printed = capfd.readouterr()
    for text in (str(caught.value), printed.out, printed.err):
        assert "abc-123" not in text


def test_a_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    target = AppriseTarget(id="chat", via="apprise", url_secret="no-such")
    with pytest.raises(SettingsError, match="the secret no-such is missing"):
        channel_of(target, CoreSettings(state_dir=tmp_path))


def test_many_targets_at_once_keep_their_details_apart(tmp_path: Path) -> None:
    outcomes: dict[int, Outcome] = {}
    barrier = threading.Barrier(8)

    def send(number: int, channel: Channel) -> None:
        barrier.wait()
        outcomes[number] = channel.send(message(), PATIENCE_S)

    with http(says(400, "one")) as one, http(says(410, "two")) as two:
        channels = [opened(tmp_path, f"json://127.0.0.1:{receiver.port}/") for receiver in (one, two) * 4]
        threads = [threading.Thread(target=send, args=pair) for pair in enumerate(channels)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for number in range(8):
        own, foreign = ("one", "two") if number % 2 == 0 else ("two", "one")
        assert own in outcomes[number].detail
        assert foreign not in outcomes[number].detail


def test_nothing_is_written_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    monkeypatch.chdir(home)
    with http(says(200)) as receiver:
        assert sent(tmp_path / "state", f"json://127.0.0.1:{receiver.port}/") == Outcome()
    assert not list(home.iterdir())
