"""The factor catalogue: what a reading may be of, in which unit, and what a value of it can physically be."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from standards.errors import StandardsError

FILE = Path(__file__).with_name("factors.toml")

STACK_KINDS = frozenset({"cems"})
"""Kinds of station that measure in a stack, where a factor may have another unit."""

Medium = Literal["air", "water", "noise", "operation", "derived"]


@dataclass(frozen=True, slots=True)
class Measure:
    """Unit, places to show, and physical range (both ends allowed) of a factor's values."""

    unit: str
    decimals: int
    minimum: float
    maximum: float

    def holds(self, value: float) -> bool:
        """Whether a value can physically be; never for NaN."""
        return self.minimum <= value <= self.maximum


@dataclass(frozen=True, slots=True)
class Factor:
    """A measured or derived quantity; unit, decimals and range are those outside stacks."""

    code: str
    """HJ 524/525 code as in HJ 212, or an own code for what has none."""
    name_zh: str
    name_en: str
    symbol: str
    """Short name for tables and axes: PM2.5, NH3-N; the Chinese name where there is none."""
    unit: str
    decimals: int
    minimum: float
    maximum: float
    medium: Medium
    aliases: tuple[str, ...]
    legacy: str
    """Code of HJ/T 212-2005, empty if none; ambiguous without the system code (ST)."""
    total_unit: str
    """Unit of a total over an interval, empty if there are no totals."""
    stack: Measure | None
    source: str

    @property
    def derived(self) -> bool:
        """Whether it is computed (or forecast), never measured."""
        return self.medium == "derived"

    def measure(self, kind: str) -> Measure:
        """Unit and range for a kind of station."""
        if self.stack is not None and kind in STACK_KINDS:
            return self.stack
        return Measure(self.unit, self.decimals, self.minimum, self.maximum)


class _Range(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Annotated[str, Field(min_length=1)]
    decimals: Annotated[int, Field(ge=0, le=9)]
    min: Annotated[float, Field(allow_inf_nan=False)]
    max: Annotated[float, Field(allow_inf_nan=False)]

    @model_validator(mode="after")
    def _ascend(self) -> Self:
        if self.min >= self.max:
            raise ValueError("min must be below max")
        return self

    def measure(self) -> Measure:
        return Measure(self.unit, self.decimals, self.min, self.max)


class _Entry(_Range):
    code: Annotated[str, Field(pattern=r"^\w+$")]
    name_zh: Annotated[str, Field(min_length=1)]
    name_en: Annotated[str, Field(min_length=1)]
    symbol: str = ""
    aliases: tuple[str, ...] = ()
    legacy: str = ""
    total_unit: str = ""
    stack: _Range | None = None

    def factor(self, medium: Medium, source: str) -> Factor:
        return Factor(
            code=self.code,
            name_zh=self.name_zh,
            name_en=self.name_en,
            symbol=self.symbol or self.name_zh,
            unit=self.unit,
            decimals=self.decimals,
            minimum=self.min,
            maximum=self.max,
            medium=medium,
            aliases=self.aliases,
            legacy=self.legacy,
            total_unit=self.total_unit,
            stack=self.stack.measure() if self.stack else None,
            source=source,
        )


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    media: Medium
    source: str
    factors: list[dict[str, object]]


class Catalogue:
    """All factors, found by code, alias, English name or unambiguous Chinese name."""

    def __init__(self, factors: list[Factor], *, file: str = "factors") -> None:
        """Raises `StandardsError` if two factors claim one code, alias, symbol or English name."""
        self.factors = tuple(factors)
        self.by_code = {factor.code: factor for factor in factors}
        self._names: dict[str, Factor] = {}
        self._exact: dict[str, Factor] = {}
        """Names as they are usually written: a report's every value asks for one."""
        for factor in factors:
            for name in {_key(n) for n in (factor.code, factor.name_en, *factor.aliases)}:
                if name in self._names:
                    other = self._names[name].code
                    raise StandardsError(file, factor.code, f"{name!r} also names {other}", hint="give it to one")
                self._names[name] = factor
        self._add_chinese_names()
        for factor in factors:
            self._exact.update(dict.fromkeys((factor.code, *factor.aliases), factor))

    def _add_chinese_names(self) -> None:
        claims: dict[str, list[Factor]] = {}
        for factor in self.factors:
            claims.setdefault(_key(factor.name_zh), []).append(factor)
        for name, claimants in claims.items():
            # The annex gives some names to a factor of air and one of water (铅, 汞): such a name says nothing alone.
            if len(claimants) == 1:
                self._names.setdefault(name, claimants[0])

    def resolve(self, name: str) -> Factor | None:
        """The factor of a code or name; case, spaces, `-`, `_` and subscripts do not matter (`SO₂`, `pm2_5`)."""
        return self._exact.get(name) or self._names.get(_key(name))

    def __iter__(self) -> Iterator[Factor]:
        """Factors in the file's order."""
        return iter(self.factors)

    def __len__(self) -> int:
        """How many factors there are."""
        return len(self.factors)


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character not in " \t-_")


def _entries(path: Path, content: dict[str, object]) -> Iterator[Factor]:
    groups = content.get("group")
    if not isinstance(groups, list) or set(content) != {"group"}:
        raise StandardsError(path.name, "the file", "must hold [[group]] tables and nothing else")
    for number, raw in enumerate(groups, start=1):
        try:
            group = _Group.model_validate(raw)
        except ValidationError as error:
            raise StandardsError.of(path, error, entry=f"group {number}") from error
        for place, entry in enumerate(group.factors, start=1):
            try:
                yield _Entry.model_validate(entry).factor(group.media, group.source)
            except ValidationError as error:
                name = str(entry.get("code", f"group {number}, factor {place}"))
                raise StandardsError.of(path, error, entry=name) from error


@cache
def load_catalogue(path: Path = FILE) -> Catalogue:
    """The catalogue of a file, checked; read once a process. Raises `StandardsError` naming file and entry."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise StandardsError(path.name, "the file", f"cannot be read: {error}") from error
    return Catalogue(list(_entries(path, content)), file=path.name)
