"""From Kafka to statistics: the judge of reports, the windows, the worker, the store, the ledger.

In come batches of entries from `lantian.reports.v1`; out go rows in TimescaleDB and statements on
`lantian.statistics.v1`. What cannot be taken is kept with its reason and its bytes.

`evaluate_air` and `composite_index` need none of that: tables in, tables out.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aggregate.evaluation.air import AirEvaluation, evaluate_air
    from aggregate.evaluation.index import IndexRow, composite_index

__all__ = ["AirEvaluation", "IndexRow", "composite_index", "evaluate_air"]

_HOMES = {
    "AirEvaluation": "aggregate.evaluation.air",
    "IndexRow": "aggregate.evaluation.index",
    "composite_index": "aggregate.evaluation.index",
    "evaluate_air": "aggregate.evaluation.air",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing before: every process of the package imports it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
