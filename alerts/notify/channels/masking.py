"""What must not stand in a log: the pieces of a target's URL that are secrets, or may be. Pure."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import unquote, unquote_plus, urlsplit

MASK = "***"
_SHORTEST = 3
"""Of letters: taking less out would leave no word whole."""
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
"""Of mail: no secret, and whoever reads that it was refused must know which."""


def secrets_of(url: str, shown: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The pieces of `url` that a log must not show, longest first, and `known` secrets.

    `shown` is the URL as Apprise shows it; user and host are public if they stand there unmasked. Paths and queries
    never are: Apprise shows the tokens in headers and paths of services that it does not know. Raises `ValueError` if
    `url` is none.
    """
    parts = urlsplit(url)
    login, _, server = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    public = urlsplit(shown).netloc
    pieces = {password, *known, *parts.path.split("/"), parts.fragment}
    pieces |= {piece for piece in (user, *server.split(":")) if piece not in public}
    pieces |= {field.partition("=")[2] for field in parts.query.split("&")}
    if password:
        pieces.add(b64encode(unquote(login).encode()).decode())
    every = {form for piece in pieces for form in (piece, unquote(piece), unquote_plus(piece))}
    return tuple(sorted(filter(_is_secret, every), key=lambda piece: (-len(piece), piece)))


def masked(text: str, secrets: Iterable[str]) -> str:
    """`text` without the secrets, which come longest first."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _is_secret(piece: str) -> bool:
    return len(piece) >= _SHORTEST and not _ADDRESS.fullmatch(piece)
