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

_NAMED = re.compile(
    r"^lantian_secret_"
    r"|(?:password|passwd|pwd|passphrase|secrets?|token|(?:api|secret|access|private)[_-]?key|authorization|credentials?"
    r"|cookie|webhook|hmac)$",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_LOGIN = re.compile(
    r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)(?:[^\s/?#:@'\"\[]+:(?!\d+[/?#])(?:(?!://)[^\s'\"])*@|[^\s/?#@'\"][^\s/?#'\"]*@)",
    re.IGNORECASE,
)
"""The login of an address, `scheme://user:password@host`: a name alone may be a token as well.

A password that nobody quoted may hold `/` and `@`; what follows the colon as digits alone is a port.
"""
_VALUE = (
    r"(?:(?P<quote>\\*[\"'])(?!(?P=quote))(?:\\.|.)*?(?P<end>(?P=quote)|\Z)"
    r"|(?!\"\"|'')(?:(?![,;)}\]]{1,3}(?:\s|\Z))(?!&\w+=)(?![\"'](?:[\s,;:)}\]]|\Z))[^\s])+)"
)
"""A quoted value to its closing quote; any other to a blank, the next pair of a query or a quote around the whole."""
_GIVEN = re.compile(
    r"(?P<name>(?:"
    # a word behind a colon tells of these; `token=42` is a place in a text
    r"(?:password|passwd|pwd|passphrase|(?:api|secret|access|private)[_-]?key|(?<=[\w-])secret|lantian_secret_\w+"
    r"|token(?!\s*[=:]\s*\d{1,4}(?![\w.-])))\\*[\"']?[ \t]*[=:](?!=)"
    # of these it tells nothing: `secret: mqtt-bridge is missing`
    r"|(?:secret|webhook|hmac|cookie|(?<![a-z0-9])sign)(?:\\*[\"'][ \t]*[=:]|[ \t]*=)(?!=)"
    r")[ \t]*)" + _VALUE,
    re.IGNORECASE | re.DOTALL,
)
"""`PGPASSWORD=…` as in a DSN, `?access_token=…` as in a query, `"secret": "…"` as in JSON."""
_STATEMENT = re.compile(r"(?P<name>password\s+e?')(?:''|[^'])+", re.IGNORECASE)
"""`alter role … password '…'`."""
_HEADER = re.compile(
    r"(?P<name>authorization\\*[\"']?\s*[=:]\s*\\*[\"']?(?:(?:bearer|basic|token|digest)\s+)?)[^\s\"'\\]+"
    r"|(?P<bearer>\bbearer\s+)[a-z0-9+/=._~-]{8,}"
    r"|(?P<cookie>cookie:[ \t]*)[^\r\n\"']+",
    re.IGNORECASE,
)
_HOOK = re.compile(r"(?P<name>/webhook/send\?key=|/bot/v2/hook/)[\w-]+", re.IGNORECASE)
"""Of WeCom and Feishu: who has the address may speak in the group."""


def mask_text(text: str) -> str:
    """`text` without private keys, logins of addresses, named values and tokens; what is already masked stays so."""
    text = _PRIVATE_KEY.sub(MASK, text)
    if "://" in text:
        text = _LOGIN.sub(rf"\g<scheme>{MASK}@", text)
    text = _GIVEN.sub(lambda found: f"{found['name']}{found['quote'] or ''}{MASK}{found['end'] or ''}", text)
    text = _STATEMENT.sub(rf"\g<name>{MASK}", text)
    text = _HEADER.sub(rf"\g<name>\g<bearer>\g<cookie>{MASK}", text)
    return _HOOK.sub(rf"\g<name>{MASK}", text)


def mask_value(value: Any, name: str = "") -> Any:
    """A field's value, or the whole of it masked by the field's name; of other objects the text that tells of them."""
    if name and _NAMED.search(name):
        return MASK if value not in (None, "", b"") else value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: mask_value(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [mask_value(item) for item in value]
    return mask_text(repr(value))


def mask_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor for structlog, after exceptions have become text."""
    return {name: mask_value(value, name) for name, value in event.items()}


class MaskingFormatter(logging.Formatter):
    """The same for what libraries log, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, masked."""
        return mask_text(super().format(record))
