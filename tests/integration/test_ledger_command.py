"""`lantian ledger` as it is called: its last line, its exit status, its JSON, and options that make no sense."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from ledger_stage import NAME, honest_days, ledger_ground, ledger_worker, sent, take
from typer.testing import CliRunner
from worker_stage import Ground, Worker

from aggregate.commands import app
from core.settings import CoreSettings

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def ground(stack: CoreSettings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return ledger_ground(stack, tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def step(ground: Ground) -> Iterator[Worker]:
    with ledger_worker(ground) as made:
        yield made


@pytest.fixture
def command(in_stack: None) -> CliRunner:
    return CliRunner()


def test_the_command_ends_with_balanced_and_status_0(ground: Ground, step: Worker, command: CliRunner) -> None:
    honest_days(step)
    result = command.invoke(app, ["ledger", "--by", "kind", "--log"])
    assert result.exit_code == 0, result.output
    *_, log, verdict = result.output.splitlines()
    assert log.endswith("readings read again, 0 differences from intake")
    assert verdict == "ledger: 4 accounts, 0 reports in flight, balanced"


def test_the_command_says_which_numbers_and_exits_1(ground: Ground, step: Worker, command: CliRunner) -> None:
    honest_days(step)
    ground.rows("delete from report where seq = 7 and source = 0")
    result = command.invoke(app, ["ledger", "--station", NAME])
    assert result.exit_code == 1
    assert f"{NAME} device: run 0 lacks seq 7" in result.output
    assert f"{NAME} device 2026-03-10: 2 readings taken are not accounted for" in result.output
    assert "2 readings of run 0 seq 7 came in and do not stand" in result.output


def test_the_last_line_names_whatever_makes_the_status_1(ground: Ground, step: Worker, command: CliRunner) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}))
    ground.rows("update intake set reports[1] = 5")
    result = command.invoke(app, ["ledger", "--log"])
    assert result.exit_code == 1
    verdict = "ledger: 1 accounts, 0 reports in flight, Kafka's log differs from intake in 1 places"
    assert result.output.splitlines()[-1] == verdict
    ground.rows("delete from intake where true")
    ground.rows("delete from report where true")
    result = command.invoke(app, ["ledger"])
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "ledger: 0 accounts, 0 reports in flight, intake has 1 breaks"


def test_as_json_what_was_not_looked_at_is_null(ground: Ground, step: Worker, command: CliRunner) -> None:
    take(step, sent(NAME, 1, {"PM10": 80}), sent(NAME, 3, {"PM10": 80}))
    day = ["ledger", "--json", "--day", "2026-03-10"]
    shown = json.loads(command.invoke(app, day).output)
    [account] = shown["accounts"]
    assert (shown["numbers_checked"], shown["balanced"], account["balanced"]) == (False, None, None)
    assert [account[name] for name in ("due", "received", "in_flight", "lost", "readings")] == [None] * 4 + [2]
    [line] = json.loads(command.invoke(app, [*day, "--by", "station"]).output)["groups"]
    assert [line[name] for name in ("due", "received", "in_flight", "lost")] == [None] * 4
    ground.rows("delete from report where seq = 1")
    shown = json.loads(command.invoke(app, day).output)
    assert (shown["balanced"], shown["accounts"][0]["balanced"]) == (False, False)
    shown = json.loads(command.invoke(app, ["ledger", "--json"]).output)
    assert (shown["numbers_checked"], shown["accounts"][0]["lost"], shown["balanced"]) == (True, 2, False)


def test_as_json_all_that_was_found_is_one_value(ground: Ground, step: Worker, command: CliRunner) -> None:
    honest_days(step)
    result = command.invoke(app, ["ledger", "--json", "--by", "day"])
    shown = json.loads(result.output)
    assert [(line["name"], line["readings"], line["due"]) for line in shown["groups"]] == [
        ("2026-03-09", 4, None),
        ("2026-03-10", 39, None),
    ]
    assert (shown["balanced"], shown["breaks"], shown["explained"]) == (True, [], [])


def test_of_days_it_says_that_numbers_were_not_looked_at(ground: Ground, step: Worker, command: CliRunner) -> None:
    honest_days(step)
    result = command.invoke(app, ["ledger", "--by", "source", "--from", "2026-03-09", "--to", "2026-03-09"])
    assert result.exit_code == 0
    *_, line, verdict = result.output.splitlines()
    assert line.split()[:7] == ["device", "–", "–", "–", "–", "4", "2"]
    assert verdict == "ledger: 1 accounts, their numbers not looked at, balanced"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--day", "2026-03-10", "--from", "2026-03-01"], "goes without --from and --to"),
        (["--from", "2026-03-10", "--to", "2026-03-01"], "is before --from"),
        (["--day", "yesterday"], "is no day"),
        (["--log", "--station", NAME], "reads all that came in"),
        (["--kind", "wind"], "is no kind of station"),
        (["--station", "ledger-typo"], "is not in the registry, and nothing ever came of it"),
    ],
)
def test_options_that_would_be_ignored_or_that_nothing_can_meet_are_refused(
    command: CliRunner, options: list[str], complaint: str
) -> None:
    assert complaint in str(command.invoke(app, ["ledger", *options]).exception)
