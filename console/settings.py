"""Settings of the console."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from console.language import Language
from core.health import PORTS
from core.settings import SectionSettings


class ConsoleSettings(SectionSettings):
    """Where `lantian console run` serves its page, and how often it looks."""

    section: ClassVar[str] = "console"

    model_config = SettingsConfigDict(env_prefix="LANTIAN_CONSOLE_")

    host: str = "127.0.0.1"
    """There is no login: on another address than loopback everybody who reaches it reads everything."""
    port: int = Field(default=9480, ge=0, le=65535)
    """0 takes any free one; it is told on stdout and in `run/console-page.url`."""
    metrics_port: int = PORTS["console"]
    refresh_seconds: float = Field(default=2.0, ge=0.1, le=600)
    """How often the database is read, for all browsers together."""
    most_alerts: int = Field(default=500, ge=1, le=5000)
    """Open alerts read at most, the gravest first; counts are of all."""
    language: Language = Language.ZH
    """Of a page whose address names none."""
