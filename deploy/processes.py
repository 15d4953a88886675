"""Lantian's own processes run as children: started, waited for, ended in order."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aggregate.settings import AggregateSettings
from alerts.settings import AlertsSettings
from core.errors import SettingsError, UnavailableError
from core.settings import CoreSettings
from ingest.settings import BridgeSettings

PROCESSES = {"ingest": ("ingest",), "aggregate": ("aggregate",), "alerts": ("alerts", "run")}
"""From devices to alerts: by the name of its port file, what each is started with."""
FREE_PORTS = {
    f"{settings.model_config['env_prefix']}METRICS_PORT": "0"
    for settings in (BridgeSettings, AggregateSettings, AlertsSettings)
}
"""Demonstrations, and processes that run already, do not take each other's ports."""
STOP_TIMEOUT_S = 20.0
_PAUSE_S = 0.1


class StoppedError(Exception):
    """Whoever waits for children is to leave: the user wants no more."""


@dataclass(slots=True)
class Processes:
    """Children of one state folder. `environment` leads them to their stack; logs go to `<state_dir>/log`.

    All waiting ends with `StoppedError` as soon as `stopping` is set.
    """

    state_dir: Path
    environment: Mapping[str, str]
    stopping: threading.Event
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _asked: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, *arguments: str) -> None:
        """Run `lantian <arguments>` as `name`, the name under which its port file stands."""
        log = self.log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        self._port_file(name).unlink(missing_ok=True)
        with log.open("ab") as output:
            self._children[name] = self._launch(arguments, stdout=output, stderr=output)

    def ask(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `lantian <arguments>` beside the others; what it tells on the way goes to our stderr."""
        self._asked.append(self._launch(arguments, stdout=subprocess.PIPE))
        return self._asked[-1]

    def answer(self, child: subprocess.Popen[bytes]) -> tuple[int, str]:
        """Wait for the end of what was asked: exit status and answer.

        Raises `UnavailableError` if one of the processes that it needs ends meanwhile; `stop` ends what was asked.
        """
        while True:
            self.check()
            with suppress(subprocess.TimeoutExpired):
                answer, _ = child.communicate(timeout=_PAUSE_S)
                return child.returncode, answer.decode()

    def log(self, name: str) -> Path:
        """Where a child writes."""
        return self.state_dir / "log" / f"{name}.log"

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until every child says that it is ready; raises `UnavailableError` naming the one that does not."""
        pause = threading.Event()
        for name in self._children:
            for _ in range(int(timeout_s / _PAUSE_S)):
                self.check()
                if self.ready(name):
                    break
                pause.wait(_PAUSE_S)
            else:
                raise UnavailableError(
                    name, f"{name} is not ready within {timeout_s:.0f} s", hint=f"read {self.log(name)}"
                )

    def check(self) -> None:
        """Raise `StoppedError` if the user wants no more, `UnavailableError` if a child has ended by itself."""
        if self.stopping.is_set():
            raise StoppedError
        for name, child in self._children.items():
            if child.poll() is not None:
                raise UnavailableError(
                    name, f"{name} ended with status {child.returncode}", hint=f"read {self.log(name)}"
                )

    @property
    def folder(self) -> Path:
        """Where those who run them leave what they make."""
        return self.state_dir

    @property
    def pids(self) -> dict[str, int]:
        """Of the children, by name."""
        return {name: child.pid for name, child in self._children.items()}

    def stop(self) -> None:
        """End all, each given time to finish what it has begun: what was asked, then those first that started first."""
        for child in self._asked:
            _end("what was asked", child)
        for name, child in self._children.items():
            _end(name, child)
        self._asked.clear()
        self._children.clear()

    def _launch(self, arguments: tuple[str, ...], **streams: Any) -> subprocess.Popen[bytes]:
        """In a session of its own: Ctrl-C at the terminal reaches us alone, and we end them in order."""
        return subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", *arguments],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **streams,
        )

    def _port_file(self, name: str) -> Path:
        return self.state_dir / "run" / f"{name}.port"

    def ready(self, name: str) -> bool:
        """Whether a child says that it is."""
        try:
            port = int(self._port_file(name).read_text(encoding="utf-8"))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError, urllib.error.URLError):
            return False


def _end(name: str, child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.communicate(timeout=STOP_TIMEOUT_S)  # an answer that nobody reads would keep it waiting
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        sys.stderr.write(f"lantian: {name} did not end within {STOP_TIMEOUT_S:.0f} s and was killed\n")


def refuse_servers(configured: CoreSettings, who: str) -> None:
    """For who starts from nothing: never on servers that may hold somebody's data. Raises `SettingsError`."""
    for name in ("mqtt_host", "kafka", "postgres_host"):
        if getattr(configured, name):
            raise SettingsError(
                "servers",
                f"{who} runs on servers of its own, never on those that are configured",
                field=f"LANTIAN_{name.upper()}",
                value=getattr(configured, name),
                hint="unset it, here and in lantian.toml",
            )


def data_clock(epoch: str, started: str, speed: float) -> dict[str, str]:
    """The environment that sets one clock for all processes."""
    return {
        "LANTIAN_CLOCK_EPOCH": epoch,
        "LANTIAN_CLOCK_STARTED": started,
        "LANTIAN_CLOCK_SPEED": str(speed),
    }
