"""Settings of the worker, and of closing days."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from aggregate.revision import DEFAULT_ORDER
from core.health import PORTS
from core.settings import SectionSettings
from ingest.envelope import Source


class ArchiveSettings(SectionSettings):
    """`LANTIAN_ARCHIVE_…`, or `[archive]` in `lantian.toml`."""

    section: ClassVar[str] = "archive"
    model_config = SettingsConfigDict(env_prefix="LANTIAN_ARCHIVE_")

    keep_days: int = Field(default=400, ge=0)
    """A year, and five weeks in which the year is reviewed and evaluated with its readings at hand."""


class AggregateSettings(SectionSettings):
    """`LANTIAN_AGGREGATE_…`, or `[aggregate]` in `lantian.toml`."""

    section: ClassVar[str] = "aggregate"
    model_config = SettingsConfigDict(env_prefix="LANTIAN_AGGREGATE_")

    metrics_port: int = Field(default=PORTS["aggregate"], ge=0, le=65535)
    transaction_bytes: int = Field(default=1_000_000, ge=1000, le=20_000_000)
    """About so much of Kafka's log: some 5 000 reports."""
    memory_object_days: int = Field(default=4096, ge=64)
    """Object-days of statistics held in memory, at least one a station: some 20 kB each at ten factors."""
    memory_open_hours_bytes: int = Field(default=256_000_000, ge=0)
    """For sums of open hours: 100 bytes each at ten factors, 2 kB with a wind direction every half minute. Those with
    no room are read from the database when they are complete."""
    tick_s: float = Field(default=0.5, gt=0, le=60)
    """How often, on the machine's clock, to look for what falls due."""
    audit_seconds: float = Field(default=300.0, ge=1, le=86_400)
    """How often to strike the ledger beside the work; less often where it would take more than 5 % of the time."""
    source_order: tuple[Source, ...] = DEFAULT_ORDER
    """Whose revision goes before whose, lowest first; a person's goes before all."""

    @field_validator("source_order")
    @classmethod
    def _all_once(cls, order: tuple[Source, ...]) -> tuple[Source, ...]:
        if sorted(order) != sorted(DEFAULT_ORDER):
            raise ValueError(f"must name {', '.join(str(int(s)) for s in DEFAULT_ORDER)} once each")
        return order
