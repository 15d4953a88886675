"""`lantian rejected`: what was not taken, why, and the bytes it came in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import typer

from core.errors import InputError
from core.postgres import connect
from core.settings import CoreSettings

_FIELDS = ("id", "received", "station", "source", "run", "seq", "reason", "factors", "reasons", "detail")


def listing(station: str | None, reason: str | None, limit: int, as_json: bool) -> None:
    """Print the newest rejections, a line each."""
    rows = _query(
        "select rejected_id, received::text, station, source, run, seq, reason, factors, reasons, detail from rejected"
        " where (%(station)s is null or station = %(station)s) and (%(reason)s is null or reason = %(reason)s)"
        " order by rejected_id desc limit %(limit)s",
        {"station": station, "reason": reason, "limit": limit},
    )
    for row in rows:
        shown = dict(zip(_FIELDS, row, strict=True))
        if as_json:
            typer.echo(json.dumps(shown, ensure_ascii=False))
        else:
            what = ", ".join(f"{f} {r}" for f, r in zip(shown["factors"], shown["reasons"], strict=True))
            number = f"run {shown['run']} seq {shown['seq']}"
            typer.echo(f"{shown['id']}  {shown['received']}  {shown['station']}  {number}  {shown['reason']}  "
                       f"{what or shown['detail']}")  # fmt: skip


def show(rejected_id: int) -> None:
    """Print one rejection's payload as it came."""
    rows = _query("select body from rejected where rejected_id = %(id)s", {"id": rejected_id})
    if not rows:
        raise InputError("unknown", "there is no such rejection", field="id", value=rejected_id,
                         hint="see `lantian rejected list`")  # fmt: skip
    typer.echo(bytes(rows[0][0]).decode("utf-8", "backslashreplace"))


def _query(query: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
    database = connect(CoreSettings.load(), "reader", application="lantian rejected")
    try:
        with database, database.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())
    finally:
        database.close()
