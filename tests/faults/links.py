"""The lines between Lantian and its servers as the suite commands them, in a process of their own (`proxy`)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local.addresses import HOST


class Link:
    """One line. `port` is where its clients connect."""

    def __init__(self, links: Links, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self._links = links

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def cut(self) -> int:
        """Every connection is reset, new ones are refused; how many clients were connected."""
        return self._links.command(f"cut {self.name}")

    def slow(self, seconds: float) -> None:
        """Each piece is held up for so long, either way."""
        self._links.command(f"slow {self.name} {seconds}")

    def silence(self) -> None:
        """Half-open: nothing is forwarded any more, and nobody is told."""
        self._links.command(f"silence {self.name}")

    def reset(self) -> int:
        """Every connection is reset, new ones stand; how many clients were connected."""
        return self._links.command(f"reset {self.name}")

    def mend(self) -> None:
        """As new; what was silent is reset."""
        self._links.command(f"mend {self.name}")


class Links(dict[str, Link]):
    """Lines by name, and the process that they run in."""

    def __init__(self, ports: Mapping[str, tuple[int, int]]) -> None:
        """`ports`: by name where it listens, and where it leads to."""
        super().__init__({name: Link(self, name, listen) for name, (listen, _) in ports.items()})
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("proxy.py")), json.dumps(ports)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def command(self, text: str) -> int:
        """Have it obeyed; how many clients were reset."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        assert answer.isdigit(), f"the proxy has not obeyed: {text}"
        return int(answer)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(timeout=30)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
