"""Receivers on loopback that answer as told and keep what came: HTTP, SMTP, and one that never answers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from alerts.notify.message import Message
from alerts.severity import Severity

PATIENCE_S = 10.0
"""For a try that should end by itself."""
IMPATIENCE_S = 1.5
"""For a try that should not."""
SLACK_S = 3.0
"""A busy machine's."""


def message(identity: str = "m-1", *, body: str = "PM10 小时均值 312 µg/m³", region: str = "140502") -> Message:
    return Message(
        id=identity,
        title="【严重】城区站 PM10 超标",
        body=f"{body}\n编号 {identity}",
        severity=Severity.SEVERE,
        region=region,
        at=datetime(2026, 3, 1, tzinfo=UTC),
        document=f'{{"id":"{identity}","站":"城区"}}'.encode(),
    )


@dataclass(frozen=True)
class Request:
    path: str
    headers: Headers
    body: bytes


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver: HttpReceiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        receiver.requests.append(Request(self.path, self.headers, body))
        self.close_connection = True
        receiver.reply(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Tests speak for themselves."""


@dataclass
class HttpReceiver:
    reply: Callable[[BaseHTTPRequestHandler], None]
    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"


Reply = Callable[[BaseHTTPRequestHandler], None]


def says(status: int, body: str = "", **headers: str) -> Reply:
    """An answer in full."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())

    return reply


def says_half(status: int, beginning: str, end: threading.Event) -> Reply:
    """Status, headers and a beginning, then nothing until `end`."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        handler.wfile.write(beginning.encode())
        end.wait()

    return reply


def says_without_end(status: int, sent: list[int], hung_up: threading.Event) -> Reply:
    """A body that goes on until the other side hangs up; `sent` holds how many bytes went out."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.end_headers()
        try:
            while True:
                sent.append(handler.connection.send(b"x" * 65536))
        except OSError:
            hung_up.set()

    return reply


def says_slowly(hung_up: threading.Event) -> Reply:
    """Headers of a letter at a time, until the other side hangs up."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.connection.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not hung_up.wait(0.02):
                handler.connection.send(b"x")
        except OSError:
            hung_up.set()

    return reply


@contextmanager
def http(reply: Reply, certificate: Path | None = None) -> Iterator[HttpReceiver]:
    """A server; with a certificate (and its key) it speaks TLS."""
    receiver = HttpReceiver(reply, scheme="https" if certificate else "http")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        server.receiver = receiver  # type: ignore[attr-defined]
        receiver.port = server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def nobody() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def crowded() -> Iterator[int]:
    """A port that takes no more connections, and does not say so."""
    with socket.socket() as server, ExitStack() as crowd:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            waiting = crowd.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield server.getsockname()[1]


def closed_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class MailReceiver:
    """Takes mail, or answers recipients and data with what it is told to; to data, if that is empty, never."""

    to_recipient: str = "250 OK"
    to_data: str = "250 OK"
    password: str = "right-pass-9"
    port: int = 0
    mails: list[Envelope] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(envelope)
        if not self.to_data:
            await asyncio.Event().wait()
        return self.to_data

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=given.password.decode() == self.password, handled=False)


@contextmanager
def mail(receiver: MailReceiver) -> Iterator[MailReceiver]:
    receiver.port = closed_port()
    controller = Controller(
        receiver,
        hostname="127.0.0.1",
        port=receiver.port,
        authenticator=receiver.authenticate,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield receiver
    finally:
        controller.stop()
