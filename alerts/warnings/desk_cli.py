"""What `lantian alerts warning show | issue | decline …` answers; `alerts.warnings.commands` declares the options."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from psycopg2.extensions import connection

from alerts.handling.cli import echo_json, operator
from alerts.warnings import decide, desk, plans, sheets, show, store, words
from alerts.warnings.cuts import BUILTIN, load_cuts
from alerts.warnings.decide import Answer, Wish
from alerts.warnings.dispatch import Verdict
from alerts.warnings.happening import Happening
from alerts.warnings.plan import read_plan
from alerts.warnings.plans import Sent
from alerts.warnings.receipts import answers, read_receipts
from alerts.warnings.store import Decision
from core.clock import clock_of
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.period import parse_period
from ingest.rows import RowError

EVENTS = 20
"""So many of a city's latest events are shown."""


def overview(city: str | None, *, as_json: bool) -> None:
    """How the warning of each city stands; of one, what became of it lately."""
    settings: CoreSettings = CoreSettings.load()
    with _reader(settings) as database, database, database.cursor() as cursor:
        found = store.standing(cursor, city)
        entries = store.events(cursor, city, EVENTS) if city else []
    if as_json:
        told = [words.standing_json(name, standing) for name, standing in found.items()]
        echo_json([{**one, "events": words.events_json(entries)} for one in told] if city else told)
        return
    for name, standing in found.items():
        for line in words.standing_lines(name, standing):
            typer.echo(line)
    for entry in entries:
        typer.echo(f"    {words.entry_line(entry)}")
    if not found:
        typer.echo(f"{city or ''} 尚无预报，也无预警 no forecast yet, and no warning".strip())


def issue(city: str, wish: Wish, cuts_file: Path | None, user: str | None, *, as_json: bool) -> None:
    """Issue a change; raises `InputError` where it is refused."""
    settings: CoreSettings = CoreSettings.load()
    at, who = clock_of(settings).datetime(), user or getpass.getuser()
    with operator(settings) as database:
        issued = desk.issue(database, load_cuts(cuts_file or BUILTIN), city, wish, who, at)
    _tell(city, issued.answer, issued.sent, as_json=as_json)


def decline(city: str, reason: str, user: str | None, *, as_json: bool) -> None:
    """Say no to what is proposed; raises `InputError` where that is refused."""
    settings: CoreSettings = CoreSettings.load()
    at, who = clock_of(settings).datetime(), user or getpass.getuser()
    with operator(settings) as database:
        answer = desk.decline(database, city, reason, who, at)
    _tell(city, answer, None, as_json=as_json)


def import_plan(file: Path, city: str, user: str | None, *, as_json: bool) -> bool:
    """Put a plan in place of the city's; whether every row could be used."""
    settings: CoreSettings = CoreSettings.load()
    at, who = clock_of(settings).datetime(), user or getpass.getuser()
    plan = read_plan(file)
    _warn(plan.errors)
    with operator(settings) as database:
        kept, is_new = desk.import_plan(database, city, plan, file.name, who, at)
    if as_json:
        echo_json(
            {"city": city, "edition": kept.edition, "outcome": "taken" if is_new else "already",
             "measures": len(plan.measures), "enterprises": len(plan.enterprises),
             "errors": [str(error) for error in plan.errors]}
        )  # fmt: skip
    else:
        said = "导入方案 plan imported" if is_new else "方案未变 plan unchanged"
        typer.echo(
            f"{city} {said}：第 {kept.edition} 版 edition，企业 enterprises {len(plan.enterprises)}，"
            f"措施 measures {len(plan.measures)}，错误行 rows in error {len(plan.errors)}"
        )
    return not plan.errors


def dispatch_list(city: str, csv_file: Path | None, xlsx_file: Path | None, *, as_json: bool) -> bool:
    """Tell and write the list of the latest change as it was made; whether its sums reach the city's cut."""
    settings: CoreSettings = CoreSettings.load()
    with _reader(settings) as database:
        sent = _latest(database, city, clock_of(settings).datetime())
    if csv_file:
        sheets.write_csv(csv_file, sent.found)
    if xlsx_file:
        sheets.write_xlsx(xlsx_file, sent.found)
    if as_json:
        echo_json(_sent_json(sent))
    else:
        _print_sent(sent)
    return _reaches(sent)


def import_receipts(file: Path, city: str, user: str | None, *, as_json: bool) -> bool:
    """Keep the receipts of a file for the latest list; whether every row could be used."""
    settings: CoreSettings = CoreSettings.load()
    at, who = clock_of(settings).datetime(), user or getpass.getuser()
    with operator(settings) as database:
        sent = _latest(database, city, at)
        found = read_receipts(file, {order.measure.unit.enterprise for order in sent.found.orders}, sent.at, at)
        _warn(found.errors)
        new = desk.import_receipts(database, sent, found.receipts, who, at)
    if as_json:
        echo_json(
            {"city": city, "dispatch": sent.dispatch_id, "new": len(new), "known": len(found.receipts) - len(new),
             "errors": [str(error) for error in found.errors]}
        )  # fmt: skip
    else:
        known = len(found.receipts) - len(new)
        typer.echo(
            f"{words.sent_line(sent)}：签收 receipts 新 new {len(new)}，已有 known {known}，"
            f"错误行 rows in error {len(found.errors)}"
        )
    return not found.errors


def receipts(city: str, due: str, *, as_json: bool) -> None:
    """Where each enterprise of the latest list stands; `due` is how long it has to answer (ISO 8601)."""
    settings: CoreSettings = CoreSettings.load()
    now, span = clock_of(settings).datetime(), timedelta(seconds=parse_period(due))
    with _reader(settings) as database:
        sent = _latest(database, city, now)
        with database, database.cursor() as cursor:
            known = plans.receipts_of(cursor, sent.dispatch_id)
    told = answers(sent.found, known, issued=sent.at, due=span, now=now)
    if as_json:
        echo_json(words.receipts_json(sent, told))
        return
    typer.echo(words.sent_line(sent))
    for line in words.receipt_lines(told):
        typer.echo(line)


def _latest(database: connection, city: str, now: datetime) -> Sent:
    with database, database.cursor() as cursor:
        sent = plans.latest_sent(cursor, city, now)
    if sent is None:
        raise InputError("dispatch", "还没有减排清单 / has no dispatch list yet", field="--city", value=city,
                         hint="import a plan, then issue a warning: docs/warnings.md")  # fmt: skip
    return sent


def _tell(city: str, answer: Answer, sent: Sent | None, *, as_json: bool) -> None:
    """What was done, or was done already; raises `InputError` for what is refused."""
    if isinstance(answer, decide.Refused):
        raise words.refusal(city, answer)
    if isinstance(answer, decide.Already):
        _tell_already(city, answer.decision, as_json=as_json)
        return
    if as_json:
        (event,) = words.events_json([answer.entry])
        echo_json({"outcome": "taken", **event, "dispatch": sent and _sent_json(sent)})
        return
    typer.echo(f"{city} {words.entry_line(answer.entry)}")
    if sent is not None:
        _print_sent(sent)
    elif answer.entry.happening is Happening.ISSUED:
        typer.echo("    没有方案，未生成清单 no plan, no list: lantian alerts warning plan import FILE --city …")


def _tell_already(city: str, decision: Decision, *, as_json: bool) -> None:
    if not as_json:
        typer.echo(words.decided(city, decision))
        return
    echo_json(
        {"outcome": "already", "city": city, "happening": decision.happening, "action": decision.action,
         "level": decision.level, "who": decision.who, "at": decision.at.isoformat()}
    )  # fmt: skip


def _print_sent(sent: Sent) -> None:
    typer.echo(words.sent_line(sent))
    for line in show.dispatch_lines(sent.found):
        typer.echo(f"    {line}")


def _sent_json(sent: Sent) -> dict[str, Any]:
    return {
        "id": sent.dispatch_id,
        "city": sent.city,
        "at": sent.at.isoformat(),
        "edition": sent.edition,
        "cut": sent.cut,
        **show.dispatch_json(sent.found),
    }


def _reaches(sent: Sent) -> bool:
    return all(one.verdict is not Verdict.SHORT for one in sent.found.sums)


def _warn(errors: Iterable[RowError]) -> None:
    for error in errors:
        typer.echo(f"lantian: warning: {error}", err=True)


def _reader(settings: CoreSettings) -> closing[connection]:
    return closing(connect(settings, "reader", application="lantian alerts"))
