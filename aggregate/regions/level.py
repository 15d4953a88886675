"""What figures of a period are of."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """From a station to any group of places; also the first part of a region's key."""

    STATION = "station"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    GROUP = "group"

    @property
    def zh(self) -> str:
        """The name that operators read."""
        return _NAMES[self]


_NAMES = {
    Level.STATION: "站点",
    Level.COUNTY: "县（市、区）",
    Level.CITY: "城市",
    Level.PROVINCE: "省",
    Level.GROUP: "区域",
}
