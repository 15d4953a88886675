"""A period's figures of many regions, with what is said of them, beside those of a base. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregate.regions.figures import Figures
from aggregate.regions.level import Level
from aggregate.regions.notes import Note
from aggregate.regions.places import Region
from aggregate.regions.stretch import Stretch
from aggregate.regions.targets import Standing
from aggregate.regions.verdict import Attainment, Change, Ranking, attainment, composite_ranking
from aggregate.statistic import Tier
from standards.editions import Edition


@dataclass(frozen=True, slots=True)
class Assessed:
    """Figures of one period, variant and edition, and what they say; a row a region."""

    figures: Figures
    edition: Edition
    """Whose limits and method of the index they are held against."""
    attainment: Attainment
    ranking: Ranking


def assess(figures: Figures, edition: Edition) -> Assessed:
    """What figures say."""
    return Assessed(figures, edition, attainment(figures, edition), composite_ranking(figures))


@dataclass(frozen=True, slots=True)
class Survey:
    """What `lantian evaluate period` tells."""

    stretch: Stretch
    base: Stretch
    level: Level
    tier: Tier
    regions: Sequence[Region]
    assessed: Mapping[bool, Assessed]
    """By whether sand-dust is in, as the following."""
    changes: Mapping[bool, Change]
    targets: Sequence[Standing]
    notes: Sequence[Note]
