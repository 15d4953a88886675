"""One value of a report and the state of its instrument."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import StrEnum

from core.errors import LantianError

NO_VALUE = math.nan
NOT_FINITE = math.inf


class MalformedReport(LantianError):  # noqa: N818  (named for what it is, as the reason code MALFORMED)
    """The payload is no report; the message says in a few words why."""

    def __init__(self, detail: str) -> None:
        super().__init__("malformed", detail)


class Flag(StrEnum):
    """State of the instrument at a value, as in HJ 212-2017; only `N` counts unless a regulation says otherwise."""

    NORMAL = "N"
    STOPPED = "F"
    MAINTENANCE = "M"
    BY_HAND = "S"
    FAULT = "D"
    CALIBRATION = "C"
    OVER_RANGE = "T"
    NO_COMMUNICATION = "B"

    @property
    def zh(self) -> str:
        """The name that operators read."""
        return _FLAG_ZH[self]


_FLAG_ZH = {
    Flag.NORMAL: "正常",
    Flag.STOPPED: "停运",
    Flag.MAINTENANCE: "维护",
    Flag.BY_HAND: "手工输入",
    Flag.FAULT: "故障",
    Flag.CALIBRATION: "校准",
    Flag.OVER_RANGE: "超量程",
    Flag.NO_COMMUNICATION: "通讯异常",
}


def settle(value: float | None, flag: Flag) -> tuple[float, Flag]:
    """A value and its flag; no value without a flag that says why is HJ 212's `B`, nothing came."""
    if value is None:
        return NO_VALUE, Flag.NO_COMMUNICATION if flag is Flag.NORMAL else flag
    return value, flag


def join_flags(flags: Iterable[Flag]) -> str:
    """One letter a value, or nothing if all are N."""
    joined = "".join(flags)
    return joined if joined.strip("N") else ""
