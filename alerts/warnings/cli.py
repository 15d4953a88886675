"""What `lantian alerts warning` answers; `alerts.warnings.commands` declares the options."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import typer

from aggregate.evaluation.editions import editions_of
from alerts.warnings import sheets, show
from alerts.warnings.city_days import read_city_days, with_dust
from alerts.warnings.cuts import BUILTIN as BUILTIN_CUTS
from alerts.warnings.cuts import Cut, load_cuts
from alerts.warnings.dispatch import Verdict
from alerts.warnings.dispatch import dispatch as dispatched
from alerts.warnings.past import Past
from alerts.warnings.past import past as judged
from alerts.warnings.plan import read_plan
from alerts.warnings.scheme import BUILTIN, Level, load_schemes
from core.errors import InputError
from ingest.rows import RowError

_NO_LEVEL = "none"


def schemes(path: Path | None, *, as_json: bool) -> None:
    """The schemes of a file; raises `InputError` for the first that cannot be used."""
    found = load_schemes(path or BUILTIN)
    if as_json:
        _print_json([scheme.model_dump(mode="json") for scheme in found])
        return
    for scheme in found:
        _print(show.scheme_lines(scheme))


def dispatch(
    plan_file: Path,
    region: str,
    day: date,
    level: str,
    before: str,
    cuts_file: Path | None,
    csv_file: Path | None,
    xlsx_file: Path | None,
    *,
    as_json: bool,
) -> bool:
    """Tell and write a dispatch list; whether every row could be used and the sum reaches the city's cut."""
    plan = read_plan(plan_file)
    _warn(plan.errors)
    cut = load_cuts(cuts_file or BUILTIN_CUTS).at(region, day)
    found = dispatched(plan, cut, _level(level), _level(before))
    if csv_file:
        sheets.write_csv(csv_file, found)
    if xlsx_file:
        sheets.write_xlsx(xlsx_file, found)
    if as_json:
        _print_json({"cut": _cut_json(cut), **show.dispatch_json(found)})
    else:
        note = f"；{cut.note}" if cut.note else ""
        _print([*show.dispatch_lines(found), f"    减排要求 cut: {cut.id} [{cut.source.shown}{note}]"])
    return not plan.errors and all(one.verdict is not Verdict.SHORT for one in found.sums)


def past(
    files: Sequence[Path],
    wanted: Sequence[str],
    schemes_file: Path | None,
    edition: str,
    sanddust: Path | None,
    city: str,
    csv_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Tell which warnings schemes would have given; raises `InputError`."""
    known = load_schemes(schemes_file or BUILTIN)
    days = read_city_days(files, editions_of(edition))
    if sanddust is not None:
        if not city:
            raise InputError("city", "is needed with --sanddust", field="--city", hint="name the city of the days")
        errors: list[RowError] = []
        days = with_dust(days, sanddust, city, errors)
        _warn(errors)
    found = [judged(scheme, days) for scheme in ([known.get(name) for name in wanted] or known)]
    if csv_file:
        _write(csv_file, found)
    if as_json:
        _print_json(
            {"days": [[f"{day.date}", day.aqi, day.kind] for day in days], "schemes": [*map(show.past_json, found)]}
        )
        return
    for one in found:
        _print(show.past_lines(one))
    _print(
        ["七天预报完全准确；不在施行日期内的为比较 perfect foresight of 7 days; outside a scheme's dates a comparison"]
    )


def _level(name: str) -> Level | None:
    return None if name == _NO_LEVEL else Level(name)


def _cut_json(cut: Cut) -> dict[str, Any]:
    return {"id": cut.id, "source": cut.source.text, "confidence": cut.source.confidence, "note": cut.note}


def _write(path: Path, found: Iterable[Past]) -> None:
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(show.PAST_HEADINGS)
            for one in found:
                writer.writerows(show.past_rows(one))
    except OSError as error:
        raise InputError("out", f"cannot be written: {error.strerror}", field=str(path),
                         hint="choose another file") from error  # fmt: skip


def _warn(errors: Iterable[RowError]) -> None:
    for error in errors:
        typer.echo(f"lantian: warning: {error}", err=True)


def _print_json(value: Any) -> None:
    _print([json.dumps(value, ensure_ascii=False)])


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
