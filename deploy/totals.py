"""The ledger of a whole network in a dozen figures: all accounts added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregate.ledger.balance import Account


@dataclass(frozen=True, slots=True)
class Totals:
    """Both balances (state-model, “Ledger”): report numbers, and readings, of all stations and sources together."""

    due: int
    received: int
    in_flight: int
    missing: int
    unreadable: int
    """Payloads kept without a readable number: each is one of those missing."""
    readings: int
    current: int
    superseded: int
    repeats: int
    rejected: int
    closed: int
    duplicated: int
    difference: int
    """Readings taken and not found again, by account and day: too many in one do not make up for another."""
    unbalanced: int
    """Accounts in which something is missing, doubled or unaccounted for."""

    @classmethod
    def of(cls, accounts: Sequence[Account]) -> Totals:
        """The accounts of `read_ledger`, added up."""
        runs = [run for account in accounts for run in account.runs]
        return cls(
            due=sum(run.due for run in runs),
            received=sum(run.received for run in runs),
            in_flight=sum(run.in_flight for run in runs),
            missing=sum(run.lost for run in runs),
            unreadable=sum(account.unreadable for account in accounts),
            readings=sum(account.readings for account in accounts),
            current=sum(account.current for account in accounts),
            superseded=sum(account.superseded for account in accounts),
            repeats=sum(account.repeats for account in accounts),
            rejected=sum(account.rejected for account in accounts),
            closed=sum(account.closed for account in accounts),
            duplicated=sum(account.duplicated for account in accounts),
            difference=sum(account.unaccounted for account in accounts),
            unbalanced=sum(not account.balanced for account in accounts),
        )

    @property
    def stored(self) -> int:
        """Readings that stand in the database as reported or corrected."""
        return self.current + self.superseded
