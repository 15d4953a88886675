"""What is said of an evaluation beside its figures: inputs, editions, mixed periods, what is unconfirmed, warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from core.errors import shown
from standards.describe import UNCONFIRMED, UNCONFIRMED_ZH
from standards.editions import Edition


@dataclass(frozen=True, slots=True)
class InputWarning:
    """Something of the input that was not used, or looks wrong; counted, with the first place where it is."""

    file: str
    message: str
    hint: str
    count: int = 1
    row: int | None = None
    """Counts from 1 in the file, the heading included; in a table from 1."""
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        """One line: file, row, column, what is wrong, how often, and the remedy."""
        where = f"{self.file} row {self.row}" if self.row is not None else self.file
        named = f"{where}, {self.column}" if self.column else where
        got = f" (got {shown(self.value)})" if self.value is not None else ""
        often = f", {self.count} in all" if self.count > 1 else ""
        return f"{named}: {self.message}{got}{often}; {self.hint}"


@dataclass(frozen=True, slots=True)
class Source:
    """An input: a file by its path, or a table given in memory."""

    name: str
    rows: int
    sha256: str | None = None
    """Of the file's bytes."""


@dataclass(frozen=True, slots=True)
class EditionUse:
    """Which edition judged the days from `first` to `end` (exclusive)."""

    id: str
    first: date
    end: date


@dataclass(frozen=True, slots=True)
class MixedPeriod:
    """A period that several editions judge, by dates: those of its days with an hour, and that of its last day."""

    label: str
    editions: tuple[str, ...]

    def __str__(self) -> str:
        """One line."""
        return (
            f"period {self.label}: judged by editions {' and '.join(self.editions)}, each day by its own, limits and"
            f" index by {self.editions[-1]}: {UNCONFIRMED_ZH} (unconfirmed, M)"
        )


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A figure whose method by an edition no official text confirms."""

    edition: str
    figure: str
    confidence: str
    """C or M, as the edition's file says."""

    def __str__(self) -> str:
        """One line."""
        return (
            f"{self.figure} by edition {self.edition}: {UNCONFIRMED_ZH} (unconfirmed, {self.confidence});"
            f" see `lantian standards show {self.edition}`"
        )


def unconfirmed_index(edition: Edition) -> Unconfirmed | None:
    """What is to be said of an edition's composite index, by the least sure of its figures."""
    rule = edition.source.composite
    parts = (rule.limits, rule.weights, rule.decimals, rule.single_decimals, rule.total_decimals)
    least = max(part.confidence for part in parts)
    return Unconfirmed(edition.id, "composite_index", least) if least in UNCONFIRMED else None


@dataclass(slots=True)
class Notes:
    """What is said of an evaluation; what is written as `evaluation.json`."""

    edition: str
    rounded: bool
    inputs: list[Source] = field(default_factory=list)
    editions: list[EditionUse] = field(default_factory=list)
    mixed_periods: list[MixedPeriod] = field(default_factory=list)
    unconfirmed: list[Unconfirmed] = field(default_factory=list)
    warnings: list[InputWarning] = field(default_factory=list)
