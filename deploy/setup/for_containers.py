"""`python3 -m deploy.setup.for_containers`: what the stack in containers needs: Compose v2, and a Docker engine.

Compose alone, to load `docker-compose.yml`, needs neither engine nor root. An engine that is started here stays: end it
by the number in /var/run/docker.pid.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.setup import debian, places
from deploy.setup.step import Step, StepFailedError, building, call, perform

COMPOSE = "2.40.3"
COMPOSE_MODULE = "github.com/docker/compose/v2"
ENGINE_PACKAGES = ("docker.io", "iptables", "runc")
PLUGINS = tuple(
    Path(folder) / "docker" / "cli-plugins"
    for folder in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
)
"""Where Docker's command line looks for Compose, beside the user's own folder."""
SYSTEMD = Path("/run/systemd/system")
ENGINE_S = 60.0
"""How long a new engine may take to answer."""
_ANSWER_S = 10.0
_LOOK_S = 0.5


def compose() -> Path | None:
    """The program of Compose v2 or newer, which also runs without Docker's command line; None if there is none."""
    return next(filter(_is_compose, _places_of_compose()), None)


def build_compose(cache: Path) -> None:
    """Compose of its Go module (two minutes, 67 MB), and its link where Docker's command line looks for it.

    Its own module replaces others, which `go install` refuses: so it is built as a need of an empty one.
    """
    if shutil.which("go") is None:
        raise StepFailedError(
            "Compose v2 is not there, and there is no Go to build it with",
            "install Docker's docker-compose-plugin, or Go 1.24 or newer (https://go.dev/dl)",
        )
    final = cache / f"compose-{COMPOSE}"
    with building(final) as folder:
        if folder is not None:
            _compile(folder)
    link = _own_plugins() / "docker-compose"
    if link.exists() and not link.is_symlink():
        raise StepFailedError(f"{link} is there, and is no Compose v2", "remove it, and run this again")
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(final / "docker-compose")


def engine_silence() -> str | None:
    """Why no engine answers, in the words of Docker's command line; None if one does."""
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_S,
            check=False,
        )
    except FileNotFoundError:
        return "docker is not installed"
    except subprocess.TimeoutExpired:
        return f"it is silent for {_ANSWER_S:.0f} s"
    return None if asked.returncode == 0 else _last_line(asked.stderr) or "it says nothing"


def start_engine(cache: Path) -> None:
    """Install an engine where there is none, and start it; returns once it answers."""
    silence = engine_silence()
    if host := os.environ.get("DOCKER_HOST"):
        raise StepFailedError(f"the engine of DOCKER_HOST={host} does not answer: {silence}", "unset DOCKER_HOST")
    if os.geteuid() != 0:
        raise StepFailedError(f"no Docker engine answers ({silence}), and only root may start one")
    if shutil.which("dockerd") is None:
        debian.install(list(ENGINE_PACKAGES))
    if shutil.which("docker") is None:  # a package of its own from Debian 13 on
        debian.install(["docker-cli"])
    if SYSTEMD.is_dir():
        call(["systemctl", "start", "docker"])
        return
    cache.mkdir(parents=True, exist_ok=True)
    start(["dockerd"], cache / "dockerd.log")


def start(command: Sequence[str], log: Path) -> None:
    """Start an engine in a session of its own, and wait for its answer.

    Raises `StepFailedError` with the engine's last line if it ends, or does not answer in time.
    """
    with log.open("w", encoding="utf-8") as said:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
    until = time.monotonic() + ENGINE_S
    while time.monotonic() < until:
        if engine_silence() is None:
            return
        try:
            status = server.wait(timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
        raise StepFailedError(f"{command[0]} ended with {status}: {_last_line(log.read_text(errors='replace'))}")
    server.terminate()
    try:
        server.wait(timeout=_ANSWER_S)
    except subprocess.TimeoutExpired:
        server.kill()
    raise StepFailedError(f"{command[0]} does not answer after {ENGINE_S:.0f} s: {_last_line(log.read_text())}")


def steps() -> list[Step]:
    """Compose first: it may be had where an engine may not."""
    cache = places.cache_dir()
    return [
        Step(
            "Docker Compose v2",
            lambda: compose() is not None,
            lambda: build_compose(cache),
            "see what Go says above; it needs its module proxy (GOPROXY) once",
        ),
        Step(
            "Docker engine",
            lambda: engine_silence() is None,
            lambda: start_engine(cache),
            f"start Docker by hand, or see {cache / 'dockerd.log'}; without an engine nothing runs in containers here",
        ),
    ]


def main() -> int:
    """Exit status 0 when all is there."""
    return 0 if perform(steps(), _say) else 1


def _compile(folder: Path) -> None:
    source = folder / "source"
    source.mkdir()
    (source / "go.mod").write_text("module lantian/compose\n", encoding="utf-8")
    needs = f'//go:build tools\n\npackage tools\n\nimport _ "{COMPOSE_MODULE}/cmd"\n'
    (source / "tools.go").write_text(needs, encoding="utf-8")
    flags = f"-s -w -X {COMPOSE_MODULE}/internal.Version=v{COMPOSE}"
    call(["go", "get", f"{COMPOSE_MODULE}/cmd@v{COMPOSE}"], cwd=source)
    call(["go", "mod", "tidy"], cwd=source)
    program = str(folder / "docker-compose")
    call(["go", "build", "-trimpath", "-ldflags", flags, "-o", program, f"{COMPOSE_MODULE}/cmd"], cwd=source)
    shutil.rmtree(source)


def _own_plugins() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"


def _places_of_compose() -> Iterator[Path]:
    yield from (folder / "docker-compose" for folder in (_own_plugins(), *PLUGINS))
    if found := shutil.which("docker-compose"):
        yield Path(found)


def _is_compose(program: Path) -> bool:
    """Whether it is Compose, and not the first, which knew another file format."""
    if not os.access(program, os.X_OK):
        return False
    said = subprocess.run([str(program), "version", "--short"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v?(\d+)\.", said)
    return found is not None and int(found.group(1)) >= 2


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
