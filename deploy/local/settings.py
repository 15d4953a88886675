"""Settings of the local stack's servers: `LANTIAN_LOCAL_…`, table `[local]`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from core.settings import SectionSettings


class LocalSettings(SectionSettings):
    """How the servers that `lantian up` starts are run."""

    section: ClassVar[str] = "local"
    model_config = SettingsConfigDict(env_prefix="LANTIAN_LOCAL_")

    kafka_heap: str = Field(default="512m", pattern=r"^[0-9]+[mg]$")
    kafka_flush: bool = False
    """Kafka writes every record through to the disk before it acknowledges: on one machine the only way in which
    "durable" outlasts a loss of power; without it, it outlasts the death of any process (state-model: Kafka)."""
    kafka_advertised: str = Field(default="", pattern=r"^([^:\s]+:[0-9]+)?$")
    """Where Kafka sends its clients, `host:port`, if they come through a proxy; empty: where it listens."""
    mqtt_queued_messages: int = Field(default=1_000_000, gt=0)
    """What the broker keeps for a bridge that is away; beyond it, it drops, and the devices send again."""
    mqtt_queued_bytes: int = Field(default=1_073_741_824, gt=0)
    prometheus_retention: str = Field(default="15d", pattern=r"^[0-9]+[hdwy]$")
    prometheus_retention_size: str = Field(default="512MB", pattern=r"^[0-9]+[MGT]B$")
    alertmanager_file: Path | None = None
    """Alertmanager's configuration in place of ours, whose receiver tells nobody."""
    metrics_pace: float = Field(default=1.0, gt=0, le=100)
    """How many times as fast Prometheus scrapes, judges and loses patience: for drills and tests."""
