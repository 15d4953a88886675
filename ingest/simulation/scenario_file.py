"""What a scenario's TOML file may say (docs/scenarios.md): the edge where people's spelling becomes a simulation's."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from core.clock import SHANGHAI, parse_time
from core.errors import InputError, LantianError
from ingest.kinds import Kind
from ingest.period import parse_period
from ingest.report import Origin
from ingest.simulation.episodes import EpisodeKind
from ingest.simulation.faults import FaultKind
from ingest.simulation.towns import Area
from standards.factors import load_catalogue

OWN = "own"
"""Of a span's period: each monitor's own."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a scenario file, for whoever must correct it. `number` counts tables of a name from 1 (0: one)."""

    file: str
    table: str = ""
    number: int = 0

    def error(self, field: str, message: str, value: object = None, *, hint: str) -> InputError:
        """What is wrong with a field of the table (empty: with the table)."""
        table = f"[[{self.table}]] {self.number}" if self.number else f"[{self.table}]" if self.table else ""
        place = ", ".join(part for part in (table, field) if part)
        return InputError("scenario", message, field=f"{self.file} {place}".rstrip(), value=value, hint=hint)


def _told(error: LantianError) -> ValueError:
    return ValueError(f"{error.message}; {error.hint}")


def _seconds(value: Any) -> Any:
    """UTC seconds of a time written as a text or as TOML's own; without an offset Asia/Shanghai's."""
    if isinstance(value, str):
        try:
            value = parse_time(value, field="")
        except LantianError as error:
            raise _told(error) from None
    if not isinstance(value, datetime):
        raise ValueError("is not an ISO 8601 time; write it as 2026-11-18T20:00:00")  # noqa: TRY004  (pydantic's way)
    return int((value if value.tzinfo else value.replace(tzinfo=SHANGHAI)).timestamp())


def _period(value: Any) -> Any:
    if value == OWN:
        return 0
    try:
        return parse_period(value) if isinstance(value, str) else value
    except LantianError as error:
        raise _told(error) from None


def _code(value: Any) -> Any:
    factor = load_catalogue().resolve(value) if isinstance(value, str) else None
    if factor is None:
        raise ValueError("is no factor of the catalogue; use its code or common name")
    return factor.code


Moment = Annotated[int, BeforeValidator(_seconds)]
Code = Annotated[str, BeforeValidator(_code)]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


class Part(BaseModel):
    """A table of the file; a field that is misspelt would not apply, and is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TitlePart(Part):
    """The scenario's name for people."""

    zh: Text
    en: Text


class NetworkPart(Part):
    """Which stations there are."""

    file: Text | None = None
    registered: bool = False
    counts: dict[Kind, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    area: Area = Area.JINCHENG
    seed: int | None = None

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.file and self.registered:
            raise ValueError("has both file and registered; keep one of them")
        if not (self.file or self.registered or self.counts):
            raise ValueError("names no stations; give file, registered = true or counts")
        return self


class SectionPart(Part):
    """A section of a river, `km` below the first."""

    station: Text
    km: Annotated[Number, Field(ge=0)]


class RiverPart(Part):
    """A river, its sections in order downstream."""

    name: Text
    km_per_hour: Annotated[Number, Field(gt=0)]
    sections: Annotated[tuple[SectionPart, ...], Field(min_length=1)]


class Timed(Part):
    """What lasts from one time to another."""

    start: Annotated[Moment, Field(alias="from")]
    end: Annotated[Moment, Field(alias="to")]

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.end:
            raise ValueError("ends before it begins; correct from and to")
        return self


class SpanPart(Timed):
    """A stretch of time to send."""

    period: Annotated[int, BeforeValidator(_period), Field(ge=0)] = 0
    origin: Origin = Origin.LIVE
    paced: bool = False


class SelectPart(Part):
    """Stations to be drawn: `count` of a kind, or so many of the enterprises that have some."""

    kind: Kind
    count: Annotated[int, Field(gt=0)]
    enterprises: bool = False


class Placed(Timed):
    """What happens at some stations; an enterprise's name stands for its stations."""

    stations: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    select: SelectPart | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.stations and self.select:
            raise ValueError("has both stations and select; keep one of them")
        return self


class EpisodePart(Placed):
    """What happens."""

    kind: EpisodeKind
    peak: Annotated[Number, Field(gt=0)] | None = None
    manner: Text | None = None


class FaultPart(Placed):
    """What goes wrong."""

    kind: FaultKind
    factors: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    amount: Number | None = None
    seconds: int | None = None
    share: Share | None = None


class ScenarioPart(Part):
    """The whole file."""

    format: Literal[1]
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    title: TitlePart
    seed: int
    climate: Text
    gaps: bool = True
    network: NetworkPart
    river: tuple[RiverPart, ...] = ()
    span: Annotated[tuple[SpanPart, ...], Field(min_length=1)]
    episode: tuple[EpisodePart, ...] = ()
    fault: tuple[FaultPart, ...] = ()


_PARTS: dict[str, type[Part]] = {
    "title": TitlePart,
    "network": NetworkPart,
    "river": RiverPart,
    "river.sections": SectionPart,
    "span": SpanPart,
    "episode": EpisodePart,
    "episode.select": SelectPart,
    "fault": FaultPart,
    "fault.select": SelectPart,
}


def field_names(part: type[Part]) -> list[str]:
    """As they stand in the file."""
    return [field.alias or name for name, field in part.model_fields.items()]


def read_scenario_file(path: Path) -> tuple[ScenarioPart, str]:
    """A file, checked table by table, and its text; raises `InputError` about one thing that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else error
        raise Where(path.name).error("", f"cannot be read: {told}", hint="correct the file") from error
    try:
        return ScenarioPart.model_validate(content), text
    except ValidationError as error:
        # what is misspelt comes before what is missing because of that
        first = min(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
        raise _error(path.name, first["loc"], first["type"], first["msg"], first["input"]) from error


def _error(file: str, place: Sequence[int | str], kind: str, message: str, value: object) -> InputError:
    """Pydantic's finding by the file's own names."""
    names = [part for part in place if part != "[key]"]
    table, number, rest = "", 0, names
    if names and names[0] in _PARTS:
        table, rest = str(names[0]), names[1:]
        if rest and isinstance(rest[0], int):
            number, rest = rest[0] + 1, rest[1:]
    field = " ".join(str(part + 1) if isinstance(part, int) else part for part in rest)
    shown = value if isinstance(value, str | int | float) and kind != "missing" else None
    hint = "see docs/scenarios.md"
    if kind == "extra_forbidden":
        inner = ".".join(str(part) for part in (table, *rest[:-1]) if isinstance(part, str) and part)
        message, hint = "is unknown", f"fields are {', '.join(field_names(_PARTS.get(inner, ScenarioPart)))}"
    elif kind == "missing":
        message = "is missing"
    elif kind == "value_error":
        message, _, hint = message.removeprefix("Value error, ").partition("; ")
    else:
        message = message[:1].lower() + message[1:]
    return Where(file, table, number).error(field, message, shown, hint=hint)
