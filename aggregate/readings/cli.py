"""`lantian readings`: what stands, and what persons say of it."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import typer
from kafka.errors import KafkaError
from psycopg2.extensions import connection

from aggregate.delivery import Who, delivery
from aggregate.judge import Judge
from aggregate.progress import bar
from aggregate.readings import show as shows
from aggregate.readings.correct import correct as correct_readings
from aggregate.readings.file import Correction, Wrong, correction_of, read_corrections
from aggregate.readings.review import Said, say, send
from aggregate.readings.reviews import Action, Request, factor_named, flag_named, readings_of
from aggregate.readings.store import Review, read_review, read_reviews, read_statements, rows_between
from aggregate.revision import CURRENT
from core.clock import Clock, clock_of, parse_time
from core.errors import InputError, UnavailableError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.kinds import KindSettings
from ingest.registry import Registry
from ingest.rows import RowError
from standards.factors import load_catalogue


def listing(station: str, factors: Sequence[str], first: str, last: str, *, everything: bool, as_json: bool) -> None:
    """Print the readings of a time, a line each as they are read; with `everything` the superseded ones, too."""
    begins, ends = _span(first, last)
    wanted = _codes(factors)
    shown = 0
    with closing(connect(CoreSettings.load(), "reader", application="lantian readings")) as database:
        registry = Registry.load(database)
        newest = registry.history(station)[-1]
        for slot, row in rows_between(database, newest.station_id, begins, ends, wanted, reviewable=False):
            for reading in readings_of(row):
                if (not wanted or reading.factor in wanted) and (everything or reading.state == CURRENT):
                    then = registry.at(station, slot.time) or newest
                    _echo(shows.reading_shown(then, slot, row, reading), shows.reading_line, as_json=as_json)
                    shown += 1
    if not as_json:
        typer.echo(f"readings: {shown}")


def flag(
    station: str,
    factors: Sequence[str],
    first: str,
    last: str,
    letter: str,
    *,
    reason: str,
    user: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give the current readings of a time another flag."""
    chosen = flag_named(letter, field="--flag")
    request = Request(Action.FLAG, station, _codes(factors), *_span(first, last), _who(user, reason), chosen)
    _say(request, dry_run=dry_run, as_json=as_json)


def restore(
    station: str,
    factors: Sequence[str],
    first: str,
    last: str,
    *,
    reason: str,
    user: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Say of readings what the devices say, where a person's word stands."""
    request = Request(Action.RESTORE, station, _codes(factors), *_span(first, last), _who(user, reason))
    _say(request, dry_run=dry_run, as_json=as_json)


def correct(
    station: str,
    factor: str,
    time: str,
    period: str,
    value: float,
    letter: str,
    *,
    reason: str,
    user: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Give one reading another value."""
    cells = {"station": station, "time": time, "period": period, "factor": factor, "value": str(value), "flag": letter}
    asked = correction_of("", 0, cells)
    if isinstance(asked, RowError):
        raise _refusal(asked)
    wrong = Wrong("", [])
    _correct([asked], wrong, _who(user, reason), dry_run=dry_run, as_json=as_json)
    if wrong.errors:
        raise _refusal(wrong.errors[0])


def correct_file(path: Path, *, reason: str, user: str | None, dry_run: bool, as_json: bool) -> None:
    """Give the readings that a CSV names other values; a line for each bad row, and then exit status 1."""
    wrong = Wrong(path.name, [])
    _correct(read_corrections(path, wrong), wrong, _who(user, reason), dry_run=dry_run, as_json=as_json)
    for error in sorted(wrong.errors, key=lambda error: error.row):
        typer.echo(str(error), err=True)
    if wrong.errors:
        raise typer.Exit(1)


def reviews(station: str | None, limit: int, *, as_json: bool) -> None:
    """Print the newest reviews, a line each."""
    with _reading() as database, database, database.cursor() as cursor:
        found = read_reviews(cursor, station, limit)
    for review in found:
        _echo(shows.review_shown(review), shows.review_line, as_json=as_json)


def show(review_id: int, *, as_json: bool) -> None:
    """Print a review and each of its statements: what was current before, and what was said."""
    with _reading() as database:
        with database, database.cursor() as cursor:
            review = read_review(cursor, review_id)
        _echo(shows.review_shown(review), shows.review_line, as_json=as_json)
        for seq, said in read_statements(database, review.asked.station, review.run):
            _echo(shows.statement_shown(seq, said), shows.statement_line, as_json=as_json)


def resend(ids: Sequence[int], *, as_json: bool) -> None:
    """Send reviews once more, the same bytes under the same numbers."""
    settings: CoreSettings = CoreSettings.load()
    with _repairing(settings) as database:
        with database, database.cursor() as cursor:
            kept = [read_review(cursor, number) for number in ids]
        _send(settings, database, kept, clock_of(settings))
    for review in kept:
        shown = {"review": review.id, "reports": review.reports, "sent": True}
        _echo(shown, lambda of: f"readings: review {of['review']}: {of['reports']} reports sent", as_json=as_json)


def _say(request: Request, *, dry_run: bool, as_json: bool) -> None:
    settings: CoreSettings = CoreSettings.load()
    clock = clock_of(settings)
    with _repairing(settings) as database:
        judge = _judge(database)
        with bar("looking at readings") as tell:
            said = say(database, judge, request, now=clock.now(), tell=tell, dry_run=dry_run)
        _send_and_tell(settings, database, [said], clock, as_json=as_json)


def _correct(asked: Iterable[Correction], wrong: Wrong, who: Who, *, dry_run: bool, as_json: bool) -> None:
    corrections = list(asked)
    settings: CoreSettings = CoreSettings.load()
    clock = clock_of(settings)
    with _repairing(settings) as database:
        judge = _judge(database)
        said = list(correct_readings(database, judge, corrections, who, wrong, now=clock.now(), dry_run=dry_run))
        _send_and_tell(settings, database, said, clock, as_json=as_json)


def _send_and_tell(
    settings: CoreSettings, database: connection, said: Sequence[Said], clock: Clock, *, as_json: bool
) -> None:
    kept = [each.review for each in said if each.review is not None]
    if kept:
        _send(settings, database, kept, clock)
    for each in said:
        if as_json:
            typer.echo(json.dumps(shows.said_shown(each, sent=each.review is not None), ensure_ascii=False))
        else:
            typer.echo(shows.said_line(each))


def _send(settings: CoreSettings, database: connection, kept: Sequence[Review], clock: Clock) -> None:
    left = list(kept)
    total = sum(review.reports for review in kept)
    done = 0
    try:
        with delivery(settings) as deliver, bar("sending") as tell:
            while left:
                for count in send(database, deliver, left[0], clock.now):
                    done += count
                    tell(done, total)
                left.pop(0)
    except KafkaError as error:
        numbers = " ".join(str(review.id) for review in left)
        raise UnavailableError(
            "kafka",
            f"Kafka does not answer: {error}; what was said is kept, and not sent: review {numbers}",
            hint=f"run `lantian readings resend {numbers}` when it does: what is sent twice counts once",
        ) from error


def _judge(database: connection) -> Judge:
    """Judges as the worker does, by the registry as it is now."""
    judge = Judge(load_catalogue(), KindSettings.load().rules())
    with database:
        judge.use(Registry.load(database))
    return judge


@contextmanager
def _repairing(settings: CoreSettings) -> Iterator[connection]:
    with closing(connect(settings, "repair", application="lantian readings")) as database:
        yield database


@contextmanager
def _reading() -> Iterator[connection]:
    with closing(connect(CoreSettings.load(), "reader", application="lantian readings")) as database:
        yield database


def _span(first: str, last: str) -> tuple[int, int]:
    begins = int(parse_time(first, field="--from").timestamp())
    ends = int(parse_time(last, field="--to").timestamp())
    if begins >= ends:
        raise InputError("span", "is not after --from", field="--to", value=last, hint="the end itself is not in")
    return begins, ends


def _codes(factors: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(factor_named(name, field="--factor").code for name in factors))


def _who(user: str | None, reason: str) -> Who:
    if not reason.strip():
        raise InputError("usage", "say why: it is kept for ever", field="--reason")
    return Who(user or getpass.getuser(), reason)


def _refusal(error: RowError) -> InputError:
    """Of a correction that came as options."""
    field = error.field if error.field == "station" else f"--{error.field}"
    return InputError("correction", error.message, field=field, value=error.value, hint=error.hint)


def _echo(shown: shows.Shown, line: Callable[[shows.Shown], str], *, as_json: bool) -> None:
    typer.echo(json.dumps(shown, ensure_ascii=False) if as_json else line(shown))
