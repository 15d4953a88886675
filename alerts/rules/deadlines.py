"""What a rule says of the persons who handle its alerts: by when each step is due, and what has to be ordered."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.errors import InputError
from ingest.period import parse_period


def _duration(given: object) -> object:
    if not isinstance(given, str):
        return given
    try:
        return parse_period(given)
    except InputError as error:
        raise ValueError(f"{error.message}; {error.hint}") from error


Duration = Annotated[int, BeforeValidator(_duration), Field(gt=0)]
"""Seconds; in a file ISO 8601, `PT15M`."""


class Deadlines(BaseModel):
    """How long each step of handling may take, from the one before; who is late is told of to the next above."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    acknowledge: Duration | None = None
    """From when the engine opened it, or data reopened it."""
    dispatch: Duration | None = None
    feedback: Duration | None = None
    """Where a dispatch names no time of its own."""
    verify: Duration | None = None


class OrderKind(StrEnum):
    """What an alert asks an authority to order."""

    STOP_WORK = "stop-work"
