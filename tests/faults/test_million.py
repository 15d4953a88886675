"""A million reports, and meanwhile every fault of the deck: then the ledger, and Kafka's log counted again."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from deck import deal
from pipeline import ROOT
from rounds import Length
from series import Series

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(14_400)]

SEED = int(os.environ.get("LANTIAN_FAULT_SEED") or 1)
MILLION = Length(hours=64, crowds=12, first_s=(20.0, 50.0), in_turn=True, rest_s=7200.0, probed=False)
DISKS = {"postgres": 6000, "kafka": 3000}
"""Megabytes; in memory."""


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Series]:
    with closing(Series(tmp_path, ROOT / ".local" / "faults" / "million.jsonl", DISKS)) as made:
        yield made


def test_a_million_reports_and_every_fault_leave_a_ledger_that_balances(series: Series) -> None:
    played = series.play(SEED, 1, deal(random.Random(SEED)), MILLION)
    started = time.monotonic()
    told = series.field.run("ledger", "--by", "source", "--log")
    sys.stderr.write(f"\n{played.line()}\n{told}ledger with Kafka's log: {time.monotonic() - started:.1f} s\n")
    assert played.reports > 1_000_000
