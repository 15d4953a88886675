"""The console is told of the pipeline what `lantian status` is."""

from __future__ import annotations

from console.snapshot import Consumer, Process, Server
from deploy.console_health import health
from deploy.local.stack import Status
from deploy.pipeline import ConsumerState, PipelineState, ProcessState, Stored

SERVERS = [Status("postgres", "127.0.0.1:1", local=True, pid=1, answers=True)]
PROCESSES = [
    ProcessState("alerts", 2, 9494, 7, answers=True, ready=False, lacks=["kafka"]),
    ProcessState("console", 1, 9485, 8, answers=True, ready=True, lacks=[]),
]


def test_servers_processes_and_consumers_are_passed_on_but_for_the_console_itself() -> None:
    found = health(SERVERS, PipelineState(PROCESSES, [ConsumerState("engine", "t", 3, 1.5)], None, {}))
    assert found.servers == (Server("postgres", answers=True),)
    assert found.processes == (Process("alerts-2", answers=True, lacks=("kafka",)),)
    assert found.consumers == (Consumer("engine", "t", 3, 1.5),)


def test_what_the_database_did_not_say_is_not_known() -> None:
    found = health(SERVERS, PipelineState([], [], None, {"postgres": "away"}))
    assert (found.outbox, found.overdue, found.newest_report_s, found.ledger_holds) == (None, None, None, None)


def test_a_ledger_that_was_never_checked_neither_holds_nor_fails() -> None:
    stored = Stored(4, 1.0, 2, 60.0, newest_known=True, clock_ahead_s=0.0, audit=[])
    found = health(SERVERS, PipelineState([], [], stored, {}))
    assert (found.outbox, found.overdue, found.newest_report_s, found.ledger_holds) == (4, 2, 60.0, None)
