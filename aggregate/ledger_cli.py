"""`lantian ledger`: both balances, and where they do not hold."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
import typer
from kafka.errors import KafkaError

from aggregate.ledger import Account, read_ledger
from core.errors import UnavailableError
from core.postgres import connect
from core.settings import CoreSettings

_HEAD = ("station", "source", "due", "received", "flying", "lost", "readings", "current", "superseded", "repeats",
         "rejected", "doubled", "difference")  # fmt: skip


def show(station: str | None, as_json: bool) -> None:
    """Print the accounts; exit status 1 if one does not balance."""
    settings = CoreSettings.load()
    database = connect(settings, "reader", application="lantian ledger")
    try:
        accounts = read_ledger(database, settings)
    except KafkaError as error:
        raise UnavailableError("kafka", f"Kafka does not answer: {error}", hint="run `lantian status`") from error
    finally:
        database.close()
    if station is not None:
        accounts = [account for account in accounts if account.station == station]
    typer.echo(_json(accounts) if as_json else "\n".join(_lines(accounts)))
    if not all(account.balanced for account in accounts):
        raise typer.Exit(1)


def _json(accounts: Sequence[Account]) -> str:
    shown = []
    for account in accounts:
        derived = {"in_flight": account.in_flight, "lost": account.lost, "difference": account.difference}
        shown.append({**msgspec.to_builtins(account), **derived, "balanced": account.balanced})
    return json.dumps(shown, ensure_ascii=False)


def _lines(accounts: Sequence[Account]) -> list[str]:
    rows = [_HEAD, *(tuple(map(str, _row(account))) for account in accounts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for account in accounts:
        lines += _complaints(account)
    wrong = sum(not account.balanced for account in accounts)
    flying = sum(account.in_flight for account in accounts)
    verdict = f"{wrong} of {len(accounts)} accounts do not balance" if wrong else "balanced"
    return [*lines, f"ledger: {len(accounts)} accounts, {flying} reports in flight, {verdict}"]


def _row(account: Account) -> tuple[object, ...]:
    due = sum(run.due for run in account.runs)
    received = sum(run.received for run in account.runs)
    return (
        account.station, account.source, due, received, account.in_flight, account.lost, account.readings,
        account.current, account.superseded, account.repeats, account.rejected, account.duplicated, account.difference,
    )  # fmt: skip


def _complaints(account: Account) -> list[str]:
    who = f"{account.station} {account.source}"
    found = [
        f"{who}: run {run.run} lacks seq " + ", ".join(f"{a}–{b}" if a != b else str(a) for a, b in run.missing)
        for run in account.runs
        if run.missing
    ]
    if account.difference:
        found.append(f"{who}: {account.difference} readings taken are not accounted for")
    if account.duplicated:
        found.append(f"{who}: {account.duplicated} readings have more than one current value")
    return found
