"""Commands of the stack: `up`, `down`, `status`, `doctor`, `env`, `prepare`, `migrate`."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from core.clock import SHANGHAI
from core.settings import CoreSettings
from deploy.local.stack import Stack, Status

if TYPE_CHECKING:
    from deploy.pipeline import PipelineState  # imports Kafka's client, which `env` and `down` do without

app = typer.Typer()

WATCH_S = 5.0
"""Between two looks of `status --watch`."""

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


@app.command()
def up(
    with_metrics: Annotated[
        bool, typer.Option("--with-metrics", help="Prometheus and Alertmanager as well (docs/operations.md).")
    ] = False,
) -> None:
    """Start the local stack, migrate the database, make the topics; what runs already is left alone."""
    stack = Stack.configured()
    stack.up(with_metrics=with_metrics)
    _print(_table(stack.status()))


@app.command()
def down() -> None:
    """End exactly what `up` started; data stays in the state folder."""
    ended = Stack.configured().down()
    _print(f"ended: {', '.join(ended)}" if ended else "nothing of this stack was running")


@app.command()
def status(
    as_json: AsJson = False,
    watched: Annotated[bool, typer.Option("--watch", help="Look again every SECONDS (5), until Ctrl-C.")] = False,
    every: Annotated[float | None, typer.Argument(metavar="[SECONDS]", min=0.5, max=3600)] = None,
) -> None:
    """Say which servers and processes answer, and what waits where; exit status 1 if one of them does not.

    It answers within some two seconds, also when servers are away (docs/operations.md).
    """
    from core.process import Shutdown
    from deploy import status_report
    from deploy.pipeline import look_at
    from deploy.watch import Look, watch

    if as_json and watched:
        raise typer.BadParameter("--json is one value: it cannot be watched")
    if every is not None and not watched:
        raise typer.BadParameter("SECONDS goes with --watch")
    stack = Stack.configured()
    if watched:

        def look() -> Look:
            servers, pipeline = look_at(stack)
            lines = [*_table(servers).splitlines(), *status_report.lines(pipeline)]
            return Look(datetime.now(SHANGHAI), lines, _well(servers, pipeline))

        raise typer.Exit(0 if watch(look, every or WATCH_S, sys.stdout, Shutdown().install().requested) else 1)
    servers, pipeline = look_at(stack)
    if as_json:
        _print(json.dumps(status_report.as_value(servers, pipeline), ensure_ascii=False))
    else:
        _print("\n".join([_table(servers), *status_report.lines(pipeline)]))
    raise typer.Exit(0 if _well(servers, pipeline) else 1)


def _well(servers: list[Status], pipeline: PipelineState) -> bool:
    return all(one.answers for one in servers) and all(one.ready for one in pipeline.processes)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Find what is missing or wrong, and say what to do; exit status 1 if anything is."""
    from deploy.local.doctor import examine

    findings = examine(Stack.configured())
    if as_json:
        _print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            _print(f"{'ok     ' if finding.ok else 'PROBLEM'} {finding.subject}: {finding.detail}")
            if not finding.ok:
                _print(f"        what to do: {finding.remedy}")
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@app.command()
def env() -> None:
    """Print the addresses as shell exports: `eval "$(lantian env)"`, after which `psql` reads the database.

    No password is printed: `PGPASSFILE` names the file that has the reader's.
    """
    from deploy.local.reader import reader_variables

    settings: CoreSettings = CoreSettings.load()
    variables = {
        "LANTIAN_STATE_DIR": str(settings.state_dir.absolute()),
        "LANTIAN_MQTT_HOST": settings.mqtt_host,
        "LANTIAN_MQTT_PORT": str(settings.mqtt_port),
        "LANTIAN_KAFKA": settings.kafka,
        "LANTIAN_POSTGRES_HOST": settings.postgres_host,
        "LANTIAN_POSTGRES_PORT": str(settings.postgres_port),
        "LANTIAN_POSTGRES_DATABASE": settings.postgres_database,
        **reader_variables(settings),
    }
    for name, value in variables.items():
        _print(f"export {name}={shlex.quote(value)}")


@app.command()
def prepare(
    patience: Annotated[
        float, typer.Option("--wait", min=0, max=3600, help="Seconds to wait until the servers answer.")
    ] = 60.0,
) -> None:
    """Make servers that run ready for the processes; what is ready is left alone.

    Needs the superuser's secret beside those of the roles. The broker is told who may connect if its folder is that of
    the state (`<state_dir>/mosquitto`).
    """
    from deploy.prepare import make_roles, wait_for_servers
    from deploy.prepare import prepare as make_ready
    from ingest.stations_cli import BROKER_FOLDER

    settings: CoreSettings = CoreSettings.load()
    broker = settings.state_dir / BROKER_FOLDER
    wait_for_servers(settings, patience)
    make_roles(settings)
    applied = make_ready(settings, broker if broker.is_dir() else None)
    _print(f"ready; migrations applied: {', '.join(applied) or 'none was missing'}")


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database up to date: its schema, and its copy of factors, editions, levels and limits."""
    from core.migrate import migrate as apply
    from deploy.catalogue import publish_catalogue

    settings: CoreSettings = CoreSettings.load()
    applied = apply(settings)
    published = publish_catalogue(settings)
    if as_json:
        _print(json.dumps({"applied": applied, "published": published}))
    else:
        _print(f"applied: {', '.join(applied)}" if applied else "the schema is up to date")
        if published:
            _print(f"brought up to date from the standards: {', '.join(published)}")


def _table(found: list[Status]) -> str:
    return "\n".join(
        f"{one.name:<12} {one.address or 'no address yet':<22} "
        f"{'answers' if one.answers else 'does not answer':<16} "
        f"{(f'pid {one.pid}' if one.pid else 'not running') if one.local else 'as configured'}"
        for one in found
    )


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
