"""Secrets: from the environment or from files that only their owner may read; never in logs, never a default."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from core.errors import SettingsError

SECRET_PREFIX = "LANTIAN_SECRET_"  # noqa: S105 (of variables' names)


def secret_path(state_dir: Path, name: str) -> Path:
    """The file that may hold the secret `name`."""
    return state_dir / "secrets" / name


def variable_of(name: str) -> str:
    """The environment variable that may hold the secret `name`."""
    return SECRET_PREFIX + name.upper().replace("-", "_")


def read_secret(state_dir: Path, name: str) -> str:
    """The secret `name`: `LANTIAN_SECRET_<NAME>` or the file `<state_dir>/secrets/<name>`."""
    variable = variable_of(name)
    if value := os.environ.get(variable):
        return value
    path = secret_path(state_dir, name)
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise SettingsError(
            "secret",
            f"the secret {name} is missing",
            field=str(path),
            hint=f"run `lantian up`, or set {variable}",
        ) from None


def ensure_secret(state_dir: Path, name: str) -> str:
    """The secret `name`, generated if there is none yet."""
    path = secret_path(state_dir, name)
    if not path.exists():
        write_secret(state_dir, name, secrets.token_urlsafe(24))
    return path.read_text(encoding="utf-8").strip()


def write_secret(state_dir: Path, name: str, value: str) -> None:
    """Store a secret in a file that only its owner may read."""
    path = secret_path(state_dir, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")
