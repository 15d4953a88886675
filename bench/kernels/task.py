"""What is to be measured; imports nothing, for the command's defaults."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple


class Task(NamedTuple):
    """Hours of stations, and how often."""

    stations: int = 2000
    days: int = 366
    first: date = date(2024, 1, 1)
    runs: int = 3
    """Of each contender, in turn."""
    seed: int = 1
    file_stations: int = 200
    """Of these stations, from file to files, once; 0 for none."""
