"""Where the console listens."""

from __future__ import annotations

from contextlib import closing

import pytest

from console.server import listen
from core.errors import SettingsError


def test_a_port_that_is_taken_is_told_with_the_remedy() -> None:
    with closing(listen("127.0.0.1", 0)) as first:
        first.listen()
        with pytest.raises(SettingsError, match=r"cannot serve the console: .*; give --port, or 0 for any free one"):
            listen("127.0.0.1", first.getsockname()[1])


def test_an_address_that_is_not_this_machines_is_told_too() -> None:
    with pytest.raises(SettingsError, match=r"console host, port: cannot serve the console"):
        listen("198.51.100.1", 0)
