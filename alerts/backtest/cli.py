"""What `lantian rules backtest` answers; `alerts.commands` declares the options."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from aggregate.progress import bar
from alerts.backtest.fired import fired, watched
from alerts.backtest.summary import Summary, bounds
from alerts.rules import book
from alerts.settings import AlertsSettings
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.registry import Registry


def backtest(
    rule_id: str, first: date, last: date, cities: Sequence[str], rules_dir: Path | None, *, as_json: bool
) -> None:
    """Say what a rule would have fired from `first` to `last`, both included; raises `InputError`."""
    rule = book.load(rules_dir or AlertsSettings.load().rules_dir).get(rule_id)
    end = last + timedelta(days=1)
    if end <= first:
        raise InputError(
            "period", "ends before it begins", field="--to", value=last.isoformat(), hint="give a later day"
        )
    start_s, end_s = bounds(first, end)
    with (
        closing(connect(CoreSettings.load(), "reader", application="lantian rules")) as database,
        database.cursor() as cursor,
    ):
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("set local jit = off")
        registry = Registry.load(database)
        objects = [one for one in watched(rule, registry, start_s, end_s) if not cities or one.city in cities]
        if not objects:
            raise InputError(
                "nothing_watched",
                "the rule watches nothing that is registered in this period",
                value=rule_id,
                hint="see `lantian stations list`, or choose other days or cities",
            )
        with bar("backtest") as tell:
            found = list(fired(cursor, rule, registry, start_s, end_s, cities, tell))
    summary = Summary(rule, first, end, len(objects), found)
    if as_json:
        sys.stdout.write(json.dumps(summary.answer(), ensure_ascii=False) + "\n")
        return
    for line in summary.lines():
        sys.stdout.write(line + "\n")
