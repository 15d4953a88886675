"""Faults of the lines between Lantian and its servers."""

from __future__ import annotations

from fault import Fault
from field import Field
from links import Link

ENDS = {
    "bridge-mqtt": {"bridge", "mosquitto"},
    "sender-mqtt": {"mosquitto"},
    "kafka": {"kafka"},
    "worker-postgres": {"worker", "postgres"},
    "engine-postgres": {"engine", "postgres"},
}
"""What a line is between."""


class LineFault(Fault):
    """Something with one line; mending it ends it."""

    how: str

    def __init__(self, line: str) -> None:
        self.name = f"{line} {self.how}"
        self.touches = frozenset({line})
        self._line = line

    def strike(self, field: Field) -> None:
        """Break it."""
        self.spoil(field.links[self._line], field)

    def heal(self, field: Field) -> None:
        """As new."""
        field.links[self._line].mend()

    def spoil(self, link: Link, field: Field) -> None:
        """What is done to the line."""
        raise NotImplementedError


class Cut(LineFault):
    """All connections reset, new ones refused for a while."""

    how = "cut"

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.touches |= ENDS[line]  # of what is dead nothing is connected

    def spoil(self, link: Link, field: Field) -> None:
        """RST."""
        assert link.cut() > 0, f"nobody was connected through {link.name}"


class Slow(LineFault):
    """Each piece is held up for 50 to 500 ms."""

    how = "slow"

    def spoil(self, link: Link, field: Field) -> None:
        """Some delay."""
        link.slow(field.dice.uniform(0.05, 0.5))


class HalfOpen(LineFault):
    """Nothing passes and nobody is told; then all is reset."""

    how = "half-open"

    def spoil(self, link: Link, field: Field) -> None:
        """Silence."""
        link.silence()
