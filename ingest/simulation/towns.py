"""Where made-up stations stand: towns of Jincheng and of Shanxi. Degrees are good to some kilometres."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Area(StrEnum):
    """Where made-up stations stand."""

    JINCHENG = "jincheng"
    """The six counties of Jincheng."""
    SHANXI = "shanxi"
    """The eleven cities of Shanxi."""


class Town(NamedTuple):
    """A county's or city's seat; `weight` is its share of the stations."""

    region: str
    city: str
    county: str | None
    zh: str
    en: str
    longitude: float
    latitude: float
    weight: float


class Towns(NamedTuple):
    """An area: its middle (longitude, latitude) and its towns."""

    middle: tuple[float, float]
    towns: tuple[Town, ...]


_JINCHENG = "晋城市"
AREAS: Mapping[Area, Towns] = {
    Area.JINCHENG: Towns(
        (112.8, 35.5),
        (
            Town("140502", _JINCHENG, "城区", "城区", "Chengqu", 112.853, 35.502, 0.20),
            Town("140525", _JINCHENG, "泽州县", "泽州", "Zezhou", 112.899, 35.617, 0.26),
            Town("140581", _JINCHENG, "高平市", "高平", "Gaoping", 112.924, 35.798, 0.20),
            Town("140522", _JINCHENG, "阳城县", "阳城", "Yangcheng", 112.414, 35.486, 0.18),
            Town("140524", _JINCHENG, "陵川县", "陵川", "Lingchuan", 113.281, 35.776, 0.07),
            Town("140521", _JINCHENG, "沁水县", "沁水", "Qinshui", 112.187, 35.690, 0.09),
        ),
    ),
    Area.SHANXI: Towns(
        (112.5, 37.5),
        (
            Town("140100", "太原市", None, "太原", "Taiyuan", 112.55, 37.87, 0.12),
            Town("140200", "大同市", None, "大同", "Datong", 113.30, 40.08, 0.09),
            Town("140300", "阳泉市", None, "阳泉", "Yangquan", 113.58, 37.86, 0.05),
            Town("140400", "长治市", None, "长治", "Changzhi", 113.12, 36.20, 0.11),
            Town("140500", _JINCHENG, None, "晋城", "Jincheng", 112.85, 35.50, 0.09),
            Town("140600", "朔州市", None, "朔州", "Shuozhou", 112.43, 39.33, 0.06),
            Town("140700", "晋中市", None, "晋中", "Jinzhong", 112.75, 37.69, 0.10),
            Town("140800", "运城市", None, "运城", "Yuncheng", 111.00, 35.03, 0.11),
            Town("140900", "忻州市", None, "忻州", "Xinzhou", 112.73, 38.42, 0.07),
            Town("141000", "临汾市", None, "临汾", "Linfen", 111.52, 36.09, 0.10),
            Town("141100", "吕梁市", None, "吕梁", "Lüliang", 111.14, 37.52, 0.10),
        ),
    ),
}
