"""Stations and reports as tests make them: stations by name, times in minutes after a Shanghai midnight."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.clock import MICROS
from ingest.envelope import Entry, EntryKind, Source
from ingest.kinds import Kind
from ingest.registry import Registry
from ingest.report import format_instant, read_number
from ingest.station import Station

MIDNIGHT = int(datetime.fromisoformat("2026-03-10T00:00:00+08:00").timestamp())
"""A Shanghai midnight, UTC seconds; 2026-03-10 is judged by the edition of 2026."""
MINUTE, HOUR, DAY = 60, 3600, 86400
PM10, PM25, SO2, NO2, CO, OZONE = "a34002", "a34004", "a21026", "a21004", "a21005", "a05024"


def station(name: str = "s1", number: int = 1, **changes: Any) -> Station:
    """An air station of one version that holds always, unless told otherwise."""
    said: dict[str, Any] = {
        "version_key": number,
        "station_id": number,
        "station": name,
        "valid_from": -math.inf,
        "active": True,
        "mn": None,
        "name_zh": "站",
        "name_en": None,
        "kind": Kind.AIR,
        "region": "140502",
        "city": "晋城市",
        "county": None,
        "longitude": None,
        "latitude": None,
        "operator": None,
        "enterprise": None,
        "control_level": None,
        "control_point": False,
        "camera": None,
        "reporting_period": MINUTE,
        "acks": "station",
        "valid_ranges": {},
        "limits": {},
        "target_class": None,
    }
    return Station(**said | changes)


def registry(*stations: Station) -> Registry:
    """A registry of these versions, in order of time within a station."""
    return Registry(1, stations)


Value = float | Mapping[str, Any] | None


def report(
    time: int,
    seq: int,
    values: Mapping[str, Value] | Sequence[tuple[str, Value]],
    *,
    name: str = "s1",
    **head: Any,
) -> bytes:
    """A report's bytes; values as pairs may name a factor twice. `head`: period, run, origin, issued, station."""
    pairs = values.items() if isinstance(values, Mapping) else values
    given = {"station": name, "time": format_instant(time), "seq": seq, **head}
    fields = [f"{json.dumps(key)}:{json.dumps(content)}" for key, content in given.items()]
    inner = ",".join(f"{json.dumps(factor)}:{json.dumps(value)}" for factor, value in pairs)
    return ("{" + ",".join([*fields, '"values":{' + inner + "}"]) + "}").encode()


def entry(
    body: bytes,
    *,
    name: str = "s1",
    received: float | None = None,
    source: Source = Source.DEVICE,
    kind: EntryKind = EntryKind.REPORT,
    retry: bool = False,
) -> Entry:
    """The bridge's entry of a payload; `received` in UTC seconds, by default two hours after `MIDNIGHT`."""
    run, seq = read_number(body) or (None, None)
    micros = round((MIDNIGHT + 2 * HOUR if received is None else received) * MICROS)
    return Entry(micros, kind, source, name, body, run, seq, "", retry)
