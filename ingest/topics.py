"""MQTT topics: `lantian/v1/{region}/{kind}/{station}/{leaf}`, a platform's own `…/ack`, alerts for boards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from core.errors import InputError
from ingest.kinds import Kind

ROOT = "lantian/v1"
PLATFORM = "platform"
ALERTS = "alerts"
"""`lantian/v1/alerts/{region}/{severity}`: a level less than a station's topic, so no filter of reports hears it."""
ALL_REGIONS = "all"
"""Of alerts that belong to no region."""

_LEVEL = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)


class Leaf(StrEnum):
    """What a station's topic carries."""

    REPORT = "report"
    REPLAY = "replay"
    """Reports of history, by the broker's ACL only from a credential with that right."""
    ACK = "ack"
    STATUS = "status"
    HJ212 = "hj212"


SUBSCRIBED = {leaf: f"{ROOT}/+/+/+/{leaf}" for leaf in Leaf}
"""The filter of all stations' topics by leaf."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A station's topic; `kind` stays as written, for the bridge judges nothing."""

    region: str
    kind: str
    station: str
    leaf: Leaf

    def sibling(self, leaf: Leaf) -> str:
        """The same station's topic of another leaf."""
        return f"{ROOT}/{self.region}/{self.kind}/{self.station}/{leaf}"


@lru_cache(maxsize=65536)
def parse_topic(text: str) -> Topic | None:
    """The parts of a station's topic, or None if it is none."""
    levels = text.split("/")
    if len(levels) != 6 or f"{levels[0]}/{levels[1]}" != ROOT:
        return None
    try:
        leaf = Leaf(levels[5])
    except ValueError:
        return None
    return Topic(levels[2], levels[3], levels[4], leaf)


def station_topic(region: str, kind: Kind, station: str, leaf: Leaf) -> str:
    """The topic of a station; raises `InputError` for names that cannot be a level of a topic."""
    for field, level in (("region", region), ("station", station)):
        check_level(field, level)
    return f"{ROOT}/{region}/{kind}/{station}/{leaf}"


def platform_ack_topic(credential: str) -> str:
    """Where a platform with many stations hears what is durable."""
    check_level("credential", credential)
    return f"{ROOT}/{PLATFORM}/{credential}/{Leaf.ACK}"


def alert_topic(region: str, severity: str) -> str:
    """Where boards hear of a region's alerts, a GB/T 2260 code; empty: of those that have none."""
    return f"{ROOT}/{ALERTS}/{check_level('region', region or ALL_REGIONS)}/{check_level('severity', severity)}"


def check_level(field: str, text: str) -> str:
    """`text` if it can be a level of a topic and an MQTT user's name (no wildcard, no slash); else `InputError`."""
    if not _LEVEL.fullmatch(text):
        raise InputError(
            "level",
            "cannot stand in a topic",
            field=field,
            value=text,
            hint="use 1 to 64 of A-Z a-z 0-9 _ . -",
        )
    return text
