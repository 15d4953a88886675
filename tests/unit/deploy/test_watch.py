"""`lantian status --watch`: one screen, until it is told to stop."""

from __future__ import annotations

import io
import threading
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SHANGHAI
from deploy.watch import SCREEN_LINES, Look, screen, watch

NINE = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)


class Looks:
    """Answers given one after another; at the last one the watching is told to stop."""

    def __init__(self, *answers: bool) -> None:
        self.stop = threading.Event()
        self._answers = list(answers)

    def __call__(self) -> Look:
        well = self._answers.pop(0)
        if not self._answers:
            self.stop.set()
        return Look(NINE, ["postgres answers"], well)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_than_on_a_terminal_each_look_is_a_block_of_lines() -> None:
    out, looks = io.StringIO(), Looks(True, False)
    watch(looks, 0.001, out, looks.stop)
    first, second, rest = out.getvalue().split("\n\n")
    assert first.splitlines()[0].startswith("lantian status  2026-03-02 09:00:00  正常 well")
    assert first.splitlines()[1:] == second.splitlines()[1:] == ["postgres answers"]
    assert "有问题 NOT WELL" in second
    assert rest == ""


@pytest.mark.parametrize("last", [True, False])
def test_the_last_look_says_how_it_ends(last: bool) -> None:
    looks = Looks(not last, last)
    assert watch(looks, 0.001, io.StringIO(), looks.stop) is last


def test_on_a_terminal_the_same_screen_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out, looks = Terminal(), Looks(True, True)
    watch(looks, 0.001, out, looks.stop)
    assert "\x1b[1A" in out.getvalue() or "\x1b[2K" in out.getvalue(), "the cursor goes back"


def test_on_a_terminal_that_cannot_go_back_each_look_is_a_block_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out, looks = Terminal(), Looks(True, False)
    watch(looks, 0.001, out, looks.stop)
    assert [block.splitlines()[1:] for block in out.getvalue().split("\n\n")] == [["postgres answers"]] * 2 + [[]]


@given(st.lists(st.text(alphabet="ab", max_size=5), max_size=100), st.integers(2, SCREEN_LINES))
def test_it_fits_the_screen_and_says_what_does_not(lines: list[str], height: int) -> None:
    drawn = screen(Look(NINE, lines, well=True), 5.0, height)
    assert len(drawn) <= height
    if len(lines) < height:
        assert drawn[1:] == lines
    else:
        assert drawn[-1].startswith(f"… {len(lines) - height + 2} more lines")
