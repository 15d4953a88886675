"""What `lantian alerts acknowledge …` and its kin do; `alerts.handling.commands` declares the options."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

import msgspec
import typer
from psycopg2.extensions import connection

from alerts.handling import desk, log, words
from alerts.handling import episodes as shown
from alerts.handling.answers import Already, Mark, Refused
from alerts.handling.log import Checked
from alerts.handling.machine import Action, Request
from alerts.handling.order import OrderAction
from alerts.rules import book
from alerts.settings import AlertsSettings
from core.clock import clock_of, parse_time
from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings
from ingest.period import parse_period


def act(alert_id: int, request: Request, deadline: str | None, user: str | None, *, as_json: bool) -> None:
    """Do something about an alert; raises `InputError` where it is refused."""
    settings: CoreSettings = CoreSettings.load()
    at = clock_of(settings).datetime()
    if deadline is not None:
        request = msgspec.structs.replace(request, deadline=time_or_span(deadline, "--deadline"))
    who = user or getpass.getuser()
    with operator(settings) as database:
        answer = desk.act(database, book.load(AlertsSettings.load().rules_dir), alert_id, request, who, at)
    if isinstance(answer, Refused):
        raise words.refusal(alert_id, answer)
    if isinstance(answer, Already):
        _tell(alert_id, request.action, words.ACTIONS[request.action], answer.mark, None, as_json=as_json)
        return
    entry = answer.entry
    mark = Mark(entry.who, entry.at, request.text, request.unit, _deadline(entry.detail.get("deadline")))
    stage = answer.now.stage
    _tell(alert_id, request.action, words.ACTIONS[request.action], mark, (stage, words.STAGES[stage]), as_json=as_json)


def act_on_order(alert_id: int, action: OrderAction, reason: str, user: str | None, *, as_json: bool) -> None:
    """Do something about an alert's order; raises `InputError` where it is refused."""
    settings: CoreSettings = CoreSettings.load()
    at, who = clock_of(settings).datetime(), user or getpass.getuser()
    with operator(settings) as database:
        answer = desk.act_on_order(database, alert_id, action, who, reason, at)
    if isinstance(answer, Refused):
        raise words.order_refusal(alert_id, answer)
    said = words.ORDER_ENTRIES[action]
    if isinstance(answer, Already):
        _tell(alert_id, action, said, answer.mark, None, as_json=as_json)
        return
    stage = answer.now.stage
    mark = Mark(who, at, reason)
    _tell(alert_id, action, said, mark, (stage, words.ORDER_STAGES[stage]), as_json=as_json)


def verify_log(city: str | None, *, as_json: bool) -> bool:
    """Recompute the chains of a city or all and tell of each; whether all hold."""
    with closing(connect(CoreSettings.load(), "reader", application="lantian alerts")) as database:
        found = list(log.check(database, city))
    if as_json:
        echo_json([_chain_json(one) for one in found])
    else:
        for one in found:
            typer.echo(_chain_line(one))
    return all(one.holds for one in found)


def episodes(city: str | None, days: int, *, as_json: bool) -> None:
    """Print the episodes of the last days, oldest first."""
    settings: CoreSettings = CoreSettings.load()
    now = clock_of(settings).datetime()
    with closing(connect(settings, "reader", application="lantian alerts")) as database:
        found = shown.episodes(database, city, now - timedelta(days=days), now)
    if as_json:
        echo_json([shown.as_json(one) for one in found])
        return
    for one in found:
        typer.echo(shown.line(one))
    typer.echo(f"共 {len(found)} 次 / {len(found)} episodes")


def time_or_span(text: str, field: str) -> datetime | timedelta:
    """A time, ISO 8601, or how long from now on (`PT2H`)."""
    if not text.startswith("P"):
        return parse_time(text, field=field)
    try:
        return timedelta(seconds=parse_period(text))
    except InputError as error:
        raise InputError(error.code, error.message, field=field, value=text, hint=error.hint) from error


@contextmanager
def operator(settings: CoreSettings) -> Iterator[connection]:
    """The database, as an operator."""
    with closing(connect(settings, "operator", application="lantian alerts")) as database:
        yield database


def echo_json(value: Any) -> None:
    """One JSON value on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def _tell(
    alert_id: int,
    action: Action | OrderAction,
    said: words.Words,
    mark: Mark,
    stage: tuple[str, words.Words] | None,
    *,
    as_json: bool,
) -> None:
    """What was done, or, without a stage, was done already."""
    deadline = mark.deadline
    if as_json:
        echo_json(
            {
                "alert_id": alert_id,
                "action": str(action),
                "outcome": "taken" if stage else "already",
                "stage": stage and str(stage[0]),
                "who": mark.who,
                "at": mark.at.isoformat(),
                "unit": mark.unit or None,
                "deadline": deadline and deadline.isoformat(),
            }
        )
        return
    if stage is None:
        typer.echo(f"#{alert_id} 此前已{said.zh} already {said.en}：{mark.who} {words.when(mark.at)}")
        return
    unit = f" → {mark.unit}" if mark.unit else ""
    until = f"，限 {words.when(deadline)} 前 until then" if deadline else ""
    typer.echo(f"#{alert_id} {said}：{mark.who} {words.when(mark.at)}{unit}{until}；{stage[1]}")


def _deadline(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _chain_json(one: Checked) -> dict[str, Any]:
    broken = one.broken
    return {
        "city": one.head.city,
        "entries": one.head.length,
        "head": one.head.hash.hex(),
        "holds": broken is None,
        "broken": broken and {"place": broken.place, "what": broken.what.value, "alert_id": broken.alert_id},
        "differing": one.differing,
        "differing_silences": one.silences,
        "warning_differs": one.warning_differs,
    }


_BREAKS = {
    "missing": words.Words("缺失", "is missing"),
    "altered": words.Words("被改动", "was altered"),
    "tail-missing": words.Words("起的末尾缺失", "and what follows is missing"),
    "head-differs": words.Words("与链首记录不符", "is not what the head remembers"),
}


def _chain_line(one: Checked) -> str:
    head, broken = one.head, one.broken
    name = head.city or "（不属单一城市 of no single city）"
    if broken is not None:
        of_alert = "" if broken.alert_id is None else f"（#{broken.alert_id}）"
        return f"{name}: 断裂 BROKEN：第 {broken.place} 条{of_alert} entry {broken.place} {_BREAKS[broken.what]}"
    if not one.holds:
        numbers = [f"#{alert_id}" for alert_id in one.differing] + [f"静默 silence #{each}" for each in one.silences]
        numbers += ["预警 the warning"] if one.warning_differs else []
        return (
            f"{name}: 记录完整，但现状与记录不符 the log holds, but these stand otherwise than it says:"
            f" {' '.join(numbers)}"
        )
    return f"{name}: 完整 holds，{head.length} 条 entries，{head.hash.hex()}"
