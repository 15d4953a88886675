"""The mirror for the system root is the one that the machine's apt uses."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from deploy.setup import debian
from deploy.setup.step import StepFailedError


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `/etc/apt` of a Debian 12."""
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_a_deb822_source_gives_the_mirror(apt: Path) -> None:
    (apt / "sources.list.d" / "debian.sources").write_text(
        "Types: deb\n# a remark\nURIs: http://security.test/debian-security\nSuites: bookworm-security\n"
        "Components: main\n\nTypes: deb\nURIs: http://mirror.test/debian http://other.test/debian\n"
        "Suites: bookworm bookworm-updates\nComponents: main contrib\n",
        encoding="utf-8",
    )
    assert debian.mirror(apt) == "http://mirror.test/debian"


def test_a_one_line_source_gives_the_mirror(apt: Path) -> None:
    (apt / "sources.list").write_text(
        "# deb http://old.test/debian bookworm main\n"
        "deb http://security.test/debian-security bookworm-security main\n"
        "deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64] http://mirror.test/debian bookworm main\n",
        encoding="utf-8",
    )
    assert debian.mirror(apt) == "http://mirror.test/debian"


def test_other_archives_are_not_taken_for_debian(apt: Path) -> None:
    (apt / "sources.list.d" / "tool.list").write_text("deb http://tool.test/apt stable main\n", encoding="utf-8")
    with pytest.raises(StepFailedError) as failure:
        debian.mirror(apt)
    assert "LANTIAN_DEBIAN_MIRROR" in failure.value.remedy


def test_who_is_not_root_is_told_what_needs_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StepFailedError, match="needs root") as failure:
        debian.require_root()
    assert "sudo make setup" in failure.value.remedy


def test_a_machine_that_has_everything_lacks_nothing() -> None:
    assert debian.missing_packages(root_built=True, jars_built=True, kafka_here=False) == []


def test_an_empty_machine_lacks_what_builds_and_runs_the_stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("deploy.setup.debian.shutil.which", lambda *_arguments, **_options: None)
    lacking = debian.missing_packages(root_built=False, jars_built=False, kafka_here=True)
    assert {"debootstrap", "maven", "default-jre-headless"} <= set(lacking)


def test_no_java_is_version_zero() -> None:
    assert debian.java_version(None) == 0
