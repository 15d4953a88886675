"""The vocabulary of statistics: windows, states, reasons, and the statement that tells of a statistic's change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from core.clock import DAY, HOUR


class Window(StrEnum):
    """Kinds of window; each is half-open, `[start, start + length)`."""

    HOUR = "hour"
    EIGHT_HOURS = "8h"
    DAY = "day"

    @property
    def length(self) -> int:
        """Seconds."""
        return {"hour": HOUR, "8h": 8 * HOUR, "day": DAY}[self.value]


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


WORKER = "worker"
"""Who takes reports and makes the statistics of stations."""

AQI = "AQI"
O3 = "a05024"
O3_8H_MAX = "a05024_8h_max"
IAQI_PREFIX = "IAQI_"


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


class Key(NamedTuple):
    """Which statistic; `start` in UTC seconds."""

    object: str
    window: Window
    start: int

    @property
    def end(self) -> int:
        """UTC seconds, exclusive."""
        return self.start + self.window.length


class Content(NamedTuple):
    """What is compared between runs (state-model: value, counts, validity, reason, edition); None: not valid."""

    factors: tuple[str, ...]
    values: tuple[float | None, ...]
    n_valid: tuple[int, ...]
    n_expected: tuple[int, ...]
    reasons: tuple[int, ...]
    edition: str


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

    def __getitem__(self, factor: str) -> float | None:
        """The valid value of a factor that is no longer open, else None."""
        try:
            place = self.content.factors.index(factor)
        except ValueError:
            return None
        return None if self.states[place] == State.OPEN else self.content.values[place]

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
        )


def station_object(station: str) -> str:
    """The object of a station's statistics."""
    return f"station:{station}"


def city_object(city: str) -> str:
    """The object of a city's statistics."""
    return f"city:{city}"
