"""A worker, days that age, and `lantian archive` upon them."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from reports import DAY, HOUR, MIDNIGHT, MINUTE, entry, report
from worker_stage import Ground, Worker

from aggregate.archive.closing import Archived, Limits, archive
from aggregate.ledger.balance import Account
from aggregate.ledger.books import read_ledger
from core.postgres import connect
from ingest.envelope import Entry

START = MIDNIGHT + 9 * HOUR
FINAL = 40 * DAY
"""So long after a day every window of it is final, whatever the kind."""


def sent(
    name: str, seq: int, values: dict[str, Any], *, minute: int = 0, day: int = 0, received: int | None = None
) -> Entry:
    """A minute's report of 09:00 + `minute` on the day `day` days after `MIDNIGHT`, received within the hour."""
    time = START + day * DAY + minute * MINUTE
    body = report(time, seq, values, name=name, period="PT1M")
    return entry(body, name=name, received=time + HOUR if received is None else received)


def take(step: Worker, *entries: Entry, now: int = START + HOUR) -> None:
    """Hand entries to the worker."""
    step.log.add(*entries)
    step.take(now)


def grow_old(step: Worker, now: int = MIDNIGHT + FINAL) -> None:
    """All that falls due by the clock until `now`, day after day."""
    for moment in range(now - FINAL, now + 1, DAY):
        step.tick(moment)


def close(ground: Ground, *, now: int = MIDNIGHT + FINAL, keep_days: int = 0, dry_run: bool = False) -> Archived:
    """What `lantian archive` does at `now`."""
    with closing(connect(ground.settings, "archive", application="test archive")) as database:
        return archive(database, Limits(now, keep_days), dry_run=dry_run, progress=lambda _done, _total: None)


def accounts(ground: Ground) -> dict[tuple[str, str], Account]:
    """The ledger, by station and source."""
    with closing(connect(ground.settings, "reader", application="test")) as database:
        found = read_ledger(database, ground.settings)
    return {(account.station, account.source): account for account in found}


def balanced(ground: Ground, *names: str) -> bool:
    """Whether the device's account of each station balances, and tells of something."""
    of = accounts(ground)
    return all(of[name, "device"].balanced and of[name, "device"].readings for name in names)
