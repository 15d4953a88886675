"""What holds up a pipeline whose servers run: processes, consumers, the outbox, locks, clocks, absent bridges."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from core.postgres import ROLES, connect
from core.settings import CoreSettings
from deploy.local.finding import Finding
from deploy.pipeline import ConsumerState, PipelineState, ProcessState, Stored, read_pipeline
from deploy.status_report import audited, seconds

PATIENCE_S = 10.0
"""The doctor may take longer to look than `status`."""
STILL_S = 60.0
"""A consumer that is behind and has taken nothing for so long does not move."""
OUTBOX_S = 60.0
CLOCK_S = 2.0
IDLE_S = 10.0
"""A transaction that has done nothing for so long is not on its way any more."""

_ROLE_OF = {"worker": "aggregate", "city": "aggregate", "period": "aggregate", "engine": "alerts"}
_COMMAND_OF = {
    "ingest": "lantian ingest",
    "aggregate": "lantian aggregate",
    "alerts": "lantian alerts run",
    "console": "lantian console run",
}


def flow(settings: CoreSettings) -> Iterator[Finding]:
    """How the pipeline stands."""
    state = read_pipeline(settings, PATIENCE_S)
    yield from processes(state.processes)
    for name, why in sorted(state.silent.items()):
        yield Finding(f"pipeline: {name}", ok=False, detail=f"could not be asked: {why}", remedy="run `lantian status`")
    for consumer in state.consumers:
        yield _consumer(consumer, state)
    if state.stored is not None:
        yield from _stored(state.stored, state)


def processes(found: list[ProcessState]) -> Iterator[Finding]:
    """Those that told their port."""
    for one in found:
        if not one.answers:
            detail = f"told port {one.port} and does not answer there: it was killed, is frozen, or is overloaded"
        else:
            detail = f"waits for {', '.join(one.lacks)}" if one.lacks else f"ready (pid {one.pid}, port {one.port})"
        remedy = "see that server" if one.answers else _start(one)
        yield Finding(f"process {one.name}", one.ready, detail, remedy)


def _start(one: ProcessState) -> str:
    command = _COMMAND_OF.get(one.role, f"lantian {one.role}")
    if one.instance == 1:
        return f"if it does not run, start it: `{command}`"
    return (
        f"if it does not run, start it: `LANTIAN_INSTANCE={one.instance} {command}`, or its fleet (`{command}"
        f" --processes N`); if it is not to come back, remove run/{one.name}.port of the state folder"
    )


def _consumer(one: ConsumerState, state: PipelineState) -> Finding:
    role = _ROLE_OF.get(one.name, one.name)
    subject = f"consumer {one.name}"
    if not one.behind:
        return Finding(subject, ok=True, detail=f"at the end of {one.topic}")
    detail = f"{one.behind} records of {one.topic} behind"
    here = [process.answers for process in state.processes if process.role == role]
    moves = one.still_s < STILL_S
    if not any(here) and (here or not moves):  # with none that ran here, it may work elsewhere
        detail += f", and no `{role}` of this machine answers"
        return Finding(subject, ok=False, detail=detail, remedy=f"run `{_COMMAND_OF.get(role, role)}`")
    if not moves:
        detail += f", and it has taken nothing of one of its partitions for {seconds(one.still_s)}"
    remedy = f"read the log of `{role}`: what it says of each try is why; see the findings on locks and disks"
    return Finding(subject, moves, detail, remedy)


def _stored(stored: Stored, state: PipelineState) -> Iterator[Finding]:
    oldest = stored.outbox_oldest_s or 0.0
    detail = f"{stored.outbox} messages wait" + (f", the oldest for {seconds(oldest)}" if stored.outbox else "")
    if stored.outbox is None:
        detail = "the database needs too long to say how many messages wait"
    remedy = (
        "who holds the partition tells them: run `lantian aggregate` and `lantian alerts run`; see that Kafka answers"
    )
    yield Finding("outbox", stored.outbox is not None and oldest < OUTBOX_S, detail, remedy)
    if stored.overdue is not None:
        working = any(one.role == "aggregate" and one.ready for one in state.processes)
        yield Finding(
            "windows",
            ok=not stored.overdue,
            detail=f"{stored.overdue} overdue by the clock"
            + ("" if working or not stored.overdue else ", and no `aggregate` of this machine is ready"),
            remedy="run `lantian aggregate`; one that has just started works them off by itself",
        )
    yield Finding(
        "ledger",
        all(line.balanced for line in stored.audit),
        audited(stored, time.time()),
        "`lantian ledger` names the numbers; what is missing is with its device, or was lost before it came here",
    )
    yield Finding(
        "clocks",
        abs(stored.clock_ahead_s) < CLOCK_S,
        f"the database's is {stored.clock_ahead_s:+.1f} s from this machine's",
        "set both by NTP: lateness, closing and alerts go by the clock",
    )


def locks(settings: CoreSettings) -> Iterator[Finding]:
    """Sessions of Lantian's roles that hold locks and do nothing; each role sees its own, so all are asked."""
    query = (
        "select a.pid, a.application_name, extract(epoch from now() - a.state_change)::float,"
        " string_agg(distinct l.relation::regclass::text, ', ')"
        " from pg_stat_activity a join pg_locks l using (pid)"
        " where a.usename = current_user and a.state like 'idle in transaction%%' and l.relation is not null"
        " and l.mode <> 'AccessShareLock' and now() - a.state_change > make_interval(secs => %s)"
        " group by 1, 2, 3"
    )
    found = []
    for role in ROLES:
        with closing(connect(settings, role, application="lantian doctor")) as database, database.cursor() as cursor:
            cursor.execute(query, (IDLE_S,))
            found += [(role, *row) for row in cursor.fetchall()]
    for role, pid, application, idle, tables in found:
        who = f"session {pid} ({application}, role lantian_{role})"
        detail = f"{who} holds {tables} and has done nothing for {seconds(idle)}"
        remedy = (
            "its process is frozen or was cut off; the database ends a worker's and an engine's after 30 s, any other"
            f" by `select pg_terminate_backend({pid})`"
        )
        yield Finding("locks", ok=False, detail=detail, remedy=remedy)
    if not found:
        yield Finding("locks", ok=True, detail="no session of Lantian's roles holds any in an idle transaction")
