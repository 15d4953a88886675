"""Scenario files as tests make them: a good one of a day at Jincheng, and tables to add to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core.clock import SHANGHAI
from ingest.simulation.scenario import Scenario, load_scenario

HEAD = """
format = 1
name = "test"
title = { zh = "试验", en = "A test" }
seed = 7
climate = "jincheng"
"""
NETWORK = """
[network]
file = "jincheng"
[network.counts]
effluent = 3
noise = 2
power = 4
facility = 4
"""
RIVER = """
[[river]]
name = "丹河"
km_per_hour = 4.0
sections = [
    { station = "140581302", km = 0 }, { station = "140525306", km = 24 }, { station = "140525301", km = 62 },
]
"""
SPAN = """
[[span]]
from = 2026-11-18T00:00:00
to = 2026-11-19T00:00:00
"""
DUST, SINTER = "140502201", "140525403"
"""Stations of the network: a dust monitor and a stack."""

Read = Callable[..., Scenario]


def timed(table: str, fields: str) -> str:
    """A table that is in force within the file's day, from 8 to 10 h."""
    return f"[[{table}]]\nfrom = 2026-11-18T08:00:00\nto = 2026-11-18T10:00:00\n{fields}\n"


def episode(kind: str, fields: str = "") -> str:
    return timed("episode", f'kind = "{kind}"\n{fields}')


def fault(kind: str, fields: str = "") -> str:
    return timed("fault", f'kind = "{kind}"\n{fields}')


def at(text: str) -> int:
    """UTC seconds of a time at Shanghai."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp())


def reader(folder: Path) -> Read:
    """What writes `test.toml` into the folder, good parts unless told otherwise with the tables given, and loads it."""

    def write_and_load(
        *tables: str, head: str = HEAD, network: str = NETWORK, span: str = SPAN, **more: object
    ) -> Scenario:
        file = folder / "test.toml"
        file.write_text("\n".join((head, network, RIVER, span, *tables)), encoding="utf-8")
        return load_scenario(file, **more)  # type: ignore[arg-type]

    return write_and_load
