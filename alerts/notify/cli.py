"""What `lantian alerts notify-check`, `notify-test`, `on-duty` and `deliveries` do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
import typer

from alerts.handling.cli import echo_json
from alerts.handling.words import when
from alerts.notify import show
from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Failure, Message, Outcome
from alerts.notify.notifier import SEND_S
from alerts.notify.outgoing import new_id
from alerts.notify.routes import Routes, load
from alerts.notify.target import Target
from alerts.settings import AlertsSettings
from alerts.severity import Severity
from alerts.show import jsonable
from core.clock import clock_of, parse_time
from core.errors import InputError, LantianError
from core.postgres import connect
from core.settings import CoreSettings

THREADS = 8


def check(path: Path | None, *, as_json: bool) -> bool:
    """Whether the file can be used (`InputError` if not) and no duty has a gap."""
    routes = _routes(path)
    gaps = list(routes.roster.gaps())
    if as_json:
        found = {"targets": sorted(routes.targets), "duties": routes.roster.ends()}
        echo_json(jsonable(found | {"gaps": [msgspec.structs.asdict(gap) for gap in gaps]}))
        return not gaps
    typer.echo(f"{len(routes.targets)} 个通知对象、{len(routes.roster.shifts)} 个班次可用"
               f" / {len(routes.targets)} targets and {len(routes.roster.shifts)} shifts can be used")  # fmt: skip
    for duty, ends in routes.roster.ends().items():
        typer.echo(f"{duty}: 排班至 shifts until {when(ends)}")
    if routes.roster.duties and routes.last_resort is None:
        typer.echo("没有 last_resort：无人值班时无人收到 / no last_resort: while nobody is on duty, nobody is told")
    for gap in gaps:
        typer.echo(f"无人值班 nobody on duty: {gap.duty} {when(gap.begins)} – {when(gap.ends)}")
    return not gaps


def on_duty(at: str | None, path: Path | None, *, as_json: bool) -> None:
    """Who is on duty at a time."""
    routes = _routes(path)
    now = parse_time(at, field="--at") if at else clock_of(CoreSettings.load()).datetime()
    found = [shift for duty in sorted(routes.roster.duties) for shift in routes.roster.on_duty(duty, now)]
    if as_json:
        echo_json(jsonable([msgspec.structs.asdict(shift) for shift in found]))
        return
    for shift in found:
        typer.echo(f"{shift.duty}: {shift.person}（{shift.target}），{when(shift.begins)} – {when(shift.ends)}")
    for duty in sorted(routes.roster.duties - {shift.duty for shift in found}):
        typer.echo(f"{duty}: 无人值班 nobody" + (f"，转 to {routes.last_resort}" if routes.last_resort else ""))


def send_test(ids: list[str], path: Path | None, *, as_json: bool) -> bool:
    """Send each target a test; whether all were delivered. It goes to the targets themselves, not into their log."""
    settings: CoreSettings = CoreSettings.load()
    routes = _routes(path)
    for one in ids:
        if one not in routes.targets:
            raise InputError("target_unknown", "there is no such target", field="--target", value=one,
                             hint=f"name one of {', '.join(routes.targets)}")  # fmt: skip
    targets = [target for target in routes.targets.values() if not ids or target.id in ids]
    now = clock_of(settings).datetime()
    with ThreadPoolExecutor(THREADS) as threads:
        outcomes = list(threads.map(lambda target: _try(target, settings, now), targets))
    if as_json:
        echo_json([
            {"target": target.id, "delivered": found.failure is None, "failure": found.failure, "detail": found.detail}
            for target, found in zip(targets, outcomes, strict=True)
        ])  # fmt: skip
    else:
        for target, found in zip(targets, outcomes, strict=True):
            said = show.FAILURES[found.failure] if found.failure else "已送达 delivered"
            typer.echo(f"{target.id}: {said}" + (f"：{found.detail}" if found.detail else ""))
    return all(one.failure is None for one in outcomes)


def _try(target: Target, settings: CoreSettings, now: datetime) -> Outcome:
    try:
        with closing(channel_of(target, settings)) as channel:
            return channel.send(test_message(target.id, now), SEND_S)
    except LantianError as error:
        return Outcome(Failure.UNREACHABLE, str(error))


def test_message(target: str, now: datetime) -> Message:
    """What a target is sent to try it."""
    message_id = new_id(now)
    title = "【测试】蓝天报警通知"
    body = f"这是发给 {target} 的测试，无需处置。\nA test for {target}: nothing to be done.\n编号 No. {message_id}"
    document = {"id": message_id, "at": now, "severity": Severity.INFO, "tellings": [], "test": True}
    return Message(id=message_id, title=title, body=body, severity=Severity.INFO, region="", at=now,
                   document=msgspec.json.encode(document))  # fmt: skip


def deliveries(target: str | None, alert: int | None, limit: int, *, failed: bool, as_json: bool) -> None:
    """The delivery log."""
    with closing(connect(CoreSettings.load(), "reader", application="lantian alerts")) as database:
        found, left = show.deliveries(database, target=target, alert=alert, failed=failed, limit=limit)
    if as_json:
        echo_json({"messages": jsonable(found), "waiting": jsonable(left)})
        return
    for line in show.lines(found, left):
        typer.echo(line)


def _routes(path: Path | None) -> Routes:
    found = path or AlertsSettings.load().notify_file
    if found is None:
        raise InputError(
            "notify_file",
            "no notifications' file is named, so nobody is told anything",
            field="LANTIAN_ALERTS_NOTIFY_FILE",
            hint="write one (docs/notifications.md) and set it",
        )
    return load(found)
