"""`python3 -m deploy.setup`: do what is missing, tell each step and its time."""

from __future__ import annotations

import sys
import time

from deploy.setup import build, debian, places, venv
from deploy.setup.step import Step, perform


def steps() -> list[Step]:
    """The steps in order; what runs elsewhere by the settings is not set up here."""
    cache = places.cache_dir()
    root, jars = places.system_root(cache), places.kafka_jars(cache)
    kafka_here = not places.setting("kafka")
    root_here = not (places.setting("mqtt_host") and places.setting("postgres_host"))

    def missing() -> list[str]:
        return debian.missing_packages(
            root_built=root.is_dir() or not root_here, jars_built=jars.is_dir() or not kafka_here, kafka_here=kafka_here
        )

    every = [
        Step(
            "Debian packages",
            lambda: not missing(),
            lambda: debian.install(missing()),
            "see what apt-get says above; `apt-get update` must reach a mirror",
        ),
        Step(
            "Python environment (.venv)",
            venv.ready,
            venv.build,
            "see what pip says above; remove .venv if it is damaged, and run `make setup` again",
        ),
    ]
    if root_here:
        every.append(
            Step(
                "system root (PostgreSQL 17, TimescaleDB, Mosquitto, Prometheus)",
                root.is_dir,
                lambda: build.build_root(root),
                "see what debootstrap says above; LANTIAN_DEBIAN_MIRROR names another Debian archive",
            )
        )
    if kafka_here:
        every.append(
            Step(
                "Kafka's jars",
                jars.is_dir,
                lambda: build.fetch_jars(jars),
                "see what Maven says above; it needs its registry (or a mirror in ~/.m2/settings.xml) once",
            )
        )
    return every


def main() -> int:
    """Exit status 0 when all is ready."""
    begun = time.monotonic()
    if not perform(steps(), _say):
        return 1
    _say(f"setup: ready in {time.monotonic() - begun:.1f} s (shared in {places.cache_dir()})")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
