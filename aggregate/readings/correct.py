"""Corrections of single readings: what is wrong with one never stops the others.

Delivery guarantee: as `aggregate.readings.review` says; a review for each station.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from psycopg2.extensions import connection

from aggregate.delivery import Who
from aggregate.judge import Judge, range_of
from aggregate.reading import RejectReason, Slot
from aggregate.readings.file import Correction, Wrong
from aggregate.readings.review import Said, pages
from aggregate.readings.reviews import LONGEST_PERIOD_S, Action, LeftOut, Request, Statement, current, statement, weigh
from aggregate.readings.store import claim_run, closed_among, write_review, write_statements
from aggregate.store import Layouts, load_slots
from core.clock import day_start
from ingest.period import format_period
from ingest.report import format_instant
from standards.factors import load_catalogue

AVERAGES_A_PAGE = 500


def correct(
    database: connection,
    judge: Judge,
    corrections: Iterable[Correction],
    who: Who,
    wrong: Wrong,
    *,
    now: float,
    dry_run: bool = False,
) -> Iterator[Said]:
    """Correct readings, as `lantian_repair`, station by station; nothing is sent yet, and of a rehearsal nothing kept.

    Judged by the registry that `judge` uses; `now` is data time. What cannot be corrected is noted in `wrong`; of a
    station of which nothing can be, nothing is kept.
    """
    stations: dict[str, list[Correction]] = defaultdict(list)
    for correction in corrections:
        if judge.registry.knows(correction.station):
            stations[correction.station].append(correction)
        else:
            wrong.add(correction, "station", correction.station, "is not registered", "see `lantian stations list`")
    for station, of_station in sorted(stations.items()):
        said = _correct_station(database, judge, station, _single(of_station, wrong), who, wrong, now, dry_run=dry_run)
        if said is not None:
            yield said


_Averaged = Mapping[tuple[int, int], Mapping[str, Correction]]
"""Corrections by averaging period and factor."""


def _single(corrections: Iterable[Correction], wrong: Wrong) -> _Averaged:
    """In order of time; a reading is corrected once, and none of more than an hour."""
    found: dict[tuple[int, int], dict[str, Correction]] = defaultdict(dict)
    for each in sorted(corrections, key=lambda correction: (correction.averaged, correction.row)):
        if each.period > LONGEST_PERIOD_S:
            wrong.add(
                each, "period", format_period(each.period), "is longer than an hour", "give PT1H or a shorter one"
            )
            continue
        first = found[each.averaged].setdefault(each.factor, each)
        if first is not each:
            wrong.add(each, "factor", each.factor, f"row {first.row} corrects this reading", "remove one of the two")
    return found


def _correct_station(
    database: connection,
    judge: Judge,
    station: str,
    asked: _Averaged,
    who: Who,
    wrong: Wrong,
    now: float,
    *,
    dry_run: bool,
) -> Said | None:
    if not asked:
        return None
    times = [time for time, _ in asked]
    station_id = judge.registry.history(station)[-1].station_id
    done: list[Correction] = []
    reports = 0
    with database, database.cursor() as cursor:
        closed = closed_among(cursor, station, {day_start(time) for time in times})
        run = None if dry_run else claim_run(cursor, station, station_id, times[0], times[-1] + 1, int(now))
        for page in pages(asked.items(), AVERAGES_A_PAGE):
            page_asked = dict(page)
            said = list(_statements(cursor, station_id, page_asked, closed, wrong))
            kept = list(_kept(judge, station, said, page_asked, wrong, now))
            if run is not None:
                write_statements(cursor, station, run, reports + 1, kept)
            reports += len(kept)
            done += [page_asked[each.time, each.period][name] for each in kept for name in each.factors]
        if not done:
            return None
        request = _request(done, who)
        review = None if run is None else write_review(cursor, request, now, run, reports, len(done))
    return Said(request, reports, len(done), Counter(), review)


def _statements(
    cursor: Any, station_id: int, asked: _Averaged, closed: Collection[int], wrong: Wrong
) -> Iterator[Statement]:
    """What is said of the readings that there are, in days that are not closed."""
    slots = {averaged: Slot(station_id, averaged[1], averaged[0]) for averaged in asked}
    stored = load_slots(cursor, Layouts(), slots.values())
    for averaged, corrections in asked.items():
        before = current(stored.get(slots[averaged], {}).values())
        says = {}
        for factor, each in corrections.items():
            if day_start(each.time) in closed:
                wrong.add(each, "time", format_instant(each.time), "its day is closed, and its readings stand",
                          "see docs/retention.md")  # fmt: skip
            elif factor not in before:
                wrong.add(each, "time", format_instant(each.time),
                          f"no reading of {factor} over {format_period(each.period)} begins then",
                          "see `lantian readings list`")  # fmt: skip
            else:
                says[factor] = each.value, each.flag
        if says:
            yield statement(*averaged, before, says)


def _kept(
    judge: Judge, station: str, said: Sequence[Statement], asked: _Averaged, wrong: Wrong, now: float
) -> Iterator[Statement]:
    """The statements without what the worker would reject."""
    for each, weighed in zip(said, weigh(judge, station, said, now), strict=True):
        for factor, reason in weighed.left_out.items():
            correction = asked[each.time, each.period][factor]
            message, hint = _refusal(judge, correction, reason)
            wrong.add(correction, "value", f"{correction.value:.12g}", message, hint)
        if weighed.kept is not None:
            yield weighed.kept


def _refusal(judge: Judge, correction: Correction, reason: LeftOut | RejectReason) -> tuple[str, str]:
    if reason is not RejectReason.OUT_OF_RANGE:
        return f"would be rejected: {reason}", "see docs/report.md"
    least, greatest = range_of(
        load_catalogue().by_code[correction.factor], judge.registry.at(correction.station, correction.time)
    )
    return f"is outside the range of {correction.factor}, {least:.12g} … {greatest:.12g}", "correct the value"


def _request(done: Sequence[Correction], who: Who) -> Request:
    flags, values = {each.flag for each in done}, {each.value for each in done}
    return Request(
        Action.CORRECT,
        done[0].station,
        tuple(sorted({each.factor for each in done})),
        min(each.time for each in done),
        max(each.time + each.period for each in done),
        who,
        flags.pop() if len(flags) == 1 else None,
        values.pop() if len(values) == 1 else None,
    )
