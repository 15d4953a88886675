"""A settings file that cannot be used is one line that names it, not a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import CoreSettings

LOADS = "from core.settings import CoreSettings; CoreSettings.load()"


@pytest.mark.parametrize("content", [b"[core", b"\xff\xfe"])
def test_a_file_that_is_not_toml_is_named(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lantian.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"lantian\.toml is not TOML"):
        CoreSettings.load()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody who may not read a file")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_file_that_may_not_be_read_is_named(closed: str, tmp_path: Path) -> None:
    file = tmp_path / "lantian.toml"
    file.touch(mode=0o600 if closed == "file" else 0o644)
    tmp_path.chmod(0o755 if closed == "file" else 0o700)
    said = subprocess.run(
        [sys.executable, "-c", f"import os; os.chdir({str(tmp_path)!r}); os.setuid(65534); {LOADS}"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "lantian.toml cannot be read: Permission denied" in said.stderr.splitlines()[-1]
