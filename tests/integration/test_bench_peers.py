"""A peer of the pipeline's benchmark really moves the generator's reports, and what it loses is counted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.pipeline.field import Field, factors_of
from bench.pipeline.ground import START, Ground, register
from bench.pipeline.peers import peer
from bench.pipeline.peers.peer import Command, measure
from bench.pipeline.peers.plain import BATCHED, PLAIN, SCHEMA
from bench.pipeline.task import Task
from core.errors import UnavailableError
from core.settings import ConfiguredSettings
from deploy.local.stack import Stack
from standards.factors import load_catalogue

pytestmark = pytest.mark.stack

TASK = Task(stations=20, factors=3, rate=1)
REPORTS = 400
FORGETS_ONE_STATION = f"""{SCHEMA};
create function forget() returns trigger language plpgsql as 'begin return null; end';
create trigger forgets before insert on reading for each row when (new.station = 'B000007') execute function forget();
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """On a stack of its own: a bridge that other tests have left would be given these reports when it comes back."""
    stack = Stack(ConfiguredSettings(state_dir=tmp_path_factory.mktemp("stack")))
    source = Field(tuple(factors_of(load_catalogue(), TASK.factors)), TASK.period, START, TASK.seed)
    try:
        made = Ground(TASK, stack, stack.up(), source, [], lambda _line: None)
        register(made)
        yield made
    finally:
        stack.erase()


@pytest.mark.parametrize("script", [PLAIN, BATCHED], ids=lambda script: script.name)
def test_a_plain_script_stores_all_that_the_generator_sends(ground: Ground, script: peer.Peer) -> None:
    outcome = measure(ground, replace(script, reports=REPORTS))
    assert (outcome.reports, outcome.lost, outcome.doubled) == (REPORTS, 0, 0)
    assert outcome.readings_per_s > 0


def test_what_a_peer_does_not_store_is_lost(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "STANDSTILL_S", 2.0)
    outcome = measure(ground, replace(PLAIN, reports=REPORTS, schema=FORGETS_ONE_STATION))
    assert (outcome.lost, outcome.doubled) == (REPORTS // TASK.stations * TASK.factors, 0)


def test_a_peer_that_ends_by_itself_is_named_with_its_last_words(ground: Ground) -> None:
    leaves = Command([sys.executable, "-c", "raise SystemExit('I have had enough')"], {})
    with pytest.raises(UnavailableError, match="ended with status 1: I have had enough"):
        measure(ground, replace(PLAIN, commands=lambda _servers: [leaves]))
