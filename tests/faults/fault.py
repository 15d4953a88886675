"""What can go wrong in a round of the fault suite: it strikes, and is healed; what it leaves is looked at at rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from field import Field


class Fault:
    """One thing that goes wrong."""

    name: str
    """The row of the table in docs/reliability.md."""
    takes_s: float = 0.0
    """How long striking may take; the load of the round lasts so much longer."""
    heals_into_work: bool = False
    """Whether it is nothing unless work is under way when it is healed."""
    touches: frozenset[str] = frozenset()
    """What it stops or breaks; faults that touch the same do not come together."""

    def prepare(self, field: Field) -> None:
        """What it needs of a field where nothing is wrong yet."""

    def strike(self, field: Field) -> None:
        """Make it happen; it is there when this returns."""
        raise NotImplementedError

    def heal(self, field: Field) -> None:
        """Do what operators or nature do to end it; nothing is broken on purpose any more when this returns."""
        raise NotImplementedError

    def check(self, field: Field) -> None:
        """After the round has come to rest: what this fault must have left."""

    def __str__(self) -> str:
        return self.name
