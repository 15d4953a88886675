"""Settings of periods."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from core.settings import SectionSettings

_COMMON_YEAR = 2001
"""29 February begins and ends no season: most years have none."""


class RegionSettings(SectionSettings):
    """`LANTIAN_REGIONS_…`, or `[regions]` in `lantian.toml`."""

    section: ClassVar[str] = "regions"
    model_config = SettingsConfigDict(env_prefix="LANTIAN_REGIONS_")

    heating_first: str = "11-15"
    """First day of the heating season, MM-DD. By memory (M): each city decides its own."""
    heating_last: str = "03-15"
    """Its last day, in the year after."""

    @field_validator("heating_first", "heating_last")
    @classmethod
    def _a_day(cls, text: str) -> str:
        try:
            date.fromisoformat(f"{_COMMON_YEAR}-{text}")
        except ValueError:
            raise ValueError("must be a day as MM-DD, such as 11-15") from None
        return text
