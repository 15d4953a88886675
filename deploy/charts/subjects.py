"""Whom the pictures are about. Kept apart from those who draw: it needs no matplotlib."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subjects:
    """Whom a day's story is about, by station; what is empty has no picture. `sections` go downstream.

    `cheater` and `closed` may be any station of the enterprise that has a power meter.
    """

    dust: str = ""
    plant: str = ""
    sections: tuple[str, ...] = ()
    cheater: str = ""
    closed: str = ""
