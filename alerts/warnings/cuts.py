"""By how much a city's emissions are to be cut at each level: a table by region and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from alerts.toml_file import read_entries
from alerts.warnings.scheme import Level, Region, Source, closeness
from core.errors import InputError

BUILTIN = Path(__file__).parent / "cuts.toml"


class Pollutant(StrEnum):
    """What is cut; NOx here, not the NO2 of the air."""

    SO2 = "so2"
    NOX = "nox"
    PM = "pm"

    @property
    def shown(self) -> str:
        """As operators read it."""
        return {"so2": "SO2", "nox": "NOx", "pm": "颗粒物 PM"}[self.value]


class Cut(BaseModel):
    """The cuts of regions from a date until another (exclusive); per cent of all the city emits."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    regions: tuple[Region, ...] = Field(min_length=1)
    effective_from: date
    effective_until: date | None = None
    shares: dict[Level, Annotated[Decimal, Field(ge=0, le=100)]] = Field(min_length=1)
    pollutants: tuple[Pollutant, ...] = Field(min_length=1)
    source: Source
    note: str = ""

    @field_validator("shares")
    @classmethod
    def _grow(cls, shares: dict[Level, Decimal]) -> dict[Level, Decimal]:
        ordered = [shares[level] for level in sorted(shares, key=lambda level: level.rank)]
        if ordered != sorted(ordered):
            raise ValueError("a higher level must not cut less; correct the shares")
        return shares

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.effective_until is not None and self.effective_until <= self.effective_from:
            raise ValueError("effective_until must come after effective_from; correct one of them")
        return self

    def effective(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cut: tuple[Cut, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Cuts:
    """All cuts of a file."""

    all: tuple[Cut, ...]

    def at(self, region: str, day: date) -> Cut:
        """The cuts in force in a region (GB/T 2260) on a day, those closest to it; raises `InputError` for none."""
        known = [cut for cut in self.all if cut.effective(day) and closeness(cut.regions, region) >= 0]
        if not known:
            raise InputError("cut", f"no cut is in force on {day}", field="region", value=region,
                             hint="add one to the cuts' file")  # fmt: skip
        return max(known, key=lambda cut: closeness(cut.regions, region))


@cache
def load_cuts(path: Path = BUILTIN) -> Cuts:
    """The cuts of a file; raises `InputError` naming file, line, entry, field and remedy."""
    return Cuts(read_entries(path, _File, "cut").cut)
