"""`/metrics`, `/healthz` and `/readyz` of a process."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import REGISTRY, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from core.errors import SettingsError
from core.settings import CoreSettings

PORTS = {"ingest": 9481, "gateway": 9482, "aggregate": 9483, "alerts": 9484, "console": 9485}
"""Ports of the first process of a kind by default; 0 takes any free one. It is told in `port_file`."""
INSTANCE_STEP = 10
"""Between the ports of two processes of a kind."""


READY = Gauge("lantian_ready", "1 if what the process depends on answers, as /readyz says", ["dependency"])


def target_file(settings: CoreSettings, process: str) -> Path:
    """Where Prometheus finds a process: `run/targets/<process>.json` of the state folder, a list for its file_sd.

    Who ends in order takes its file away; who is killed leaves it, so that `up` says so.
    """
    return settings.state_dir / "run" / "targets" / f"{port_file(settings, process).stem}.json"


def port_file(settings: CoreSettings, process: str) -> Path:
    """Where a process tells its port: `run/<process>.port` of the state folder, `run/<process>-2.port` the second."""
    name = process if settings.instance == 1 else f"{process}-{settings.instance}"
    return settings.state_dir / "run" / f"{name}.port"


class HealthServer:
    """Serves a process's health; `ready` tells of each dependency whether it answers."""

    def __init__(self, settings: CoreSettings, process: str, port: int, ready: Callable[[], dict[str, bool]]) -> None:
        if port:
            port += INSTANCE_STEP * (settings.instance - 1)
        try:
            self._server = ThreadingHTTPServer((settings.metrics_host, port), _handler(process, ready))
        except OSError as error:
            raise SettingsError(
                "port",
                f"cannot serve /metrics: {error.strerror}",
                field=f"{process} metrics_port",
                value=f"{settings.metrics_host}:{port}",
                hint="set another metrics_port for each process of a machine, or 0 for any free one",
            ) from error
        self._server.daemon_threads = True
        self._port_file = port_file(settings, process)
        self._target_file = target_file(settings, process)
        self._labels = {"process": process, "instance": str(settings.instance)}
        self._host = _known_as(settings.metrics_host)
        self.port = int(self._server.server_address[1])

    def start(self) -> HealthServer:
        """Serve in a thread of its own."""
        self._target_file.parent.mkdir(parents=True, exist_ok=True)
        self._port_file.write_text(f"{self.port}\n", encoding="utf-8")
        target = [{"targets": [f"{self._host}:{self.port}"], "labels": self._labels}]
        partial = self._target_file.with_suffix(".partial")
        partial.write_bytes(_json(target))
        partial.rename(self._target_file)
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._port_file.unlink(missing_ok=True)
        self._target_file.unlink(missing_ok=True)


def _known_as(host: str) -> str:
    """Who listens everywhere, as in a container, is found by its machine's name."""
    return socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)


def _handler(process: str, ready: Callable[[], dict[str, bool]]) -> type[BaseHTTPRequestHandler]:
    told: dict[str, object] = {"process": process, "pid": os.getpid()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                for dependency, answers in ready().items():
                    READY.labels(dependency).set(answers)
                self._answer(200, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)
            elif self.path == "/healthz":
                self._answer(200, _json(told | {"alive": True}))
            elif self.path == "/readyz":
                said = ready()
                self._answer(200 if all(said.values()) else 503, _json(told | {"ready": said}))
            else:
                self._answer(404, _json({"error": "paths: /metrics, /healthz, /readyz"}))

        def _answer(self, status: int, body: bytes, content_type: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            """Scrapes are not events."""

    return Handler


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
