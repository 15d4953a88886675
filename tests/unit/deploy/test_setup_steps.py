"""The set-up tells what it does, and what to do when it cannot."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from deploy.setup import places
from deploy.setup.step import Step, StepFailedError, building, call, perform


def step(name: str, *, done: bool = False, failure: StepFailedError | None = None) -> Step:
    """A step that does nothing, or fails."""

    def run() -> None:
        if failure:
            raise failure

    return Step(name, lambda: done, run, f"repair {name}")


def told(*steps: Step) -> tuple[bool, str]:
    """Whether all went well, and everything that was said."""
    lines: list[str] = []
    return perform(steps, lines.append), "\n".join(lines)


def test_each_step_tells_its_name_and_time() -> None:
    well, said = told(step("first"), step("second"))
    assert well
    assert "setup 1/2 first: done in 0.0 s" in said
    assert "setup 2/2 second: done in" in said


def test_a_step_that_is_done_is_not_done_again() -> None:
    well, said = told(step("first", done=True, failure=StepFailedError("must not run")))
    assert well
    assert said == "setup 1/1 first: there"


def test_a_failure_names_the_step_and_the_remedy_and_ends_the_setup() -> None:
    well, said = told(step("first", failure=StepFailedError("no network")), step("second"))
    assert not well
    assert "first: FAILED" in said
    assert "no network" in said
    assert "what to do: repair first" in said
    assert "second" not in said


def test_a_failure_that_knows_a_better_remedy_tells_that() -> None:
    _, said = told(step("first", failure=StepFailedError("needs root", "run it as root")))
    assert "what to do: run it as root" in said
    assert "repair first" not in said


def test_a_failing_program_is_quoted_by_its_last_lines() -> None:
    with pytest.raises(StepFailedError, match="no such mirror"):
        call([sys.executable, "-c", "print('no such mirror'); raise SystemExit(3)"])


def test_a_missing_program_is_named() -> None:
    with pytest.raises(StepFailedError, match="no-such-program is not installed"):
        call(["no-such-program"])


def test_what_is_built_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    final = tmp_path / "root"

    def interrupted() -> None:
        with building(final) as folder:
            assert folder is not None
            (folder / "half").touch()
            raise StepFailedError("interrupted")

    with pytest.raises(StepFailedError):
        interrupted()
    assert not final.exists()
    with building(final) as folder:
        assert folder is not None
        assert list(folder.iterdir()) == []
        (folder / "whole").touch()
    assert [path.name for path in final.iterdir()] == ["whole"]


def test_of_two_checkouts_one_builds_and_the_other_waits(tmp_path: Path) -> None:
    built = []

    def build() -> None:
        with building(tmp_path / "root") as folder:
            if folder is not None:
                built.append(folder)

    threads = [threading.Thread(target=build) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1


def test_another_list_of_jars_is_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = places.kafka_jars(tmp_path)
    pom = tmp_path / "pom.xml"
    pom.write_text("<project/>", encoding="utf-8")
    monkeypatch.setattr(places, "POM", pom)
    assert places.kafka_jars(tmp_path) != before


def test_the_cache_is_where_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LANTIAN_CACHE_DIR", raising=False)
    assert places.cache_dir() == Path.home() / ".cache" / "lantian"
    (tmp_path / "lantian.toml").write_text('[core]\ncache_dir = "/var/cache/a"\n', encoding="utf-8")
    assert places.cache_dir() == Path("/var/cache/a")
    monkeypatch.setenv("LANTIAN_CACHE_DIR", "/var/cache/b")
    assert places.cache_dir() == Path("/var/cache/b")


def test_the_setup_imports_nothing_but_the_standard_library() -> None:
    program = "import deploy.setup.__main__, sys; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run(
        ["/usr/bin/env", "python3", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=places.CHECKOUT,
    ).stdout.split()
    assert set(loaded) - {"deploy", "__main__"} <= set(sys.stdlib_module_names) | {"sitecustomize", "usercustomize"}
