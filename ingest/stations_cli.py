"""What `lantian stations …` does; `ingest.commands` declares the options."""

from __future__ import annotations

import getpass
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import typer
from psycopg2.extensions import connection
from rich.console import Console
from rich.table import Table

from core.clock import SHANGHAI, clock_of, parse_time
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest import credentials
from ingest.broker_files import write_broker_files
from ingest.period import format_period
from ingest.registry import Registry
from ingest.station import Station
from ingest.station_import import import_csv

BROKER_FOLDER = "mosquitto"


@contextmanager
def _registry_connection(settings: CoreSettings) -> Iterator[connection]:
    conn = connect(settings, "registry", application="lantian-stations")
    try:
        yield conn
    finally:
        conn.close()


def import_stations(path: Path, *, effective: str | None, user: str | None, as_json: bool) -> int:
    """Import a CSV; the exit status is 1 if a row was bad."""
    settings: CoreSettings = CoreSettings.load()
    moment = parse_time(effective, field="--effective") if effective else clock_of(settings).datetime()
    with _registry_connection(settings) as conn:
        result = import_csv(conn, path, effective=moment, user=user or getpass.getuser())
    if as_json:
        _echo_json(result)
    else:
        for error in result.errors:
            typer.echo(str(error), err=True)
        typer.echo(
            f"stations: {result.added} added, {result.changed} changed, {result.unchanged} unchanged, "
            f"{result.failed} rows failed"
        )
    return 1 if result.errors else 0


def list_stations(*, kind: str | None, city: str | None, at: str | None, as_json: bool) -> None:
    """The stations registered at a time, by default now."""
    settings: CoreSettings = CoreSettings.load()
    seconds = parse_time(at, field="--at").timestamp() if at else clock_of(settings).now()
    with _registry_connection(settings) as conn:
        stations = sorted(Registry.load(conn).stations(seconds), key=lambda station: station.station)
    chosen = [station for station in stations if kind in {None, station.kind.value} and city in {None, station.city}]
    if as_json:
        _echo_json([_as_dict(station) for station in chosen])
        return
    rows = [
        (station.station, station.kind.zh, station.name_zh, station.city, station.county or "",
         station.enterprise or station.operator or "", format_period(station.reporting_period))
        for station in chosen
    ]  # fmt: skip
    _echo_table(("编号", "类别", "名称", "城市", "区县", "单位", "周期"), rows)


def show_station(station: str, *, as_json: bool) -> None:
    """Every version of a station."""
    settings: CoreSettings = CoreSettings.load()
    with _registry_connection(settings) as conn:
        versions = [_as_dict(version) for version in Registry.load(conn).history(station)]
    if as_json:
        _echo_json(versions)
        return
    for version in versions:
        typer.echo(f"{station} from {version['valid_from'] or 'the beginning'}:")
        for name, value in version.items():
            if name not in {"station", "valid_from"} and value not in (None, {}, ""):
                typer.echo(f"  {name}: {value}")


def issue_credentials(
    names: Sequence[str],
    *,
    missing: bool,
    platform: str | None,
    board: str | None,
    replay: bool,
    show: bool,
    broker: Path | None,
    as_json: bool,
) -> None:
    """New passwords for devices, for all that have none, for a platform of stations, or for a board of regions."""
    if missing == bool(names):
        raise InputError("usage", "name stations, or --missing", hint="see `lantian stations credentials --help`")
    if board and (missing or platform or replay):
        raise InputError("usage", "a board only hears", field="--board", hint="give it regions alone")
    settings: CoreSettings = CoreSettings.load()
    with _registry_connection(settings) as conn:
        if board:
            issued = [credentials.issue_board(conn, settings, board, names, keep=not show)]
        elif missing:
            issued = credentials.issue_missing(conn, settings)
        elif platform:
            issued = [credentials.issue_platform(conn, settings, platform, names, replay=replay, keep=not show)]
        else:
            issued = [credentials.issue(conn, settings, name, replay=replay, keep=not show) for name in names]
        reloaded = update_broker(conn, broker or settings.state_dir / BROKER_FOLDER)
    _echo_issued(issued, settings, as_json=as_json)
    if not reloaded:
        typer.echo("no broker was told: one in a container looks by itself, another when it starts", err=True)


def revoke_credential(username: str, *, broker: Path | None) -> None:
    """End an account."""
    settings: CoreSettings = CoreSettings.load()
    with _registry_connection(settings) as conn:
        credentials.revoke(conn, username)
        update_broker(conn, broker or settings.state_dir / BROKER_FOLDER)
    typer.echo(f"revoked {username}")


def update_broker(conn: connection, folder: Path) -> bool:
    """Write the broker's files from the accounts, if its folder is on this machine; tells whether it was told."""
    return folder.is_dir() and write_broker_files(folder, credentials.load_accounts(conn))


def _echo_issued(issued: Sequence[credentials.Credential], settings: CoreSettings, *, as_json: bool) -> None:
    if as_json:
        _echo_json([{"username": one.username, "password": None if one.secret else one.password,
                     "secret": one.secret} for one in issued])  # fmt: skip
        return
    for one in issued:
        where = f"in {settings.state_dir / 'secrets' / one.secret}" if one.secret else f"{one.password} (shown once)"
        typer.echo(f"{one.username}: password {where}")


def _as_dict(station: Station) -> dict[str, Any]:
    """A station as plain data: `valid_from` in ISO 8601 (None: always), infinite bounds as None."""
    content: dict[str, Any] = msgspec.to_builtins(station)
    begins = station.valid_from
    content["valid_from"] = None if math.isinf(begins) else datetime.fromtimestamp(begins, SHANGHAI).isoformat()
    content["reporting_period"] = format_period(station.reporting_period)
    content["valid_ranges"] = {
        code: [None if math.isinf(bound) else bound for bound in bounds]
        for code, bounds in station.valid_ranges.items()
    }
    return content


def _echo_json(value: Any) -> None:
    typer.echo(msgspec.json.encode(value).decode())


def _echo_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    console = Console()
    if not console.is_terminal:
        for row in (names, *rows):
            typer.echo("\t".join(row))
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*row)
    console.print(table)
