"""The Chromium that tests of pages need is installed only where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.setup import browser, debian


def test_a_chromium_that_is_there_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser.chromium() == str(program)
    assert browser.step().done()


def test_debians_is_installed_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "install", asked.append)
    assert browser.chromium() is None
    step = browser.step()
    assert not step.done()
    step.run()
    assert asked == [["chromium"]]
