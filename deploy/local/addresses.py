"""The stack's addresses: free ports, chosen once and remembered in `<state_dir>/stack.toml`."""

from __future__ import annotations

import random
import socket
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.errors import UnavailableError
from core.settings import STACK_FILE, CoreSettings

HOST = "127.0.0.1"
PORTS = range(21000, 31000)
"""Below Linux's range for outgoing connections, which begins at 32768."""


@dataclass(frozen=True)
class Ports:
    """A port for each listener of the stack; 0 where the settings name a server."""

    mqtt: int
    kafka: int
    kafka_controller: int
    postgres: int
    prometheus: int = 0
    alertmanager: int = 0


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    for _ in range(200):
        port = random.choice(PORTS)  # noqa: S311 (no secret)
        if is_free(port):
            return port
    raise UnavailableError("ports", f"no port from {PORTS.start} to {PORTS.stop} is free", hint="stop other stacks")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether somebody answers on `port` of loopback."""
    return reachable(f"{HOST}:{port}")


def reachable(address: str) -> bool:
    """Whether somebody answers at `host:port`, of several with commas between them at the first."""
    host, _, port = address.split(",", maxsplit=1)[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=2).close()
    except (OSError, ValueError):
        return False
    return True


def load_ports(state_dir: Path) -> Ports:
    """The remembered ports; fresh ones where none are."""
    ports = _written(state_dir).get("ports", {})
    return Ports(**{name: int(ports.get(name) or free_port()) for name in Ports.__dataclass_fields__})


def renew(ports: Ports, *names: str) -> Ports:
    """The same ports, but fresh ones for those of `names` that somebody else has taken meanwhile."""
    return replace(ports, **{name: free_port() for name in names if not is_free(getattr(ports, name))})


def known(state_dir: Path) -> dict[str, str | int]:
    """The settings that `save` wrote; none before the first `up`."""
    return _written(state_dir).get("core", {})


def not_ours(settings: CoreSettings, state_dir: Path) -> CoreSettings:
    """`settings` without addresses that are this stack's own, as they are after `eval "$(lantian env)"`."""
    own = known(state_dir)
    groups = (("mqtt_host", "mqtt_port"), ("kafka",), ("postgres_host", "postgres_port"))
    emptied: dict[str, str | int] = {}
    for group in groups:
        if all(getattr(settings, field) == own.get(field) for field in group):
            emptied |= {field: type(own[field])() for field in group}
    return settings.model_copy(update=emptied)


def save(state_dir: Path, ports: Ports, configured: CoreSettings) -> None:
    """Write the file that every process reads."""
    lines = ["# Written by `lantian up`.", "[core]"]
    lines += [f"{key} = {_toml(value)}" for key, value in _settings(ports, configured).items()]
    lines += ["[ports]", *(f"{key} = {value}" for key, value in asdict(ports).items())]
    partial = state_dir / f"{STACK_FILE}.partial"
    partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
    partial.rename(state_dir / STACK_FILE)


def _settings(ports: Ports, configured: CoreSettings) -> dict[str, str | int]:
    """Addresses of the servers that the configuration does not name."""
    found: dict[str, str | int] = {}
    if not configured.mqtt_host:
        found |= {"mqtt_host": HOST, "mqtt_port": ports.mqtt}
    if not configured.kafka:
        found["kafka"] = f"{HOST}:{ports.kafka}"
    if not configured.postgres_host:
        found |= {"postgres_host": HOST, "postgres_port": ports.postgres}
    return found


def _written(state_dir: Path) -> dict[str, dict[str, str | int]]:
    path = state_dir / STACK_FILE
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _toml(value: str | int) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
