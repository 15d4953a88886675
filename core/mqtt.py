"""A thin adapter for MQTT: one connection, driven by the thread that owns it.

Delivery guarantees: QoS 1 both ways. A received message is acknowledged by `ack` alone, and only on the connection
that delivered it: after a reconnect the broker sends again what it has not heard of. Nothing here runs in a thread of
its own; `wake` is the only method that other threads may call.

paho keeps the session; plain messages and their acknowledgements go past it in bulk (decision 0009). MQTT 3.1.1,
because paho spends 78 µs on a message of MQTT 5 where 3.1.1 takes 49 (a `Properties` object each way).
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from prometheus_client import Counter

from core.errors import SettingsError
from core.logs import get_logger
from core.mqtt_packets import Message, Receipt, pubacks
from core.mqtt_socket import BufferedSocket
from core.process import Backoff
from core.secrets import read_secret
from core.settings import CoreSettings

__all__ = ["Connection", "Login", "Message", "Receipt", "Will"]

CONNECTIONS = Counter("lantian_mqtt_connections_total", "Times the broker let us in: first, and each time again")

log = get_logger(__name__)

PACKETS_A_TURN = 1000
"""Read at most so many packets before the owner gets its turn."""
STABLE_SECONDS = 5.0
"""Only a connection that stood so long resets the back-off: two clients of one id would throw each other out fast."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who connects: `client_id` is stable where the broker keeps a session, the password is `mqtt-<username>`."""

    username: str
    client_id: str
    keep_session: bool = True


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says, retained, if this client vanishes."""

    topic: str
    payload: bytes


class _BufferedClient(paho.Client):
    """paho's client on a socket that reads and writes in large pieces."""

    buffered: BufferedSocket | None = None

    def _create_socket(self) -> Any:
        self.buffered = BufferedSocket(super()._create_socket())
        return self.buffered

    @property
    def between_packets(self) -> bool:
        """Whether what is read next is a packet's beginning."""
        return self._in_packet["command"] == 0

    def read_packet(self) -> None:
        """Read one packet, or what there is of it; `loop_read` reads as many as there are messages unconfirmed."""
        rc = self._packet_read()
        if rc > 0:
            self._loop_rc_handle(rc)

    def lost(self) -> None:
        """End the connection as paho does when it cannot read or write."""
        self._loop_rc_handle(paho.MQTT_ERR_CONN_LOST)

    def _handle_pubackcomp(self, cmd: Any) -> Any:
        """For a PUBACK paho makes a `Properties` and a `ReasonCode`, 20 µs that only MQTT 5 needs."""
        with self._out_message_mutex:
            if self._out_messages.pop(int.from_bytes(self._in_packet["packet"][:2], "big"), None) is not None:
                self._inflight_messages -= 1
        return paho.MQTT_ERR_SUCCESS


class Connection:
    """An MQTT connection that comes back by itself; every method but `wake` belongs to one thread."""

    def __init__(
        self,
        settings: CoreSettings,
        login: Login,
        *,
        subscriptions: tuple[str, ...] = (),
        on_messages: Callable[[Sequence[Message]], None],
        on_connected: Callable[[], None] = lambda: None,
        will: Will | None = None,
        keepalive: int = 30,
        gather: float = 0.0,
    ) -> None:
        """What arrives within `gather` seconds after a read is read together: a turn costs as much as many messages."""
        if not settings.mqtt_host:
            raise SettingsError(
                "address", "no MQTT broker is known", field="LANTIAN_MQTT_HOST", hint="run `lantian up`"
            )
        self.subscriptions = subscriptions
        self.number = 0
        """Of the connection that stands, or stood last."""
        self.connected = False
        self.refused = ""
        """Why the broker refused the last attempt; empty if it did not."""
        self.fenced: set[int] = set()
        """Packet ids of the unsubscriptions that the broker has confirmed."""
        self._on_messages = on_messages
        self._on_connected = on_connected
        self._backoff = Backoff(shortest=0.2, longest=15.0)
        self._due = 0.0
        self._since = 0.0
        self._next_misc = 0.0
        self._gather = gather
        self._next_read = 0.0
        self._left = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._client = self._make(settings, login, will, keepalive)

    def _make(self, settings: CoreSettings, login: Login, will: Will | None, keepalive: int) -> _BufferedClient:
        client = _BufferedClient(
            CallbackAPIVersion.VERSION2,
            client_id=login.client_id,
            clean_session=not login.keep_session,
            protocol=paho.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.suppress_exceptions = False
        client.max_inflight_messages = (
            0  # the owner bounds what is under way; paho's own bound scans all at each PUBACK
        )
        client.username_pw_set(login.username, read_secret(settings.state_dir, f"mqtt-{login.username}"))
        if will:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._connect_answered
        client.on_disconnect = self._disconnected
        client.on_message = self._received
        client.on_unsubscribe = lambda _client, _data, mid, _codes, _properties: self.fenced.add(mid)
        # With this callback set paho leaves writing to the owner's loop instead of a system call a packet.
        client.on_socket_register_write = lambda _client, _data, _socket: None
        client.connect_async(settings.mqtt_host, settings.mqtt_port, keepalive=keepalive)
        return client

    @property
    def unconfirmed(self) -> int:
        """Published messages that the broker has not confirmed."""
        return len(self._client._out_messages)  # paho has no public count

    def poll(self, timeout: float, *, read: bool = True) -> None:
        """One turn: connect if it is time, read, write, keep alive; waits at most `timeout` s for something to do.

        With `read` false what arrives stays with the broker.
        """
        buffered = self._client.buffered
        if self._client.socket() is None or buffered is None:
            self._reconnect(timeout)
            return
        readable = self._wait(buffered, timeout, read)
        if read and readable:
            self._read(buffered)
        if self._client.want_write():
            self._client.loop_write()
        self._flush(buffered)
        now = time.monotonic()
        if now >= self._next_misc and read:
            self._next_misc = now + 1.0
            self._client.loop_misc()
            if self.connected and now - self._since > STABLE_SECONDS:
                self._backoff.reset()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1; paho repeats it after a reconnect until the broker confirms."""
        self._client.publish(topic, payload, 1, retain)

    def ack(self, messages: Iterable[Message | Receipt]) -> None:
        """Tell the broker that messages are taken; without effect for those whose connection is gone."""
        if self.connected and self._client.buffered is not None:
            number = self.number
            mids = [message.mid for message in messages if message.connection == number and message.mid]
            self._client.buffered.put(pubacks(mids))

    def unsubscribe(self, topics: Sequence[str]) -> int | None:
        """Take back subscriptions; the packet id appears in `fenced` when the broker has done it."""
        return self._client.unsubscribe(list(topics))[1]

    def disconnect(self) -> None:
        """Leave in order; what was written is sent first."""
        self._left = True
        if self._client.socket() is not None:
            self._client.disconnect()
            self._client.loop_write()
        self.connected = False
        self._wake_read.close()
        self._wake_write.close()

    def wake(self) -> None:
        """End the wait of a `poll` that runs; safe from any thread."""
        try:
            self._wake_write.send(b"\0")
        except BlockingIOError:
            return  # the pipe is full of wake-ups already
        except OSError:
            if not self._left:
                raise

    def _wait(self, buffered: BufferedSocket, timeout: float, read: bool) -> bool:
        """Whether there is something to read; returns as soon as there is anything to do."""
        if buffered.available and read:
            return True
        if self._client.want_write():
            timeout = 0.0
        pause = self._next_read - time.monotonic()
        if read and pause > 0 and (self._woken(min(pause, timeout)) or timeout < pause):
            return False
        sources: list[Any] = [self._wake_read, buffered] if read else [self._wake_read]
        writing = [buffered] if buffered.pending else []
        ready, _, _ = select.select(sources, writing, [], timeout)
        if self._wake_read in ready:
            self._drain_wakes()
        return buffered in ready

    def _woken(self, timeout: float) -> bool:
        ready, _, _ = select.select([self._wake_read], [], [], timeout)
        if ready:
            self._drain_wakes()
        return bool(ready)

    def _drain_wakes(self) -> None:
        try:
            self._wake_read.recv(65536)
        except BlockingIOError:
            return

    def _read(self, buffered: BufferedSocket) -> None:
        try:
            buffered.fill()
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(str(error))
            return
        if not buffered.available:
            self._client.read_packet()  # meets the stream's end as well
            return
        self._next_read = time.monotonic() + self._gather
        left = PACKETS_A_TURN
        while left > 0 and buffered.available and self._client.socket() is buffered:
            messages = buffered.take(left, self.number) if self._client.between_packets else []
            if messages:
                left -= len(messages)
                self._on_messages(messages)
            else:
                left -= 1
                self._client.read_packet()

    def _flush(self, buffered: BufferedSocket) -> None:
        if self._client.socket() is not buffered:
            return
        try:
            buffered.flush()
        except OSError as error:
            self._lose(str(error))

    def _lose(self, why: str) -> None:
        log.warning("mqtt_lost", error=why)
        self._client.lost()

    def _reconnect(self, timeout: float) -> None:
        wait = self._due - time.monotonic()
        if wait > 0:
            self._woken(min(wait, timeout))
            return
        self._due = time.monotonic() + self._backoff.delay()
        try:
            self._client.reconnect()
        except OSError as error:
            self.refused = str(error)
            log.warning("mqtt_away", error=str(error))

    def _connect_answered(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self.refused = str(reason)
            log.error("mqtt_refused", reason=self.refused)
            return
        self.number += 1
        CONNECTIONS.inc()
        self.connected = True
        self.refused = ""
        self._since = time.monotonic()
        if self.subscriptions:
            self._client.subscribe([(topic, 1) for topic in self.subscriptions])
        log.info("mqtt_connected", connection=self.number)
        self._on_connected()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if self.connected and not self._left:
            log.warning("mqtt_disconnected", reason=str(reason))
        self.connected = False
        self._due = time.monotonic() + self._backoff.delay()

    def _received(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self._on_messages([Message(message.topic, bytes(message.payload), message.qos, message.mid, self.number)])
