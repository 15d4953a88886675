"""Signatures of Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, specification). Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from core.errors import SettingsError

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a key, as the specification says."""


def key_of(secret: str, name: str) -> bytes:
    """The key of the signing secret `name`: `whsec_` and base64 of it, or a text of which it is the bytes in UTF-8.

    Raises `SettingsError`, which never shows the secret.
    """
    if secret.startswith(PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise _unusable(name, f"is not base64 after {PREFIX}") from None
        most = _LONGEST
    else:
        key, most = secret.encode(), 10 * _LONGEST
    if not _SHORTEST <= len(key) <= most:
        raise _unusable(name, f"has a key of {len(key)} bytes; {_SHORTEST} to {most} are allowed")
    return key


def headers_of(key: bytes, identity: str, sent_s: int, body: bytes) -> dict[str, str]:
    """The three headers of a message `identity` that is sent at `sent_s` (Unix seconds of real time)."""
    signed = f"{identity}.{sent_s}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": identity, "webhook-timestamp": str(sent_s), "webhook-signature": f"v1,{signature}"}


def _unusable(name: str, what: str) -> SettingsError:
    return SettingsError(
        "signing_secret",
        what,
        field=f"secret {name}",
        hint=f"take the output of `openssl rand -base64 32` with {PREFIX} before it",
    )
