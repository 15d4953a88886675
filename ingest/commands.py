"""The commands of this package; what they do is imported when they run, so that `lantian --help` is quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)
stations = typer.Typer(no_args_is_help=True, help="Stations and their MQTT accounts.")
app.add_typer(stations, name="stations")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")]
Processes = Annotated[int | None, typer.Option(min=1, max=99, help="So many at once, each started again if it dies.")]
Broker = Annotated[
    Path | None,
    typer.Option(help="The broker's folder for passwd, acl and pid; by default that of the local stack."),
]


@stations.command("import")
def stations_import(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8; its first row names the columns.")],
    effective: Annotated[
        str | None, typer.Option(help="When changes of known stations begin (ISO 8601); by default now.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Who changes; by default the system's user.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add and change stations; bad rows are listed and do not stop the others."""
    from ingest.stations_cli import import_stations

    raise typer.Exit(import_stations(file, effective=effective, user=user, as_json=as_json))


@stations.command("list")
def stations_list(
    kind: Annotated[str | None, typer.Option(help="Of one kind: air, dust, water, cems …")] = None,
    city: Annotated[str | None, typer.Option(help="Of one city.")] = None,
    at: Annotated[str | None, typer.Option(help="As registered at this time (ISO 8601).")] = None,
    as_json: AsJson = False,
) -> None:
    """List the stations."""
    from ingest.stations_cli import list_stations

    list_stations(kind=kind, city=city, at=at, as_json=as_json)


@stations.command("show")
def stations_show(station: str, as_json: AsJson = False) -> None:
    """Show a station and how it changed."""
    from ingest.stations_cli import show_station

    show_station(station, as_json=as_json)


@stations.command("credentials")
def stations_credentials(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Stations, or --board's regions; `*`: all, not for devices."),
    ] = None,
    missing: Annotated[bool, typer.Option("--missing", help="For every station that has no account.")] = False,
    platform: Annotated[str | None, typer.Option(help="One account `platform-NAME` for all named stations.")] = None,
    board: Annotated[
        str | None, typer.Option(help="One account `board-NAME` that hears these regions' alerts.")
    ] = None,
    replay: Annotated[bool, typer.Option("--replay", help="With the right to publish history.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print the password once instead of storing it.")] = False,
    broker: Broker = None,
    as_json: AsJson = False,
) -> None:
    """Issue MQTT passwords; a former password of the same account ends."""
    from ingest.stations_cli import issue_credentials

    issue_credentials(
        names or [],
        missing=missing,
        platform=platform,
        board=board,
        replay=replay,
        show=show,
        broker=broker,
        as_json=as_json,
    )


@stations.command("revoke")
def stations_revoke(username: str, broker: Broker = None) -> None:
    """End an MQTT account."""
    from ingest.stations_cli import revoke_credential

    revoke_credential(username, broker=broker)


@app.command("ingest")
def ingest(
    name: Annotated[str | None, typer.Option(help="Another for each bridge that runs at the same time.")] = None,
    leave: Annotated[
        bool, typer.Option("--leave", help="End the session of a stopped bridge that will not come back.")
    ] = False,
    processes: Processes = None,
) -> None:
    """Bridge reports from MQTT to Kafka (接入) until told to stop."""
    from core.process import loading

    with loading():
        from ingest.bridge_cli import run_bridge, run_bridges

    if processes is None:
        run_bridge(name=name, leave=leave)
    elif name or leave:
        raise typer.BadParameter("--processes goes with neither --name nor --leave")
    else:
        run_bridges(processes)


@app.command("replay")
def replay(
    files: Annotated[list[Path], typer.Argument(help="CSV, CSV.gz or parquet.")],
    layout: Annotated[str | None, typer.Option(help="uci, cnemc or csv; by default seen from the heading.")] = None,
    speed: Annotated[float, typer.Option(help="Data seconds a second; 0: as fast as it goes.")] = 0.0,
    start: Annotated[str | None, typer.Option("--from", help="First time (ISO 8601).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Time before which it ends.")] = None,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="In random order.")] = False,
    duplicate: Annotated[float, typer.Option(help="Share of reports sent twice, 0 … 1.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of order and copies.")] = 0,
    run: Annotated[int | None, typer.Option(help="Of two replays the greater counts; by default a hash.")] = None,
    stations: Annotated[str, typer.Option(help="Only these, with commas between.")] = "",
    platform: Annotated[str, typer.Option(help="The account `platform-NAME`, with the right to replay.")] = "replay",
    kind: Annotated[str | None, typer.Option(help="Of stations that the registry does not know.")] = None,
    region: Annotated[str | None, typer.Option(help="Of stations that the registry does not know.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send measurements from files over MQTT as history (回放)."""
    from ingest.replay import Manner
    from ingest.replay_cli import run_replay

    status = run_replay(
        files,
        layout=layout,
        start=start,
        end=end,
        stations=stations,
        manner=Manner(speed, shuffle, duplicate, seed),
        run=run,
        platform=platform,
        kind=kind,
        region=region,
        as_json=as_json,
    )
    raise typer.Exit(status)
