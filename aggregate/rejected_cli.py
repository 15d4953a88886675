"""`lantian rejected`: what was not taken, why, and the bytes it came in."""

from __future__ import annotations

import getpass
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import typer
from kafka.errors import KafkaError

from aggregate.delivery import Who
from aggregate.progress import bar
from aggregate.reading import RejectReason
from aggregate.rejected_replay import HOPELESS, Chosen, Report, find, send
from core.clock import clock_of, parse_time
from core.errors import InputError, UnavailableError
from core.postgres import connect
from core.settings import CoreSettings

_FIELDS = ("id", "received", "station", "source", "run", "seq", "reason", "factors", "reasons", "detail", "replayed")


def listing(station: str | None, reason: str | None, limit: int, as_json: bool) -> None:
    """Print the newest rejections, a line each; `replayed` is when they were sent again, or `not sent`."""
    _refuse_unknown(reason)
    rows = _query(
        "select rejected_id, received::text, station, source, run, seq, reason, factors, reasons, detail,"
        " (select coalesce(max(sent_at)::text, 'not sent') from rejected_replay p"
        " where p.rejected_id = rejected.rejected_id having count(*) > 0) from rejected"
        " where (%(station)s is null or station = %(station)s) and (%(reason)s is null or reason = %(reason)s)"
        " order by rejected_id desc limit %(limit)s",
        {"station": station, "reason": reason, "limit": limit},
    )
    for row in rows:
        shown = dict(zip(_FIELDS, row, strict=True))
        if as_json:
            typer.echo(json.dumps(shown, ensure_ascii=False))
        else:
            what = ", ".join(f"{f} {r}" for f, r in zip(shown["factors"], shown["reasons"], strict=True))
            number = f"run {shown['run']} seq {shown['seq']}"
            typer.echo(f"{shown['id']}  {shown['received']}  {shown['station']}  {number}  {shown['reason']}  "
                       f"{what or shown['detail']}"
                       + (f"  replayed {shown['replayed']}" if shown["replayed"] else ""))  # fmt: skip


def show(rejected_id: int) -> None:
    """Print one rejection's payload as it came."""
    rows = _query("select body from rejected where rejected_id = %(id)s", {"id": rejected_id})
    if not rows:
        raise InputError("unknown", "there is no such rejection", field="id", value=rejected_id,
                         hint="see `lantian rejected list`")  # fmt: skip
    typer.echo(bytes(rows[0][0]).decode("utf-8", "backslashreplace"))


def replay(
    ids: Sequence[int],
    *,
    reason: str | None,
    station: str | None,
    first: str | None,
    last: str | None,
    limit: int | None,
    why: str,
    user: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Have rejections judged again; `first` and `last` are times of receipt, `limit` is of those that may help."""
    chosen = _chosen(ids, reason, station, first, last)
    if not why.strip():
        raise InputError("usage", "say what was repaired", field="--why")
    settings: CoreSettings = CoreSettings.load()
    clock = clock_of(settings)
    with closing(connect(settings, "repair", application="lantian rejected")) as database:
        if ids:
            _refuse_named(ids, list(find(database, chosen)))
        refused: Counter[str] = Counter()
        reports = islice(_passed(find(database, chosen), refused), limit)
        sent = 0
        if dry_run:
            passed = sum(1 for _ in reports)
        else:
            try:
                with bar("sending again") as tell:
                    for count in send(database, settings, reports, Who(user or getpass.getuser(), why), clock.now):
                        sent += count
                        tell(sent, limit)
            except KafkaError as error:
                raise UnavailableError(
                    "kafka",
                    f"Kafka does not answer: {error}; {sent} reports are sent",
                    hint="repeat the command when it does: what was sent twice counts once",
                ) from error
            passed = sent
    if as_json:
        found = passed + refused.total()
        typer.echo(json.dumps({"found": found, "sent": sent, "refused": refused, "dry_run": dry_run}))
        return
    told = f"{passed} reports would be sent again" if dry_run else f"{sent} reports sent again"
    told += f", {refused.total()} refused" if refused else ""
    typer.echo("; ".join([f"rejected: {told}", *(f"{n} {name}: {_why(name)}" for name, n in sorted(refused.items()))]))


def _chosen(
    ids: Sequence[int],
    reason: str | None,
    station: str | None,
    first: str | None,
    last: str | None,
) -> Chosen:
    if not (ids or reason or station or first or last):
        raise InputError("usage", "name rejections, or choose them by --reason, --station, --from or --to",
                         hint="see `lantian rejected list`")  # fmt: skip
    _refuse_unknown(reason)
    if reason in HOPELESS:
        raise InputError("hopeless", f"cannot be repaired by judging again: {_why(reason)}", field="--reason",
                         value=reason, hint="see docs/retention.md")  # fmt: skip
    begins = parse_time(first, field="--from").timestamp() if first else None
    ends = parse_time(last, field="--to").timestamp() if last else None
    return Chosen(ids, reason, station, begins, ends)


def _passed(found: Iterable[Report], refused: Counter[str]) -> Iterator[Report]:
    """Those that judging again may help; the others are counted."""
    for report in found:
        if report.refusal is None:
            yield report
        else:
            refused[report.refusal.name] += 1


def _refuse_unknown(reason: str | None) -> None:
    if reason is not None and reason not in set(RejectReason):
        raise InputError("usage", "is no reason of a rejection", field="--reason", value=reason,
                         hint=f"one of {', '.join(RejectReason)}")  # fmt: skip


def _refuse_named(ids: Sequence[int], found: Sequence[Report]) -> None:
    """Who names a rejection is told that it cannot be sent again; who chooses many has those passed over."""
    known = {number: report for report in found for number in report.ids}
    for number in ids:
        report = known.get(number)
        if report is None:
            raise InputError("unknown", "there is no such rejection, or the other options leave it out", field="id",
                             value=number, hint="see `lantian rejected list`")  # fmt: skip
        if report.refusal is not None:
            raise InputError("hopeless", f"cannot be repaired by judging again: {report.refusal}", field="id",
                             value=number, hint="see docs/retention.md")  # fmt: skip


def _why(name: str) -> str:
    return HOPELESS[name].value


def _query(query: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
    database = connect(CoreSettings.load(), "reader", application="lantian rejected")
    try:
        with database, database.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())
    finally:
        database.close()
