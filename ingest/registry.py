"""The registry in memory: which station was what, when.

Read whole from the database (some thousand rows), and again when `registry_version` has risen. Nothing here writes.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from psycopg2.extensions import connection

from core.errors import InputError
from ingest.station import Limit, Station

COLUMNS = (
    "mn", "name_zh", "name_en", "kind", "region", "city", "county", "longitude", "latitude", "operator", "enterprise",
    "control_level", "control_point", "camera", "reporting_period", "acks", "valid_ranges", "limits", "target_class",
    "tags",
)  # fmt: skip
"""What a version says of its station, by the names of the table and of `Station`."""

_VERSIONS = f"""
select v.version_id as version_key, v.station_id, s.station, extract(epoch from v.valid_from)::float8 as valid_from,
    v.active, {", ".join("v." + column for column in COLUMNS)}
from station_version v join station s using (station_id)
where v.replaced_at is null
order by v.station_id, v.valid_from
"""


class Registry:
    """All versions of all stations, to be asked by time."""

    def __init__(self, version: int, stations: Iterable[Station]) -> None:
        """`stations` in order of `valid_from` within a station."""
        self.version = version
        self._versions: dict[str, tuple[list[float], list[Station]]] = {}
        self._names: dict[int, str] = {}
        self._cities: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for station in stations:
            starts, versions = self._versions.setdefault(station.station, ([], []))
            starts.append(station.valid_from)
            versions.append(station)
            self._names[station.station_id] = station.station
            self._cities[station.city][station.station] = None

    @classmethod
    def empty(cls) -> Registry:
        """A registry that knows nobody, older than any in a database."""
        return cls(0, ())

    @classmethod
    def load(cls, conn: connection) -> Registry:
        """The registry as the transaction of `conn` sees it; leaves the transaction open."""
        with conn.cursor() as cursor:
            # the version first: a change between the two statements then only causes one more reading
            version = read_version(conn)
            cursor.execute(_VERSIONS)
            names = [column[0] for column in cursor.description or ()]
            return cls(version, [_station(dict(zip(names, row, strict=True))) for row in cursor])

    def __len__(self) -> int:
        """How many stations are or ever were registered."""
        return len(self._versions)

    def at(self, station: str, seconds: float) -> Station | None:
        """The station as it was at `seconds` (UTC); None if it is unknown, not yet or no longer registered."""
        entry = self._versions.get(station)
        if entry is None:
            return None
        place = bisect_right(entry[0], seconds) - 1
        if place < 0:
            return None
        found = entry[1][place]
        return found if found.active else None

    def latest(self, station: str, seconds: float) -> Station:
        """As `at`; of one that is out of service the last version there is. Raises `InputError` if it is unknown."""
        return self.at(station, seconds) or self.history(station)[-1]

    def until(self, station: Station) -> float:
        """When the next version follows this one (UTC seconds); infinite if none does."""
        starts = self._versions[station.station][0]
        place = bisect_right(starts, station.valid_from)
        return starts[place] if place < len(starts) else math.inf

    def by_id(self, station_id: int, seconds: float = math.inf) -> Station | None:
        """As `at`, by the database's number; by default the newest version."""
        name = self._names.get(station_id)
        return None if name is None else self.at(name, seconds)

    def name_of(self, station_id: int) -> str | None:
        """The public id of a station that is or ever was registered."""
        return self._names.get(station_id)

    def city_stations(self, city: str, seconds: float) -> tuple[Station, ...]:
        """The stations, of every kind, that were registered in `city` at `seconds`."""
        found = (self.at(name, seconds) for name in self._cities.get(city, ()))
        return tuple(station for station in found if station is not None and station.city == city)

    def city_names(self, city: str) -> Iterable[str]:
        """The stations that are or ever were registered in `city`."""
        return self._cities.get(city, {}).keys()

    def stations(self, seconds: float = math.inf) -> Iterator[Station]:
        """All stations registered at `seconds`, by default by their newest versions."""
        found = (self.at(name, seconds) for name in self._versions)
        return (station for station in found if station is not None)

    def names(self) -> Iterable[str]:
        """Every station that is or ever was registered."""
        return self._versions.keys()

    def knows(self, station: str) -> bool:
        """Whether the station is or ever was registered."""
        return station in self._versions

    def history(self, station: str) -> tuple[Station, ...]:
        """Every version of a station in force, oldest first, those that end it too; raises `InputError`."""
        if station not in self._versions:
            raise InputError(
                "unknown_station",
                "is not registered",
                field="station",
                value=station,
                hint="see `lantian stations list`",
            )
        return tuple(self._versions[station][1])


def read_version(conn: connection) -> int:
    """The number that every change of the registry raises; leaves the transaction open."""
    with conn.cursor() as cursor:
        cursor.execute("select version from registry_version")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


class RegistryReader:
    """The registry as it stands, read anew only when it has changed; the threads of a process share one.

    Of 60 000 stations it takes a second of a core and some 90 MB.
    """

    def __init__(self) -> None:
        self._registry = Registry.empty()
        self._lock = threading.Lock()

    def read(self, conn: connection) -> Registry:
        """The registry as the transaction of `conn` sees it; leaves the transaction open."""
        version = read_version(conn)
        with self._lock:
            if self._registry.version != version:
                self._registry = Registry.load(conn)
            return self._registry


def _station(row: dict[str, Any]) -> Station:
    ranges = {code: _bounds(*pair) for code, pair in row["valid_ranges"].items()}
    limits = msgspec.convert(row["limits"], dict[str, Limit])
    return msgspec.convert({**row, "valid_ranges": ranges, "limits": limits}, Station)


def _bounds(least: float | None, greatest: float | None) -> tuple[float, float]:
    return (-math.inf if least is None else least, math.inf if greatest is None else greatest)
