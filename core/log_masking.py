"""What must not stand in a log, whoever put it there: fields that are named as secrets, and secrets within texts. Pure.

Secrets have no business in a log line at all; this is the net beneath, for an error's words that quote an address and
for what libraries say. What a target's own URL hides is known to `alerts.notify.channels.masking`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

MASK = "***"

_NAMED = re.compile(r"(password|passwd|pwd|secrets?|token|api_?key|authorization|credentials?)$", re.IGNORECASE)
_LOGIN = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/?#@'\"]+@", re.IGNORECASE)
"""The login of an address, `scheme://user:password@host`: a name alone may be a token as well."""
_GIVEN = re.compile(
    r"(?P<name>\b(?:password|passwd|pwd|secret|[a-z_]*token|api_?key|sign)[\"']?\s*[=:]\s*[\"']?)"
    r"(?P<value>[^\s&\"',;)}\]]+)",
    re.IGNORECASE,
)
"""`password=…` as in a DSN, `?access_token=…` as in a query, `"secret": "…"` as in JSON."""
_BEARER = re.compile(r"(?P<name>\b(?:bearer|basic)\s+)[a-z0-9+/=._~-]{8,}", re.IGNORECASE)


def mask_text(text: str) -> str:
    """`text` without logins of addresses, named values and bearer tokens; what is already masked stays so."""
    if "://" in text:
        text = _LOGIN.sub(rf"\g<scheme>{MASK}@", text)
    text = _GIVEN.sub(rf"\g<name>{MASK}", text)
    return _BEARER.sub(rf"\g<name>{MASK}", text)


def mask_value(value: Any, name: str = "") -> Any:
    """A field's value, or the whole of it masked by the field's name."""
    if name and _NAMED.search(name):
        return MASK if value not in (None, "", b"") else value
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: mask_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_value(item) for item in value]
    if isinstance(value, BaseException):
        return mask_text(repr(value))
    return value


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor for structlog, after exceptions have become text."""
    return {name: mask_value(value, name) for name, value in event.items()}


class MaskingFormatter(logging.Formatter):
    """The same for what libraries log, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, masked."""
        return mask_text(super().format(record))
