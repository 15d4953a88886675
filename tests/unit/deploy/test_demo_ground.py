"""Where `make demo` tells its story: the shell's decision, on machines that have one thing and lack another."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "deploy" / "demo.sh"
MACHINE, CONTAINERS = "the machine", "the containers"


class Machine:
    """A checkout whose set-up and containers only say that they were called, and a machine with few programs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "bin"
        self._checkout = folder / "checkout"
        self._path.mkdir()
        for program in ("sh", "dirname", "echo"):
            (self._path / program).symlink_to(str(shutil.which(program)))
        self._script(self._checkout / "deploy" / "setup" / "bootstrap.sh", f"echo {MACHINE}; exit 3")
        self._script(self._checkout / "deploy" / "container" / "demo.sh", f'echo {CONTAINERS} "${{ONCE:-}}"')
        shutil.copy(SCRIPT, self._checkout / "deploy" / "demo.sh")
        self.has("id", "echo 1000")

    def has(self, program: str, does: str = ":") -> None:
        """A program of the machine."""
        self._script(self._path / program, does)

    def is_set_up(self) -> None:
        """`make setup` has been here; the command says how it was called."""
        self._script(self._checkout / "deploy" / "setup" / "bootstrap.sh", ":")
        self._script(self._checkout / ".venv" / "bin" / "lantian", f'echo {MACHINE} "$@"')

    def demo(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """`make demo` there."""
        return subprocess.run(
            [self._checkout / "deploy" / "demo.sh"],
            env={"PATH": str(self._path), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @staticmethod
    def _script(path: Path, does: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{shutil.which('sh')}\n{does}\n", encoding="utf-8")
        path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with neither apt nor Docker, of a user without root."""
    return Machine(tmp_path)


def test_debian_with_root_tells_it_on_the_machine_even_where_docker_is(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("id", "echo 0")
    machine.has("docker")
    assert machine.demo().stdout.strip() == MACHINE


def test_a_machine_that_is_set_up_needs_no_root(machine: Machine) -> None:
    machine.is_set_up()
    machine.has("docker")
    assert machine.demo(ONCE="1").stdout.strip() == f"{MACHINE} demo --once"


def test_debian_without_root_tells_it_in_containers(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("docker")
    assert machine.demo(ONCE="1").stdout.strip() == f"{CONTAINERS} 1"


def test_a_machine_that_is_no_debian_tells_it_in_containers(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("docker")
    assert machine.demo().stdout.strip() == CONTAINERS


def test_the_ground_can_be_chosen_by_hand(machine: Machine) -> None:
    machine.is_set_up()
    assert machine.demo(ON="containers").stdout.strip() == CONTAINERS
    assert machine.demo(ON="machine").stdout.strip() == f"{MACHINE} demo"


@pytest.mark.parametrize("lacking", ["compose version", "info"])
def test_where_neither_is_possible_one_line_says_what_is_needed(machine: Machine, lacking: str) -> None:
    machine.has("docker", f'test "$*" != "{lacking}"')
    told = machine.demo()
    assert told.returncode == 1
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1
    assert "root on Debian" in told.stderr
    assert "Docker" in told.stderr


def test_an_unknown_ground_is_refused_with_those_there_are(machine: Machine) -> None:
    told = machine.demo(ON="cloud")
    assert told.returncode == 2
    assert "(got cloud)" in told.stderr
    assert "ON=machine, ON=containers" in told.stderr


def test_a_set_up_that_fails_is_the_end(machine: Machine) -> None:
    machine.has("apt-get")
    machine.has("id", "echo 0")
    assert machine.demo().returncode == 3


def test_it_needs_no_python() -> None:
    assert "python" not in SCRIPT.read_text(encoding="utf-8")
    assert os.access(SCRIPT, os.X_OK)
