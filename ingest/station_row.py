"""A row of a stations CSV: the edge where people's spelling becomes the registry's."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from core.clock import parse_time
from core.errors import LantianError
from ingest.kinds import Kind
from ingest.period import parse_period
from ingest.station import ACKS_TO_STATION, ControlLevel, Limit
from ingest.topics import check_level
from standards.factors import load_catalogue

PLATFORM_PREFIX = "platform-"
BOARD_PREFIX = "board-"
_RESERVED = {"bridge", "notifier", "platform", ACKS_TO_STATION}
_RANGE = re.compile(r"(?P<least>[-+.\deE]*)\s*\.\.\s*(?P<greatest>[-+.\deE]*)")
_CLASSES = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "Ⅰ": 1, "Ⅱ": 2, "Ⅲ": 3, "Ⅳ": 4, "Ⅴ": 5}


def _level(text: str) -> str:
    try:
        return check_level("", text)
    except LantianError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None


def _yes_or_no(value: Any) -> Any:
    return {"是": True, "否": False}.get(value, value)


def _period(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_period(value)
    except LantianError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None


def _time(value: Any) -> Any:
    try:
        return parse_time(value, field="valid_from") if isinstance(value, str) else value
    except LantianError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None


def water_class(text: str) -> int:
    """1 … 5 for `I` … `V`, `Ⅲ类` or a digit; raises `ValueError`."""
    name = text.strip().upper().removesuffix("类").removeprefix("CLASS").strip()
    if name in _CLASSES:
        return _CLASSES[name]
    if name in {"1", "2", "3", "4", "5"}:
        return int(name)
    raise ValueError("is no class of surface water: write I, II, III, IV or V")


_Level = Annotated[str, Field(max_length=64)]
_Text = Annotated[str, Field(max_length=200)]
_Flag = Annotated[bool, BeforeValidator(_yes_or_no)]


class StationRow(BaseModel):
    """What a row says of a station from `valid_from` on; empty cells are left out before."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    station: _Level
    mn: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,24}$")] | None = None
    name_zh: _Text
    name_en: _Text | None = None
    kind: Kind
    region: _Level
    city: _Text
    county: _Text | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    operator: _Text | None = None
    enterprise: _Text | None = None
    control_level: ControlLevel | None = None
    control_point: _Flag = False
    camera: _Text | None = None
    reporting_period: Annotated[int, BeforeValidator(_period), Field(gt=0)]
    acks: _Level = ACKS_TO_STATION
    valid_ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)
    limits: dict[str, Limit] = Field(default_factory=dict)
    target_class: Annotated[int, BeforeValidator(water_class)] | None = None
    tags: tuple[_Text, ...] = ()
    valid_from: Annotated[datetime, BeforeValidator(_time)] | None = None
    active: _Flag = True

    @field_validator("station", "region")
    @classmethod
    def _is_level(cls, text: str) -> str:
        return _level(text)

    @field_validator("station")
    @classmethod
    def _is_no_account(cls, text: str) -> str:
        if text in _RESERVED or text.startswith((PLATFORM_PREFIX, BOARD_PREFIX)):
            raise ValueError(f"is kept for Lantian's own accounts: choose a name other than {text}")
        return text

    @field_validator("acks")
    @classmethod
    def _is_receiver(cls, text: str) -> str:
        if text != ACKS_TO_STATION and not _level(text).startswith(PLATFORM_PREFIX):
            raise ValueError(f"is `{ACKS_TO_STATION}` or a credential `{PLATFORM_PREFIX}…`")
        return text

    @field_validator("valid_ranges", mode="before")
    @classmethod
    def _ranges(cls, cell: Any) -> Any:
        return {code: _bounds(text) for code, text in _items(cell)} if isinstance(cell, str) else cell

    @field_validator("tags", mode="before")
    @classmethod
    def _tags(cls, cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        return tuple(sorted({part.strip() for part in cell.replace("；", ";").split(";") if part.strip()}))

    @field_validator("limits", mode="before")
    @classmethod
    def _limits(cls, cell: Any) -> Any:
        return {code: _limit(text) for code, text in _items(cell)} if isinstance(cell, str) else cell

    @model_validator(mode="after")
    def _both_coordinates(self) -> StationRow:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError("longitude and latitude belong together: give both or neither")
        return self


def _items(cell: str) -> list[tuple[str, str]]:
    """`PM10 0..2000; SO2 0..500` as pairs of code and rest."""
    found: list[tuple[str, str]] = []
    for item in filter(None, (part.strip() for part in cell.split(";"))):
        name, _, rest = item.partition(" ")
        factor = load_catalogue().resolve(name)
        if factor is None:
            raise ValueError(f"{name} is no factor of the catalogue: use its code or common name")
        if factor.code in {code for code, _ in found}:
            raise ValueError(f"{name} is named twice")
        found.append((factor.code, rest.strip()))
    return found


def _bounds(text: str) -> tuple[float, float]:
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no range: write 0..500, 0.. or ..500")
    least = float(found["least"]) if found["least"] else -math.inf
    greatest = float(found["greatest"]) if found["greatest"] else math.inf
    if not least < greatest:
        raise ValueError(f"{text!r} is an empty range")
    return least, greatest


def _limit(text: str) -> Limit:
    if ".." in text:
        least, greatest = _bounds(text)
        return Limit(
            least if math.isfinite(least) else None,
            greatest if math.isfinite(greatest) else None,
        )
    if text.lower().startswith("class") or text.endswith("类"):
        return Limit(water_class=water_class(text))
    return Limit(maximum=float(text))
