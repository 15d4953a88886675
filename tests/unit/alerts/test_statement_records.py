"""Records of the statistics topic that are none of ours are told apart before they are judged."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aggregate.statistic import Reason, Statement, StatementBatch, Window
from alerts.step import well_formed

STATEMENT = Statement(
    object="station:d1",
    kind="dust",
    window=Window.HOUR,
    start=0,
    end=3600,
    version=1,
    factors=["a34002"],
    states="P",
    values=[1.0],
    n_valid=[60],
    n_expected=[60],
    reasons=[Reason.VALID],
    edition="2026",
    live=[True],
)


def test_a_batch_whose_arrays_are_parallel_is_taken() -> None:
    batch = StatementBatch("晋城市", [STATEMENT])
    assert well_formed(batch) is batch


@pytest.mark.parametrize(
    "fault", [{"values": []}, {"states": "X"}, {"states": "PP"}, {"reasons": [99]}, {"live": [True, False]}]
)
def test_a_batch_with_a_statement_that_is_not_well_formed_is_refused_by_name(fault: dict[str, Any]) -> None:
    batch = StatementBatch("晋城市", [STATEMENT, msgspec.structs.replace(STATEMENT, **fault)])
    with pytest.raises(ValueError, match="station:d1 at 0 is not well formed"):
        well_formed(batch)
