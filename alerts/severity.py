"""How grave an alert is."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How grave an alert is, least first."""

    INFO = "info"
    WARNING = "warning"
    SEVERE = "severe"
    CRITICAL = "critical"

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"info": "提示", "warning": "警告", "severe": "严重", "critical": "紧急"}[self.value]

    @property
    def rank(self) -> int:
        """0 for the least grave."""
        return list(Severity).index(self)
