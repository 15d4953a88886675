"""`lantian status --watch`: one screen that is drawn again and again, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import NamedTuple, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

SCREEN_LINES = 40
"""What a look at a screen takes in; a smaller terminal is given less."""


class Look(NamedTuple):
    """How everything stood at a time."""

    at: datetime
    lines: Sequence[str]
    well: bool


def screen(look: Look, every_s: float, height: int = SCREEN_LINES) -> list[str]:
    """At most `height` lines: when and how it stood; what does not fit is counted, and what follows it is left out."""
    head = f"lantian status  {look.at:%Y-%m-%d %H:%M:%S}  {'正常 well' if look.well else '有问题 NOT WELL'}"
    head += f"  每 {every_s:g} 秒 every {every_s:g} s, Ctrl-C"
    room = max(1, height - 1)
    if len(look.lines) <= room:
        return [head, *look.lines]
    return [head, *look.lines[: room - 1], f"… {len(look.lines) - room + 1} more lines: `lantian status`"]


def watch(read: Callable[[], Look], every_s: float, out: TextIO, stop: threading.Event) -> bool:
    """Show how it stands every `every_s` seconds until `stop` is set; returns whether all was well at last.

    On a terminal one screen is redrawn; elsewhere, and where the cursor cannot go back (`TERM=dumb`), each look is a
    block of lines behind an empty one.
    """
    console = Console(file=out)
    redrawn = console.is_terminal and not console.is_dumb_terminal
    height = min(SCREEN_LINES, console.height) if redrawn else SCREEN_LINES
    well = True
    with ExitStack() as shown:
        live = shown.enter_context(Live(console=console, auto_refresh=False)) if redrawn else None
        while not stop.is_set():
            look = read()
            well = look.well
            text = "\n".join(screen(look, every_s, height))
            if live:
                live.update(Text(text, no_wrap=True, overflow="ellipsis"), refresh=True)
            else:
                out.write(text + "\n\n")
                out.flush()
            stop.wait(every_s)
    return well
