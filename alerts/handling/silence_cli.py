"""What `lantian alerts silence …` does; `alerts.handling.commands` declares the options."""

from __future__ import annotations

import getpass
from contextlib import closing
from datetime import timedelta
from typing import Any

import msgspec
import typer

from alerts.handling import silences
from alerts.handling.cli import echo_json, operator, time_or_span
from alerts.handling.hide import Silence
from alerts.handling.words import when
from alerts.rules import book
from alerts.settings import AlertsSettings
from alerts.severity import Severity
from core.clock import clock_of, parse_time
from core.postgres import connect
from core.settings import CoreSettings


def add(
    reason: str,
    until: str,
    begins: str | None,
    rule: str | None,
    city: str | None,
    station: str | None,
    severity: Severity | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Order a silence; raises `InputError` for an unknown rule, and where it has no end, matcher or reason."""
    settings: CoreSettings = CoreSettings.load()
    now = clock_of(settings).datetime()
    if rule is not None:
        book.load(AlertsSettings.load().rules_dir).any(rule)
    first = parse_time(begins, field="--from") if begins else now
    given = time_or_span(until, "--until")
    last = first + given if isinstance(given, timedelta) else given
    asked = Silence(0, user or getpass.getuser(), reason, first, last, rule, city, station, severity)
    with operator(settings) as database, database, database.cursor() as cursor:
        kept = silences.add(cursor, asked, now)
    _tell(kept, "静默 silenced", as_json=as_json)


def listing(*, everything: bool, as_json: bool) -> None:
    """Print silences, by number."""
    settings: CoreSettings = CoreSettings.load()
    now = None if everything else clock_of(settings).datetime()
    reader = connect(settings, "reader", application="lantian alerts")
    with closing(reader) as database, database, database.cursor() as cursor:
        found = silences.silences_from(cursor, now)
    if as_json:
        echo_json([_json(one) for one in found])
        return
    for one in found:
        typer.echo(_line(one))
    typer.echo(f"共 {len(found)} 条 / {len(found)} silences")


def end(silence_id: int, reason: str, user: str | None, *, as_json: bool) -> None:
    """End a silence; raises `InputError` if it is over or unknown."""
    settings: CoreSettings = CoreSettings.load()
    now = clock_of(settings).datetime()
    with operator(settings) as database, database, database.cursor() as cursor:
        kept = silences.end(cursor, silence_id, user or getpass.getuser(), reason, now)
    _tell(kept, "已结束静默 ended", as_json=as_json)


def _tell(silence: Silence, said: str, *, as_json: bool) -> None:
    if as_json:
        echo_json(_json(silence))
    else:
        typer.echo(f"{said} {_line(silence)}")


def _line(silence: Silence) -> str:
    matchers = [silence.rule_id, silence.city, silence.station, silence.severity and silence.severity.chinese]
    meets = " ".join(each for each in matchers if each)
    return (
        f"#{silence.silence_id} {when(silence.begins)}–{when(silence.ends)} {meets}：{silence.author}：{silence.reason}"
    )


def _json(silence: Silence) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(silence)
    return plain | {"begins": silence.begins.isoformat(), "ends": silence.ends.isoformat()}
