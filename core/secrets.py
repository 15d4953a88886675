"""Secrets: from the environment or from files that only their owner may read; never in logs, never a default."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from core.errors import SettingsError

SECRET_PREFIX = "LANTIAN_SECRET_"  # noqa: S105 (of variables' names)


MOUNTED = Path("/run/secrets")
"""Where a container engine puts the secrets that a container is given."""


def secret_path(state_dir: Path, name: str) -> Path:
    """The file that may hold the secret `name`."""
    return state_dir / "secrets" / name


def variable_of(name: str) -> str:
    """The environment variable that may hold the secret `name`."""
    return SECRET_PREFIX + name.upper().replace("-", "_")


def read_secret(state_dir: Path, name: str) -> str:
    """The secret `name`: `LANTIAN_SECRET_<NAME>`, or the file `<state_dir>/secrets/<name>` or `/run/secrets/<name>`."""
    variable = variable_of(name)
    value = os.environ.get(variable) or _kept(state_dir, name)
    if not value:
        raise SettingsError(
            "secret",
            f"the secret {name} is missing",
            field=str(secret_path(state_dir, name)),
            hint=f"run `lantian up`, or set {variable}",
        )
    return value


def ensure_secret(state_dir: Path, name: str) -> str:
    """The secret `name` of a file, generated if there is none yet."""
    if kept := _kept(state_dir, name):
        return kept
    value = secrets.token_urlsafe(24)
    write_secret(state_dir, name, value)
    return value


def write_secret(state_dir: Path, name: str, value: str) -> None:
    """Store a secret in a file that only its owner may read. Raises `SettingsError` where none can be kept."""
    path = secret_path(state_dir, name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise SettingsError(
            "secret",
            f"the secret {name} cannot be kept: {error.strerror}",
            field=str(path),
            hint="make its folder writable, or have a password shown once where a command offers that",
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")


def _kept(state_dir: Path, name: str) -> str:
    """The secret that a file holds; empty if none does."""
    for path in (secret_path(state_dir, name), MOUNTED / name):
        with suppress(FileNotFoundError):
            return path.read_text(encoding="utf-8").strip()
    return ""
