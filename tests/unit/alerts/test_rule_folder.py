"""Rules in force follow their files; a faulty file changes nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from alerts.rules import book
from alerts.rules.folder import REFUSED, RuleFolder
from core.errors import InputError

DUST = book.BUILTIN / "dust.toml"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    shutil.copy(DUST, tmp_path / "dust.toml")
    return tmp_path


def edit(packs: Path, old: str, new: str) -> None:
    path = packs / "dust.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    later = path.stat().st_mtime_ns + 1_000_000  # two edits within one tick of the file system's clock
    os.utime(path, ns=(later, later))


def test_a_changed_threshold_comes_into_force(packs: Path) -> None:
    folder = RuleFolder(packs)
    edit(packs, "reaches = 250", "reaches = 200")
    assert folder.renew()
    assert folder.book.get("dust-stop-work").levels[0].threshold == 200


def test_as_long_as_nothing_changes_nothing_is_read_again(packs: Path) -> None:
    folder = RuleFolder(packs)
    before = folder.book
    assert not folder.renew()
    assert folder.book is before


def test_a_faulty_file_leaves_the_former_rules_in_force_until_it_is_mended(packs: Path) -> None:
    folder = RuleFolder(packs)
    before = folder.book
    edit(packs, "reaches = 250", "reaches = 'high'")
    assert not folder.renew()
    assert folder.book is before
    assert REFUSED._value.get() == 1
    edit(packs, "reaches = 'high'", "reaches = 260")
    assert folder.renew()
    assert REFUSED._value.get() == 0


def test_a_new_file_and_one_that_went_count_as_changes(packs: Path) -> None:
    folder = RuleFolder(packs)
    shutil.copy(book.BUILTIN / "so2.toml", packs / "so2.toml")
    assert folder.renew()
    assert {rule.id for rule in folder.book} > {"so2-hour", "dust-stop-work"}
    (packs / "so2.toml").unlink()
    assert folder.renew()
    assert "so2-hour" not in {rule.id for rule in folder.book}


def test_a_folder_that_cannot_be_used_at_first_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no"):
        RuleFolder(tmp_path)


def test_an_editors_lock_beside_the_packs_harms_nobody(packs: Path) -> None:
    folder = RuleFolder(packs)
    (packs / ".#dust.toml").symlink_to("user@host.1234")
    (packs / "gone.toml").symlink_to(packs / "nowhere")
    assert not folder.renew()
    assert folder.book.get("dust-stop-work")
