"""Prometheus and Alertmanager of the local stack: what watches the processes, by the files in `deploy/prometheus/`."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from core.errors import SettingsError
from core.settings import CoreSettings
from deploy.local.addresses import HOST, Ports
from deploy.local.pace import paced
from deploy.local.settings import LocalSettings
from deploy.local.system_root import STATE, SystemRoot

USER = "prometheus"
SOURCE = Path(__file__).resolve().parents[1] / "prometheus"
_ANSWER_S = 2.0


class Prometheus:
    """Scrapes what told its port, and judges it by the rules."""

    name = "prometheus"
    stop_signal = signal.SIGTERM
    ports = ("prometheus",)

    def __init__(self, settings: CoreSettings, root: SystemRoot, local: LocalSettings) -> None:
        state_dir = settings.state_dir.absolute()
        self._folder = state_dir / "prometheus"
        self._targets = state_dir / "run" / "targets"
        self._root = root
        self._local = local
        self.log = state_dir / "log" / "prometheus.log"

    def prepare(self, ports: Ports) -> None:
        """Copy configuration and rules, and say where Alertmanager is."""
        self._targets.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._folder / "rules", ignore_errors=True)
        for name in ("rules", "targets", "alertmanagers", "monitoring", "data"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        for path in (SOURCE / "prometheus.yml", *sorted((SOURCE / "rules").glob("*.yml"))):
            text = paced(path.read_text(encoding="utf-8"), self._local.metrics_pace)
            (self._folder / path.relative_to(SOURCE)).write_text(text, encoding="utf-8")
        self._tell("alertmanagers/local.json", {"alertmanager": ports.alertmanager})
        self._tell("monitoring/local.json", {"prometheus": ports.prometheus, "alertmanager": ports.alertmanager})
        self._root.own(self._folder / "data", USER)

    def command(self, ports: Ports) -> list[str]:
        """Prometheus in the foreground; the processes' target files can be read and not be written."""
        program = [
            "/usr/bin/prometheus",
            f"--config.file={STATE}/prometheus.yml",
            f"--storage.tsdb.path={STATE}/data",
            f"--storage.tsdb.retention.time={self._local.prometheus_retention}",
            f"--storage.tsdb.retention.size={self._local.prometheus_retention_size}",
            f"--web.listen-address={HOST}:{ports.prometheus}",
        ]
        return self._root.command(USER, self._folder, program, readable={"targets": self._targets})

    def answers(self, ports: Ports) -> bool:
        """Whether it says that it is ready."""
        return _says(ports.prometheus, "/-/ready")

    def _tell(self, name: str, ports: dict[str, int]) -> None:
        targets = [{"targets": [f"{HOST}:{port}"], "labels": {"process": who}} for who, port in ports.items()]
        (self._folder / name).write_text(json.dumps(targets), encoding="utf-8")


class Alertmanager:
    """Gathers what Prometheus found, and tells whom its file names."""

    name = "alertmanager"
    stop_signal = signal.SIGTERM
    ports = ("alertmanager",)

    def __init__(self, settings: CoreSettings, root: SystemRoot, local: LocalSettings) -> None:
        state_dir = settings.state_dir.absolute()
        self._folder = state_dir / "alertmanager"
        self._root = root
        self._local = local
        self.log = state_dir / "log" / "alertmanager.log"

    def prepare(self, ports: Ports) -> None:
        """Copy the configuration: ours, or the operators' own as it stands. Raises `SettingsError` if there is none."""
        del ports
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._root.own(data, USER)
        own = self._local.alertmanager_file
        try:
            text = (own or SOURCE / "alertmanager.yml").read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError(
                "alertmanager_file",
                f"cannot be read: {error.strerror}",
                field="LANTIAN_LOCAL_ALERTMANAGER_FILE",
                value=str(own),
                hint="name a file that Alertmanager understands (docs/operations.md)",
            ) from error
        configuration = self._folder / "alertmanager.yml"
        configuration.touch(mode=0o600)  # the operators' may hold a password
        configuration.write_text(paced(text, self._local.metrics_pace), encoding="utf-8")
        self._root.own(configuration, USER)

    def command(self, ports: Ports) -> list[str]:
        """Alertmanager in the foreground, alone: without a cluster."""
        program = [
            "/usr/bin/prometheus-alertmanager",
            f"--config.file={STATE}/alertmanager.yml",
            f"--storage.path={STATE}/data",
            f"--web.listen-address={HOST}:{ports.alertmanager}",
            "--cluster.listen-address=",
        ]
        return self._root.command(USER, self._folder, program)

    def answers(self, ports: Ports) -> bool:
        """Whether it says that it is ready."""
        return _says(ports.alertmanager, "/-/ready")


def _says(port: int, path: str) -> bool:
    try:
        with urlopen(f"http://{HOST}:{port}{path}", timeout=_ANSWER_S) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
