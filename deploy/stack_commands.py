"""Commands of the stack: `up`, `down`, `status`, `doctor`, `env`, `migrate`."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from core.settings import CoreSettings
from deploy.local.stack import Stack, Status

app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


@app.command()
def up() -> None:
    """Start the local stack, migrate the database, make the topics; what runs already is left alone."""
    stack = Stack.configured()
    stack.up()
    _print(_table(stack.status()))


@app.command()
def down() -> None:
    """End exactly what `up` started; data stays in the state folder."""
    ended = Stack.configured().down()
    _print(f"ended: {', '.join(ended)}" if ended else "nothing of this stack was running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say which servers answer, and where; exit status 1 if one does not."""
    found = Stack.configured().status()
    _print(json.dumps([asdict(one) for one in found]) if as_json else _table(found))
    raise typer.Exit(0 if all(one.answers for one in found) else 1)


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
def migrate(as_json: AsJson = False) -> None:
    """Bring the database's schema up to date."""
    from core.migrate import migrate as apply

    applied = apply(CoreSettings.load())
    if as_json:
        _print(json.dumps({"applied": applied}))
    else:
        _print(f"applied: {', '.join(applied)}" if applied else "the schema is up to date")


def _table(found: list[Status]) -> str:
    return "\n".join(
        f"{one.name:<10} {one.address or 'no address yet':<22} "
        f"{'answers' if one.answers else 'does not answer':<16} "
        f"{(f'pid {one.pid}' if one.pid else 'not running') if one.local else 'as configured'}"
        for one in found
    )


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
