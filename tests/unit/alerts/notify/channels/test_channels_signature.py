"""Signatures of Standard Webhooks, checked by its own package."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts.notify.channels.signature import headers_of, key_of
from core.errors import SettingsError

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@given(st.dictionaries(st.text(), st.text()))
def test_the_standard_s_package_verifies_what_we_sign(document: dict[str, str]) -> None:
    body = json.dumps(document, ensure_ascii=True).encode()
    assert Webhook(SECRET).verify(body, headers_of(key_of(SECRET, "s"), "m-1", int(time.time()), body)) == document


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
def test_a_signature_covers_id_and_time(changed: str) -> None:
    headers = headers_of(KEY, "m-1", int(time.time()), b"{}")
    headers[changed] = {"webhook-id": "m-2", "webhook-timestamp": str(int(time.time()) - 60)}[changed]
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{}", headers)


def test_the_example_of_the_specification_has_its_signature() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "s")
    headers = headers_of(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_text_without_the_prefix_is_the_key_itself() -> None:
    assert key_of("x" * 32, "s") == b"x" * 32


@pytest.mark.parametrize(
    "secret", ["whsec_not base64!!", "whsec_" + base64.b64encode(b"short").decode(), "short", "", "whsec_"]
)
def test_a_secret_that_cannot_be_used_is_named_and_not_shown(secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        key_of(secret, "hook-1")
    assert str(caught.value).startswith("secret hook-1: ")
    assert "\n" not in str(caught.value)
    assert not secret.removeprefix("whsec_") or secret.removeprefix("whsec_") not in str(caught.value)
