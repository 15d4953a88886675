"""One POST over HTTP, bounded in what it reads, with the answer or why there is none.

Proxies and certificate authorities of the environment (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE`) hold, for a centre behind
a proxy reaches nobody without; logins of `~/.netrc` do not, for nobody who writes a target means them. Redirects are
never followed: the signature, or the token of a robot, would go to whom the receiver names.
"""

from __future__ import annotations

from collections.abc import Mapping
from socket import gaierror

import requests
from requests import exceptions
from urllib3.exceptions import HTTPError

from alerts.notify.channels.answers import Answer
from alerts.notify.message import Failure, Outcome

ANSWER_BYTES = 4096
"""Of an answer's body that are read."""
_TO_CONNECT, _TO_ANSWER = 0.3, 0.7
"""Shares of the time limit; a receiver that dribbles outlasts them, so `InTime` bounds the whole."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], timeout_s: float, *, read_verdict: bool
) -> Answer | Outcome:
    """POST `body` once. Of an answer that accepts, the body is read only if the verdict stands in it (`read_verdict`).

    No exception of the net's comes out: an `Outcome` says why there is no answer.
    """
    everything = {"User-Agent": "Lantian", "Accept-Encoding": "identity", **headers}
    limits = (timeout_s * _TO_CONNECT, timeout_s * _TO_ANSWER)
    try:
        with (
            requests.Session() as session,
            session.post(
                url, body, headers=everything, timeout=limits, auth=_as_it_is, allow_redirects=False, stream=True
            ) as response,
        ):
            wanted = read_verdict or not response.ok
            beginning = _beginning(response) if wanted else b""
            return Answer(response.status_code, response.headers.get("Retry-After", ""), beginning)
    except exceptions.ConnectTimeout:
        return Outcome(Failure.UNREACHABLE, "连接超时 nobody took the connection in time")
    except exceptions.Timeout:
        return Outcome(Failure.UNKNOWN, "已发送，限时内无应答 sent, and not answered in time")
    except exceptions.SSLError:
        return Outcome(Failure.UNREACHABLE, "TLS 证书不可信 its certificate is not to be trusted, or it speaks no TLS")
    except exceptions.ProxyError:
        return Outcome(Failure.UNREACHABLE, "代理不通 the proxy does not pass it on")
    except exceptions.RequestException as error:
        return Outcome(Failure.UNREACHABLE, _why(error))


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An authentication that adds nothing, so that requests looks for none in `~/.netrc`."""
    return request


def _beginning(response: requests.Response) -> bytes:
    """What comes of the body before its end, the bound, a break, or silence; status and headers stand already."""
    beginning = b""
    try:
        while len(beginning) < ANSWER_BYTES:
            piece = response.raw.read1(ANSWER_BYTES - len(beginning), decode_content=False)
            if not piece:
                break
            beginning += piece
    except (HTTPError, OSError):
        return beginning
    return beginning


def _why(error: BaseException) -> str:
    """In fixed words: what requests says of an error holds the URL, and with it tokens."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, gaierror):
            return "域名无法解析 its name is not known"
        if isinstance(cause, ConnectionRefusedError):
            return "连接被拒绝 the connection is refused"
        cause = cause.__cause__ or cause.__context__
    return f"连接中断 the connection broke off ({type(error).__name__})"
