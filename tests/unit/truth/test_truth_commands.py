"""`lantian simulate --judge DIR`: what it prints, and what it says where there is nothing to judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.errors import InputError
from truth.cli import as_value, lines
from truth.commands import app
from truth.judge import Verdict


def verdict_of(differences: int) -> Verdict:
    verdict = Verdict(open=7, not_yet={"rule a-rule-to-come": 2})
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
        "open": 7,
        "not_yet": {"rule a-rule-to-come": 2},
        "shown": [{"what": "readings", "where": "s0", "expected": "0", "found": "1"}],
    }


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["--judge", str(tmp_path / "nowhere")])
    assert isinstance(found.exception, InputError)
    with pytest.raises(InputError, match="nowhere"):
        raise found.exception
