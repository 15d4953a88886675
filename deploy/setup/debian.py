"""Debian's side: which packages the machine lacks, and which mirror it uses."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from deploy.setup.step import StepFailedError, call

APT = Path("/etc/apt")
NEEDS_ROOT = (
    "run it as root (`sudo make setup`), or name servers that run elsewhere "
    "(LANTIAN_MQTT_HOST, LANTIAN_KAFKA, LANTIAN_POSTGRES_HOST)"
)


def require_root() -> None:
    """Raises `StepFailedError` unless this is root."""
    if os.geteuid() != 0:
        raise StepFailedError("this step needs root", NEEDS_ROOT)


def java_version(java: str | None) -> int:
    """Major version of a `java` program; 0 if there is none."""
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else 0


def missing_packages(*, root_built: bool, jars_built: bool, kafka_here: bool) -> list[str]:
    """Debian packages that the machine needs and does not have."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    wanted: list[tuple[str, Callable[[], bool]]] = [
        ("python3-venv", lambda: importlib.util.find_spec("ensurepip") is not None),
        ("ca-certificates", Path("/etc/ssl/certs/ca-certificates.crt").exists),
    ]
    if not root_built:
        wanted.append(("debootstrap", lambda: shutil.which("debootstrap", path=path) is not None))
    if kafka_here:
        wanted.append(("default-jre-headless", lambda: java_version(shutil.which("java")) >= 17))
    if not jars_built:
        wanted.append(("maven", lambda: shutil.which("mvn") is not None))
    return [package for package, present in wanted if not present()]


def install(packages: list[str]) -> None:
    """Install Debian packages."""
    require_root()
    if shutil.which("apt-get") is None:
        raise StepFailedError("this is not Debian: there is no apt-get", f"install what provides: {' '.join(packages)}")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    call(["apt-get", "update"], environment=quiet)
    call(["apt-get", "install", "-y", "--no-install-recommends", *packages], environment=quiet)


def mirror(apt: Path = APT) -> str:
    """The Debian archive that this machine's apt uses; raises `StepFailedError` if it names none."""
    for entry in (*sorted(apt.glob("sources.list.d/*.sources")), *sorted(apt.glob("sources.list.d/*.list"))):
        if found := _archive(entry.read_text(encoding="utf-8"), deb822=entry.suffix == ".sources"):
            return found
    plain = apt / "sources.list"
    if plain.is_file() and (found := _archive(plain.read_text(encoding="utf-8"), deb822=False)):
        return found
    raise StepFailedError("apt's sources name no Debian archive", "set LANTIAN_DEBIAN_MIRROR to the address of one")


def _archive(sources: str, *, deb822: bool) -> str:
    """First address in `sources` that serves the release itself, not its security updates."""
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    if not deb822:
        lines = re.findall(r"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$", sources, re.MULTILINE)
        return next((uri for uri, name, parts in lines if name == suite and "main" in parts.split()), "")
    for stanza in re.split(r"\n\s*\n", sources):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", stanza, re.MULTILINE))
        if suite in fields.get("Suites", "").split() and "main" in fields.get("Components", "").split():
            return str(fields["URIs"].split()[0])
    return ""


def proxies() -> dict[str, str]:
    """Environment with the proxies that apt is configured to use, for programs that do not read apt's settings."""
    found = {}
    for scheme in ("http", "https"):
        said = subprocess.run(
            ["apt-config", "dump", "--format", "%v", f"Acquire::{scheme}::Proxy"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        if said and said != "DIRECT":
            found[f"{scheme}_proxy"] = said
    return found
