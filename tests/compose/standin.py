"""Stand-ins for images that no registry gives: of what sources, how made, how told from the real ones."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from deploy.setup import debian, places

from .engine import EngineError, docker, image

SOURCES = Path(__file__).parent / "standins"
BASE = "debian:trixie-slim"
FOLDERS = {
    BASE: "debian",
    "eclipse-mosquitto:2.0.21": "mosquitto",
    "apache/kafka:4.3.1": "kafka",
    "timescale/timescaledb:2.19.3-pg17": "timescaledb",
    "prom/prometheus:v2.53.3": "prometheus",
    "prom/alertmanager:v0.28.1": "alertmanager",
}
"""By image the folder of its sources. Debian's packages have these versions and no others."""

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
MARK, FOR, DIGEST = "lantian.stand-in", "lantian.stand-in.for", "lantian.stand-in.digest"
"""Labels. An image made from a stand-in inherits them: `FOR` tells the one from the other."""


def is_one(tag: str, labels: Mapping[str, str]) -> bool:
    """Whether an image of that tag with these labels is a stand-in."""
    return labels.get(MARK) == "true" and labels.get(FOR) == tag


def is_current(tag: str, labels: Mapping[str, str]) -> bool:
    """Whether it was made of the sources as they are now."""
    return is_one(tag, labels) and labels.get(DIGEST) == digest(tag)


def digest(tag: str) -> str:
    """What its sources come to: files by name, right to run and content; and what it stands on."""
    running = hashlib.sha256(_ground(tag))
    for name, path in _sources(tag):
        running.update(f"{name}\0{os.access(path, os.X_OK)}\0".encode())
        running.update(hashlib.sha256(path.read_bytes()).digest())
    return running.hexdigest()[:16]


def make(tag: str) -> None:
    """Make it, in place of an older one.

    Raises `EngineError` where it cannot be made, `StepFailedError` where the machine lacks what that needs.
    """
    older = image(tag)
    marks = {MARK: "true", FOR: tag, DIGEST: digest(tag)}
    if tag == BASE:
        _make_base(marks)
    else:
        _build(tag, marks)
    if older and older != image(tag):
        with suppress(EngineError):  # a container that still runs keeps its image
            docker("image", "rm", older[0])


def _build(tag: str, marks: Mapping[str, str]) -> None:
    labels = [word for name, value in marks.items() for word in ("--label", f"{name}={value}")]
    with tempfile.TemporaryFile() as context:
        _pack(_sources(tag), context)
        docker("build", "--force-rm", "--network", "host", *labels, "--tag", tag, "-", stdin=context)


def _make_base(marks: Mapping[str, str]) -> None:
    debian.require_root()
    archive = os.environ.get("LANTIAN_DEBIAN_MIRROR") or debian.mirror()
    changes = [
        "ENV PIP_CERT=/etc/ssl/machine.crt",
        'CMD ["bash"]',
        *(f"LABEL {name}={value}" for name, value in marks.items()),
    ]
    options = [word for change in changes for word in ("--change", change)]
    with tempfile.TemporaryFile() as root, tempfile.TemporaryFile() as said:
        result = subprocess.run(
            [str(SOURCES / "debian" / "make.sh"), places.SUITE, archive, str(CERTIFICATES)],
            env={**os.environ, **debian.proxies(), "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"},
            stdin=subprocess.DEVNULL,
            stdout=root,
            stderr=said,
            check=False,
        )
        if result.returncode != 0:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise EngineError(f"{BASE} cannot be made: {' '.join(last)}")
        root.seek(0)
        docker("import", *options, "-", BASE, stdin=root)


def _ground(tag: str) -> bytes:
    """What a stand-in is made on, beside its sources: the machine's certificates, or the image below."""
    if tag == BASE:
        return CERTIFICATES.read_bytes()
    below = image(BASE)
    return below[0].encode() if below else b""


def _sources(tag: str) -> Iterator[tuple[str, Path]]:
    """Name in the build's context, and file; Kafka's jars are those that the set-up fetched."""
    folder = SOURCES / FOLDERS[tag]
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path
    if FOLDERS[tag] == "kafka":
        jars = places.kafka_jars(places.cache_dir())
        if not jars.is_dir():
            raise EngineError("Kafka's jars are not there: run `make setup`")
        yield from ((f"libs/{path.name}", path) for path in sorted(jars.glob("*.jar")))


def _pack(sources: Iterable[tuple[str, Path]], context: io.BufferedIOBase) -> None:
    """The sources as a tar, owned by root whoever has checked them out."""
    with tarfile.open(fileobj=context, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, path in sources:
            entry = tar.gettarinfo(str(path), arcname=name)
            entry.uid = entry.gid = 0
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            with path.open("rb") as content:
                tar.addfile(entry, content)
    context.seek(0)
