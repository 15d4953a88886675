"""Alerts for boards on the real broker: who hears them, who may say them, and what the broker's word is worth."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg2.extensions import connection
from serving import Servers
from waiting import eventually

from alerts.notify.channels.mqtt import MqttChannel
from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Channel, Failure, Message
from alerts.notify.target import MqttTarget
from alerts.severity import Severity
from core.mqtt import Connection, Login
from core.mqtt import Message as Heard
from core.postgres import connect
from core.secrets import write_secret
from core.settings import CoreSettings
from ingest.broker_files import write_broker_files
from ingest.credentials import NOTIFIER, Account, AccountKind, issue_board, load_accounts
from ingest.stations_cli import BROKER_FOLDER, update_broker

pytestmark = pytest.mark.stack

PATIENCE_S = 10.0


def alert(region: str, severity: Severity = Severity.CRITICAL, identity: str = "m-1") -> Message:
    return Message(
        id=identity,
        title="标题",
        body=f"正文\n编号 {identity}",
        severity=severity,
        region=region,
        at=datetime(2026, 3, 1, tzinfo=UTC),
        document=f'{{"id":"{identity}","地区":"{region}"}}'.encode(),
    )


@pytest.fixture
def registry(stack: CoreSettings) -> Iterator[connection]:
    with closing(connect(stack, "registry", application="test")) as conn:
        yield conn


@pytest.fixture
def boards(stack: CoreSettings) -> Channel:
    return channel_of(MqttTarget(id="boards", via="mqtt"), stack)


class Board:
    """A board that shows what it hears."""

    def __init__(self, settings: CoreSettings, username: str, topic: str) -> None:
        self.heard: list[Heard] = []
        self.line = Connection(
            settings,
            Login(username, f"t-{username}", keep_session=False),
            subscriptions=(topic,),
            on_messages=self.heard.extend,
        )

    def hears(self, payload: bytes) -> bool:
        """Whether it heard that, after a look."""
        self.line.poll(0.05)
        return payload in [one.payload for one in self.heard]

    def comes_in(self) -> bool:
        """Whether the broker lets it in, after a look."""
        self.line.poll(0.05)
        return self.line.connected


@contextmanager
def board(
    stack: CoreSettings, registry: connection, name: str, *regions: str, topic: str = "lantian/v1/alerts/#"
) -> Iterator[Board]:
    issue_board(registry, stack, name, regions)
    assert update_broker(registry, stack.state_dir / BROKER_FOLDER)
    made = Board(stack, f"board-{name}", topic)
    try:
        eventually("the board is let in", made.comes_in)
        yield made
    finally:
        made.line.disconnect()


def send_until_heard(channel: Channel, listener: Board, message: Message) -> None:
    """A subscription may stand a moment later than its connection."""

    def heard() -> bool:
        assert channel.send(message, PATIENCE_S).failure is None
        return listener.hears(message.document)

    eventually("the board hears it", heard)


def test_a_board_hears_its_region_s_alerts_confirmed_and_not_kept(
    stack: CoreSettings, registry: connection, boards: Channel
) -> None:
    with board(stack, registry, "gate", "140502") as gate:
        send_until_heard(boards, gate, alert("140502"))
    assert {one.topic for one in gate.heard} == {"lantian/v1/alerts/140502/critical"}
    assert {one.qos for one in gate.heard} == {1}
    with board(stack, registry, "gate", "140502") as later:
        send_until_heard(boards, later, alert("140502", identity="m-2"))
    assert {one.payload for one in later.heard} == {alert("140502", identity="m-2").document}


def test_a_board_hears_no_other_region_unless_it_is_to_hear_all(
    stack: CoreSettings, registry: connection, boards: Channel
) -> None:
    with board(stack, registry, "one", "140502") as one, board(stack, registry, "every", "*") as every:
        send_until_heard(boards, every, alert("140525"))
        send_until_heard(boards, every, alert(""))
        send_until_heard(boards, one, alert("140502", Severity.INFO))
        every.hears(b"")
    assert {heard.topic for heard in one.heard} == {"lantian/v1/alerts/140502/info"}
    assert {"lantian/v1/alerts/140525/critical", "lantian/v1/alerts/all/critical"} <= {
        heard.topic for heard in every.heard
    }


def test_what_nobody_listens_to_is_delivered_and_said_so(boards: Channel) -> None:
    outcome = boards.send(alert("999999"), PATIENCE_S)
    assert outcome.failure is None
    assert "nobody listens" in outcome.detail


def test_what_the_broker_throws_away_for_want_of_a_right_is_no_delivery(
    stack: CoreSettings, registry: connection, boards: Channel
) -> None:
    folder = stack.state_dir / BROKER_FOLDER
    accounts = [
        Account(one.username, one.password_hash, AccountKind.DEVICE) if one.username == NOTIFIER else one
        for one in load_accounts(registry)
    ]
    registry.rollback()
    try:
        assert write_broker_files(folder, accounts)
        eventually("refused", lambda: boards.send(alert("140502"), PATIENCE_S).failure is Failure.REFUSED)
    finally:
        update_broker(registry, folder)
        registry.rollback()
    eventually("allowed again", lambda: boards.send(alert("140502"), PATIENCE_S).failure is None)


def test_an_account_that_the_broker_refuses_reaches_nobody(stack: CoreSettings, tmp_path: Path) -> None:
    write_secret(tmp_path, "mqtt-notifier", "wrong-pass-9")
    settings = stack.model_copy(update={"state_dir": tmp_path})
    outcome = channel_of(MqttTarget(id="boards", via="mqtt"), settings).send(alert("140502"), PATIENCE_S)
    assert outcome.failure is Failure.UNREACHABLE
    assert "Not authorized" in outcome.detail
    assert "wrong-pass-9" not in outcome.detail


def test_a_broker_that_is_away_and_comes_back_is_used_again(servers: Servers, boards: Channel) -> None:
    servers.kill("mosquitto")
    try:
        assert boards.send(alert("140502"), PATIENCE_S).failure is Failure.UNREACHABLE
    finally:
        servers.start("mosquitto")
    eventually("delivered", lambda: boards.send(alert("140502"), PATIENCE_S).failure is None)


def test_a_frozen_broker_is_waited_for_within_the_limit(stack: CoreSettings) -> None:
    pid = int((stack.state_dir / BROKER_FOLDER / "mosquitto.pid").read_text(encoding="ascii"))
    os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert MqttChannel(stack).send(alert("140502"), 1.0).failure is Failure.UNREACHABLE
        assert time.monotonic() - started < 4.0
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_bridge_takes_no_alert_for_a_report(stack: CoreSettings, registry: connection, boards: Channel) -> None:
    bridge = Board(stack, "bridge", "lantian/v1/+/+/+/report")
    try:
        eventually("the bridge is let in", bridge.comes_in)
        with board(stack, registry, "gate", "140502") as gate:
            send_until_heard(boards, gate, alert("140502"))
        bridge.hears(b"")
        assert not bridge.heard
    finally:
        bridge.line.disconnect()
