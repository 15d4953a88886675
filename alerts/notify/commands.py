"""`lantian alerts notify-check | notify-test | on-duty | deliveries`; registered by `alerts.commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

notify_app = typer.Typer()

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
File = Annotated[
    Path | None, typer.Option("--file", metavar="TOML", help="In place of the notifications' file in the settings.")
]


@notify_app.command(name="notify-check")
def check(file: File = None, as_json: AsJson = False) -> None:
    """Say whether targets, routes and roster can be used, and where a duty has nobody; needs no server.

    Exit status 1 names file, line, entry and remedy, or the gaps of the roster.
    """
    from alerts.notify import cli

    if not cli.check(file, as_json=as_json):
        raise typer.Exit(1)


@notify_app.command(name="notify-test")
def send_test(
    target: Annotated[list[str] | None, typer.Option(help="Only this target; may be given several times.")] = None,
    file: File = None,
    as_json: AsJson = False,
) -> None:
    """Send each target a test message now and say what became of it; exit status 1 if one was not delivered."""
    from alerts.notify import cli

    if not cli.send_test(target or [], file, as_json=as_json):
        raise typer.Exit(1)


@notify_app.command(name="on-duty")
def on_duty(
    at: Annotated[str | None, typer.Option(help="2026-03-01T08:00:00+08:00; by default now.")] = None,
    file: File = None,
    as_json: AsJson = False,
) -> None:
    """Who has which duty, by the roster."""
    from alerts.notify import cli

    cli.on_duty(at, file, as_json=as_json)


@notify_app.command()
def deliveries(
    target: Annotated[str | None, typer.Option(help="Only this target's.")] = None,
    alert: Annotated[int | None, typer.Option(metavar="ID", help="Only those that tell of this alert.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what is not delivered.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, latest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The delivery log: messages, latest first, with every try; and what waits."""
    from alerts.notify import cli

    cli.deliveries(target, alert, limit, failed=failed, as_json=as_json)
