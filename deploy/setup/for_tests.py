"""`python3 -m deploy.setup.for_tests`: what only tests need: a Chromium, and R and GDAL, which read the views."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from deploy.setup import debian
from deploy.setup.step import Step, perform

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
R_LIBRARIES = (Path("/usr/lib/R/site-library"), Path("/usr/local/lib/R/site-library"))


def chromium() -> str | None:
    """The path of a Chromium; None if there is none."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def missing() -> list[str]:
    """Debian packages of what is not there."""
    r_reads = shutil.which("Rscript") and any((folder / "RPostgreSQL").is_dir() for folder in R_LIBRARIES)
    there = {"chromium": chromium(), "r-cran-rpostgresql": r_reads, "gdal-bin": shutil.which("ogrinfo")}
    return [package for package, found in there.items() if not found]


def step() -> Step:
    """Install it, by apt."""
    return Step(
        "programs that tests need (Chromium, R, GDAL)",
        lambda: not missing(),
        lambda: debian.install(missing()),
        "see what apt-get says above; or install them by hand",
    )


def main() -> int:
    """Exit status 0 when all is there."""
    return 0 if perform([step()], _say) else 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
