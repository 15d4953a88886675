"""What an edition's TOML file may hold; checked when it is read, so that nothing behind it needs to check again."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from standards.errors import StandardsError
from standards.nano import NANO_LARGEST

FOLDER = Path(__file__).with_name("editions")

Confidence = Literal["A", "B", "C", "M"]
"""A: official text and a second source; B: two secondary sources, or the text alone; C: one secondary; M: memory."""

HOURLY_FACTORS = ("a34004", "a34002", "a21026", "a21004", "a21005", "a05024")
"""Columns of hourly concentrations everywhere: PM2.5, PM10, SO2, NO2, CO, O3."""

T = TypeVar("T")
N = TypeVar("N", bound="Named")
Count = Annotated[int, Field(gt=0)]
Places = Annotated[int, Field(ge=0, le=9)]
Percent = Annotated[float, Field(ge=0, le=100)]
IndexPlaces = Annotated[int, Field(ge=0, le=3)]
IndexLimit = Annotated[float, Field(ge=0.001, le=NANO_LARGEST)]
Weight = Annotated[float, Field(gt=0, le=1000, multiple_of=0.001)]
"""Bounds within which the composite index is computed exactly (`standards.composite`)."""


class Named(Protocol):
    """What has an edition's id."""

    @property
    def id(self) -> str:
        """Its file's name."""


class Part(BaseModel):
    """A part of the file; unknown names are errors, for a misspelt rule would not apply."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cited(Part, Generic[T]):
    """A value with where it stands and how sure it is."""

    value: T
    source: Annotated[str, Field(min_length=1)]
    confidence: Confidence


class Table(Part):
    """What a table of values has in common."""

    source: Annotated[str, Field(min_length=1)]
    confidence: Confidence


class SixPart(Table, Generic[T]):
    """A value for each pollutant of `HOURLY_FACTORS`, by factor."""

    values: dict[str, T]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = next((factor for factor in HOURLY_FACTORS if factor not in self.values), None)
        other = next((factor for factor in self.values if factor not in HOURLY_FACTORS), None)
        if missing or other:
            raise ValueError(f"{missing} is missing" if missing else f"{other} is none of {', '.join(HOURLY_FACTORS)}")
        return self


class StandardPart(Part):
    """A document of the bundle."""

    code: str
    title_zh: str


class AqiPart(Part):
    """Rules on the whole AQI."""

    minimum: Cited[float]
    exceedance_above: Cited[float] | None = None
    incomplete_above: Cited[float] | None = None


class ColumnPart(Part):
    """Breakpoints of one indicator, in the order of the table's `index`; a column may stop early."""

    factor: str
    average: Literal["hour", "day", "max_8h", "max_1h"]
    breaks: Annotated[list[float], Field(min_length=2)]
    above_top: Cited[float | Literal["none"]] | None = None
    confidence: Confidence | None = None

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if self.breaks[0] != 0 or any(a >= b for a, b in pairwise(self.breaks)):
            raise ValueError("breaks must start at 0 and ascend")
        if self.breaks[-1] > NANO_LARGEST:
            raise ValueError(f"breaks must not be above {NANO_LARGEST:g}")
        return self


class RoundingPart(Table):
    """Places of concentrations before the IAQI, by factor."""

    values: dict[str, Places]


class IndicesPart(Table):
    """The IAQI tables."""

    index: Annotated[list[int], Field(min_length=2)]
    beyond_table: Cited[float]
    hourly: list[ColumnPart]
    daily: list[ColumnPart]
    rounding: RoundingPart | None = None

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if any(a >= b for a, b in pairwise(self.index)):
            raise ValueError("index must ascend")
        if tuple(column.factor for column in self.hourly) != HOURLY_FACTORS:
            raise ValueError(f"hourly columns must be {', '.join(HOURLY_FACTORS)}")
        for column in (*self.hourly, *self.daily):
            if len(column.breaks) > len(self.index):
                raise ValueError(f"{column.factor} {column.average}: more breaks than index has")
            if self.rounding and column.factor not in self.rounding.values:
                raise ValueError(f"rounding: {column.factor} is missing")
        return self


class LevelPart(Part):
    """A level of the AQI, above the one before it and up to `up_to`."""

    number: int
    up_to: float
    level_zh: str
    name_zh: str
    name_en: str
    colour_zh: str
    colour: Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]


class LevelsPart(Table):
    """All levels, best first."""

    values: Annotated[list[LevelPart], Field(min_length=1)]

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if any(a.up_to >= b.up_to for a, b in pairwise(self.values)):
            raise ValueError("up_to must ascend")
        return self


class LimitPart(Part):
    """Class I and class II limit of a factor for an averaging time."""

    factor: str
    average: Literal["year", "season", "day", "max_8h", "hour"]
    class_1: Annotated[float, Field(gt=0)]
    class_2: Annotated[float, Field(gt=0)]
    unit: str
    confidence: Confidence


class LimitsPart(Part):
    """All limits; a pair of factor and averaging time stands once."""

    source: str
    values: list[LimitPart]

    @model_validator(mode="after")
    def _once(self) -> Self:
        pairs = [(limit.factor, limit.average) for limit in self.values]
        twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
        if twice:
            raise ValueError(f"{twice[0]} {twice[1]} stands twice")
        return self


class ValidityPart(Part):
    """How much must be there for a mean to be valid."""

    hour_seconds: Cited[Annotated[int, Field(gt=0, le=3600)]]
    eight_hours: Cited[Annotated[int, Field(gt=0, le=8)]]
    day_hours: Cited[Annotated[int, Field(gt=0, le=24)]]
    day_windows: Cited[Annotated[int, Field(gt=0, le=17)]]
    windows_excused_above: Cited[float]
    year_days: Cited[Count]
    month_days: Cited[Count]
    february_days: Cited[Count]


class CityPart(Part):
    """How a city's value comes from its stations' concentrations: their mean."""

    minimum_share: Cited[Annotated[float, Field(ge=0, le=1)]]
    control_points: Cited[bool]


class PeriodPart(Part):
    """How a month, a quarter, a year or any other period is evaluated from its days."""

    percents: SixPart[Percent]
    means: Cited[list[Literal["a34004", "a34002", "a21026", "a21004", "a21005", "a05024"]]]
    attained_up_to: Cited[Annotated[float, Field(gt=0, le=500)]]
    heavy_above: Cited[Annotated[float, Field(gt=0, le=500)]]
    multiple_decimals: Cited[Places]


class CompositePart(Part):
    """The composite index: the weighted sum of concentrations over limits."""

    limits: SixPart[IndexLimit]
    weights: SixPart[Weight]
    decimals: SixPart[Places]
    single_decimals: Cited[IndexPlaces]
    total_decimals: Cited[IndexPlaces]


class SharesPart(Part):
    """How shares of days and rates of change, in percent, are rounded when shown."""

    decimals: Cited[Places]
    rounding: Cited[Literal["half_even", "half_up"]]


class EditionFile(Part):
    """An edition's file, whatever it is based on merged in."""

    id: Annotated[str, Field(pattern=r"^[0-9a-z-]+$")]
    name_zh: str
    name_en: str
    effective: date
    confidence: Confidence
    serves_earlier: bool = False
    standards: Annotated[list[StandardPart], Field(min_length=1)]
    aqi: AqiPart
    indices: IndicesPart
    levels: LevelsPart
    limits: LimitsPart
    validity: ValidityPart
    city: CityPart
    period: PeriodPart
    composite: CompositePart
    shares: SharesPart
    decimals: RoundingPart

    @property
    def start(self) -> date:
        """The first day that it serves."""
        return date.min if self.serves_earlier else self.effective


def read_files(folder: Path = FOLDER) -> tuple[EditionFile, ...]:
    """All editions of a folder by date, the first serving all earlier ones; `StandardsError` names file and entry."""
    if not folder.is_dir():
        raise StandardsError(str(folder), "the folder", "is not there", hint="name one that holds files of editions")
    contents = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    if not contents:
        raise StandardsError(str(folder), "the folder", "holds no file of an edition", hint="they are named ID.toml")
    files = []
    # Those that others are based on come first, so that a mistake is told of the file that holds it.
    for name, content in sorted(contents.items(), key=lambda item: "based_on" in item[1]):
        path = folder / f"{name}.toml"
        base = content.get("based_on")
        if base is not None and (base not in contents or "based_on" in contents[base]):
            raise StandardsError(path.name, "based_on", f"{base} is no edition that stands by itself")
        try:
            files.append(EditionFile.model_validate(_merged(content, contents[base]) if base else content))
        except ValidationError as error:
            raise StandardsError.of(path, error) from error
    files.sort(key=lambda file: file.start)
    if not files[0].serves_earlier:
        raise StandardsError(str(folder), "serves_earlier", "no edition serves the dates before the first one")
    for earlier, later in pairwise(files):
        if earlier.start == later.start:
            raise StandardsError(f"{later.id}.toml", "effective", f"is the same as that of {earlier.id}")
    return tuple(files)


def named(editions: Iterable[N], name: str) -> N:
    """The edition of this id; `StandardsError` names those there are."""
    by_id = {edition.id: edition for edition in editions}
    if name not in by_id:
        raise StandardsError(
            "standards/editions", name, "there is no such edition", hint=f"take one of {', '.join(by_id)}"
        )
    return by_id[name]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StandardsError(path.name, "the file", f"cannot be read: {error}") from error
    if content.get("id") != path.stem:
        raise StandardsError(path.name, "id", "must be the file's name", hint=f'write id = "{path.stem}"')
    return content


def _merged(own: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """The file's content where it is based on another: whole parts that it does not hold come from that one."""
    taken = {name: part for name, part in base.items() if name != "serves_earlier"}
    return {name: part for name, part in {**taken, **own}.items() if name != "based_on"}
