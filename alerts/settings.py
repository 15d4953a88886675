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
    batch_records: int = Field(default=200, ge=1, le=10_000)
    """Kafka records judged in one transaction at most."""
    registry_seconds: float = Field(default=15.0, gt=0)
    """How often, in data time, the registry is asked whether it has changed."""
