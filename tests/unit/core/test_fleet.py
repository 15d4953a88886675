"""The supervisor of several processes of a kind, with real processes as members."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from waiting import eventually

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import os, pathlib, signal, sys

folder, role = pathlib.Path(os.environ["LANTIAN_STATE_DIR"]), sys.argv[1]
number = os.environ.get("LANTIAN_INSTANCE")
def say(word):
    with (folder / f"{role}-{number}").open("a") as told:
        told.write(f"{word}\\n")
def fleet():
    from core.errors import SettingsError
    from core.fleet import run_fleet
    from core.settings import CoreSettings
    sys.executable = os.environ.get("INTERPRETER", sys.executable)
    try:
        run_fleet(CoreSettings.load(), "thing", ["member"], int(sys.argv[2]), leave=["leaver"])
    except SettingsError as error:
        sys.exit(str(error))
def member():
    signal.signal(signal.SIGTERM, lambda *_: (say("drained"), sys.exit(0)))
    say(os.getpid())
    fault = folder / f"fault-{number}"
    if fault.exists():
        sys.exit(int(fault.read_text()))
    while True:
        signal.pause()
def leaver():
    say(os.getpid())
    if (folder / "server-is-away").exists():
        sys.exit(1)
    say("left")
globals()[role]()
"""


@dataclass
class Fleet:
    """A supervisor, and what its members wrote down."""

    folder: Path
    supervisors: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, members: int, **environment: str) -> subprocess.Popen[str]:
        program = self.folder / "program.py"
        program.write_text(PROGRAM, encoding="utf-8")
        given = {**os.environ, "LANTIAN_STATE_DIR": str(self.folder), "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, str(program), "fleet", str(members)]
        hangup = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a child inherits what `nohup` has set
        self.supervisors.append(subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True))
        signal.signal(signal.SIGHUP, hangup)
        return self.supervisors[-1]

    def told(self, name: str) -> list[str]:
        """What a member or a leaver wrote: its pid at each start, `drained` or `left` at its end."""
        with suppress(FileNotFoundError):
            return (self.folder / name).read_text(encoding="utf-8").split()
        return []

    def starts(self, name: str) -> list[int]:
        return [int(word) for word in self.told(name) if word.isdigit()]

    def started(self, *names: str, times: int = 1) -> Callable[[], bool]:
        return lambda: all(len(self.starts(name)) >= times for name in names)

    def end(self) -> None:
        for supervisor in self.supervisors:
            supervisor.kill()
            supervisor.communicate()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.end()


def lives(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    return False


def test_each_member_has_a_number_of_its_own(fleet: Fleet) -> None:
    fleet.start(3)
    eventually("three run", fleet.started("member-1", "member-2", "member-3"))
    assert not fleet.told("member-4")


def test_a_member_that_is_killed_is_started_again(fleet: Fleet) -> None:
    fleet.start(2)
    eventually("two run", fleet.started("member-1", "member-2"))
    os.kill(fleet.starts("member-2")[0], signal.SIGKILL)
    eventually("it runs again", fleet.started("member-2", times=2))
    assert len(fleet.starts("member-1")) == 1


def test_a_member_that_ends_by_itself_is_started_again(fleet: Fleet) -> None:
    (fleet.folder / "fault-1").write_text("1", encoding="utf-8")
    fleet.start(1)
    eventually("it was started again and again", fleet.started("member-1", times=3))


def test_a_member_with_wrong_settings_ends_all_and_is_named(fleet: Fleet) -> None:
    (fleet.folder / "fault-2").write_text("2", encoding="utf-8")
    supervisor = fleet.start(2)
    _, told = supervisor.communicate(timeout=60)
    assert "member 2 cannot run with its settings" in told
    assert supervisor.returncode == 1
    assert not any(lives(pid) for pid in fleet.starts("member-1"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_it_lets_all_finish_and_ends_with_status_0(fleet: Fleet, number: signal.Signals) -> None:
    supervisor = fleet.start(2)
    eventually("two run", fleet.started("member-1", "member-2"))
    supervisor.send_signal(number)
    assert supervisor.wait(60) == 0
    assert [fleet.told(name)[1:] for name in ("member-1", "member-2")] == [["drained"], ["drained"]]


def test_no_member_outlives_a_supervisor_that_is_killed_not_even_a_frozen_one(fleet: Fleet) -> None:
    supervisor = fleet.start(2)
    eventually("two run", fleet.started("member-1", "member-2"))
    members = [*fleet.starts("member-1"), *fleet.starts("member-2")]
    os.kill(members[0], signal.SIGSTOP)
    supervisor.kill()
    eventually("they are gone", lambda: not any(lives(pid) for pid in members))


def test_a_second_fleet_of_a_kind_is_refused(fleet: Fleet) -> None:
    fleet.start(1)
    eventually("one runs", fleet.started("member-1"))
    _, told = fleet.start(2).communicate(timeout=60)
    assert "such a fleet runs already" in told
    assert len(fleet.starts("member-1")) == 1


def test_members_of_an_earlier_fleet_leave_beside_the_others_as_soon_as_it_can_be_done(fleet: Fleet) -> None:
    earlier = fleet.start(3)
    eventually("three run", fleet.started("member-1", "member-2", "member-3"))
    earlier.kill()
    earlier.wait()
    away = fleet.folder / "server-is-away"
    away.touch()
    fleet.start(2)
    eventually("two run", fleet.started("member-1", "member-2", times=2))
    eventually("leaving is tried again", fleet.started("leaver-3", times=2))
    assert "left" not in fleet.told("leaver-3")
    away.unlink()
    eventually("it has left", lambda: fleet.told("leaver-3")[-1] == "left")
    assert len(fleet.starts("member-3")) == 1
    assert not fleet.told("leaver-2")


def test_a_smaller_fleet_takes_back_the_ports_of_those_that_it_has_no_more(fleet: Fleet) -> None:
    run = fleet.folder / "run"
    (run / "targets").mkdir(parents=True)
    (run / "thing.fleet").write_text("1 2\n", encoding="ascii")
    for name in ("thing-2.port", "thing-3.port", "targets/thing-2.json", "targets/thing-3.json"):
        (run / name).write_text("9\n", encoding="ascii")
    fleet.start(1)
    eventually("one runs", fleet.started("member-1"))
    assert sorted(path.name for path in run.glob("*.port")) == ["thing-3.port"], "3 was started by hand"
    assert [path.name for path in (run / "targets").iterdir()] == ["thing-3.json"], "nor does Prometheus look for 2"


def test_a_member_that_cannot_be_started_just_now_does_not_end_the_others(fleet: Fleet) -> None:
    interpreter = fleet.folder / "interpreter"
    interpreter.symlink_to(sys.executable)
    supervisor = fleet.start(2, INTERPRETER=str(interpreter))
    eventually("two run", fleet.started("member-1", "member-2"))
    interpreter.unlink()
    os.kill(fleet.starts("member-2")[0], signal.SIGKILL)
    assert supervisor.stderr is not None
    assert any("member_not_started" in line for line in supervisor.stderr)
    interpreter.symlink_to(sys.executable)
    eventually("it runs again", fleet.started("member-2", times=2))
    assert len(fleet.starts("member-1")) == 1


def test_who_has_left_is_not_asked_again(fleet: Fleet) -> None:
    roll = fleet.folder / "run" / "thing.fleet"
    roll.parent.mkdir()
    roll.write_text("1 2\n", encoding="ascii")
    supervisor = fleet.start(1)
    eventually("member 2 has left, and that is remembered", lambda: roll.read_text(encoding="ascii") == "1\n")
    supervisor.terminate()
    assert supervisor.wait(60) == 0
    before = len(fleet.starts("member-1"))
    fleet.start(1)
    eventually("it runs", fleet.started("member-1", times=before + 1))
    assert fleet.told("leaver-2")[1:] == ["left"]
