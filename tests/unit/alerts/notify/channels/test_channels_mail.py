"""Mail by Apprise's `mailto://` to a real SMTP server on loopback."""

from __future__ import annotations

import email
import time
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from notify_receivers import (
    IMPATIENCE_S,
    PATIENCE_S,
    SLACK_S,
    MailReceiver,
    closed_port,
    mail,
    message,
    nobody,
)

from alerts.notify.channels.apprise_channel import AppriseChannel
from alerts.notify.channels.apprise_url import service_of
from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Failure, Outcome
from alerts.notify.target import AppriseTarget
from core.secrets import write_secret
from core.settings import CoreSettings

RIGHT = MailReceiver.password


def sent(
    state_dir: Path,
    port: int,
    *,
    given: str = RIGHT,
    wait: float = PATIENCE_S,
) -> Outcome:
    write_secret(
        state_dir, "mail", f"mailto://robot:{given}@127.0.0.1:{port}?from=robot@example.org&to=chief@example.org"
    )
    target = AppriseTarget(id="mail", via="apprise", url_secret="mail")
    return channel_of(target, CoreSettings(state_dir=state_dir)).send(message("m-9"), wait)


def read(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    read = email.message_from_bytes(content, policy=default)
    assert isinstance(read, EmailMessage)
    return read


def test_a_mail_arrives_with_chinese_intact_and_the_id_in_header_and_body(tmp_path: Path) -> None:
    with mail(MailReceiver()) as server:
        assert sent(tmp_path, server.port) == Outcome()
    (envelope,) = server.mails
    assert envelope.rcpt_tos == ["chief@example.org"]
    arrived = read(envelope.content)
    assert arrived["Subject"] == "【严重】城区站 PM10 超标"
    assert arrived["X-Lantian-Message-Id"] == "m-9"
    assert arrived.get_content_type() == "text/plain"
    assert arrived.get_content().splitlines() == ["PM10 小时均值 312 µg/m³", "编号 m-9"]


def test_a_recipient_that_the_server_does_not_know_is_a_refusal_and_named(tmp_path: Path) -> None:
    with mail(MailReceiver(to_recipient="550 5.1.1 no such user")) as server:
        outcome = sent(tmp_path, server.port)
    assert outcome.failure is Failure.REFUSED
    assert "550" in outcome.detail
    assert "chief@example.org" in outcome.detail


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted, come again", "421 4.7.0 too many connections"])
def test_a_server_that_asks_to_come_again_is_busy(tmp_path: Path, reply: str) -> None:
    with mail(MailReceiver(to_recipient=reply)) as server:
        outcome = sent(tmp_path, server.port)
    assert outcome.failure is Failure.BUSY
    assert reply[:3] in outcome.detail


def test_a_mail_that_is_not_taken_after_its_text_is_a_refusal(tmp_path: Path) -> None:
    with mail(MailReceiver(to_data="554 5.7.1 looks like spam")) as server:
        outcome = sent(tmp_path, server.port)
    assert outcome.failure is Failure.REFUSED
    assert "554" in outcome.detail


def test_a_wrong_password_is_a_refusal_that_does_not_show_it(tmp_path: Path) -> None:
    with mail(MailReceiver()) as server:
        outcome = sent(tmp_path, server.port, given="wrong-pass-9")
    assert outcome.failure is Failure.REFUSED
    assert "535" in outcome.detail
    assert "wrong-pass-9" not in outcome.detail


def test_where_nobody_listens_it_is_unreachable(tmp_path: Path) -> None:
    outcome = sent(tmp_path, closed_port())
    assert outcome.failure is Failure.UNREACHABLE
    assert RIGHT not in outcome.detail


def test_a_server_that_never_greets_is_unreachable_within_the_limit() -> None:
    with nobody() as port:
        url = f"mailto://robot:{RIGHT}@127.0.0.1:{port}?from=robot@example.org&to=chief@example.org"
        started = time.monotonic()
        assert AppriseChannel(service_of(url, "mail"), ()).send(message(), IMPATIENCE_S).failure is Failure.UNREACHABLE
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_a_mail_that_is_not_confirmed_in_time_may_have_arrived(tmp_path: Path) -> None:
    with mail(MailReceiver(to_data="")) as server:
        started = time.monotonic()
        assert sent(tmp_path, server.port, wait=IMPATIENCE_S).failure is Failure.UNKNOWN
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S
    assert len(server.mails) == 1
