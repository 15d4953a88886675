"""Settings of the alert engine."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from alerts.rules.book import BUILTIN
from core.health import PORTS
from core.settings import SectionSettings


class AlertsSettings(SectionSettings):
    """How `lantian alerts run` reads and judges."""

    section: ClassVar[str] = "alerts"

    model_config = SettingsConfigDict(env_prefix="LANTIAN_ALERTS_")

    rules_dir: Path = BUILTIN
    """Folder of the rule packs (`*.toml`)."""
    metrics_port: int = PORTS["alerts"]
    transaction_bytes: int = Field(default=1_000_000, ge=1000, le=20_000_000)
    """About so much of Kafka's log is judged in one transaction."""
    registry_seconds: float = Field(default=15.0, gt=0)
    """How often, in data time, the registry is asked whether it has changed."""
    grid_file: Path | None = None
    """CSV of who is told when a step of handling is overdue (`town,leader,contact,stations,regions`)."""
    notify_file: Path | None = None
    """TOML of targets and routes (docs/notifications.md); without it nobody is told anything."""
    escalation_seconds: float = Field(default=60.0, gt=0)
    """How often, in data time, the engine looks for steps that are overdue."""
    warning_seconds: float = Field(default=60.0, gt=0)
    """How often, in data time, the engine looks whether anything of a city's outlook is new."""
