"""Readings, and what persons said of them, as they are shown: plain data for machines, lines for operators. Pure."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from aggregate.judge import ORIGINS
from aggregate.reading import Slot, Stored
from aggregate.readings.review import Said
from aggregate.readings.reviews import Action, Reading, Statement
from aggregate.readings.store import Review
from aggregate.revision import BY_PERSON, CURRENT, SUPERSEDED
from core.clock import MICROS, SHANGHAI
from ingest.period import format_period
from ingest.station import Station
from ingest.value import Flag
from standards.factors import load_catalogue

Shown = dict[str, Any]

STATES = {
    CURRENT: ("current", "现行"),
    SUPERSEDED: ("superseded", "被取代"),
    BY_PERSON: ("superseded by a person", "被人工取代"),
}
"""By the letter of the mask."""

_ORIGINS = {number: str(origin) for origin, number in ORIGINS.items()}
_DONE = {Action.FLAG: "flagged", Action.CORRECT: "corrected", Action.RESTORE: "restored to what the devices say"}


def reading_shown(station: Station, slot: Slot, row: Stored, reading: Reading) -> Shown:
    """One reading of a stored report; times in ISO 8601 of Asia/Shanghai, `station` as it was then."""
    factor = load_catalogue().by_code.get(reading.factor)
    state, state_zh = STATES[reading.state]
    return {
        "station": station.station,
        "time": _iso(slot.time),
        "period": format_period(slot.period),
        "issued": None if slot.issued is None else _iso(slot.issued),
        "factor": reading.factor,
        "name_zh": factor.name_zh if factor else "",
        "value": _number(reading.value),
        "unit": factor.measure(station.kind).unit if factor else "",
        "flag": reading.flag,
        "flag_zh": Flag(reading.flag).zh,
        "source": row.number.source.name.lower(),
        "run": row.number.run,
        "seq": row.number.seq,
        "state": state,
        "state_zh": state_zh,
        "received": _iso(row.received / MICROS),
        "origin": _ORIGINS[row.origin],
    }


def reading_line(shown: Shown) -> str:
    """One reading in a line."""
    parts = [
        f"{_plain(shown['time'])}  {shown['period']}  {shown['factor']} {shown['name_zh']}",
        f"{_text(shown['value'])} {shown['unit']}".rstrip(),
        f"{shown['flag']} {shown['flag_zh']}",
        f"{shown['state_zh']} {shown['state']}",
        f"{shown['source']} run {shown['run']} seq {shown['seq']}",
        f"{shown['origin']}, received {_plain(shown['received'])}",
    ]
    if shown["issued"]:
        parts.append(f"issued {_plain(shown['issued'])}")
    return "  ".join(parts)


def review_shown(review: Review) -> Shown:
    """One review of the log."""
    asked = review.asked
    return {
        "id": review.id,
        "asked_at": _iso(review.asked_at),
        "user": asked.who.user,
        "reason": asked.who.why,
        "action": asked.action.value,
        "station": asked.station,
        "factors": list(asked.factors),
        "from": _iso(asked.first),
        "to": _iso(asked.last),
        "flag": asked.flag,
        "value": asked.value,
        "reports": review.reports,
        "readings": review.readings,
        "run": review.run,
        "sent_at": None if review.sent_at is None else _iso(review.sent_at),
    }


def review_line(shown: Shown) -> str:
    """One review in a line."""
    action = Action(shown["action"])
    said = [action.zh, action, *([_text(shown["value"])] if shown["value"] is not None else []), *_flag(shown["flag"])]
    return "  ".join(
        [
            f"{shown['id']}  {_plain(shown['asked_at'])}  {shown['user']}  {' '.join(said)}",
            f"{shown['station']}  {','.join(shown['factors'])}",
            f"{_plain(shown['from'])} – {_plain(shown['to'])}",
            f"{shown['readings']} readings  run {shown['run']}",
            f"sent {_plain(shown['sent_at'])}" if shown["sent_at"] else "not sent",
            shown["reason"],
        ]
    )


def statement_shown(seq: int, said: Statement) -> Shown:
    """What was said of one averaging period: by factor, what was current then and what was said."""
    return {
        "seq": seq,
        "time": _iso(said.time),
        "period": format_period(said.period),
        "readings": [
            {"factor": factor, "before": {"value": _number(was), "flag": was_flag},
             "after": {"value": _number(value), "flag": flag}}
            for factor, was, was_flag, value, flag in zip(
                said.factors, said.former_values, said.former_flags, said.values, said.flags, strict=True)
        ],
    }  # fmt: skip


def statement_line(shown: Shown) -> str:
    """The same in a line."""
    said = ", ".join(
        f"{each['factor']} {_text(each['before']['value'])} {each['before']['flag']}"
        f" → {_text(each['after']['value'])} {each['after']['flag']}"
        for each in shown["readings"]
    )
    return f"  seq {shown['seq']}  {_plain(shown['time'])}  {shown['period']}  {said}"


def said_shown(said: Said, *, sent: bool) -> Shown:
    """What became of a request."""
    return {
        "station": said.asked.station,
        "action": said.asked.action.value,
        "reports": said.reports,
        "readings": said.readings,
        "left_out": dict(sorted(said.left_out.items())),
        "review": said.review.id if said.review else None,
        "run": said.review.run if said.review else None,
        "sent": sent,
        "dry_run": said.review is None,
    }


def said_line(said: Said) -> str:
    """The same in a line, once it is sent."""
    asked = said.asked
    what = " ".join([_DONE[asked.action], *(_flag(asked.flag) if asked.action is Action.FLAG else [])])
    line = f"readings: {asked.station}: {said.readings} readings in {said.reports} reports "
    line += f"would be {what}" if said.review is None else f"{what}, review {said.review.id}, run {said.review.run}"
    if said.left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(said.left_out.items()))
        line += f"; {said.left_out.total()} left as they are: {reasons}"
    return line


def _flag(letter: str | None) -> list[str]:
    return [] if letter is None else [letter, Flag(letter).zh]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.12g}"


def _iso(seconds: float) -> str:
    """To the second, in Asia/Shanghai."""
    return datetime.fromtimestamp(seconds, SHANGHAI).isoformat(timespec="seconds")


def _plain(iso: str) -> str:
    return iso[:19].replace("T", " ")
