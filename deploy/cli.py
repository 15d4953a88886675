"""The `lantian` command: the packages' own commands, put together.

A package keeps its commands in `<package>/commands.py` as a Typer app `app` with the very commands named below. It is
imported when one of them is called, not before, so that `lantian --help` answers at once.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import typer
from typer.core import TyperGroup

from core.errors import LantianError, SettingsError, UnavailableError

TITLE = "蓝天 Lantian: environmental monitoring from the monitor to the stop-work order, without losing a reading."


@dataclass(frozen=True)
class Entry:
    """A command: where it is kept, and what `--help` says of it."""

    module: str
    panel: str
    help: str


COMMANDS = {
    "ingest": Entry("ingest.commands", "Processes", "Bridge MQTT to Kafka."),
    "aggregate": Entry("aggregate.commands", "Processes", "Turn reports into statistics."),
    "alerts": Entry("alerts.commands", "Processes", "Judge statistics by rules; look at alerts."),
    "console": Entry("deploy.console_commands", "Processes", "Show operators what is open: a page, read only."),
    "demo": Entry("deploy.demo_commands", "Stack", "Show a day in Jincheng, from the monitor to the alert."),
    "up": Entry("deploy.stack_commands", "Stack", "Start the local stack, migrate, make the topics."),
    "down": Entry("deploy.stack_commands", "Stack", "End what `up` started; data stays."),
    "status": Entry("deploy.stack_commands", "Stack", "Say which servers answer, and where."),
    "doctor": Entry("deploy.stack_commands", "Stack", "Find what is missing or wrong, and say what to do."),
    "env": Entry("deploy.stack_commands", "Stack", "Print the addresses as shell exports."),
    "archive": Entry("aggregate.commands", "Stack", "Close days that are old and final; drop their readings."),
    "prepare": Entry("deploy.stack_commands", "Stack", "Make servers that run ready: roles, schema, accounts, topics."),
    "migrate": Entry("deploy.stack_commands", "Stack", "Bring the database's schema up to date."),
    "stations": Entry("ingest.commands", "Data", "Keep the register of stations and their credentials."),
    "replay": Entry("ingest.commands", "Data", "Send measurements from files through the pipeline."),
    "simulate": Entry("truth.commands", "Data", "Simulate monitors, and judge what came of it."),
    "rejected": Entry("aggregate.commands", "Data", "Look at what was not accepted, and why."),
    "readings": Entry("aggregate.readings.commands", "Data", "Look at readings; flag, correct and restore them."),
    "sanddust": Entry("aggregate.sanddust.commands", "Data", "Keep sand-dust periods; statistics with and without."),
    "recompute": Entry("aggregate.commands", "Data", "Make statistics again from what is stored."),
    "explain": Entry("aggregate.explanation.commands", "Data", "Say what a figure is made of, and by which rules."),
    "ledger": Entry("aggregate.commands", "Data", "Balance what was sent against what is stored."),
    "evaluate": Entry("aggregate.evaluation.commands", "Data", "Evaluate air: hours to days, periods and indices."),
    "whatif": Entry("aggregate.whatif.commands", "Data", "Judge stored hours under another edition, beside their own."),
    "rules": Entry("alerts.commands", "Knowledge", "Check, list and try the rules; needs no server."),
    "standards": Entry("deploy.standards_commands", "Knowledge", "Look at editions of the standards; needs no server."),
    "bench": Entry("bench.commands", "Knowledge", "Measure Lantian, alone and against pandas and Polars."),
}


class Panels(TyperGroup):
    """Names the commands panel by panel, in plain text: importing Rich takes as long as all else of `--help`."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for panel, entries in groupby(COMMANDS.items(), lambda item: item[1].panel):
            with formatter.section(panel):
                formatter.write_dl([(name, entry.help) for name, entry in entries if name in self.commands])


def build(called: str | None) -> typer.Typer:
    """The `lantian` command with what `called` needs imported; the other commands are only named."""
    app = typer.Typer(
        cls=Panels,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"max_content_width": 120},
    )
    app.callback(help=TITLE)(_nothing)
    needed = COMMANDS[called].module if called in COMMANDS else None
    for name, entry in COMMANDS.items():
        if entry.module != needed and importlib.util.find_spec(entry.module):
            app.command(name, help=entry.help, rich_help_panel=entry.panel)(_nothing)
    if needed:
        app.add_typer(importlib.import_module(needed).app)
    return app


def _nothing() -> None:
    """Stands for what is only named."""


def explained(error: Exception) -> LantianError | None:
    """The error for the person who must act: that of a server that failed in the middle of a command, in one line.

    None for what is a defect, and needs its traceback. Only clients that the command has imported can have raised it.
    """
    if isinstance(error, LantianError):
        return error
    if isinstance(error, RuntimeError) and "no locator available" in str(error):  # numba's, when it is imported
        return SettingsError(
            "cache",
            "compiled code can be kept neither beside the program nor in the user's cache",
            field="NUMBA_CACHE_DIR",
            hint="set it to a folder that can be written to",
        )
    kafka, psycopg2 = sys.modules.get("kafka.errors"), sys.modules.get("psycopg2")
    if kafka and isinstance(error, kafka.KafkaError):
        server, address = "Kafka", "kafka"
    elif psycopg2 and isinstance(error, (psycopg2.OperationalError, psycopg2.InterfaceError)):
        server, address = "PostgreSQL", "postgres_host"
    else:
        return None
    from core.settings import CoreSettings  # noqa: PLC0415 (`--help` does without pydantic)

    where = getattr(CoreSettings.load(), address)
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UnavailableError(
        "server",
        f"{server} at {where} failed in the middle: {said}",
        hint="run `lantian doctor`, then this command again",
    )


def main() -> None:
    """Exit status 0 all done, 1 not, 2 wrong use or settings; an error is one line on stderr."""
    try:
        build(next((word for word in sys.argv[1:] if not word.startswith("-")), None))()
    except Exception as error:
        if (told := explained(error)) is None:
            raise
        sys.stderr.write(f"lantian: {told}\n")
        sys.exit(2 if isinstance(told, SettingsError) else 1)


if __name__ == "__main__":
    main()
