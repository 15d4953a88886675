"""The hourly window in Quix Streams, a program of its own: its environment has Quix Streams and no Lantian.

Standard input: one JSON object with `broker`, `topic`, `group`, `state_dir`; `stations_below`, the first name left out;
`windows`, how many to wait for; `start` (UTC seconds) of the hour and `period` (seconds) of its reports.
Standard output, last line: `reports`, `seconds` and `windows`, each with station, count and sums by factor.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from quixstreams import Application

HOUR_MS = 3_600_000
QUIET_S = 30.0
_STATION, _BODY = 3, 4
"""Where they stand in an entry of a record."""


def main() -> None:
    """Read the topic from its beginning until the first hour of each station has closed."""
    order = json.loads(sys.stdin.read())
    past = (order["start"] + 3600 + order["period"]) * 1000
    began = 0.0
    ended = 0.0
    reports = 0

    def entries(record: bytes) -> Iterator[dict[str, Any]]:
        nonlocal began
        began = began or time.time()
        for entry in msgspec.msgpack.decode(record):
            if entry[_STATION] < order["stations_below"]:
                report = json.loads(entry[_BODY])
                report["at"] = int(datetime.fromisoformat(report["time"]).timestamp() * 1000)
                if report["at"] < past:
                    yield report

    def add(window: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
        window["count"] += 1
        for factor, value in report["values"].items():
            window["sums"][factor] += value
        return window

    def first(report: dict[str, Any]) -> dict[str, Any]:
        return {"station": report["station"], "count": 1, "sums": dict(report["values"])}

    def counted(_report: dict[str, Any]) -> None:
        nonlocal reports
        reports += 1

    def closed(_window: dict[str, Any]) -> None:
        nonlocal ended
        ended = time.time()

    application = Application(
        broker_address=order["broker"], consumer_group=order["group"], auto_offset_reset="earliest",
        state_dir=order["state_dir"], loglevel="WARNING",
    )  # fmt: skip
    topic = application.topic(order["topic"], value_deserializer="bytes", key_deserializer="bytes")
    frame = application.dataframe(topic).apply(entries, expand=True)
    frame = frame.set_timestamp(lambda report, _key, _timestamp, _headers: report["at"])
    frame = frame.group_by("station").update(counted)
    frame = frame.tumbling_window(HOUR_MS).reduce(add, first).final(closing_strategy="key").update(closed)
    found = application.run(timeout=QUIET_S, count=order["windows"])
    json.dump({"reports": reports, "seconds": ended - began, "windows": [each["value"] for each in found]}, sys.stdout)


if __name__ == "__main__":
    main()
