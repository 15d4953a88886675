"""Rounds one after another on a field that serves many of them, and the record of what they showed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from deck import SMALL_DISKS
from disk import small_disk
from fault import Fault
from field import Field
from rounds import ORDINARY, Length, Played, play
from stage import NOW, write_probes
from table import last_line, markdown

ROUNDS_A_FIELD = 25
"""Then the database is large enough to slow the ledger down."""


class Series:
    """Plays rounds; a field that saw a failure is not used again."""

    def __init__(self, folder: Path, record: Path, disks: Mapping[str, int] = SMALL_DISKS) -> None:
        """Fields live in `folder`; to `record` a line is added for each round; `disks`: megabytes by server."""
        self._folder = folder
        self._record = record
        self._disks = disks
        self._field: Field | None = None
        self._ground = ExitStack()
        self._fields = self._played = 0
        self.rounds: list[Played] = []
        record.parent.mkdir(parents=True, exist_ok=True)

    @property
    def field(self) -> Field:
        """On which the last round was played, if it did not fail."""
        assert self._field is not None
        return self._field

    def play(self, seed: int, number: int, faults: Sequence[Fault], length: Length = ORDINARY) -> Played:
        """A round; raises what `rounds.play` does, noted how to repeat it."""
        field = self._fresh_field() if self._field is None or self._played >= ROUNDS_A_FIELD else self._field
        played = Played(seed, number, [fault.name for fault in faults])
        self.rounds.append(played)
        self._played += 1
        files = self._folder / f"round-{number}"
        try:
            play(field, played, faults, files, length)
        except BaseException as error:
            played.failure = f"{type(error).__name__}: {error}"
            error.add_note(f"again: make test-faults ROUNDS=1 FIRST={number} SEED={seed}")
            logs = self._record.with_name(f"round-{number}-logs")
            shutil.copytree(field.folder / "log", logs, dirs_exist_ok=True)
            error.add_note(f"{played.line()}\nall logs: {logs}; their ends:\n{field.tell_logs()}")
            self.close()
            raise
        finally:
            with self._record.open("a", encoding="utf-8") as file:
                file.write(played.line() + "\n")
        shutil.rmtree(files)
        return played

    def close(self) -> None:
        """End the field."""
        self._field = None
        self._ground.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, and the suite's last line."""
        told = [json.loads(played.line()) for played in self.rounds]
        if told:
            terminalreporter.write_line(markdown(told))
            terminalreporter.write_line(last_line(told))

    def _fresh_field(self) -> Field:
        self.close()
        self._fields += 1
        self._played = 0
        folder = self._folder / f"field-{self._fields}"
        for server, megabytes in self._disks.items():
            self._ground.enter_context(small_disk(folder, server, megabytes))
        field = Field(folder, now=NOW)
        self._ground.callback(field.stop)
        field.start(write_probes(self._folder / "probes.csv"))
        self._field = field
        return field
