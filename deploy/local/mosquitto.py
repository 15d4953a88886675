"""Mosquitto of the local stack: an account for each device, nothing for strangers."""

from __future__ import annotations

import signal
from pathlib import Path

from core.secrets import ensure_secret
from core.settings import CoreSettings
from deploy.local.addresses import HOST, Ports, listens
from deploy.local.settings import LocalSettings
from deploy.local.system_root import STATE, SystemRoot
from ingest.broker_files import PASSWORDS, write_broker_files
from ingest.credentials import BRIDGE, bridge_account, secret_name

USER = "mosquitto"
SOURCE = Path(__file__).resolve().parents[1] / "mosquitto" / "mosquitto.conf"
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
        self.folder = state_dir / "mosquitto"
        """The broker's own, with the files that let accounts in."""
        self._root = root
        self.log = state_dir / "log" / "mosquitto.log"

    def prepare(self, ports: Ports) -> None:
        """Write the configuration; before there is a register of accounts, the bridge's alone is let in."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.own(self.folder, USER)
        (self.folder / _DATA).mkdir(mode=0o700, exist_ok=True)
        self._root.own(self.folder / _DATA, USER)
        (self.folder / "conf.d").mkdir(mode=0o700, exist_ok=True)
        self._root.own(self.folder / "conf.d", USER)
        self._write("mosquitto.conf", SOURCE.read_text(encoding="utf-8"))
        self._write("conf.d/local.conf", render(ports, self._local))
        if not (self.folder / PASSWORDS).exists():
            ensure_secret(self._state_dir, secret_name(BRIDGE))
            write_broker_files(self.folder, [bridge_account(self._settings)])

    def command(self, ports: Ports) -> list[str]:
        """Mosquitto in the foreground."""
        del ports
        return self._root.command(USER, self.folder, ["/usr/sbin/mosquitto", "-c", f"{STATE}/mosquitto.conf"])

    def answers(self, ports: Ports) -> bool:
        """Whether the listener is open."""
        return listens(ports.mqtt)

    def _write(self, name: str, content: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        self._root.own(path, USER)


def render(ports: Ports, local: LocalSettings) -> str:
    """What `conf.d` adds to `deploy/mosquitto/mosquitto.conf`: where it listens, and bounds in number and bytes."""
    lines = {
        "listener": f"{ports.mqtt} {HOST}",
        "max_queued_messages": local.mqtt_queued_messages,
        "max_queued_bytes": local.mqtt_queued_bytes,
    }
    return "".join(f"{key} {value}\n" for key, value in lines.items())
