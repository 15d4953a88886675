"""A device at the door of a centre's broker."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

_ANSWER_S = 10.0


def let_in(address: tuple[str, int], username: str, password: str, *, trusted: Path | None = None) -> bool:
    """Whether the broker at host and port takes that account; by TLS if there is a certificate to trust."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=username)
    client.username_pw_set(username, password)
    if trusted:
        client.tls_set(ca_certs=str(trusted))
    answers: list[Any] = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    with suppress(OSError):
        client.connect(*address, keepalive=10)
        deadline = time.monotonic() + _ANSWER_S
        while not answers and time.monotonic() < deadline:
            client.loop(0.2)
    client.disconnect()
    return bool(answers) and not answers[0].is_failure
