"""The web server in a thread: FastAPI with the JSON paths, and NiceGUI's page mounted behind them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import nicegui
import uvicorn
from fastapi import FastAPI
from nicegui import ui

from console.api import router
from console.guard import Guard
from console.language import Language
from console.page import add_page
from console.snapshot import Shown
from core.clock import Clock
from core.errors import SettingsError

GRACE_S = 2
"""Open pages keep a connection: they are told, and not waited for."""


def build(shown: Callable[[], Shown], clock: Clock, *, host: str, language: Language, refresh_s: float) -> FastAPI:
    """The application; once a process, for NiceGUI keeps one of its own."""
    app = FastAPI(
        title="Lantian console",
        version="1",
        docs_url=None,  # the pages that draw it come from another host
        redoc_url=None,
    )
    app.include_router(router(shown, clock))
    add_page(shown, clock, language, refresh_s)
    ui.run_with(app, title="蓝天 Lantian", favicon="🟦", show_welcome_message=False)
    nicegui.app.config.socket_io_js_transports = ["websocket"]  # polling would need POST
    app.add_middleware(Guard, hosts=(host,))
    return app


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on; raises `SettingsError` if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            "port",
            f"cannot serve the console: {error.strerror}",
            field="console host, port",
            value=f"{host}:{port}",
            hint="give --port, or 0 for any free one",
        ) from error
    return listening


class WebServer:
    """Serves an application in a thread of its own."""

    def __init__(self, app: FastAPI, listening: socket.socket) -> None:
        self._listening = listening
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_S
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="web", daemon=True
        )

    @property
    def url(self) -> str:
        """The page's address."""
        host, port = self._listening.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    @property
    def well(self) -> bool:
        """Whether it serves."""
        return self._server.started and self._thread.is_alive()

    def start(self) -> WebServer:
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; open pages are let go."""
        self._server.should_exit = True
        self._thread.join(timeout=GRACE_S + 5)
