"""The Docker engine, by its command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from typing import IO

import pytest

from deploy.setup.for_containers import engine_silence

ENVIRONMENT = {"DOCKER_BUILDKIT": "0"}
"""The classic builder: it needs no image of its own, and takes no registry to find the base."""


class EngineError(Exception):
    """What the engine refused, by its last line."""


def docker(*arguments: str, stdin: IO[bytes] | None = None, seconds: float = 600, both: bool = False) -> str:
    """What `docker ARGUMENTS` said, with `both` also as errors.

    Raises `EngineError` with its last line if it fails or takes longer.
    """
    try:
        result = subprocess.run(
            ["docker", *arguments],
            env={**os.environ, **ENVIRONMENT},
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise EngineError("docker is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"docker {arguments[0]} took longer than {seconds:.0f} s") from error
    if result.returncode != 0:
        said = (result.stdout + result.stderr).decode(errors="replace").splitlines()
        telling = [line for line in said if line and not line.startswith("Run 'docker ")]
        raise EngineError(f"docker {arguments[0]}: {telling[-1] if telling else 'fails and says nothing'}")
    return (result.stdout + (result.stderr if both else b"")).decode(errors="replace").strip()


def required() -> None:
    """Skip the test where no engine answers, saying why and what starts one."""
    if silence := engine_silence():
        pytest.skip(f"no Docker engine answers ({silence}): `python3 -m deploy.setup.for_containers` starts one")


def image(tag: str) -> tuple[str, Mapping[str, str]] | None:
    """Id and labels of an image that is there; None if it is not."""
    try:
        said = json.loads(docker("image", "inspect", tag))[0]
    except EngineError:
        return None
    return said["Id"], said["Config"].get("Labels") or {}
