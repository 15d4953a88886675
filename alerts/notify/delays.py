"""How long those who are told have waited, for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from prometheus_client import Histogram

from alerts.notify.message import Message
from core.metrics import DELAYS_S

CONFIRMED_DELAY = Histogram(
    "lantian_notify_confirmed_delay_seconds",
    "From an entry of the alerts' log to the confirmation of the message that tells it, in data time.",
    buckets=DELAYS_S,
)


class _Telling(msgspec.Struct):
    at: datetime


class _Document(msgspec.Struct):
    tellings: list[_Telling]


_document = msgspec.json.Decoder(_Document)


def delays(message: Message, now: datetime) -> Sequence[float]:
    """Of each telling of a message that was confirmed at `now` (data time) how many seconds it is old."""
    return [(now - telling.at).total_seconds() for telling in _document.decode(message.document).tellings]
