"""What a power cut leaves is read from the state folder alone."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict
from pathlib import Path

import pytest

from core.settings import ConfiguredSettings
from deploy.local import process
from deploy.local.finding import Finding
from deploy.local.remains import ClusterState, cluster_state, left_behind
from deploy.local.stack import Stack


def control(folder: Path, state: int) -> Path:
    path = folder / "pg_control"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack("<QIII", 7, 1700, 202406281, state) + bytes(8000))
    return path


def found(state_dir: Path) -> dict[str, Finding]:
    return {finding.subject: finding for finding in left_behind(Stack(ConfiguredSettings(state_dir=state_dir)))}


def remember(state_dir: Path, name: str, running: process.Running) -> None:
    process.remember(state_dir / "run" / f"{name}.json", running)


GONE = process.Running(pid=2**22 + 1, started=1, boot="another-boot")


def test_a_stack_that_was_never_up_left_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "state") == {}


def test_a_server_that_was_not_stopped_and_does_not_run_is_told_with_its_last_words(tmp_path: Path) -> None:
    remember(tmp_path, "kafka", GONE)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "kafka.log").write_text("first\nstarted\nthe very last\n", encoding="utf-8")
    told = found(tmp_path)["kafka ended"]
    assert not told.ok
    assert f"pid {GONE.pid}" in told.detail
    assert "the machine has been started anew since" in told.detail
    assert "the very last" in told.detail
    assert "first" not in told.detail


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("postgres", "PANIC:  could not write to file: No space left on device"),
        ("kafka", "ERROR Shutdown broker because all log dirs in /kafka/data have failed"),
    ],
)
def test_a_server_that_ended_for_want_of_room_is_given_room_before_it_is_started(
    tmp_path: Path, name: str, said: str
) -> None:
    remember(tmp_path, name, GONE)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / f"{name}.log").write_text("\n".join([said, *["shutting down"] * 10]), encoding="utf-8")
    told = found(tmp_path)[f"{name} ended"]
    assert f"make room on the disk of {tmp_path / name}" in told.remedy
    assert "lantian up" in told.remedy


def test_a_record_that_was_being_written_in_the_power_cut_is_no_server(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(parents=True)
    (tmp_path / "run" / "postgres.json").write_text(json.dumps(asdict(GONE))[:20], encoding="utf-8")
    assert found(tmp_path) == {}
    assert process.recall(tmp_path / "run" / "postgres.json") is None


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ClusterState.SHUT_DOWN, False),
        (ClusterState.STARTUP, False),
        (ClusterState.IN_PRODUCTION, True),
        (ClusterState.IN_CRASH_RECOVERY, True),
        (ClusterState.SHUTTING_DOWN, True),
    ],
)
def test_a_cluster_that_was_not_shut_down_will_replay_its_log(tmp_path: Path, state: ClusterState, told: bool) -> None:
    control(tmp_path / "postgres" / "data" / "global", state)
    assert ("postgres shutdown" in found(tmp_path)) is told


def test_a_control_file_that_cannot_be_read_claims_nothing(tmp_path: Path) -> None:
    assert cluster_state(tmp_path / "none") is None
    (tmp_path / "short").write_bytes(b"123")
    assert cluster_state(tmp_path / "short") is None
    assert cluster_state(control(tmp_path, 99)) is None


@pytest.mark.parametrize("clean", [True, False])
def test_a_kafka_without_its_mark_of_a_clean_shutdown_will_check_its_log(tmp_path: Path, clean: bool) -> None:
    data = tmp_path / "kafka" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").touch()
    if clean:
        (data / ".kafka_cleanshutdown").touch()
    assert ("kafka shutdown" in found(tmp_path)) is not clean
