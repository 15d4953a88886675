"""What goes out to a target, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from alerts.severity import Severity


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one target, as it was written down before it was first sent: sent again, it is the same.

    `id` is what receivers know a double by; people find it in the last line of `body`. `document` is the same for
    machines, JSON (docs/notifications.md); `region` a GB/T 2260 code, empty if what it tells of has none.
    """

    id: str
    title: str
    body: str
    """Plain text; lines end with `\\n`."""
    severity: Severity
    region: str
    at: datetime
    """When it was written, in data time."""
    document: bytes


class Failure(StrEnum):
    """Why a message was not delivered, as far as can be told."""

    REFUSED = "refused"
    """The receiver answered and does not want this message: another try is of little use."""
    BUSY = "busy"
    """The receiver asks for patience (HTTP 429 and 503, SMTP 4xx)."""
    UNREACHABLE = "unreachable"
    """Nobody answered, or broke off: any message would fail."""
    UNKNOWN = "unknown"
    """It was sent and nobody confirmed it in time: it may have arrived."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of a try; `failure` None: delivered.

    `detail` is one line for the delivery log, without any secret; `patience_s` what the receiver asked to wait.
    """

    failure: Failure | None = None
    detail: str = ""
    patience_s: float | None = None


class Channel(Protocol):
    """A way to one target; used by one thread at a time, and again after any outcome."""

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """Try once, for `timeout_s` of real time at most; raises nothing that the target or the net can cause."""

    def close(self) -> None:
        """Let go of connections."""
