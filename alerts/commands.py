"""`lantian alerts …` and `lantian rules …`. What only reads files needs no server and imports no client of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from alerts import cases, show
from alerts.rules import book
from alerts.settings import AlertsSettings
from core.postgres import connect
from core.settings import CoreSettings
from ingest.commands import Processes

app = typer.Typer()
alerts_app = typer.Typer(no_args_is_help=True, help="Judge statistics by rules; look at alerts.")
rules_app = typer.Typer(no_args_is_help=True, help="Check, list and try the rules; needs no server.")
app.add_typer(alerts_app, name="alerts")
app.add_typer(rules_app, name="rules")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
RulesDir = Annotated[
    Path | None, typer.Option("--rules-dir", help="Folder of rule packs, in place of the one in the settings.")
]


class AlertState(StrEnum):
    """Of `alerts list --state`."""

    OPEN = "open"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


@alerts_app.command()
def run(processes: Processes = None) -> None:
    """Judge statistics as they come, until SIGTERM."""
    settings, own = CoreSettings.load(), AlertsSettings.load()
    if processes is None:
        from alerts.run import run as run_engine

        run_engine(settings, own)
    else:
        from core.fleet import run_fleet

        run_fleet(settings, "alerts", ["alerts", "run"], processes)


@alerts_app.command(name="list")
def list_alerts(
    state: Annotated[AlertState | None, typer.Option(help="Only alerts in this state.")] = None,
    city: Annotated[str | None, typer.Option(help="Only this city's.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, latest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Alerts, latest first, with their legal basis."""
    with _reader() as database:
        found = show.alerts(database, state=state and state.value, city=city, rule_id=rule, limit=limit)
    if as_json:
        _print_json(found)
        return
    for row in found:
        _print(show.line(row))
        _print(f"    依据 Basis: {row['legal_basis']}")
    _print(f"共 {len(found)} 条 / {len(found)} alerts")


@alerts_app.command(name="show")
def show_alert(
    alert_id: Annotated[int, typer.Argument(metavar="ID")],
    as_json: AsJson = False,
) -> None:
    """One alert: what, what to do, on what ground, from which values, and what happened to it."""
    with _reader() as database:
        found = show.alert(database, alert_id)
    if as_json:
        _print_json(found)
        return
    for text in show.lines(found):
        _print(text)


@rules_app.command()
def check(rules_dir: RulesDir = None, as_json: AsJson = False) -> None:
    """Say whether the rule packs can be used; exit status 1 names file, line, rule, field and remedy."""
    found = _book(rules_dir)
    if as_json:
        _print_json({"rules": len(found.rules)})
    else:
        _print(f"{len(found.rules)} 条规则可用 / {len(found.rules)} rules can be used")


@rules_app.command(name="list")
def list_rules(rules_dir: RulesDir = None, as_json: AsJson = False) -> None:
    """The rules with severity, condition and legal basis."""
    found = _book(rules_dir)
    if as_json:
        _print_json([show.rule_json(rule) for rule in found])
        return
    for rule in found:
        _print(show.rule_line(rule))


@rules_app.command(name="test")
def try_rules(
    rule: Annotated[str | None, typer.Argument(help="Only this rule's cases.")] = None,
    rules_dir: RulesDir = None,
    as_json: AsJson = False,
) -> None:
    """Run the cases that stand beside the rules; exit status 1 if one does not hold."""
    found = _book(rules_dir)
    results = cases.run_cases([found.get(rule)] if rule else found)
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
    raise typer.Exit(1 if failed else 0)


def _book(rules_dir: Path | None) -> book.RuleBook:
    return book.load(rules_dir or AlertsSettings.load().rules_dir)


@contextmanager
def _reader() -> Iterator[Any]:
    with closing(connect(CoreSettings.load(), "reader", application="lantian alerts")) as database:
        yield database


def _print_json(value: Any) -> None:
    _print(json.dumps(show.jsonable(value), ensure_ascii=False))


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
