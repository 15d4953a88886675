"""What stands before every request: reading alone, by the console's own name, with headers that keep a page apart.

There is no login, so a page of another site in an operator's browser must not reach the console: the name in `Host` is
one of the console's (against names that are rebound to loopback), and `Origin`, where a browser tells it, is the same.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""NiceGUI's page has its start and its styles within it, and Vue compiles templates in the browser."""
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware; `hosts` are the names by which the console may be called."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = LOOPBACK | frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = self._refusal(scope.get("method", "GET"), headers.get("host", ""), headers.get("origin", ""))
        if scope["type"] == "websocket":
            if refused:
                await send({"type": "websocket.close", "code": 1008})
            else:
                await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        if refused:
            status, said = refused
            await PlainTextResponse(said, status)(scope, receive, with_headers)
        else:
            # Pages answer GET alone; the server sends no body to who asked by HEAD, whatever the application gives.
            await self._app({**scope, "method": "GET"}, receive, with_headers)

    def _refusal(self, method: str, host: str, origin: str) -> tuple[int, str] | None:
        if method not in METHODS:
            return 405, "the console is read only: GET and HEAD alone\n"
        if urlsplit(f"//{host}").hostname not in self._hosts:
            return 421, "this name is not the console's: call it as the settings do, or set LANTIAN_CONSOLE_HOST\n"
        if origin and urlsplit(origin).netloc != host:
            return 403, "pages of other sites do not read the console\n"
        return None
