"""The pipeline's health for the console: what `lantian status` says, in the console's terms."""

from __future__ import annotations

from console.snapshot import Consumer, Health, Process, Server
from deploy.local.stack import Stack, Status
from deploy.pipeline import PipelineState, look_at


def look() -> Health:
    """How the pipeline stands now, within some two seconds, also when servers are away."""
    return health(*look_at(Stack.configured()))


def health(servers: list[Status], pipeline: PipelineState) -> Health:
    """In the console's terms."""
    stored = pipeline.stored
    return Health(
        servers=tuple(Server(one.name, one.answers) for one in servers),
        processes=tuple(
            Process(one.name, one.answers, tuple(one.lacks)) for one in pipeline.processes if one.role != "console"
        ),
        consumers=tuple(Consumer(one.name, one.topic, one.behind, one.still_s) for one in pipeline.consumers),
        outbox=stored.outbox if stored else None,
        overdue=stored.overdue if stored else None,
        newest_report_s=stored.newest_report_s if stored else None,
        ledger_holds=all(line.balanced for line in stored.audit) if stored and stored.audit else None,
    )
