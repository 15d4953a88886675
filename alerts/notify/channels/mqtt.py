"""The platform's own broker, for site boards and sirens: QoS 1, not retained, confirmed by PUBACK.

MQTT 5, unlike `core.mqtt`: in 3.1.1 a broker confirms what it throws away for want of a right, and never says that
nobody listens. A connection for each message: one that is kept would have to be kept alive between them, and would
repeat, when it comes back, what has been given up.
"""

from __future__ import annotations

import time
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from alerts.notify.channels.fitting import one_line
from alerts.notify.message import Failure, Message, Outcome
from core.errors import SettingsError
from core.secrets import read_secret
from core.settings import CoreSettings
from ingest.credentials import NOTIFIER, secret_name
from ingest.topics import alert_topic

_TURN_S = 0.1
_NOBODY_LISTENS = 16
_QUOTA_EXCEEDED = 151
"""Reason codes of MQTT 5.0 (3.4.2.1)."""


class MqttChannel:
    """Publishes documents to the broker that the settings name; raises `SettingsError` if they name none."""

    def __init__(self, settings: CoreSettings) -> None:
        if not settings.mqtt_host:
            raise SettingsError(
                "address", "no MQTT broker is known", field="LANTIAN_MQTT_HOST", hint="run `lantian up`"
            )
        self._address = settings.mqtt_host, settings.mqtt_port
        self._password = read_secret(settings.state_dir, secret_name(NOTIFIER))

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """Connect, publish once, and wait for the broker's word on it."""
        deadline = time.monotonic() + timeout_s
        errand = _Errand(alert_topic(message.region, message.severity), message.document)
        client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False)
        client.username_pw_set(NOTIFIER, self._password)
        client.connect_timeout = timeout_s
        client.on_connect = errand.connected
        client.on_publish = errand.confirmed
        try:
            client.connect(*self._address)
            while errand.outcome is None and (left := deadline - time.monotonic()) > 0:
                if client.loop(min(left, _TURN_S)) != paho.MQTT_ERR_SUCCESS:
                    break
            client.disconnect()
        except OSError as error:
            return Outcome(Failure.UNREACHABLE, one_line(f"连接失败 the broker is not reached: {error}"))
        return errand.outcome or errand.silence()

    def close(self) -> None:
        """Each try has a connection of its own."""


class _Errand:
    """One message on one connection; `outcome` None until the broker has spoken."""

    def __init__(self, topic: str, document: bytes) -> None:
        self._topic = topic
        self._document = document
        self._published = False
        self.outcome: Outcome | None = None

    def connected(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        """Publish, if the broker lets us in."""
        if reason.is_failure:
            self.outcome = Outcome(Failure.UNREACHABLE, f"账号 {NOTIFIER} 被拒绝 the broker refuses it: {reason}")
            return
        client.publish(self._topic, self._document, qos=1)
        self._published = True

    def confirmed(self, _client: paho.Client, _data: Any, _mid: int, reason: ReasonCode, _properties: Any) -> None:
        """Take the broker's word."""
        if reason.is_failure:
            failure = Failure.BUSY if reason.value == _QUOTA_EXCEEDED else Failure.REFUSED
            self.outcome = Outcome(failure, f"{self._topic}: {reason}")
        else:
            unheard = reason.value == _NOBODY_LISTENS
            self.outcome = Outcome(detail=f"{self._topic}: 当前无人订阅 nobody listens" if unheard else "")

    def silence(self) -> Outcome:
        """What it means that the broker has not spoken."""
        if self._published:
            return Outcome(Failure.UNKNOWN, "已发送，代理未确认 published, and not confirmed by the broker")
        return Outcome(Failure.UNREACHABLE, "代理无应答 the broker does not answer")
