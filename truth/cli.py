"""`lantian simulate --judge DIR`: wait until all is settled, judge, and say what was found."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import typer
from kafka.errors import KafkaError

from alerts.rules import book
from alerts.settings import AlertsSettings
from core.clock import clock_of
from core.errors import UnavailableError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KindSettings
from truth.expected import read_readings
from truth.folder import open_folder
from truth.judge import Patience, Verdict, check_run, judge
from truth.settled import nothing_overdue, rest

REST_S = 60.0
"""How long to wait for the pipeline to come to rest."""
OVERDUE_S = 20.0
"""How long of it to wait for windows whose grace has passed: those that are open still are differences."""


def judge_folder(path: Path, as_json: bool) -> int:
    """Print the verdict on a truth folder; the exit status: 0 if nothing differs, else 1. Raises as `judge_at_rest`."""
    verdict = judge_at_rest(path, CoreSettings.load())
    typer.echo(json.dumps(as_value(verdict), ensure_ascii=False) if as_json else "\n".join(lines(verdict)))
    return 1 if verdict.differences else 0


def judge_at_rest(path: Path, settings: CoreSettings, check: Callable[[], None] = lambda: None) -> Verdict:
    """Wait until the pipeline is at rest, and judge it as it stands then; `check` may raise what makes waiting useless.

    Raises `InputError` if the folder cannot be read or judged, `UnavailableError` if a server does not answer or the
    pipeline does not come to rest.
    """
    folder = open_folder(path)
    rules = book.load(AlertsSettings.load().rules_dir)
    patience = Patience(KindSettings.load().rules(), clock_of(settings).now())
    check_run(folder, read_readings(folder).sent, patience.now)
    patient_until = time.monotonic() + OVERDUE_S

    def waited_for_overdue(cursor: Any) -> bool:
        return nothing_overdue(cursor, patience.now) or time.monotonic() > patient_until

    with closing(connect(settings, "reader", application="lantian judge")) as database:
        database.set_session(isolation_level="REPEATABLE READ", readonly=True)
        try:
            with rest(settings, database, REST_S, check, waited_for_overdue) as cursor:
                return judge(cursor, folder, rules, patience)
        except KafkaError as error:
            raise UnavailableError("kafka", f"Kafka does not answer: {error}", hint="run `lantian status`") from error


def lines(verdict: Verdict) -> Iterator[str]:
    """The verdict for people; the last line is `judge: D differences in N figures`."""
    yield from map(str, verdict.shown)
    if more := verdict.differences - len(verdict.shown):
        yield f"… and {more} more differences"
    if verdict.open:
        yield f"open: {verdict.open} figures of windows that still wait for values"
    for what, count in verdict.not_yet.items():
        yield f"not yet: {what}: {count}"
    yield verdict_line(verdict)


def verdict_line(verdict: Verdict) -> str:
    """The verdict in one line."""
    return f"judge: {verdict.differences} differences in {verdict.figures} figures"


def as_value(verdict: Verdict) -> dict[str, Any]:
    """The verdict as one JSON value; of the differences the first ones are told."""
    return {
        "differences": verdict.differences,
        "figures": verdict.figures,
        "of": dict(verdict.of),
        "open": verdict.open,
        "open_of": dict(verdict.open_of),
        "not_yet": verdict.not_yet,
        "shown": [difference._asdict() for difference in verdict.shown],
    }
