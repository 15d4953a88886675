"""What a demonstration told, on whatever ground: its last line, the judge's, its pictures."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import matplotlib.image
import numpy as np

PICTURES = ("city", "dust", "plant", "river", "power", "stations", "intake")
_LAST_LINE = re.compile(
    r"demo: reports (\d+), readings (\d+) stored, 0 lost, 0 duplicated, (\d+) statistics, (\d+) alerts, \d+ s"
)
_JUDGE = re.compile(r"^judge: 0 differences in (\d+) figures$", re.MULTILINE)


class Counts(NamedTuple):
    """What the last line counts; it says nothing of this form unless nothing was lost and nothing doubled."""

    reports: int
    readings: int
    statistics: int
    alerts: int


class Told(NamedTuple):
    """What the demonstration said, and where it left its pictures."""

    said: subprocess.CompletedProcess[str]
    folder: Path

    def counts(self) -> Counts:
        """What the last line counts; fails if it is no such line."""
        last = self.said.stdout.rstrip().splitlines()[-1] if self.said.stdout.strip() else ""
        found = _LAST_LINE.fullmatch(last)
        assert found, f"{last}\n{self.said.stderr[-2000:]}"
        return Counts(*map(int, found.groups()))

    def figures_judged(self) -> int:
        """In how many figures the judge found no difference; fails if he found any."""
        found = _JUDGE.search(self.said.stdout)
        assert found, self.said.stdout[-3000:]
        return int(found[1])

    def pictures(self) -> list[str]:
        """What is drawn, in order; fails if a picture shows nothing."""
        files = sorted(self.folder.glob("*.png"))
        for file in files:
            pixels = matplotlib.image.imread(file)[..., :3]
            assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20, file
        return [file.stem.partition("-")[2] for file in files]
