"""Enterprises' receipts for a dispatch list: who has answered, who late, whom to call. Time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from alerts.warnings.dispatch import Dispatch
from core.clock import SHANGHAI, parse_time
from core.errors import InputError, LantianError
from ingest.rows import RowError, csv_rows, heading, open_text, too_many_cells

COLUMNS = ("enterprise", "received_at", "received_by", "note")
CHINESE = ("企业", "签收时间", "签收人", "说明")
_NAMES = dict(zip(CHINESE, COLUMNS, strict=True))


class Answer(StrEnum):
    """Where an enterprise stands."""

    RECEIVED = "received"
    LATE = "late"
    """Received after it was due."""
    WAITING = "waiting"
    OVERDUE = "overdue"
    """Not received, and due."""

    @property
    def chinese(self) -> str:
        """As operators read it."""
        return {"received": "已签收", "late": "逾期签收", "waiting": "待签收", "overdue": "逾期未签收"}[self.value]


@dataclass(frozen=True, slots=True)
class Receipt:
    """That an enterprise has the dispatch list."""

    enterprise: str
    at: datetime
    by: str
    note: str = ""


@dataclass(slots=True)
class Receipts:
    """The receipts of a file, and what is wrong with its other rows."""

    receipts: list[Receipt] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def answers(
    sent: Dispatch, receipts: Iterable[Receipt], *, issued: datetime, due: timedelta, now: datetime
) -> dict[str, tuple[Answer, Receipt | None]]:
    """Where each enterprise of a dispatch list stands at `now`, by name; all times have zones.

    An enterprise's earliest receipt since `issued` and until `now` counts; those before are of a former list.
    """
    first: dict[str, Receipt] = {}
    for receipt in sorted(receipts, key=lambda receipt: receipt.at):
        if issued <= receipt.at <= now:
            first.setdefault(receipt.enterprise, receipt)
    names = sorted({order.measure.unit.enterprise for order in sent.orders})
    return {name: (_answer(first.get(name), issued + due, now), first.get(name)) for name in names}


def _answer(receipt: Receipt | None, due: datetime, now: datetime) -> Answer:
    if receipt is not None:
        return Answer.LATE if receipt.at > due else Answer.RECEIVED
    return Answer.OVERDUE if now > due else Answer.WAITING


def read_receipts(
    path: Path, enterprises: set[str], since: datetime | None = None, until: datetime | None = None
) -> Receipts:
    """The receipts of a CSV with the columns `COLUMNS` under these names or those of `CHINESE`.

    Times without an offset are China's. A bad row, one of an enterprise that is none of `enterprises`, or before
    `since` (when the list was made) or after `until` (now), is told and stops no other; raises `InputError` for a file
    that is none.
    """
    found = Receipts()
    with open_text(path) as file:
        rows = csv_rows(path, file)
        names = [_NAMES.get(name, name.lower()) for name in heading(path, rows)]
        for name in COLUMNS[:3]:
            if name not in names:
                raise InputError("heading", f"the column {name} is missing", field=str(path),
                                 hint=f"begin it with {','.join(CHINESE)} or {','.join(COLUMNS)}")  # fmt: skip
        for number, cells in rows:
            if len(cells) > len(names):
                found.errors.append(too_many_cells(path.name, number, cells))
                continue
            given = dict.fromkeys(COLUMNS, "") | dict(zip(names, cells, strict=False))
            read = _receipt(given, enterprises)
            if isinstance(read, Receipt):
                read = _in_time(read, since, until)
            if isinstance(read, Receipt):
                found.receipts.append(read)
            else:
                column, message, hint = read
                found.errors.append(RowError(path.name, number, column, given[column], message, hint))
    return found


def _in_time(receipt: Receipt, since: datetime | None, until: datetime | None) -> Receipt | tuple[str, str, str]:
    if since is not None and receipt.at < since:
        made = f"{since.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
        return "received_at", f"is before the list was made ({made})", "correct it; a former list keeps its own"
    if until is not None and receipt.at > until:
        return "received_at", "is in the future", "correct it"
    return receipt


def _receipt(given: Mapping[str, str], enterprises: set[str]) -> Receipt | tuple[str, str, str]:
    """A row's receipt, or column, what is wrong with it, and the remedy."""
    if given["enterprise"] not in enterprises:
        return "enterprise", "is none of the plan's", "write its name as the plan does"
    if not given["received_by"]:
        return "received_by", "is empty", "name who took it"
    try:
        moment = parse_time(given["received_at"], field="received_at")
    except LantianError as error:
        return "received_at", error.message, error.hint or "correct it"
    return Receipt(given["enterprise"], moment, given["received_by"], given["note"])
