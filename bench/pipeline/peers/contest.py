"""All peers, one after the other, on the same stack; what they did as the keys that go into the run's object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bench.pipeline.ground import Ground
from bench.pipeline.peers import quix, sql, telegraf
from bench.pipeline.peers.peer import measure
from bench.pipeline.peers.plain import BATCHED, PLAIN
from core.errors import UnavailableError
from deploy.setup.step import StepFailedError

LACKS = {
    PLAIN.name: PLAIN.lacks, BATCHED.name: BATCHED.lacks, "telegraf": telegraf.LACKS, "quix": quix.LACKS,
    "sql": sql.LACKS,
}  # fmt: skip
"""What each does not do."""


def before_lantian(ground: Ground) -> dict[str, Any]:
    """Those that take reports from Mosquitto, before a bridge has ever asked it to keep any."""
    return _each(
        ground,
        {
            PLAIN.name: lambda: measure(ground, PLAIN),
            BATCHED.name: lambda: measure(ground, BATCHED),
            "telegraf": lambda: telegraf.run(ground),
        },
    )


def after_lantian(ground: Ground) -> dict[str, Any]:
    """Those that make hours of what Lantian's bridge and worker have left, when these do not run any more."""
    return _each(ground, {"quix": lambda: quix.run(ground), "sql": lambda: sql.run(ground)})


def ratios(figures: Mapping[str, Any]) -> dict[str, float]:
    """Lantian's readings a second over those of each peer that moves all of them."""
    return {
        f"ratio_{name}": figures["readings_per_s"] / figures[key]
        for name in (PLAIN.name, BATCHED.name, "telegraf")
        if (key := f"{name}_readings_per_s") in figures
    }


def _each(ground: Ground, peers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for name, run in peers.items():
        try:
            outcome = run()._asdict()
        except (StepFailedError, UnavailableError) as error:
            figures[f"{name}_skipped"] = str(error)
            ground.tell(f"{name}: SKIPPED: {error}")
            continue
        figures |= {f"{name}_{key}": value for key, value in outcome.items()}
        ground.tell(f"{name}: {outcome['readings_per_s']:,.0f} readings/s")
    return figures
