"""Lantian's own processes run as children: started, waited for, ended in order."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import UnavailableError

STOP_TIMEOUT_S = 20.0
_PAUSE_S = 0.1


@dataclass(slots=True)
class Processes:
    """Children of one state folder. `environment` leads them to their stack; logs go to `<state_dir>/log`."""

    state_dir: Path
    environment: Mapping[str, str]
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *arguments: str) -> None:
        """Run `lantian <arguments>` as `name`, the name under which its port file stands."""
        log = self.log(name)
        log.parent.mkdir(parents=True, exist_ok=True)
        self._port_file(name).unlink(missing_ok=True)
        with log.open("ab") as output:
            self._children[name] = self._launch(arguments, stdout=output, stderr=output)

    def ask(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Run `lantian <arguments>` beside the others; what it tells on the way goes to our stderr."""
        return self._launch(arguments, stdout=subprocess.PIPE)

    def answer(self, child: subprocess.Popen[bytes], stop: threading.Event) -> tuple[int, str]:
        """Wait for the end of what was asked, or end it when `stop` is set: exit status and answer.

        Raises `UnavailableError` if one of the processes that it needs ends meanwhile.
        """
        try:
            while True:
                try:
                    answer, _ = child.communicate(timeout=_PAUSE_S)
                except subprocess.TimeoutExpired:
                    self.check()
                    if stop.is_set():
                        child.terminate()
                else:
                    return child.returncode, answer.decode()
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()

    def log(self, name: str) -> Path:
        """Where a child writes."""
        return self.state_dir / "log" / f"{name}.log"

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until every child says that it is ready; raises `UnavailableError` naming the one that does not."""
        pause = threading.Event()
        for name in self._children:
            for _ in range(int(timeout_s / _PAUSE_S)):
                self.check()
                if self._ready(name):
                    break
                pause.wait(_PAUSE_S)
            else:
                raise UnavailableError(
                    name, f"{name} is not ready within {timeout_s:.0f} s", hint=f"read {self.log(name)}"
                )

    def check(self) -> None:
        """Raise `UnavailableError` if a child has ended by itself."""
        for name, child in self._children.items():
            if child.poll() is not None:
                raise UnavailableError(
                    name, f"{name} ended with status {child.returncode}", hint=f"read {self.log(name)}"
                )

    def stop(self) -> None:
        """End all, those first that were started first, each given time to finish what it has begun."""
        for name, child in self._children.items():
            child.terminate()
            try:
                child.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                sys.stderr.write(f"lantian: {name} did not end within {STOP_TIMEOUT_S:.0f} s and was killed\n")
        self._children.clear()

    def _launch(self, arguments: tuple[str, ...], **streams: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "deploy.cli", *arguments]
        return subprocess.Popen(command, env=dict(self.environment), stdin=subprocess.DEVNULL, **streams)

    def _port_file(self, name: str) -> Path:
        return self.state_dir / "run" / f"{name}.port"

    def _ready(self, name: str) -> bool:
        try:
            port = int(self._port_file(name).read_text(encoding="utf-8"))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError, urllib.error.URLError):
            return False


def data_clock(epoch: str, started: str, speed: float) -> dict[str, Any]:
    """The environment that sets one clock for all processes."""
    return {
        "LANTIAN_CLOCK_EPOCH": epoch,
        "LANTIAN_CLOCK_STARTED": started,
        "LANTIAN_CLOCK_SPEED": str(speed),
    }
