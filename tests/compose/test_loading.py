"""Compose's own loader takes the files of a fresh checkout, with nothing set and nothing generated."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.setup.for_containers import compose

from .centre import ROOT

pytestmark = pytest.mark.skipif(compose() is None, reason="there is no Compose v2: `make container-tools`")

FURTHER = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "deploy" / "container").glob("*.yml"))
"""Files that are merged with docker-compose.yml where somebody asks for it."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody gets who clones the repository."""
    folder = tmp_path_factory.mktemp("fresh") / "checkout"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


def loaded(checkout: Path, *files: str) -> dict[str, Any]:
    """The model that Compose makes of the files; it must find nothing to complain of."""
    program = compose()
    assert program is not None, "make container-tools"
    named = [word for file in files for word in ("--file", file)]
    done = subprocess.run(
        [str(program), *named, "--profile", "*", "config", "--format", "json"],
        cwd=checkout, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    model: dict[str, Any] = json.loads(done.stdout)
    return model


def test_the_stack_is_loaded_with_every_service_under_the_project_s_name(checkout: Path) -> None:
    model = loaded(checkout)
    written = yaml.safe_load((checkout / "docker-compose.yml").read_text(encoding="utf-8"))
    assert model["name"] == "lantian"
    assert set(model["services"]) == set(written["services"])
    assert set(model["volumes"]) == set(written["volumes"])
    assert set(model["secrets"]) == set(written["secrets"])


@pytest.mark.parametrize("file", FURTHER)
def test_a_further_file_is_merged(checkout: Path, file: str) -> None:
    model = loaded(checkout, "docker-compose.yml", file)
    assert set(model["services"]) >= set(loaded(checkout)["services"])
