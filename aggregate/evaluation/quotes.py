"""Quotes of a CSV that no line closes.

Arrow drops, without a word, the rows that such a quote swallows up to the end of a block; so they are sought before.
"""

from __future__ import annotations

from typing import IO

import numpy as np
import numpy.typing as npt
from numba import njit

_QUOTE, _LINE_FEED = ord('"'), ord("\n")
_CHUNK_BYTES = 1 << 22


def unclosed_line(file: IO[bytes]) -> int | None:
    """The number, from 1, of the first line with an odd number of quotes, None if there is none."""
    line, odd = 1, False
    while chunk := file.read(_CHUNK_BYTES):
        found, line, odd = _scan(np.frombuffer(chunk, dtype=np.uint8), line, odd)
        if found:
            return line
    return line if odd else None


@njit(nogil=True, cache=True)
def _scan(chunk: npt.NDArray[np.uint8], line: int, odd: bool) -> tuple[bool, int, bool]:
    """Whether a line ends with a quote open, that line or the one that goes on, and whether a quote is open in it."""
    for byte in chunk:
        odd ^= byte == _QUOTE
        if byte == _LINE_FEED:
            if odd:
                return True, line, odd
            line += 1
    return False, line, odd
