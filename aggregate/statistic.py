"""The vocabulary of statistics: windows, states, reasons, and the statement that tells of a statistic's change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

import msgspec

from core.clock import DAY, HOUR, date_of, midnight, months_after


class Window(StrEnum):
    """Kinds of window; each is half-open, `[start, start + length)`."""

    HOUR = "hour"
    EIGHT_HOURS = "8h"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def length(self) -> int:
        """Seconds; a month, a quarter and a year have no fixed length (`KeyError`)."""
        return _LENGTHS[self]

    @property
    def step(self) -> int:
        """Seconds from one window's start to the next: running ones begin every hour (`KeyError` as `length`)."""
        return HOUR if self is Window.EIGHT_HOURS else self.length

    def end(self, start: int) -> int:
        """Where the window beginning at `start` ends (UTC seconds, exclusive); longer ones are of the calendar."""
        if self in _LENGTHS:
            return start + _LENGTHS[self]
        return midnight(months_after(date_of(start), _MONTHS[self]))

    def holding(self, day: int) -> int:
        """The start of the month, quarter or year that holds the day beginning at `day` (UTC seconds)."""
        of = date_of(day)
        return midnight(date(of.year, (of.month - 1) // _MONTHS[self] * _MONTHS[self] + 1, 1))


_LENGTHS = {Window.HOUR: HOUR, Window.EIGHT_HOURS: 8 * HOUR, Window.DAY: DAY}
_MONTHS = {Window.MONTH: 1, Window.QUARTER: 3, Window.YEAR: 12}
PERIODS = tuple(_MONTHS)
"""Windows made of days."""


class State(StrEnum):
    """How far a factor of a statistic is (state-model: open, provisional, final)."""

    OPEN = "O"
    PROVISIONAL = "P"
    FINAL = "F"


class Tier(StrEnum):
    """Whose readings count: devices alone, or with what persons flagged and corrected."""

    RAW = "raw"
    REVIEWED = "reviewed"


class Reason(IntEnum):
    """Why a value is not valid; `VALID` if it is."""

    VALID = 0
    NO_VALUES = 1
    TOO_FEW_MINUTES = 2
    """Fewer than 45 minutes of valid values in the hour (GB 3095 table 4)."""
    TOO_FEW_HOURS = 3
    """Fewer than 6 of 8, or 20 of 24, valid hours (GB 3095 table 4)."""
    TOO_FEW_WINDOWS = 4
    """Fewer than 14 valid 8-hour means ending 08–24 h, and the largest not above the limit (HJ 663)."""
    TOO_FEW_STATIONS = 5
    """Fewer stations than a city value needs."""
    POLLUTANT_MISSING = 6
    """HJ 633-2026: with a pollutant missing the AQI is published only above 100."""
    SANDDUST = 7
    """A particulate left out, for a sand-dust period holds the hour (环办监测〔2016〕120号); what is not valid, or has
    no AQI, without it."""
    TOO_FEW_DAYS = 8
    """Fewer than 324 valid days in the year, or than 27 in a month, 25 in February (GB 3095 table 4)."""
    NO_DIRECTION = 9
    """Wind from all sides: its directions cancel each other out."""


_Cell = TypeVar("_Cell")

WORKER = "worker"
"""Who takes reports and makes the statistics of stations."""

AQI = "AQI"
O3 = "a05024"
O3_8H_MAX = "a05024_8h_max"
O3_1H_MAX = "a05024_1h_max"
WIND_SPEED, WIND_DIRECTION = "a01007", "a01008"
IAQI_PREFIX = "IAQI_"


def daily_name(factor: str, average: str) -> str:
    """What the daily statistic is called that a column of an edition's daily IAQI table judges."""
    return factor if average == "day" else f"{factor}_{average.removeprefix('max_')}_max"


class Statement(msgspec.Struct, frozen=True, gc=False):
    """What a statistic is as of `version`; the arrays are parallel to `factors`.

    `object` is `station:<id>` or `city:<name>`, `kind` the station's kind or `city`; `start` and `end` are UTC
    seconds, half-open. `live` tells whether a current `live` reading is in it: nothing else may page anyone.
    """

    object: str
    kind: str
    window: Window
    start: int
    end: int
    version: int
    factors: list[str]
    states: str
    values: list[float | None]
    n_valid: list[int]
    n_expected: list[int]
    reasons: list[int]
    """`Reason` by its number."""
    edition: str
    """The edition of the regulations that the window's date falls under, one for all factors."""
    live: list[bool]
    tier: Tier = Tier.RAW
    sanddust: bool = True
    """Whether sand-dust periods are in."""


class StatementBatch(msgspec.Struct, frozen=True):
    """A record of `lantian.statistics.v1`: statements of one city, in the order they were made."""

    city: str
    statements: list[Statement]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(StatementBatch)


def encode_statements(batch: StatementBatch) -> bytes:
    """The value of a Kafka record."""
    return _encoder.encode(batch)


def decode_statements(value: bytes) -> StatementBatch:
    """The batch in a Kafka record; raises `msgspec.DecodeError` if the record is none of ours."""
    try:
        return _decoder.decode(value)
    except RecursionError as error:  # deep in a field that the schema does not know
        raise msgspec.DecodeError(str(error)) from None


class Variant(NamedTuple):
    """Whose readings count, and whether those of sand-dust periods do."""

    tier: Tier
    sanddust: bool


DEVICES = Variant(Tier.RAW, sanddust=True)
"""What was measured, nothing left out: every window has this row. One of another variant has a row of its own only
where it differs from the row that holds for it otherwise (`holding`), and then for good."""
VARIANTS = (
    DEVICES,
    Variant(Tier.REVIEWED, sanddust=True),
    Variant(Tier.RAW, sanddust=False),
    Variant(Tier.REVIEWED, sanddust=False),
)
"""Each after those that hold for it where it has no row."""


class Key(NamedTuple):
    """Which statistic; `start` in UTC seconds."""

    object: str
    window: Window
    start: int
    tier: Tier = Tier.RAW
    sanddust: bool = True

    @property
    def end(self) -> int:
        """UTC seconds, exclusive."""
        return self.window.end(self.start)

    @property
    def variant(self) -> Variant:
        """Which of the window's rows."""
        return Variant(self.tier, self.sanddust)

    @property
    def base(self) -> Key:
        """The window's row of devices."""
        return self._replace(tier=Tier.RAW, sanddust=True)

    def of(self, variant: Variant) -> Key:
        """The window's row of this variant."""
        return Key(self.object, self.window, self.start, *variant)


class Content(NamedTuple):
    """What is compared between runs (state-model: value, counts, validity, reason, edition); None: not valid."""

    factors: tuple[str, ...]
    values: tuple[float | None, ...]
    n_valid: tuple[int, ...]
    n_expected: tuple[int, ...]
    reasons: tuple[int, ...]
    edition: str


def shared(column: tuple[_Cell, ...]) -> tuple[_Cell, ...]:
    """The same tuple for all that are equal: most windows have the same counts, and thousands are in memory."""
    return _shared(column, type(column[0]).__name__ if column else "")


@lru_cache(maxsize=4096)
def _shared(column: tuple[_Cell, ...], _kind: str) -> tuple[_Cell, ...]:
    """By the kind too, for (1,) and (True,) are equal."""
    return column


class Computed(NamedTuple):
    """A window as its inputs give it: by factor also whether something live is in it, and until when it is open."""

    content: Content
    live: tuple[bool, ...]
    open_until: tuple[int, ...]
    """UTC seconds; 0: nothing more is expected."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A row of the table `statistic`."""

    key: Key
    content: Content
    states: str
    live: tuple[bool, ...]
    version: int
    revision: int
    due: int | None
    changed_at: int

    @property
    def waits(self) -> bool:
        """Whether every factor is open; a row without factors waits for nothing."""
        return set(self.states) == {State.OPEN}

    def __getitem__(self, factor: str) -> float | None:
        """The valid value of a factor that is no longer open, else None."""
        try:
            place = self.content.factors.index(factor)
        except ValueError:
            return None
        return None if self.states[place] == State.OPEN else self.content.values[place]

    def without_sanddust(self, factor: str) -> bool:
        """Whether the factor has no value because sand-dust was left out; one that is open does not say so."""
        try:
            return self.content.reasons[self.content.factors.index(factor)] == Reason.SANDDUST
        except ValueError:
            return False

    def closed(self, factor: str) -> bool:
        """Whether the factor is there and no longer open."""
        try:
            return self.states[self.content.factors.index(factor)] != State.OPEN
        except ValueError:
            return False

    def statement(self, kind: str) -> Statement:
        """What is told of it."""
        content = self.content
        return Statement(
            object=self.key.object,
            kind=kind,
            window=self.key.window,
            start=self.key.start,
            end=self.key.end,
            version=self.version,
            factors=list(content.factors),
            states=self.states,
            values=list(content.values),
            n_valid=list(content.n_valid),
            n_expected=list(content.n_expected),
            reasons=list(content.reasons),
            edition=content.edition,
            live=list(self.live),
            tier=self.key.tier,
            sanddust=self.key.sanddust,
        )


def holding(key: Key, get: Callable[[Key], Statistic | None]) -> Statistic | None:
    """The row that holds for a variant: its own; else, of the rows of its window, the one that comes nearest."""
    for variant in reversed(VARIANTS):
        if may_hold(variant, key.variant) and (row := get(key.of(variant))) is not None:
            return row
    return None


def may_hold(stored: Variant, wanted: Variant) -> bool:
    """Whether a row of one variant holds for another where none comes nearer: it leaves nothing out beyond that."""
    return (stored.tier is Tier.RAW or wanted.tier is Tier.REVIEWED) and (stored.sanddust or not wanted.sanddust)


def variants_above(below: Iterable[Variant], standing: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants to compute of a window, by those of the windows that it is made of, and its own that stand."""
    of = set(below)
    return variants_needed(
        reviewed=any(variant.tier is Tier.REVIEWED for variant in of),
        dusty=any(not variant.sanddust for variant in of),
        standing=standing,
    )


def variants_needed(*, reviewed: bool, dusty: bool, standing: Iterable[Variant]) -> tuple[Variant, ...]:
    """The variants to compute: what a window is made of was reviewed, or lies in sand-dust, or the row stands."""
    if not reviewed and not dusty and not standing:
        return (DEVICES,)
    stand = set(standing)
    return tuple(
        variant
        for variant in VARIANTS
        if variant in stand or ((reviewed or variant.tier is Tier.RAW) and (dusty or variant.sanddust))
    )


@lru_cache(maxsize=131_072)
def station_object(station: str) -> str:
    """The object of a station's statistics."""
    return f"station:{station}"


def city_object(city: str) -> str:
    """The object of a city's statistics."""
    return f"city:{city}"
