"""What is wrong with a file of the standards, where, and what to do."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError


class StandardsError(Exception):
    """One line: the file, the entry in it, what is wrong, and the remedy if there is one."""

    def __init__(self, file: str, entry: str, message: str, *, hint: str = "") -> None:
        self.file = file
        self.entry = entry
        self.message = message
        self.hint = hint
        super().__init__(f"{file}: {entry}: {message}{'; ' + hint if hint else ''}")

    @classmethod
    def of(cls, path: Path, error: ValidationError, *, entry: str = "") -> StandardsError:
        """The first of pydantic's findings, by the names that stand in the file."""
        first = error.errors(include_url=False)[0]
        inner = ".".join(str(part) for part in first["loc"])
        where = ".".join(part for part in (entry, inner) if part) or "the file"
        got = first.get("input")
        shown = f" (got {got!r})" if isinstance(got, str | int | float) else ""
        return cls(path.name, where, f"{first['msg']}{shown}")
