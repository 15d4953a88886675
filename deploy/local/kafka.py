"""Apache Kafka of the local stack: one node, broker and controller in one (KRaft), on the machine's Java."""

from __future__ import annotations

import base64
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from core.errors import UnavailableError
from core.settings import CoreSettings
from deploy.local.addresses import HOST, Ports, listens
from deploy.local.settings import LocalSettings

SOURCE = Path(__file__).resolve().parents[1] / "kafka"
_PATIENCE_S = 2.0
"""How long an answer is waited for before it is asked again."""


class Kafka:
    """The log."""

    name = "kafka"
    stop_signal = signal.SIGTERM
    ports = ("kafka", "kafka_controller")

    def __init__(self, state_dir: Path, jars: Path, settings: LocalSettings) -> None:
        self._folder = state_dir / "kafka"
        self._settings = settings
        self._jars = jars
        self.log = state_dir / "log" / "kafka.log"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def prepare(self, ports: Ports) -> None:
        """Write the configuration; format the log folder the first time."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._properties.write_text(render(ports, self._folder / "data", self._settings), encoding="utf-8")
        if (self._folder / "data" / "meta.properties").exists():
            return
        command = self._java("kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(self._properties))
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            last = (result.stdout + result.stderr).strip().splitlines()[-1:]
            raise UnavailableError(
                "kafka", f"Kafka's log folder cannot be formatted: {' '.join(last)}", hint="run `lantian doctor`"
            )

    def command(self, ports: Ports) -> list[str]:
        """Kafka in the foreground."""
        del ports
        return self._java("kafka.Kafka", str(self._properties))

    def answers(self, ports: Ports) -> bool:
        """Whether the broker tells of itself."""
        if not listens(ports.kafka):
            return False
        from core.kafka import answers  # noqa: PLC0415 (slow to import; who only ends servers does without)

        settings = CoreSettings(state_dir=self._folder, kafka=f"{HOST}:{ports.kafka}")
        return answers(settings, patience_s=_PATIENCE_S)

    def _java(self, *arguments: str) -> list[str]:
        java = shutil.which("java")
        if java is None or not self._jars.is_dir():
            missing = "Java" if java is None else f"Kafka's jars ({self._jars})"
            raise UnavailableError(
                "setup",
                f"{missing} cannot be found",
                hint="run `make setup`, or set LANTIAN_KAFKA to a Kafka that runs",
            )
        options = [
            f"-Xmx{self._settings.kafka_heap}",
            f"@{SOURCE / 'jvm.options'}",
            f"-Dlog4j2.configurationFile={SOURCE / 'log4j2.xml'}",
        ]
        return [java, *options, "-cp", f"{self._jars}/*", *arguments]


def render(ports: Ports, data: Path, settings: LocalSettings) -> str:
    """`server.properties` of one node on loopback: those of all, and where this one listens and writes."""
    advertised = settings.kafka_advertised or f"{HOST}:{ports.kafka}"
    lines: dict[str, object] = {
        "controller.quorum.voters": f"1@{HOST}:{ports.kafka_controller}",
        "listeners": f"PLAINTEXT://{HOST}:{ports.kafka},CONTROLLER://{HOST}:{ports.kafka_controller}",
        "advertised.listeners": f"PLAINTEXT://{advertised}",
        "log.dirs": data,
    }
    if settings.kafka_flush:
        lines["log.flush.interval.messages"] = 1
    common = (SOURCE / "server.properties").read_text(encoding="utf-8")
    return common + "".join(f"{key}={value}\n" for key, value in lines.items())


def _cluster_id() -> str:
    """A random id in Kafka's form: 16 bytes as URL-safe base64 that no command line takes for an option."""
    while True:
        text = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
        if not text.startswith("-"):
            return text
