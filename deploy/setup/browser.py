"""`python3 -m deploy.setup.browser`: a Chromium for the tests of pages, where there is none; only tests need it."""

from __future__ import annotations

import shutil
import sys

from deploy.setup import debian
from deploy.setup.step import Step, perform

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The path of a Chromium; None if there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def step() -> Step:
    """Install it, by apt."""
    return Step(
        "Chromium, for the tests of pages",
        lambda: chromium() is not None,
        lambda: debian.install(["chromium"]),
        "see what apt-get says above; or install Chromium by hand",
    )


def main() -> int:
    """Exit status 0 when it is there."""
    return 0 if perform([step()], _say) else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
