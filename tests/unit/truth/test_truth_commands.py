"""`lantian simulate --judge DIR`: what it prints, and what it says where there is nothing to judge."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from reports import HOUR, MIDNIGHT, report
from truth_folders import known, write_folder
from typer.testing import CliRunner

from core.errors import InputError, LantianError
from ingest.report import format_instant
from truth.cli import as_value, lines
from truth.commands import app
from truth.folder import RUN
from truth.judge import Verdict
from truth.write import write_expected


def verdict_of(differences: int) -> Verdict:
    verdict = Verdict(open_of=Counter({"hour": 5, "day": 2}), not_yet={"rule a-rule-to-come": 2})
    for number in range(100):
        verdict.compare("readings", f"s{number}", number, number + 1 if number < differences else number)
    return verdict


def test_a_difference_is_one_line_with_what_where_expected_and_found() -> None:
    assert next(lines(verdict_of(1))) == "readings s0: expected 0, found 1"


def test_what_is_not_there_is_told_as_nothing() -> None:
    verdict = Verdict()
    verdict.compare("alert", "r o", None, "an alert")
    assert next(lines(verdict)) == "alert r o: expected nothing, found an alert"


def test_twenty_differences_are_told_and_the_last_line_is_the_verdict() -> None:
    told = list(lines(verdict_of(33)))
    assert len([line for line in told if line.startswith("readings")]) == 20
    assert told[20:] == [
        "… and 13 more differences",
        "open: 7 figures of windows that still wait for values",
        "not yet: rule a-rule-to-come: 2",
        "judge: 33 differences in 100 figures",
    ]


def test_without_differences_the_verdict_is_still_the_last_line() -> None:
    assert list(lines(verdict_of(0)))[-1] == "judge: 0 differences in 100 figures"


def test_as_json_the_verdict_is_one_value() -> None:
    value = json.loads(json.dumps(as_value(verdict_of(1))))
    assert value == {
        "differences": 1,
        "figures": 100,
        "of": {"readings": 100},
        "open": 7,
        "open_of": {"hour": 5, "day": 2},
        "not_yet": {"rule a-rule-to-come": 2},
        "shown": [{"what": "readings", "where": "s0", "expected": "0", "found": "1"}],
    }


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["--judge", str(tmp_path / "nowhere")])
    assert isinstance(found.exception, InputError)
    with pytest.raises(InputError, match="nowhere"):
        raise found.exception


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An hour value that was handed over a minute after its hour."""
    body = report(MIDNIGHT, 1, {"PM10": 80.0}, period="PT1H").decode()
    made = write_folder(tmp_path, [known("s1")], [(LAST, "s1", body)], (MIDNIGHT, MIDNIGHT + HOUR))
    write_expected(made)
    return made


LAST = MIDNIGHT + HOUR + 60


def refusal(folder: Path, now: int) -> str:
    """What is said to one who judges where the clock stands at `now`, and where no server answers."""
    settings = {
        "LANTIAN_CLOCK_EPOCH": format_instant(now),
        "LANTIAN_CLOCK_STARTED": "2100-01-01T00:00:00+08:00",
        "LANTIAN_POSTGRES_HOST": "127.0.0.1",
        "LANTIAN_POSTGRES_PORT": "1",
    }
    found = CliRunner().invoke(app, ["--judge", str(folder)], env=settings)
    assert isinstance(found.exception, LantianError), found.exception
    return str(found.exception)


def test_a_judge_whose_clock_stands_before_the_last_message_is_refused(folder: Path) -> None:
    assert "LANTIAN_CLOCK_EPOCH" in refusal(folder, LAST - 1)
    assert "LANTIAN_CLOCK_EPOCH" not in refusal(folder, LAST)


@pytest.mark.parametrize(("changes", "why"), [({"complete": False}, "not all"), ({"reports": 0}, "no report was sent")])
def test_a_run_that_was_not_sent_whole_or_sent_nothing_is_refused(
    folder: Path, changes: dict[str, object], why: str
) -> None:
    run = json.loads((folder / RUN).read_text(encoding="utf-8"))
    (folder / RUN).write_text(json.dumps(run | changes), encoding="utf-8")
    said = refusal(folder, LAST)
    assert why in said
    assert "simulate again" in said


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (["--judge", "d"], ["--scenario", "short"]),
        (["--judge", "d"], ["--truth", "e"]),
        (["--scenarios"], ["--json"]),
        (["--scenario", "short"], ["--from", "2026-11-18"]),
        (["--scenario", "short"], ["--to", "2026-11-18"]),
        (["--scenario", "short"], ["--seed", "2"]),
        (["--dry-run"], ["--truth", "d"]),
        (["--network", "f.csv"], ["--truth", "d"]),
        (["--network", "f.csv"], ["--dry-run"]),
        (["--from", "2026-11-18"], ["--count", "9"]),
    ],
)
def test_options_of_which_one_would_be_ignored_are_refused_by_name(first: list[str], second: list[str]) -> None:
    found = CliRunner().invoke(app, [*second, *first])
    assert found.exit_code == 2
    said = " ".join(found.output.replace("│", " ").split())
    assert f"{first[0]} and {second[0]} do not go together" in said
