"""The `lantian` command puts the packages' commands together, and imports them late."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
import typer
from kafka.errors import KafkaTimeoutError, NodeNotReadyError

from bench.start_up import answered_after
from deploy import cli
from deploy.cli import COMMANDS, build

HEAVY = ("kafka", "psycopg2", "numpy", "numba", "pydantic", "paho", "rich", "yoyo")
MODULES = sorted({entry.module for entry in COMMANDS.values() if importlib.util.find_spec(entry.module)})


def commands_of(module: str) -> set[str]:
    """Names of the commands and groups that a package's app holds."""
    app = importlib.import_module(module).app
    named = {group.name for group in app.registered_groups}
    return {str(name) for name in named} | {
        command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands
    }


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`lantian` as a person runs it."""
    lantian = str(Path(sys.executable).with_name("lantian"))
    return subprocess.run(
        [lantian, *words], capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize("module", MODULES)
def test_every_command_of_a_package_is_in_the_table_and_no_other(module: str) -> None:
    assert commands_of(module) == {name for name, entry in COMMANDS.items() if entry.module == module}


def test_help_names_the_commands_and_imports_no_client() -> None:
    program = (
        "import sys; sys.argv = ['lantian', '--help']\n"
        "from deploy.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.rstrip().endswith("loaded:")
    assert all(f" {name} " in said for name in ("up", "down", "status", "doctor", "env", "migrate"))


def test_help_names_commands_by_what_they_are_for() -> None:
    said = run("--help").stdout
    panels = re.findall(r"^(\w+):$", said, re.MULTILINE)
    assert panels == ["Options", *dict.fromkeys(entry.panel for entry in COMMANDS.values())]
    assert all(
        re.search(rf"^  {name} +{re.escape(entry.help)}$", said, re.MULTILINE) for name, entry in COMMANDS.items()
    )


def test_help_answers_within_a_few_bare_starts_of_python() -> None:
    def fastest(*arguments: str) -> float:
        return min(answered_after(arguments) for _ in range(5))

    assert fastest("-m", "deploy.cli", "--help") < 6 * fastest("-c", "pass")


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("ingest.bridge_cli", {"numpy", "numba", "pyarrow", "polars", "yoyo"}),
        ("alerts.run", {"numpy", "numba", "pyarrow", "polars", "yoyo", "paho", "apprise", "requests"}),
        ("aggregate.worker", {"pyarrow", "polars", "yoyo", "paho"}),
    ],
)
def test_a_process_imports_only_what_it_works_with(module: str, heavy: set[str]) -> None:
    program = f"import sys, {module}; print(*sorted({heavy!r} & sys.modules.keys()))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == []


def test_an_unknown_command_is_wrong_use() -> None:
    result = run("no-such-command")
    assert result.returncode == 2
    assert "no-such-command" in result.stderr


def test_a_called_command_is_its_package_s_own() -> None:
    assert isinstance(build("up"), typer.Typer)
    assert "what runs already is left alone" in " ".join(run("up", "--help").stdout.split())


def test_an_error_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    result = run("env", LANTIAN_STATE_DIR=str(tmp_path))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "run `lantian up`" in result.stderr


def test_without_a_folder_for_compiled_code_the_setting_is_named(tmp_path: Path) -> None:
    only_the_setting = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": ""}
    result = run("evaluate", "air", "hours.csv", "--out", str(tmp_path), **only_the_setting)
    assert result.returncode == 2
    assert result.stderr == (
        "lantian: NUMBA_CACHE_DIR: compiled code can be kept neither beside the program nor in the user's cache;"
        " set it to a folder that can be written to\n"
    )


@pytest.mark.parametrize(
    ("error", "server"),
    [
        (KafkaTimeoutError("Batch for TopicPartition expired\nsecond line"), "Kafka"),
        (NodeNotReadyError(), "Kafka"),
        (psycopg2.OperationalError("server closed the connection unexpectedly\n\tThis probably means …"), "PostgreSQL"),
        (psycopg2.InterfaceError("connection already closed"), "PostgreSQL"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
def test_a_server_that_fails_in_the_middle_of_a_command_is_one_line_and_status_1(
    error: Exception, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANTIAN_KAFKA", "broker:9092")
    monkeypatch.setenv("LANTIAN_POSTGRES_HOST", "database")

    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "build", lambda _called: fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.count("\n") == 1
    assert f"{server} at {'broker:9092' if server == 'Kafka' else 'database'}" in said
    assert "lantian doctor" in said


def test_a_defect_keeps_its_traceback() -> None:
    assert cli.explained(KeyError("station")) is None
    assert cli.explained(psycopg2.ProgrammingError("syntax error")) is None


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    result = run("status", LANTIAN_STATE_DIR=str(tmp_path), LANTIAN_MQTT_PORT="many")
    assert result.returncode == 2
    assert "LANTIAN_MQTT_PORT" in result.stderr
