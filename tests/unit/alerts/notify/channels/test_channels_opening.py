"""From targets to channels."""

from __future__ import annotations

from pathlib import Path

import pytest
from notify_receivers import PATIENCE_S, http, message, says
from pydantic import HttpUrl

from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Outcome
from alerts.notify.target import WebhookTarget
from core.errors import SettingsError
from core.secrets import write_secret
from core.settings import CoreSettings


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def webhook(url: str) -> WebhookTarget:
    return WebhookTarget(id="hook", via="webhook", url=HttpUrl(url), signing_secret="hook-key")


def test_a_webhook_is_signed_with_the_secret_that_its_target_names(tmp_path: Path) -> None:
    write_secret(tmp_path, "hook-key", "x" * 32)
    with http(says(200)) as receiver:
        assert (
            channel_of(webhook(receiver.url), CoreSettings(state_dir=tmp_path)).send(message(), PATIENCE_S) == Outcome()
        )
    assert receiver.requests[0].headers["webhook-signature"].startswith("v1,")
    assert receiver.requests[0].path == "/hook"


def test_a_password_in_a_webhook_s_url_is_refused_and_not_shown(tmp_path: Path) -> None:
    write_secret(tmp_path, "hook-key", "x" * 32)
    with pytest.raises(SettingsError) as caught:
        channel_of(webhook("https://user:pass-abc-123@example.org/"), CoreSettings(state_dir=tmp_path))
    assert str(caught.value).startswith("target hook, url: holds a name or a password")
    assert "abc-123" not in str(caught.value)
