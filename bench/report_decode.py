"""`python -m bench.report_decode`: what reading a report costs, in microseconds; the best of 300 short runs."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable, Mapping
from typing import Any

from ingest.report import decode_report, read_number

FACTORS = ("a34002", "a34004", "a21026", "a21004", "a21005", "a05024", "a01001", "a01002", "a01006", "a01007")
ROUNDS = 1_000
REPEATS = 300


def payloads() -> Mapping[str, bytes]:
    """Reports of ten factors."""
    values: dict[str, Any] = {name: 12.5 + place for place, name in enumerate(FACTORS)}
    head = {"station": "140502051", "time": "2026-03-01T08:00:00+08:00", "period": "PT1M", "seq": 42}
    plain = json.dumps({**head, "values": values}, separators=(",", ":")).encode()
    flagged = {**values, FACTORS[0]: {"v": 1.5, "flag": "M"}}
    return {
        "numbers": plain,
        "one flag": json.dumps({**head, "values": flagged}, separators=(",", ":")).encode(),
        "a factor twice": plain.replace(FACTORS[1].encode(), FACTORS[0].encode()),
    }


def cost(function: Callable[[bytes], object], body: bytes) -> float:
    """Microseconds a call."""
    return min(timeit.repeat(lambda: function(body), number=ROUNDS, repeat=REPEATS)) / ROUNDS * 1e6


def main() -> None:
    """Print a line a form."""
    for form, body in payloads().items():
        print(f"decode_report, {form}: {cost(decode_report, body):.2f} µs, {len(body)} bytes")
    print(f"read_number: {cost(read_number, payloads()['numbers']):.2f} µs")


if __name__ == "__main__":
    main()
