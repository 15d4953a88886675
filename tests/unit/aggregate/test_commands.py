"""`lantian archive` and `lantian rejected`: what their help says, and how wrong use is told in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aggregate.commands import app
from core.errors import LantianError


def lantian(*words: str, folder: Path | None = None, **environment: str) -> tuple[int, str, BaseException | None]:
    """Exit status, what was printed, and the error that `lantian` would tell in one line."""
    if folder is not None:
        environment["LANTIAN_STATE_DIR"] = str(folder)
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200", **environment})
    return result.exit_code, " ".join(result.output.split()), result.exception


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("archive",), ("--keep-days", "LANTIAN_ARCHIVE_KEEP_DAYS", "--dry-run", "drop their readings")),
        (("rejected",), ("list", "show", "replay")),
        (("rejected", "replay"), ("--why", "--from", "--to", "--limit", "received", "repaired")),
    ],
)
def test_help_says_what_it_does_and_what_may_be_chosen(words: tuple[str, ...], says: tuple[str, ...]) -> None:
    status, shown, _ = lantian(*words, "--help")
    assert status == 0
    assert all(text in shown for text in says)


def test_the_commands_import_no_client_before_they_are_called() -> None:
    program = "import sys, aggregate.commands; print([n for n in ('psycopg2', 'kafka', 'numpy') if n in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


@pytest.mark.parametrize(
    "words",
    [
        ("archive", "--keep-days", "-1"),
        ("rejected", "replay", "17"),
        ("rejected", "replay", "seventeen", "--why", "mended"),
        ("rejected", "replay", "17", "--why", "mended", "--limit", "0"),
    ],
)
def test_wrong_use_is_told_as_such(words: tuple[str, ...]) -> None:
    assert lantian(*words)[0] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--why", "mended"), "name rejections, or choose them by --reason"),
        (("17", "--why", " "), "say what was repaired"),
        (("--why", "mended", "--reason", "OVERSIZE"), "its bytes are not kept"),
        (("--why", "mended", "--from", "yesterday"), "--from: is not an ISO 8601 time"),
    ],
)
def test_what_is_no_choice_is_said_before_any_server_is_asked(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    _, _, error = lantian("rejected", "replay", *words, folder=tmp_path)
    assert isinstance(error, LantianError)
    assert says in str(error)


@pytest.mark.parametrize(
    ("environment", "says"),
    [({}, "no PostgreSQL is known"), ({"LANTIAN_ARCHIVE_KEEP_DAYS": "long"}, "LANTIAN_ARCHIVE_KEEP_DAYS")],
)
def test_archive_says_what_it_lacks(environment: dict[str, str], says: str, tmp_path: Path) -> None:
    _, _, error = lantian("archive", folder=tmp_path, **environment)
    assert isinstance(error, LantianError)
    assert says in str(error)
