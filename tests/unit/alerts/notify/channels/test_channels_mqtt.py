"""What brokers do to a message that Mosquitto does not: silence before and after the message, and a broken line."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from notify_receivers import IMPATIENCE_S, PATIENCE_S, SLACK_S, closed_port, crowded, message, nobody

from alerts.notify.channels.mqtt import MqttChannel
from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Failure, Outcome
from alerts.notify.target import MqttTarget
from core.errors import SettingsError
from core.secrets import write_secret
from core.settings import CoreSettings

TARGET = MqttTarget(id="boards", via="mqtt")
CONNACK = bytes([0x20, 3, 0, 0, 0])
"""MQTT 5: let in, no properties."""


@contextmanager
def broker(*, hangs_up: bool) -> Iterator[int]:
    """A broker that lets everybody in, and then says nothing or hangs up on the first message."""

    def serve(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            line.recv(4096)
            line.sendall(CONNACK)
            line.recv(4096)
            if not hangs_up:
                over.wait()

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            thread.join()


def sent(state_dir: Path, port: int, wait: float) -> Outcome:
    write_secret(state_dir, "mqtt-notifier", "pass-abc-123")
    settings = CoreSettings(state_dir=state_dir, mqtt_host="127.0.0.1", mqtt_port=port)
    return MqttChannel(settings).send(message(), wait)


def test_a_broker_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    outcome = sent(tmp_path, closed_port(), PATIENCE_S)
    assert outcome.failure is Failure.UNREACHABLE
    assert "pass-abc-123" not in outcome.detail


def test_a_broker_that_does_not_let_in_within_the_limit_is_unreachable(tmp_path: Path) -> None:
    with nobody() as port:
        started = time.monotonic()
        assert sent(tmp_path, port, IMPATIENCE_S).failure is Failure.UNREACHABLE
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_a_broker_that_takes_no_connection_within_the_limit_is_unreachable(tmp_path: Path) -> None:
    with crowded() as port:
        started = time.monotonic()
        assert sent(tmp_path, port, IMPATIENCE_S).failure is Failure.UNREACHABLE
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


@pytest.mark.parametrize("hangs_up", [False, True])
def test_what_is_published_and_not_confirmed_may_have_arrived(tmp_path: Path, hangs_up: bool) -> None:
    with broker(hangs_up=hangs_up) as port:
        started = time.monotonic()
        assert sent(tmp_path, port, IMPATIENCE_S).failure is Failure.UNKNOWN
        assert time.monotonic() - started < IMPATIENCE_S + SLACK_S


def test_without_a_broker_the_target_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LANTIAN_MQTT_HOST: no MQTT broker is known"):
        channel_of(TARGET, CoreSettings(state_dir=tmp_path))
