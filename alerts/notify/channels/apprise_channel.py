"""Whatever Apprise knows, one message and one receiver at a time."""

from __future__ import annotations

import logging

import apprise
from apprise import NotifyBase, NotifyFormat, NotifyType
from apprise.plugins.email.base import NotifyEmail

from alerts.notify.channels.apprise_url import ASSET
from alerts.notify.channels.apprise_verdict import verdict
from alerts.notify.channels.fitting import fit, shorten
from alerts.notify.message import Message, Outcome
from alerts.severity import Severity

ID_HEADER = "X-Lantian-Message-Id"
"""Of a mail: Apprise makes its own `Message-ID`, another for each try."""

_MARKUP_LETTERS = 40
"""That Apprise puts around a title where it stands in the body."""
_KINDS = {
    Severity.INFO: NotifyType.INFO,
    Severity.WARNING: NotifyType.WARNING,
    Severity.SEVERE: NotifyType.FAILURE,
    Severity.CRITICAL: NotifyType.FAILURE,
}


class AppriseChannel:
    """Sends by `service` (`apprise_url.service_of`); `secrets` never stand in a detail.

    Apprise's capture of log lines follows the thread's context, so tries in other threads do not mix with this one's.
    """

    def __init__(self, service: NotifyBase, secrets: tuple[str, ...]) -> None:
        self._service = service
        self._secrets = secrets

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """Send once; Apprise neither waits nor repeats."""
        service = self._service
        service.socket_connect_timeout, service.socket_read_timeout = _limits(service, timeout_s)
        if isinstance(service, NotifyEmail):
            service.headers[ID_HEADER] = message.id
        title, body = fitted(service, message.title, message.body)
        sender = apprise.Apprise(asset=ASSET)
        sender.add(service)
        result = sender.notify(
            body=body,
            title=title,
            notify_type=_KINDS[message.severity],
            body_format=NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
        if result:
            return Outcome()
        return verdict([(entry.level, entry.message) for entry in result.logs()], self._secrets)

    def close(self) -> None:
        """Each try has a connection of its own."""


def fitted(service: NotifyBase, title: str, body: str) -> tuple[str, str]:
    """Title and body as long as `service` takes in one piece, counted in letters."""
    if service.body_max_line_count > 0:
        body = " ".join(body.split("\n"))
    most = service.body_maxlen
    if service.title_maxlen > 0:
        title = shorten(title, service.title_maxlen)
        return title, fit(body, most - len(title) if service.overflow_amalgamate_title else most)
    title = shorten(title, most // 4)
    return title, fit(body, most - len(title) - _MARKUP_LETTERS)


def _limits(service: NotifyBase, timeout_s: float) -> tuple[float, float]:
    """Seconds to connect and to read. The mail plugin has one for both, and a server may think long about a mail."""
    return (timeout_s, timeout_s) if isinstance(service, NotifyEmail) else (timeout_s * 0.3, timeout_s * 0.7)
