"""`lantian alerts …` and `lantian rules …`; what they do is imported when they run."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from alerts.handling.commands import handling_app
from alerts.notify.commands import notify_app
from alerts.warnings.commands import app as warning_app
from ingest.commands import Processes

app = typer.Typer()
alerts_app = typer.Typer(no_args_is_help=True, help="Judge statistics by rules; look at alerts.")
rules_app = typer.Typer(no_args_is_help=True, help="Check, list and try the rules; backtest alone needs a server.")
app.add_typer(alerts_app, name="alerts")
alerts_app.add_typer(warning_app, name="warning")
app.add_typer(rules_app, name="rules")
alerts_app.add_typer(handling_app)
alerts_app.add_typer(notify_app)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
RulesDir = Annotated[
    Path | None, typer.Option("--rules-dir", help="Folder of rule packs, in place of the one in the settings.")
]


class AlertState(StrEnum):
    """Of `alerts list --state`."""

    OPEN = "open"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"


class AlertStage(StrEnum):
    """Of `alerts list --stage`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    FED_BACK = "fed-back"
    DOUBTED = "doubted"
    CLOSED = "closed"
    FALSE_ALARM = "false-alarm"


@alerts_app.command()
def run(processes: Processes = None) -> None:
    """Judge statistics as they come, until SIGTERM."""
    from alerts.settings import AlertsSettings
    from core.process import loading
    from core.settings import CoreSettings

    settings, own = CoreSettings.load(), AlertsSettings.load()
    if processes is None:
        with loading():
            from alerts.run import run as run_engine

        run_engine(settings, own)
    else:
        from core.fleet import run_fleet

        run_fleet(settings, "alerts", ["alerts", "run"], processes)


@alerts_app.command(name="list")
def list_alerts(
    state: Annotated[AlertState | None, typer.Option(help="Only alerts in this state.")] = None,
    stage: Annotated[AlertStage | None, typer.Option(help="Only those that persons have brought so far.")] = None,
    city: Annotated[str | None, typer.Option(help="Only this city's.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, latest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Alerts, latest first, with their legal basis."""
    from alerts import cli

    cli.list_alerts(state and state.value, stage and stage.value, city, rule, limit, as_json=as_json)


@alerts_app.command(name="show")
def show_alert(
    alert_id: Annotated[int, typer.Argument(metavar="ID")],
    as_json: AsJson = False,
) -> None:
    """One alert: what, what to do, on what ground, from which values, and what happened to it."""
    from alerts import cli

    cli.show_alert(alert_id, as_json=as_json)


@rules_app.command()
def check(rules_dir: RulesDir = None, as_json: AsJson = False) -> None:
    """Say whether the rule packs can be used; exit status 1 names file, line, rule, field and remedy."""
    from alerts import cli

    cli.check(rules_dir, as_json=as_json)


@rules_app.command(name="list")
def list_rules(rules_dir: RulesDir = None, as_json: AsJson = False) -> None:
    """The rules with severity, condition and legal basis."""
    from alerts import cli

    cli.list_rules(rules_dir, as_json=as_json)


@rules_app.command(name="test")
def try_rules(
    rule: Annotated[str | None, typer.Argument(help="Only this rule's cases.")] = None,
    rules_dir: RulesDir = None,
    as_json: AsJson = False,
) -> None:
    """Run the cases that stand beside the rules; exit status 1 if one does not hold."""
    from alerts import cli

    if not cli.try_rules(rule, rules_dir, as_json=as_json):
        raise typer.Exit(1)


@rules_app.command()
def backtest(
    rule: Annotated[str, typer.Argument(help="Which rule.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, of Asia/Shanghai.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    city: Annotated[list[str] | None, typer.Option(help="Only this city's; may be given several times.")] = None,
    rules_dir: RulesDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what a rule would have fired on the statistics that are stored, with counts and a chart; tells nobody."""
    from alerts.backtest import cli

    cli.backtest(rule, first.date(), last.date(), city or [], rules_dir, as_json=as_json)
