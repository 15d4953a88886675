"""A station as the registry knows it at one time."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ingest.kinds import Kind

ACKS_TO_STATION = "station"
"""Of `Station.acks`: the device hears on its own topic."""


class ControlLevel(StrEnum):
    """Whose station it is, and so whose statistics it counts in."""

    NATIONAL = "national"
    PROVINCIAL = "provincial"
    CITY = "city"
    ENTERPRISE = "enterprise"


class Limit(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a factor must keep to: bounds in the catalogue's unit, or a class of surface water (1 … 5)."""

    minimum: float | None = None
    maximum: float | None = None
    water_class: int | None = None


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a station. `valid_from` is in UTC seconds (-inf: always), `reporting_period` in seconds.

    `version_key` numbers the version, from 1. `valid_ranges` (code → least and greatest) are the instrument's own,
    in place of the catalogue's; a bound not given is infinite. `acks` is `station` or a platform's credential.
    """

    version_key: int
    station_id: int
    station: str
    valid_from: float
    active: bool
    mn: str | None
    name_zh: str
    name_en: str | None
    kind: Kind
    region: str
    city: str
    county: str | None
    longitude: float | None
    latitude: float | None
    operator: str | None
    enterprise: str | None
    control_level: ControlLevel | None
    control_point: bool
    camera: str | None
    reporting_period: int
    acks: str
    valid_ranges: dict[str, tuple[float, float]]
    limits: dict[str, Limit]
    target_class: int | None
    tags: tuple[str, ...] = ()
    """Groups that it is of, in order."""
