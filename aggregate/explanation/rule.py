"""A rule as it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from standards.describe import UNCONFIRMED
from standards.edition_file import Cited


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words; without a source it is how Lantian works, and no document's."""

    zh: str
    en: str
    source: str = ""
    confidence: str = ""

    @property
    def unconfirmed(self) -> bool:
        """Whether it must be checked against the official text before relying on it."""
        return self.confidence in UNCONFIRMED


def cited(zh: str, en: str, figure: Cited[Any]) -> Rule:
    """A rule with the source and mark of the edition's figure that it states."""
    return Rule(zh, en, figure.source, figure.confidence)
