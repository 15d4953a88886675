"""`lantian replay`: measurements from files over MQTT, as history."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from core.errors import InputError, LantianError, SettingsError
from core.postgres import Gone, connect
from core.secrets import read_secret
from core.settings import CoreSettings
from ingest.credentials import secret_name
from ingest.envelope import Source
from ingest.kinds import Kind
from ingest.progress import Meter, meter
from ingest.registry import Registry
from ingest.replay_plan import ReplayReport, Selection, addresses, arrange, read_reports, run_of
from ingest.rows import RowError
from ingest.sender import Identity, ReportSender
from ingest.settings import SenderSettings
from ingest.topics import ROOT

UNKNOWN_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Manner:
    """How to send: `speed` is data seconds a second, 0 as fast as it goes; `duplicate` the share sent twice."""

    speed: float = 0.0
    shuffle: bool = False
    duplicate: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.duplicate <= 1:
            raise InputError("duplicate", "is no share", field="--duplicate", value=self.duplicate, hint="give 0 … 1")
        if self.speed < 0 or (self.speed and self.shuffle):
            raise InputError(
                "speed",
                "is not below 0, and not with --shuffle",
                field="--speed",
                value=self.speed,
                hint="leave one out",
            )


class ReplayResult(msgspec.Struct, frozen=True):
    """What `lantian replay --json` prints; `complete` if every report became durable."""

    run: int
    stations: int
    reports: int
    readings: int
    acknowledged: int
    copies: int
    repeated: int
    bad_rows: int
    seconds: float
    complete: bool

    def __str__(self) -> str:
        return (
            f"replay: reports {self.reports}, readings {self.readings}, acknowledged {self.acknowledged}, "
            f"copies {self.copies}, repeated {self.repeated}, bad rows {self.bad_rows}, run {self.run}, "
            f"{self.seconds:.1f} s, {self.readings / max(self.seconds, 0.001):.0f} readings/s"
        )


def replay(
    core: CoreSettings,
    selection: Selection,
    manner: Manner,
    *,
    platform: str,
    run: int | None = None,
    kind: Kind | None = None,
    region: str | None = None,
    stop: threading.Event | None = None,
    on_error: Callable[[RowError], None] = lambda _error: None,
) -> ReplayResult:
    """Send the selected rows as `platform-<name>` and wait until all are durable; `stop` ends it early.

    A station's topic is the registry's, or that of `kind` and `region` for stations it does not know. Raises
    `InputError` if nothing is selected or a station has no topic, `UnavailableError` if nothing is acknowledged.
    """
    identity = Identity.platform(platform)
    _check_account(core, identity)
    errors: list[RowError] = []

    def bad(error: RowError) -> None:
        errors.append(error)
        on_error(error)

    number = run_of(selection) if run is None else run
    reports = list(read_reports(selection, number, bad))
    if not reports:
        raise InputError("selection", "no row is selected", hint="look at --from, --to and --stations")
    places = _places(core, {report.station for report in reports}, kind, region)
    started = time.monotonic()
    sender = ReportSender(core, SenderSettings.load(), identity, Source.REPLAY, stop)
    try:
        with meter("replay", len(reports)) as tell:
            copies = _send(sender, reports, manner, number, places, tell)
            complete = sender.finish()
    except BaseException:
        sender.abandon()
        raise
    return ReplayResult(
        run=number,
        stations=len(places),
        reports=sender.submitted,
        readings=sum(report.readings for report in reports),
        acknowledged=sender.acknowledged,
        copies=copies,
        repeated=sender.repeated,
        bad_rows=len(errors),
        seconds=round(time.monotonic() - started, 3),
        complete=complete and sender.submitted == len(reports),
    )


def _send(
    sender: ReportSender,
    reports: Sequence[ReplayReport],
    manner: Manner,
    run: int,
    places: Mapping[str, str],
    tell: Meter,
) -> int:
    """Send all, copies too; returns how many copies."""
    started, first = time.monotonic(), min(report.time for report in reports)
    copies = readings = 0
    for report, is_copy in arrange(reports, shuffle=manner.shuffle, duplicate=manner.duplicate, seed=manner.seed):
        due = started + (report.time - first) / manner.speed if manner.speed else 0.0
        if due > time.monotonic() and not sender.wait(due - time.monotonic()):
            break
        if is_copy:
            sender.send_copy(places[report.station], report.payload)
            copies += 1
            continue
        if not sender.submit(places[report.station], run, report.seq, report.payload):
            break
        readings += report.readings
        tell(sender.submitted, readings)
    return copies


def _check_account(core: CoreSettings, identity: Identity) -> None:
    try:
        read_secret(core.state_dir, secret_name(identity.username))
    except SettingsError as error:
        raise SettingsError(
            "account",
            f"there is no account {identity.username}",
            field="--platform",
            hint=f"run `lantian stations credentials --platform {identity.username} --replay '*'`",
        ) from error


def _places(core: CoreSettings, stations: set[str], kind: Kind | None, region: str | None) -> dict[str, str]:
    """Each station's topics without their last level."""
    default = (lambda station: f"{ROOT}/{region}/{kind}/{station}") if kind and region else None
    try:
        known = _registered(core)
    except (LantianError, *Gone):
        if default is None:
            raise
        known = {}
    found, unknown = addresses(sorted(stations), known, default)
    if unknown:
        more = f" and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
        raise InputError(
            "unknown_station",
            f"not registered: {', '.join(unknown[:UNKNOWN_SHOWN])}{more}",
            field="stations",
            hint="import them with `lantian stations import`, or give --kind and --region",
        )
    return found


def _registered(core: CoreSettings) -> dict[str, str]:
    connection = connect(core, "reader", application="lantian-replay")
    try:
        registry = Registry.load(connection)
    finally:
        connection.close()
    return {
        station.station: f"{ROOT}/{station.region}/{station.kind}/{station.station}" for station in registry.stations()
    }
