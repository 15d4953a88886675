"""`lantian readings`: what its help says, and what is refused before any server is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aggregate.readings.commands import app
from core.errors import LantianError

FLAG = (
    "flag",
    "s1",
    "--factor",
    "PM10",
    "--from",
    "2026-03-10",
    "--to",
    "2026-03-11",
    "--flag",
    "D",
    "--reason",
    "pump",
)


def lantian(*words: str, folder: Path) -> tuple[int, str, BaseException | None]:
    """Exit status, what was printed, and the error that `lantian` would tell in one line."""
    environment = {"COLUMNS": "200", "LANTIAN_STATE_DIR": str(folder)}
    result = CliRunner().invoke(app, ["readings", *words], env=environment)
    return result.exit_code, " ".join(result.output.split()), result.exception


def changed(words: tuple[str, ...], option: str, value: str) -> tuple[str, ...]:
    """The words with another value of an option."""
    place = words.index(option) + 1
    return *words[:place], value, *words[place + 1 :]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), ("list", "flag", "correct", "restore", "reviews", "show", "resend")),
        (("flag",), ("N 正常", "--reason", "kept for ever", "--dry-run")),
        (("correct",), ("--file", "station,time,period,factor,value[,flag]", "PT1H")),
    ],
)
def test_help_says_what_it_does_and_what_may_be_chosen(
    words: tuple[str, ...], says: tuple[str, ...], tmp_path: Path
) -> None:
    status, shown, _ = lantian(*words, "--help", folder=tmp_path)
    assert status == 0
    assert all(text in shown for text in says)


def test_the_commands_import_no_client_before_they_are_called() -> None:
    heavy = ("psycopg2", "kafka", "numpy")
    program = f"import sys, aggregate.readings.commands; print([n for n in {heavy} if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


@pytest.mark.parametrize(
    "words", [FLAG[:-2], ("flag", "s1"), ("resend",), ("show", "seven"), ("reviews", "--limit", "0")]
)
def test_wrong_use_is_told_as_such(words: tuple[str, ...], tmp_path: Path) -> None:
    assert lantian(*words, folder=tmp_path)[0] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (changed(FLAG, "--flag", "X"), "--flag: is no flag (got 'X'); one of N 正常, F 停运"),
        (changed(FLAG, "--factor", "PM100"), "--factor: is no factor of the catalogue (got 'PM100')"),
        (changed(FLAG, "--to", "2026-03-10"), "--to: is not after --from"),
        (changed(FLAG, "--from", "yesterday"), "--from: is not an ISO 8601 time"),
        (changed(FLAG, "--reason", " "), "--reason: say why"),
        (("correct", "s1", "--factor", "PM10", "--reason", "pump"), "name STATION, --factor, --time and --value"),
        (("correct", "s1", "--file", "x.csv", "--reason", "pump"), "or --file alone"),
        (("correct", "--file", "x.csv", "--reason", "pump"), "x.csv: cannot be read"),
        (FLAG, "no PostgreSQL is known"),
    ],
)
def test_what_makes_no_sense_is_said_before_any_server_is_asked(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    _, _, error = lantian(*words, folder=tmp_path)
    assert isinstance(error, LantianError)
    assert says in str(error)
