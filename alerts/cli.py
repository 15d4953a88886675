"""What `lantian alerts` and `lantian rules` answer; `alerts.commands` declares the options."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection

from alerts import cases, show
from alerts.handling import show as show_handling
from alerts.handling.machine import Stage
from alerts.handling.words import STAGES
from alerts.rules import book
from alerts.settings import AlertsSettings
from core.postgres import connect
from core.settings import CoreSettings


def list_alerts(
    state: str | None, stage: str | None, city: str | None, rule: str | None, limit: int, *, as_json: bool
) -> None:
    """Alerts, latest first."""
    with closing(_reader()) as database:
        found = show.alerts(database, state=state, stage=stage, city=city, rule_id=rule, limit=limit)
    if as_json:
        _print_json(found)
        return
    for row in found:
        _print(show.line(row))
        _print(f"    处置 Handling: {STAGES[Stage(row['stage'])]}  依据 Basis: {row['legal_basis']}")
    _print(f"共 {len(found)} 条 / {len(found)} alerts")


def show_alert(alert_id: int, *, as_json: bool) -> None:
    """One alert, and what happened to it."""
    with closing(_reader()) as database:
        found = show.alert(database, alert_id) | show_handling.of_alert(database, alert_id)
    if as_json:
        _print_json(found)
        return
    for text in chain(show.lines(found), show_handling.lines(found)):
        _print(text)


def check(rules_dir: Path | None, *, as_json: bool) -> None:
    """How many rules can be used; raises `LantianError` for the first that cannot."""
    found = _book(rules_dir)
    if as_json:
        _print_json({"rules": len(found.all)})
    else:
        _print(f"{len(found.all)} 条规则可用 / {len(found.all)} rules can be used")


def list_rules(rules_dir: Path | None, *, as_json: bool) -> None:
    """The rules."""
    found = _book(rules_dir)
    if as_json:
        _print_json([show.rule_json(rule) for rule in found.all])
        return
    for rule in found.all:
        _print(show.rule_line(rule))


def try_rules(rule: str | None, rules_dir: Path | None, *, as_json: bool) -> bool:
    """Run the cases of all rules or one; whether every case holds."""
    found = _book(rules_dir)
    results = cases.run_cases([found.any(rule)] if rule else found.all)
    failed = [result for result in results if result.problem]
    if as_json:
        _print_json(
            [{"rule": r.rule_id, "case": r.case, "passed": not r.problem, "problem": r.problem} for r in results]
        )
    else:
        for result in results:
            verdict = f"不符 FAILED: {result.problem}" if result.problem else "通过 passed"
            _print(f"{result.rule_id}  {result.case}  {verdict}")
        _print(f"{len(results) - len(failed)}/{len(results)} 通过 passed")
    return not failed


def _book(rules_dir: Path | None) -> book.RuleBook:
    return book.load(rules_dir or AlertsSettings.load().rules_dir)


def _reader() -> connection:
    return connect(CoreSettings.load(), "reader", application="lantian alerts")


def _print_json(value: Any) -> None:
    _print(json.dumps(show.jsonable(value), ensure_ascii=False))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
