"""Settings of the bridge and of the senders."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from core.health import PORTS
from core.settings import CoreSettings, SectionSettings


def _instance() -> str:
    return str(CoreSettings.load().instance)


class BridgeSettings(SectionSettings):
    """How `lantian ingest` takes in, gathers and acknowledges."""

    section: ClassVar[str] = "bridge"

    model_config = SettingsConfigDict(env_prefix="LANTIAN_BRIDGE_")

    name: str = Field(default_factory=_instance, pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """Makes the MQTT client id: stable, another for each bridge that runs at the same time; by default `instance`."""
    metrics_port: int = PORTS["ingest"]
    linger_ms: float = Field(default=50, ge=0, le=1000)
    """How long a batch waits for more entries. A record costs the bridge, Kafka and the worker much whatever it holds:
    with 50 ms half as much as with 20."""
    batch_reports: int = Field(default=500, ge=1, le=10_000)
    batch_bytes: int = Field(default=256 * 1024, ge=1024, le=900_000)
    in_flight_reports: int = Field(default=20_000, ge=1)
    """Taken from the broker and not yet durable: with more the bridge stops reading."""
    in_flight_bytes: int = Field(default=64 * 1024 * 1024, ge=1024 * 1024)
    ack_seconds: float = Field(default=2.0, gt=0)
    """How often devices are told what became durable."""
    registry_seconds: float = Field(default=15.0, gt=0)
    """How often the registry is asked which stations are acknowledged by platform."""
    drain_seconds: float = Field(default=20.0, gt=0)
    """How long a bridge that is told to stop waits for Kafka; what is left stays with the broker."""
    keepalive_seconds: int = Field(default=60, ge=5)


class SenderSettings(SectionSettings):
    """How a sender (replay, simulator) keeps and repeats its reports."""

    section: ClassVar[str] = "sender"

    model_config = SettingsConfigDict(env_prefix="LANTIAN_SENDER_")

    window: int = Field(default=50_000, ge=1, le=60_000)
    """Reports sent and not yet known to be durable; with more the sender waits. MQTT has 65 535 packet ids."""
    resend_seconds: float = Field(default=10.0, gt=0)
    """A report is sent again when what was sent so much later is acknowledged; some are when nothing at all was for so
    long, which doubles while it lasts."""
    resend_longest_seconds: float = Field(default=60.0, gt=0)
    resend_per_second: int = Field(default=5_000, ge=1)
    """Pace of repeats."""
    status_seconds: float = Field(default=30.0, gt=0)
    """How often a station's last number is told in its status."""
    give_up_seconds: float = Field(default=300.0, gt=0)
    """A sender that hears nothing of the centre for so long, with reports unsaid, fails."""
