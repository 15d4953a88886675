"""Mosquitto of the local stack: an account for each device, nothing for strangers."""

from __future__ import annotations

import signal
from contextlib import closing

from core.postgres import connect
from core.secrets import ensure_secret
from core.settings import CoreSettings
from deploy.local.addresses import HOST, Ports, listens
from deploy.local.settings import LocalSettings
from deploy.local.system_root import STATE, SystemRoot
from ingest.broker_files import ACL, PASSWORDS, PID, write_broker_files
from ingest.credentials import BRIDGE, bridge_account, ensure_own, load_accounts, secret_name

USER = "mosquitto"
_DATA = "data"


class Mosquitto:
    """The MQTT broker."""

    name = "mosquitto"
    stop_signal = signal.SIGTERM
    ports = ("mqtt",)

    def __init__(self, settings: CoreSettings, root: SystemRoot, local: LocalSettings) -> None:
        self._settings = settings
        self._local = local
        state_dir = self._state_dir = settings.state_dir.absolute()
        self._folder = state_dir / "mosquitto"
        self._root = root
        self.log = state_dir / "log" / "mosquitto.log"

    def prepare(self, ports: Ports) -> None:
        """Write the configuration; before there is a register of accounts, the bridge's alone is let in."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.own(self._folder, USER)
        (self._folder / _DATA).mkdir(mode=0o700, exist_ok=True)
        self._root.own(self._folder / _DATA, USER)
        self._write("mosquitto.conf", render(ports, self._local))
        if not (self._folder / PASSWORDS).exists():
            ensure_secret(self._state_dir, secret_name(BRIDGE))
            write_broker_files(self._folder, [bridge_account(self._settings)])

    def command(self, ports: Ports) -> list[str]:
        """Mosquitto in the foreground."""
        del ports
        return self._root.command(USER, self._folder, ["/usr/sbin/mosquitto", "-c", f"{STATE}/mosquitto.conf"])

    def answers(self, ports: Ports) -> bool:
        """Whether the listener is open."""
        return listens(ports.mqtt)

    def provision(self, settings: CoreSettings) -> None:
        """Let in the accounts that the database knows; the broker reads them again."""
        with closing(connect(settings, "registry", application="lantian up")) as database:
            ensure_own(database, settings)
            write_broker_files(self._folder, load_accounts(database))

    def _write(self, name: str, content: str) -> None:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        self._root.own(path, USER)


def render(ports: Ports, local: LocalSettings) -> str:
    """`mosquitto.conf`: queues that outlast a bridge's absence, bounded in number and bytes."""
    lines = {
        "listener": f"{ports.mqtt} {HOST}",
        "allow_anonymous": "false",
        "password_file": f"{STATE}/{PASSWORDS}",
        "acl_file": f"{STATE}/{ACL}",
        "pid_file": f"{STATE}/{PID}",
        "persistence": "true",
        "persistence_location": f"{STATE}/{_DATA}/",
        "autosave_interval": 10,
        "max_queued_messages": local.mqtt_queued_messages,
        "max_queued_bytes": local.mqtt_queued_bytes,
        "max_inflight_messages": 16_000,
        "max_packet_size": 4_194_304,
        "persistent_client_expiration": "30d",
        "log_dest": "stdout",
        "log_timestamp_format": "%Y-%m-%dT%H:%M:%S",
        "connection_messages": "false",
    }
    kinds = "".join(f"log_type {kind}\n" for kind in ("error", "warning", "notice"))
    return "".join(f"{key} {value}\n" for key, value in lines.items()) + kinds
