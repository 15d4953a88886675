"""Errors that say what is wrong, where, and what to do about it."""

from __future__ import annotations

_SHOWN_LETTERS = 60


def shown(value: object) -> str:
    """A value as it stands in a line: a long one is cut."""
    text = repr(value)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}…"


class LantianError(Exception):
    """One line for the person who must act.

    `code` names the kind of error for machines, `field` and `value` say where it is, `hint` says what to do.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        hint: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.field = field
        self.value = value
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        got = f" (got {shown(self.value)})" if self.value is not None else ""
        remedy = f"; {self.hint}" if self.hint else ""
        return f"{where}{self.message}{got}{remedy}"


class SettingsError(LantianError):
    """A setting is missing or cannot be used."""


class InputError(LantianError):
    """A file, row or argument given by a person cannot be used."""


class UnavailableError(LantianError):
    """A server that is needed does not answer."""


class FencedError(LantianError):
    """Another process owns what this one thought it owned; memory must be dropped and state read again."""
