"""Mosquitto of the local stack: an account for each device, nothing for strangers."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
from pathlib import Path

from core.secrets import ensure_secret
from deploy.local.addresses import HOST, Ports, listens
from deploy.local.system_root import STATE, SystemRoot

USER = "mosquitto"
_DATA = "data"
_ITERATIONS = 1000
"""Enough for secrets of 192 random bits; every connection of every device pays them."""


class Mosquitto:
    """The MQTT broker."""

    name = "mosquitto"
    stop_signal = signal.SIGTERM
    ports = ("mqtt",)

    def __init__(self, state_dir: Path, root: SystemRoot) -> None:
        self._state_dir = state_dir
        self._folder = state_dir / "mosquitto"
        self._root = root
        self.log = state_dir / "log" / "mosquitto.log"

    def prepare(self, ports: Ports) -> None:
        """Write the configuration; accounts that are there stay."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.own(self._folder, USER)
        (self._folder / _DATA).mkdir(mode=0o700, exist_ok=True)
        self._root.own(self._folder / _DATA, USER)
        self._write("mosquitto.conf", render(ports))
        if not (self._folder / "passwd").exists():
            password = ensure_secret(self._state_dir, "mqtt-bridge")
            self._write("passwd", f"bridge:{password_hash(password)}\n")
            self._write("acl", BRIDGE_ACL)

    def command(self, ports: Ports) -> list[str]:
        """Mosquitto in the foreground."""
        del ports
        return self._root.command(USER, self._folder, ["/usr/sbin/mosquitto", "-c", f"{STATE}/mosquitto.conf"])

    def answers(self, ports: Ports) -> bool:
        """Whether the listener is open."""
        return listens(ports.mqtt)

    def _write(self, name: str, content: str) -> None:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        self._root.own(path, USER)


def render(ports: Ports) -> str:
    """`mosquitto.conf`: queues that outlast a bridge's absence, bounded in number and bytes."""
    lines = {
        "listener": f"{ports.mqtt} {HOST}",
        "allow_anonymous": "false",
        "password_file": f"{STATE}/passwd",
        "acl_file": f"{STATE}/acl",
        "pid_file": f"{STATE}/mosquitto.pid",
        "persistence": "true",
        "persistence_location": f"{STATE}/{_DATA}/",
        "autosave_interval": 10,
        "max_queued_messages": 1_000_000,
        "max_queued_bytes": 1_073_741_824,
        "max_inflight_messages": 4000,
        "max_packet_size": 4_194_304,
        "persistent_client_expiration": "30d",
        "set_tcp_nodelay": "true",
        "log_dest": "stdout",
        "log_timestamp_format": "%Y-%m-%dT%H:%M:%S",
        "connection_messages": "false",
    }
    kinds = "".join(f"log_type {kind}\n" for kind in ("error", "warning", "notice"))
    return "".join(f"{key} {value}\n" for key, value in lines.items()) + kinds


BRIDGE_ACL = """user bridge
topic read lantian/v1/#
topic write lantian/v1/+/+/+/ack
topic write lantian/v1/platform/+/ack
"""


def password_hash(password: str) -> str:
    """Mosquitto's form of a hashed password: PBKDF2 with SHA-512, random salt."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return f"$7${_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
