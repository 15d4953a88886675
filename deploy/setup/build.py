"""Building what checkouts share: the system root and Kafka's jars."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.setup import debian, places
from deploy.setup.step import building, call


def build_root(root: Path) -> None:
    """A Debian system root with PostgreSQL 17, TimescaleDB, Mosquitto and Prometheus (about 900 MB, one minute)."""
    debian.require_root()
    archive = os.environ.get("LANTIAN_DEBIAN_MIRROR") or debian.mirror()
    include = f"--include={','.join(places.ROOT_PACKAGES)}"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    with building(root) as folder:
        if folder is None:
            return
        call(
            ["debootstrap", "--variant=minbase", include, places.SUITE, str(folder), archive],
            environment={"PATH": path, **debian.proxies()},
        )
        call(["chroot", str(folder), "apt-get", "clean"], environment={"PATH": path})
        (folder / "srv" / "state").mkdir()
        folder.chmod(0o755)


def fetch_jars(jars: Path) -> None:
    """Kafka and what it needs, by Maven (46 jars, 43 MB)."""
    with building(jars) as folder:
        if folder is None:
            return
        goal = "dependency:copy-dependencies"
        call(["mvn", "-B", "-q", "-f", str(places.POM), goal, "-DincludeScope=runtime", f"-DoutputDirectory={folder}"])
