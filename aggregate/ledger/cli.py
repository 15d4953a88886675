"""`lantian ledger`: both balances, and where they do not hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date

import msgspec
import typer
from kafka.errors import KafkaError
from psycopg2.extensions import connection

from aggregate.given_days import given_day, refuse_backwards
from aggregate.ledger.balance import UNKNOWN, Account, Books, By, Group, balance, group
from aggregate.ledger.books import Scope, is_known, read_books
from aggregate.ledger.check import Checked, check_log
from aggregate.ledger.check import Progress as Tell
from aggregate.ledger.complaints import complaints, log_complaints
from aggregate.ledger.explain import Explanation, explain
from aggregate.progress import display
from core.errors import InputError, UnavailableError
from core.postgres import Gone, connect
from core.settings import CoreSettings
from ingest.kinds import Kind

COMPLAINTS_SHOWN = 100

_NUMBERS = ("due", "received", "flying", "lost")
_READINGS = ("readings", "current", "superseded", "repeats", "rejected", "closed", "doubled", "difference")


@dataclass(frozen=True, slots=True)
class Found:
    """All that one call of the command looked up."""

    scope: Scope
    books: Books
    accounts: Sequence[Account]
    explained: Sequence[Explanation]
    log: Checked | None

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing, doubled or unaccounted for, and `intake` tells the truth."""
        told = self.log is None or not self.log.differences
        return told and not self.books.breaks and all(account.balanced for account in self.accounts)


def scope_of(station: str | None, kind: str | None, day: str | None, first: str | None, last: str | None) -> Scope:
    """What the options ask for; raises `InputError`."""
    if day is not None and (first is not None or last is not None):
        raise InputError("options", "goes without --from and --to", field="--day", value=day, hint="leave one out")
    if kind is not None and kind not in {*Kind, UNKNOWN}:
        raise InputError("options", "is no kind of station", field="--kind", value=kind,
                         hint=f"one of {', '.join([*Kind, UNKNOWN])}")  # fmt: skip
    start, end = _date(day or first, "--day" if day else "--from"), _date(day or last, "--day" if day else "--to")
    if start is not None and end is not None:
        refuse_backwards(start, end, last)
    return Scope(station, kind, start, end)


def _date(text: str | None, option: str) -> date | None:
    return None if text is None else given_day(text, option)


def show(scope: Scope, by: By | None, *, log: bool, as_json: bool) -> None:
    """Print the accounts, or what they are put together to; exit status 1 if something does not balance."""
    if log and scope != Scope():
        raise InputError("options", "reads all that came in", field="--log",
                         hint="leave out --station, --kind and the days")  # fmt: skip
    found = _look(CoreSettings.load(), scope, log=log)
    groups = None if by is None else group(found.books, found.accounts, by)
    typer.echo(_json(found, by, groups) if as_json else "\n".join(_lines(found, by, groups)))
    if not found.balanced:
        raise typer.Exit(1)


def _look(settings: CoreSettings, scope: Scope, *, log: bool) -> Found:
    with closing(connect(settings, "reader", application="lantian ledger")) as database:
        try:
            books = read_books(database, settings, scope)
            accounts = balance(books)
            if scope.station is not None and not accounts and not is_known(database, scope.station):
                raise InputError("unknown", "is not in the registry, and nothing ever came of it", field="--station",
                                 value=scope.station, hint="see `lantian ledger --by station`")  # fmt: skip
            explained = explain(database, settings, books.uneven, books.breaks)
            checked = _checked(database, settings) if log else None
        except KafkaError as error:
            raise UnavailableError("kafka", f"Kafka does not answer: {error}", hint="run `lantian status`") from error
        except Gone as error:
            raise UnavailableError("postgres", f"PostgreSQL went away: {str(error).strip().splitlines()[0]}",
                                   hint="run `lantian status`") from error  # fmt: skip
    return Found(scope, books, accounts, explained, checked)


def _checked(database: connection, settings: CoreSettings) -> Checked:
    with _bar() as tell:
        return check_log(database, settings, tell)


@contextmanager
def _bar() -> Iterator[Tell]:
    """A line on a terminal; nothing where nobody looks on."""
    with display(transient=True) as progress:
        tasks = {}

        def tell(partition: int, done: int, of: int) -> None:
            if partition not in tasks:
                tasks[partition] = progress.add_task(f"records of partition {partition}")
            progress.update(tasks[partition], completed=done, total=of)

        yield tell


def _json(found: Found, by: By | None, groups: Sequence[Group] | None) -> str:
    checked = not found.scope.dated
    unknown = {} if checked else dict.fromkeys(("due", "received", "in_flight", "lost"))
    accounts = [
        {
            **msgspec.to_builtins(account),
            "due": account.due,
            "received": account.received,
            "in_flight": account.in_flight,
            "lost": account.lost,
            **unknown,
            "difference": account.difference,
            "balanced": _known(account.balanced, checked=checked),
        }
        for account in found.accounts
    ]
    lines = [{**msgspec.to_builtins(line), **unknown, "difference": line.difference} for line in groups or ()]
    shown = {
        "numbers_checked": checked,
        **({"accounts": accounts} if groups is None else {"by": by, "groups": lines}),
        "breaks": msgspec.to_builtins(found.books.breaks),
        "doubled": msgspec.to_builtins(found.books.doubled),
        "uneven": msgspec.to_builtins(found.books.uneven),
        "explained": msgspec.to_builtins(found.explained),
        "log": msgspec.to_builtins(found.log, str_keys=True),
        "balanced": _known(found.balanced, checked=checked),
    }
    return json.dumps(shown, ensure_ascii=False)


def _known(balanced: bool, *, checked: bool) -> bool | None:
    """None where the second balance holds, and the first was not looked at."""
    return None if balanced and not checked else balanced


def _lines(found: Found, by: By | None, groups: Sequence[Group] | None) -> Iterator[str]:
    if groups is None:
        rows = [(account.station, account.source, *_figures(account, found.scope)) for account in found.accounts]
        yield from _table(("station", "source", *_NUMBERS, *_READINGS), rows)
    else:
        yield from _table(
            (str(by), *_NUMBERS, *_READINGS), [(line.name, *_figures(line, found.scope)) for line in groups]
        )
    wrong = list(complaints(found.books, found.accounts, found.explained))
    if found.log is not None:
        wrong += log_complaints(found.log)
    yield from wrong[:COMPLAINTS_SHOWN]
    if len(wrong) > COMPLAINTS_SHOWN:
        yield f"… and {len(wrong) - COMPLAINTS_SHOWN} more lines like these: ask for one --station, or for --json"
    if found.log is not None:
        yield (
            f"log: {found.log.records} records, {found.log.entries} reports with {found.log.readings} readings read"
            f" again, {len(found.log.differences) + found.log.more} differences from intake"
        )
    yield _verdict(found)


def _verdict(found: Found) -> str:
    accounts = found.accounts
    unbalanced = sum(not account.balanced for account in accounts)
    flying = sum(account.in_flight for account in accounts)
    differences = 0 if found.log is None else len(found.log.differences) + found.log.more
    wrong = [
        *([f"{unbalanced} of {len(accounts)} accounts do not balance"] if unbalanced else []),
        *([f"intake has {len(found.books.breaks)} breaks"] if found.books.breaks else []),
        *([f"Kafka's log differs from intake in {differences} places"] if differences else []),
    ]
    numbers = "their numbers not looked at" if found.scope.dated else f"{flying} reports in flight"
    return f"ledger: {len(accounts)} accounts, {numbers}, {'balanced' if found.balanced else ', '.join(wrong)}"


def _figures(of: Account | Group, scope: Scope) -> tuple[object, ...]:
    numbers = (of.due, of.received, of.in_flight, of.lost)
    return (
        *("–" if scope.dated or number is None else number for number in numbers),
        of.readings, of.current, of.superseded, of.repeats, of.rejected, of.closed, of.duplicated, of.unaccounted,
    )  # fmt: skip


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    cells = [head, *(tuple(map(str, row)) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
