"""What is asked: which figure of which object, as a person writes it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from aggregate.explanation.names import is_index
from aggregate.periods import (
    COMPOSITE,
    DAYS_ATTAINED,
    DAYS_HEAVY,
    DAYS_LEVEL,
    DAYS_VALID,
    LEVELS,
    SINGLE_PREFIX,
    percentile_name,
)
from aggregate.statistic import IAQI_PREFIX, O3_1H_MAX, Key, Tier, Variant, Window, city_object, station_object
from core.clock import HOUR, SHANGHAI, midnight
from core.errors import InputError
from standards.factors import load_catalogue

FORMS = "2026-03-10T14 (an hour), 2026-03-10T14/8h, 2026-03-10, 2026-03, 2026-Q1 or 2026"
EARLIEST, LATEST = 1970, 2999
"""Years that are looked for."""

_HOUR = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2})(?::00(?::00)?)?(?:\+08:?00)?(/8h)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})|-Q([1-4]))?", re.ASCII)
_PERCENTILE = re.compile(r"(.+?)(?:[_ ]8h)?[_ ]p(\d{1,2}(?:\.\d)?)", re.IGNORECASE)
_COUNTS = {DAYS_VALID, DAYS_ATTAINED, DAYS_HEAVY, *(f"{DAYS_LEVEL}{level}" for level in LEVELS)}
_ONE_HOUR_MAX = {"a050241hmax", "o31hmax", "o31h"}
"""As the catalogue compares names; it holds none of these, for nobody reports them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One factor of one window in one variant; `start` in UTC seconds."""

    object: str
    factor: str
    """As statistics name it."""
    window: Window
    start: int
    variant: Variant

    @property
    def key(self) -> Key:
        """The row that is asked for."""
        return Key(self.object, self.window, self.start, *self.variant)

    @property
    def name(self) -> str:
        """The station's id, or the city."""
        return self.object.partition(":")[2]

    @property
    def of_city(self) -> bool:
        """Whether it is a city's figure."""
        return self.object == city_object(self.name)

    @property
    def of_readings(self) -> bool:
        """Whether it is made of readings: a station's hour, but for its indices."""
        return self.window is Window.HOUR and not self.of_city and not is_index(self.factor)


def question(place: str, factor: str, window: str, *, tier: Tier, sanddust: bool) -> Question:
    """What a person asks; raises `InputError` for a factor that there is not, or a window that is none."""
    kind, start = window_named(window)
    return Question(object_named(place), factor_named(factor), kind, start, Variant(tier, sanddust))


def object_named(text: str) -> str:
    """A station's id or `city:NAME`."""
    return text if text.startswith("city:") else station_object(text.removeprefix("station:"))


def window_named(text: str) -> tuple[Window, int]:
    """Kind and start (UTC seconds) of a window of Asia/Shanghai in one of `FORMS`; raises `InputError`."""
    found = _window(text.strip())
    if found is None:
        raise InputError("window", "is no window", field="WINDOW", value=text, hint=f"write it as {FORMS}")
    return found


def window_text(window: Window, start: int) -> str:
    """A window as a person writes it, and `window_named` reads it."""
    at = datetime.fromtimestamp(start, SHANGHAI)
    match window:
        case Window.HOUR:
            return f"{at:%Y-%m-%dT%H}"
        case Window.EIGHT_HOURS:
            return f"{at:%Y-%m-%dT%H}/8h"
        case Window.DAY:
            return f"{at:%Y-%m-%d}"
        case Window.MONTH:
            return f"{at:%Y-%m}"
        case Window.QUARTER:
            return f"{at:%Y}-Q{(at.month + 2) // 3}"
        case Window.YEAR:
            return f"{at:%Y}"


def _window(text: str) -> tuple[Window, int] | None:
    try:
        if hour := _HOUR.fullmatch(text):
            day, number, eight = hour.groups()
            start = _day(date.fromisoformat(day)) + int(number) * HOUR
            return (Window.EIGHT_HOURS if eight else Window.HOUR, start) if int(number) < 24 else None
        if _DAY.fullmatch(text):
            return Window.DAY, _day(date.fromisoformat(text))
        if period := _PERIOD.fullmatch(text):
            year, month, quarter = period.groups()
            kind = Window.MONTH if month else Window.QUARTER if quarter else Window.YEAR
            return kind, _day(date(int(year), int(month or 3 * int(quarter or 1) - 2), 1))
    except ValueError:
        return None
    return None


def _day(day: date) -> int:
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(day.year)
    return midnight(day)


def factor_named(text: str) -> str:
    """The name that statistics give to a factor; raises `InputError`.

    Any code or name of the catalogue, AQI and IAQI_…, the ozone maxima; of months, quarters and years percentiles
    (`PM2.5_p95`), single indices (`I_PM2.5`), the composite index and the counts of days.
    """
    name = text.strip()
    if (plain := _plain(name)) is not None:
        return plain
    for prefix in (IAQI_PREFIX, SINGLE_PREFIX):
        if name.upper().startswith(prefix.upper()) and (plain := _plain(name[len(prefix) :])) is not None:
            return prefix + plain
    if (found := _PERCENTILE.fullmatch(name)) and (factor := load_catalogue().resolve(found[1])):
        return percentile_name(factor.code, float(found[2]) / 100)
    if name.lower() in {COMPOSITE, *_COUNTS}:
        return name.lower()
    raise InputError("factor", "is no factor", field="FACTOR", value=text,
                     hint="give a code or a common name (a34002, PM10), AQI, IAQI_PM10, a05024_8h_max, PM10_p95,"
                          " composite_index or days_valid")  # fmt: skip


def _plain(name: str) -> str | None:
    if factor := load_catalogue().resolve(name):
        return factor.code
    folded = "".join(letter for letter in name.casefold() if letter not in " _-")
    return O3_1H_MAX if folded in _ONE_HOUR_MAX else None
