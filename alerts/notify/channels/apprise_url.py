"""Targets that Apprise knows: its URL, kept as a secret, made a service that sends once and says what came of it."""

from __future__ import annotations

import logging
import re

import apprise
from apprise import AppriseAsset, NotifyBase
from apprise.common import OverflowMode, PersistentStoreMode

from alerts.notify.channels.masking import secrets_of
from core.errors import SettingsError

ASSET = AppriseAsset(
    app_id="Lantian",
    app_desc="蓝天",
    app_url="",
    image_url_mask="",
    image_url_logo="",
    async_mode=False,
    interpret_emojis=False,
    pgp_autogen=False,
    pem_autogen=False,
    http_redirects=False,
    service_timeout=0,
    storage_mode=PersistentStoreMode.MEMORY,
    allow_templates=False,
)
"""Nothing written to disk or found there, no plugin but Apprise's own, no picture from elsewhere, no thread of its
pools: those are few, shared by all targets, and waited for when the process ends (`InTime` bounds a try instead)."""

_SCHEMA = re.compile(r"([a-z][a-z0-9+.-]{0,20})://", re.IGNORECASE)
_KEPT_SECRET = ("password", "token", "secret", "key")
"""Attributes of Apprise's services."""


def service_of(url: str, name: str) -> NotifyBase:
    """The service of the URL that is the secret `name`; raises `SettingsError`, which never shows the URL."""
    _keep_apprise_from_our_logs()
    schema = _SCHEMA.match(url)
    if schema is None or url.count("://") > 1:
        raise _unusable(name, "is not one URL", "write one as service://…, with :// in its values as %3A%2F%2F")
    service = apprise.Apprise.instantiate(url, asset=ASSET)
    if service is None:
        raise _unusable(
            name,
            f"is no {schema[1].lower()}:// URL that Apprise can use",
            "write it as appriseit.com/services says for this service, with %40 for @ in names and passwords",
        )
    service.retry = 0  # first: `len` counts what a repeated try may send
    if len(service) != 1:
        raise _unusable(name, f"names {len(service)} receivers", "write a target for each: what fails is sent again")
    service.optional = False
    service.request_rate_per_sec = 0
    service.overflow_mode = OverflowMode.UPSTREAM
    return service


def secrets_in(url: str, service: NotifyBase, name: str) -> tuple[str, ...]:
    """What of the secret `name` must not stand in a log, longest first; raises `SettingsError`."""
    known = [value for attribute in _KEPT_SECRET if isinstance(value := getattr(service, attribute, None), str)]
    try:
        return secrets_of(url, service.url(privacy=True), known)  # type: ignore[no-untyped-call]
    except ValueError:
        raise _unusable(name, "cannot be taken apart", "write brackets in names and passwords as %5B and %5D") from None


def _keep_apprise_from_our_logs() -> None:
    """Its lines hold tokens and passwords; they are caught for each try, all of them, and judged and masked there."""
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _unusable(name: str, what: str, hint: str) -> SettingsError:
    return SettingsError("target_url", what, field=f"secret {name}", hint=hint)
