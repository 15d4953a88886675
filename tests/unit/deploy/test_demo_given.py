"""The demonstration's parts on servers that others run: what they refuse, and when all are ready."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from core.errors import SettingsError, UnavailableError
from core.settings import CoreSettings
from deploy.demo_given import GivenGround, not_ready, refuse_another_clock
from deploy.demo_telling import the_story
from deploy.pipeline import ProcessState
from deploy.processes import StoppedError


@pytest.fixture
def lantian() -> Any:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "deploy.cli", *words], capture_output=True, text=True, check=False)

    return run


def process(role: str, *, ready: bool = True, instance: int = 1) -> ProcessState:
    return ProcessState(role, instance, 9481, 7, answers=True, ready=ready, lacks=[] if ready else ["kafka"])


def test_all_are_ready_if_one_of_each_kind_is() -> None:
    workers = [process("aggregate", ready=False), process("aggregate", instance=2)]
    assert not_ready([process("ingest"), *workers, process("alerts")]) == []


def test_those_that_wait_for_a_server_or_told_nothing_are_named() -> None:
    assert not_ready([process("ingest"), process("aggregate", ready=False)]) == ["aggregate", "alerts"]


def test_the_consoles_absence_holds_nothing_up() -> None:
    assert not_ready([process(name) for name in ("ingest", "aggregate", "alerts")]) == []


@pytest.mark.parametrize("epoch", ["", "2026-11-18T20:00:01+08:00"])
def test_a_clock_that_is_not_the_storys_is_refused(epoch: str) -> None:
    settings = CoreSettings(clock_epoch=epoch, clock_started="2026-11-23T12:00:00+00:00")
    with pytest.raises(SettingsError, match=r"LANTIAN_CLOCK_EPOCH.*lantian demo begin"):
        refuse_another_clock(settings, the_story())


def test_the_storys_clock_is_taken_however_its_time_is_written() -> None:
    settings = CoreSettings(clock_epoch="2026-11-18T12:00:00Z", clock_started="2026-11-23T12:00:00+00:00")
    refuse_another_clock(settings, the_story())


@pytest.mark.parametrize(
    "words", [["--since", "1"], ["begin", "--once"], ["begin", "--since", "1"], ["tell", "--speed", "2"]]
)
def test_an_option_that_a_part_would_ignore_is_refused(words: list[str], lantian: Any) -> None:
    told = lantian("demo", *words)
    option = next(word for word in words if word.startswith("--"))
    assert told.returncode == 2
    assert f"{option} does not go with" in told.stderr


def test_processes_that_do_not_come_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="ingest, aggregate, alerts: not ready within 1 s"):
        GivenGround(CoreSettings(state_dir=tmp_path), threading.Event()).wait_ready(1)


def test_nobody_waits_for_them_once_the_user_wants_no_more(tmp_path: Path) -> None:
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(StoppedError):
        GivenGround(CoreSettings(state_dir=tmp_path), stopping).wait_ready(60)
