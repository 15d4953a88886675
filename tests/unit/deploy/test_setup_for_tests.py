"""The programs that only tests need are installed where they are missing, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.setup import debian, for_tests


def there(folder: Path, *programs: str) -> None:
    for name in programs:
        (folder / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / name).chmod(0o755)


def test_what_is_there_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there(tmp_path, "chromium", "Rscript", "ogrinfo")
    (tmp_path / "RPostgreSQL").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(for_tests, "R_LIBRARIES", (tmp_path,))
    assert for_tests.chromium() == str(tmp_path / "chromium")
    assert for_tests.step().done()


@pytest.mark.parametrize(
    ("programs", "packages"),
    [
        ((), ["chromium", "r-cran-rpostgresql", "gdal-bin"]),
        (("google-chrome", "Rscript"), ["r-cran-rpostgresql", "gdal-bin"]),
        (("ogrinfo",), ["chromium", "r-cran-rpostgresql"]),
    ],
)
def test_debians_is_installed_for_what_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: tuple[str, ...], packages: list[str]
) -> None:
    asked: list[list[str]] = []
    there(tmp_path, *programs)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(for_tests, "R_LIBRARIES", (tmp_path,))
    monkeypatch.setattr(debian, "install", asked.append)
    step = for_tests.step()
    assert not step.done()
    step.run()
    assert asked == [packages]
