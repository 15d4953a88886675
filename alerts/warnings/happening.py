"""What becomes of a city's warning, as events and log name it."""

from __future__ import annotations

from enum import StrEnum


class Happening(StrEnum):
    """What became of a warning."""

    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    ISSUED = "issued"
    DECLINED = "declined"

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"proposed": "建议", "withdrawn": "撤回建议", "issued": "发布", "declined": "不采纳"}[self.value]
