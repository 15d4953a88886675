"""What a program of the system root finds in its folder is its own user's, whatever number the root gives that user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import UnavailableError
from deploy.local.system_root import SystemRoot

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

FORMER, OURS = 4101, 4202


@pytest.fixture
def root(tmp_path: Path) -> SystemRoot:
    """A root in which mosquitto has the number `OURS`."""
    users = tmp_path / "root" / "etc" / "passwd"
    users.parent.mkdir(parents=True)
    users.write_text(f"root:x:0:0::/root:/bin/sh\nmosquitto:x:{OURS}:{OURS}::/:/bin/false\n", encoding="utf-8")
    return SystemRoot(tmp_path / "root")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the user of a former root, with a file two folders below."""
    folder = tmp_path / "mosquitto"
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "mosquitto.db").touch(mode=0o600)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, FORMER, FORMER)
    return folder


def owners(folder: Path) -> set[tuple[int, int]]:
    return {(path.lstat().st_uid, path.lstat().st_gid) for path in (folder, *folder.rglob("*"))}


def test_a_folder_of_a_former_roots_user_is_given_with_all_that_is_in_it(root: SystemRoot, folder: Path) -> None:
    root.own(folder, "mosquitto")
    assert owners(folder) == {(OURS, OURS)}


def test_what_was_given_in_part_is_given_whole(root: SystemRoot, folder: Path) -> None:
    os.chown(folder, OURS, OURS)
    root.own(folder, "mosquitto")
    assert owners(folder) == {(OURS, OURS)}


def test_a_link_in_the_folder_is_given_and_what_it_leads_to_is_not(
    root: SystemRoot, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    (folder / "data" / "link").symlink_to(elsewhere)
    root.own(folder, "mosquitto")
    assert owners(folder) == {(OURS, OURS)}
    assert owners(elsewhere) == {(0, 0)}


def test_a_user_that_the_root_lacks_is_said(root: SystemRoot, folder: Path) -> None:
    with pytest.raises(UnavailableError, match="no user prometheus"):
        root.own(folder, "prometheus")
    assert owners(folder) == {(FORMER, FORMER)}
