"""A region's climate: what its air and weather are like over year, week and day, as numbers from a TOML file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Climate:
    """Filled in from `climates/<name>.toml`."""

    name: str
