"""`lantian standards …` needs no server, tells every figure with its mark, and knows a new edition without new code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from core.errors import InputError
from deploy.standards_commands import app
from standards.composite import composite
from standards.edition_file import FOLDER
from standards.editions import load_editions

RUNNER = CliRunner()

NEW_EDITION = """
id = "2035"
based_on = "2026"
name_zh = "新标准"
name_en = "a new standard"
effective = 2035-01-01
confidence = "C"

[shares]
decimals = { value = 2, source = "a draft", confidence = "C" }
rounding = { value = "half_even", source = "a draft", confidence = "C" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The built-in editions and one more, which no line of code knows."""
    copied = Path(shutil.copytree(FOLDER, tmp_path / "editions"))
    text = NEW_EDITION
    weights = (copied / "2026.toml").read_text(encoding="utf-8").partition("[composite]")[2].partition("[shares]")[0]
    text += "\n[composite]" + weights.replace("a34004 = 3,", "a34004 = 5,")
    (copied / "2035.toml").write_text(text, encoding="utf-8")
    return copied


def answer(*words: str) -> Any:
    """The JSON that a command prints."""
    done = RUNNER.invoke(app, ["standards", *words, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_list_names_editions_by_date_with_what_is_unconfirmed() -> None:
    listed = answer("list")
    assert [(one["id"], one["serves_from"], one["serves_until"]) for one in listed] == [
        ("2012", None, "2026-02-28"),
        ("2026", "2026-03-01", "2030-12-31"),
        ("2026-final", "2031-01-01", None),
    ]
    assert listed[0]["documents"] == ["GB 3095-2012", "HJ 633-2012", "HJ 663-2013"]
    assert listed[1]["unconfirmed"] == sum(
        figure["confidence"] in {"C", "M"} for figure in answer("show", "2026")["figures"]
    )


def test_the_list_is_a_table_for_people() -> None:
    told = RUNNER.invoke(app, ["standards", "list"]).stdout
    assert "2026-03-01 … 2030-12-31" in told
    assert "GB 3095-2026（过渡阶段）及 HJ 633-2026" in told


def test_an_edition_is_shown_figure_by_figure() -> None:
    shown = answer("show", "2012")
    assert shown["id"] == "2012"
    assert {
        "section": "limits",
        "item": "PM2.5 年平均 year",
        "value": [15, 35],
        "unit": "ug/m3",
        "source": "GB 3095-2012 tables 1 and 2",
        "confidence": "A",
    } in shown["figures"]


def test_an_edition_is_shown_with_sources_and_visible_marks() -> None:
    lines = RUNNER.invoke(app, ["standards", "show", "2026"]).stdout.splitlines()
    weight = next(line for line in lines if "PM2.5 权重" in line)
    limit = next(line for line in lines if "PM2.5 年平均" in line)
    assert "C 未确认" in weight
    assert "one project" in weight
    assert "15/30 µg/m³" in limit
    assert "未确认" not in limit
    assert any("101–150 橙 #FF7E00" in line for line in lines)


def test_a_comparison_holds_what_differs_and_nothing_else() -> None:
    compared = answer("compare", "2012", "2026")
    found = {(one["section"], one["item"]): (one["first"], one["second"]) for one in compared["differences"]}
    first, second = found["limits", "PM2.5 年平均 year"]
    assert (first["value"], second["value"]) == ([15, 35], [15, 30])
    assert ("limits", "SO2 年平均 year") not in found
    told = RUNNER.invoke(app, ["standards", "compare", "2012", "2026"]).stdout
    line = next(line for line in told.splitlines() if "PM2.5 年平均" in line)
    assert line.index("15/35") < line.index("15/30")
    assert "SO2 年平均" not in told


def test_editions_that_do_not_differ_are_said_to() -> None:
    done = RUNNER.invoke(app, ["standards", "compare", "2026", "2026"])
    assert "无差别" in done.stdout


def test_a_new_edition_is_listed_shown_compared_and_used_without_code(folder: Path) -> None:
    where = ("--editions-dir", str(folder))
    listed = {one["id"]: one for one in answer("list", *where)}
    assert (listed["2026-final"]["serves_until"], listed["2035"]["serves_from"]) == ("2034-12-31", "2035-01-01")
    assert answer("show", "2035", *where)["figures"][0]["value"] == "新标准"
    differences = answer("compare", "2026", "2035", *where)["differences"]
    assert {one["item"] for one in differences if one["section"] != "edition"} == {
        "PM2.5 权重 weight",
        "小数位数 places",
        "修约 rounding",
    }
    edition = load_editions.__wrapped__(folder).at(date(2035, 1, 1))
    assert edition.shares.rounded([86.125]).tolist() == [86.12]
    assert composite([[30, 60, 60, 40, 4, 160]], edition.composite).index.tolist() == [12.0]


@pytest.mark.parametrize("words", [("show", "2018"), ("compare", "2012", "2018")])
def test_an_unknown_edition_is_answered_with_the_known_ones(words: tuple[str, ...]) -> None:
    done = RUNNER.invoke(app, ["standards", *words])
    assert isinstance(done.exception, InputError)
    assert "2018: there is no such edition; take one of 2012, 2026, 2026-final" in str(done.exception)


def test_a_wrong_file_is_answered_with_its_name_and_entry(folder: Path) -> None:
    path = folder / "2035.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("a34004 = 5,", "a34004 = 0,"), encoding="utf-8")
    done = RUNNER.invoke(app, ["standards", "list", "--editions-dir", str(folder)])
    assert isinstance(done.exception, InputError)
    assert "2035.toml: composite.weights.values.a34004: " in str(done.exception)


def test_a_person_gets_one_line_and_status_1_and_waits_for_no_compiler() -> None:
    program = (
        "import sys; sys.argv = ['lantian', 'standards', 'show', '2018']\n"
        "from deploy.cli import main\n"
        "try: main()\n"
        "finally: print('loaded:', *[name for name in ('numba', 'psycopg2', 'kafka') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("lantian: standards/editions: 2018: there is no such edition")
    assert done.stdout.rstrip().endswith("loaded:")


def test_a_folder_that_is_not_there_or_holds_no_edition_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none", encoding="utf-8")
    for folder, expected in (
        (tmp_path / "none", "the folder: is not there; name one that holds files of editions"),
        (tmp_path / "notes.txt", "the folder: is not there; name one that holds files of editions"),
        (tmp_path, "the folder: holds no file of an edition; they are named ID.toml"),
    ):
        done = RUNNER.invoke(app, ["standards", "list", "--editions-dir", str(folder)])
        assert isinstance(done.exception, InputError)
        assert str(done.exception) == f"{folder}: {expected}"
