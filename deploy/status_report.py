"""What `lantian status` says of the pipeline, in lines and as one JSON value (docs/operations.md)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec

from deploy.local.stack import Status
from deploy.pipeline import ConsumerState, PipelineState, ProcessState, Stored


def as_value(servers: Sequence[Status], pipeline: PipelineState) -> dict[str, Any]:
    """`servers`, `processes`, `consumers`, `stored` and `silent`, each as the dataclass of its name."""
    value: dict[str, Any] = {"servers": [asdict(one) for one in servers], **asdict(pipeline)}
    if pipeline.stored is not None:
        value["stored"]["audit"] = msgspec.to_builtins(pipeline.stored.audit)
    return value


def lines(pipeline: PipelineState) -> list[str]:
    """A line a process, a consumer, and what the database says."""
    found = [_process(one) for one in pipeline.processes] or ["processes    none has told its port"]
    found += [_consumer(one) for one in pipeline.consumers]
    if pipeline.stored is not None:
        found += _stored(pipeline.stored)
    return found + [f"{name:<12} not asked: {why}" for name, why in sorted(pipeline.silent.items())]


def seconds(span: float) -> str:
    """A span of time as a person says it."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if span >= 2 * length:
            return f"{span / length:.0f} {unit}"
    return f"{span:.0f} s"


def _process(one: ProcessState) -> str:
    if not one.answers:
        how = "does not answer: killed, frozen or overloaded"
    else:
        how = f"waits for {', '.join(one.lacks)}" if one.lacks else "ready"
    return f"{one.name:<12} {f'port {one.port}':<22} {how:<16} {f'pid {one.pid}' if one.pid else ''}".rstrip()


def _consumer(one: ConsumerState) -> str:
    if one.behind is None:
        return f"{one.name:<12} {one.topic:<22} how far it is behind is not known"
    still = f", nothing taken for {seconds(one.still_s)}" if one.behind else ""
    return f"{one.name:<12} {one.topic:<22} {one.behind} records behind{still}"


def _stored(stored: Stored) -> list[str]:
    oldest = f", the oldest for {seconds(stored.outbox_oldest_s)}" if stored.outbox_oldest_s is not None else ""
    age = stored.newest_report_s
    newest = "no report of the last days" if stored.newest_known else "?"
    if age is not None:
        newest = f"report of {seconds(age)} ago"
    return [
        f"outbox       {_number(stored.outbox)} messages wait{oldest}",
        f"windows      {_number(stored.overdue)} overdue",
        f"newest       {newest}",
        f"ledger       {audited(stored, time.time())}",
    ]


def audited(stored: Stored, now: float) -> str:
    """What the last check of the ledger found."""
    if not stored.audit:
        return "not checked yet"
    ago = seconds(max(0.0, now - stored.audit[0].checked_at))
    wrong = [
        f"{line.source}: {line.missing} missing, {line.doubled} doubled, {line.unaccounted} unaccounted for"
        for line in stored.audit
        if line.missing or line.doubled or line.unaccounted
    ]
    breaks = [f"{stored.audit[0].breaks} breaks in what was taken"] if stored.audit[0].breaks else []
    return f"{'; '.join([*wrong, *breaks]) or 'balanced'} ({ago} ago)"


def _number(count: int | None) -> str:
    return "?" if count is None else str(count)
