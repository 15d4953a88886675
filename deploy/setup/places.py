"""Where the set-up puts what checkouts share, and the few settings it reads before pydantic is there."""

from __future__ import annotations

import hashlib
import os
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = CHECKOUT / ".venv"
CONSTRAINTS = CHECKOUT / "constraints.txt"
POM = CHECKOUT / "deploy" / "local" / "pom.xml"

SUITE = "trixie"
ROOT_PACKAGES = (
    "fonts-wqy-microhei",
    "mosquitto",
    "postgresql-17",
    "postgresql-17-timescaledb",
    "prometheus",
    "prometheus-alertmanager",
    "tzdata",
)
CHINESE_FONT = Path("usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
"""In the system root: the demonstration's charts are in Chinese on a machine without any such font."""


def setting(name: str) -> str:
    """The setting `name` of section `core`: `LANTIAN_<NAME>`, else `lantian.toml`, else empty."""
    if value := os.environ.get(f"LANTIAN_{name.upper()}"):
        return value
    path = Path("lantian.toml")
    if not path.is_file():
        return ""
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("core", {}).get(name, ""))


def cache_dir() -> Path:
    """The folder that checkouts share."""
    return Path(setting("cache_dir") or Path.home() / ".cache" / "lantian").expanduser().absolute()


def system_root(cache: Path) -> Path:
    """The system root with the servers but Kafka; another list of packages is another root."""
    return cache / f"root-{SUITE}-{_digest(' '.join(ROOT_PACKAGES).encode())}"


def kafka_jars(cache: Path) -> Path:
    """The folder of Kafka's jars; another `pom.xml` is another folder."""
    return cache / f"kafka-{_digest(POM.read_bytes())}"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:10]
