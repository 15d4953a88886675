"""One container of an image, as closed in as `docker-compose.yml` has it, for as long as a test looks at it."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from .engine import EngineError, docker

CLOSED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--tmpfs", "/tmp:mode=1777")  # noqa: S108


@dataclass(frozen=True)
class Container:
    """A container that runs."""

    name: str

    def run(self, *command: str) -> str:
        """What a program said within it; raises `EngineError` with its last line if it fails."""
        return docker("exec", self.name, *command)

    def succeeds(self, *command: str) -> bool:
        """Whether a program within it ends well."""
        try:
            self.run(*command)
        except EngineError:
            return False
        return True

    def port(self, inside: int) -> int:
        """The port of this machine that leads to one within; another after each start."""
        return int(docker("port", self.name, f"{inside}/tcp").splitlines()[0].rpartition(":")[2])

    def restart(self) -> None:
        """End it as it asks to be ended, and start it again on what it has kept."""
        docker("restart", self.name)


@contextmanager
def container(
    tag: str,
    *command: str,
    options: Sequence[str] = (),
    files: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Container]:
    """Run one: `files` are mounted by their places within, unchangeable. It and its volumes are gone at the end.

    What it said is told when the test fails.
    """
    mounts = [word for inside, path in (files or {}).items() for word in ("--volume", f"{path}:{inside}:ro")]
    told = [word for name, value in (environment or {}).items() for word in ("--env", f"{name}={value}")]
    name = f"lantian-standin-{uuid.uuid4().hex[:8]}"
    try:
        docker("run", "--detach", "--name", name, *CLOSED, *mounts, *told, *options, tag, *command)
        yield Container(name)
    except BaseException:
        with suppress(EngineError):  # it may not even have begun
            sys.stderr.write(f"\n--- {tag} ---\n{docker('logs', '--tail', '40', name, both=True)}\n")
        raise
    finally:
        docker("rm", "--force", "--volumes", name)
