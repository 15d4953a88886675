"""What a receiver's HTTP answer says about a message. Pure."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime

import msgspec

from alerts.notify.channels.fitting import one_line
from alerts.notify.message import Failure, Outcome

LONGEST_PATIENCE_S = 3600.0
"""Whoever asks for more is asked again after an hour."""

_BUSY = {408, 429, 503}
_GATEWAY_TIMEOUT = 504


class Answer(msgspec.Struct, frozen=True):
    """An answer of HTTP: `retry_after` as the header says, `beginning` of its body as far as it was read."""

    status: int
    retry_after: str
    beginning: bytes

    @property
    def accepts(self) -> bool:
        """2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The beginning of its body."""
        return self.beginning.decode("utf-8", "replace")


def outcome_of(answer: Answer, now: float) -> Outcome:
    """What became of a message that was answered so; `now` in Unix seconds of real time.

    A redirect counts as a refusal, for nobody follows it. A server's own failure (5xx) counts as nobody there, since
    any message would meet it; 504 says that somebody behind it did not confirm.
    """
    if answer.accepts:
        return Outcome()
    detail = one_line(f"HTTP {answer.status} {answer.text}")
    patience = patience_s(answer.retry_after, now)
    if answer.status in _BUSY or (answer.status >= 500 and patience is not None):
        return Outcome(Failure.BUSY, detail, patience)
    if answer.status == _GATEWAY_TIMEOUT:
        return Outcome(Failure.UNKNOWN, detail)
    if answer.status >= 500:
        return Outcome(Failure.UNREACHABLE, detail)
    if 300 <= answer.status < 400:
        moved = "不跟随重定向，请写最终地址 redirects are not followed: write the final address"
        return Outcome(Failure.REFUSED, f"HTTP {answer.status}: {moved}")
    return Outcome(Failure.REFUSED, detail)


def patience_s(retry_after: str, now: float) -> float | None:
    """Seconds to wait as `Retry-After` says (RFC 9110, 10.2.3: seconds or a date), an hour at most; None: nothing."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_PATIENCE_S)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_PATIENCE_S) if math.isfinite(seconds) else None
