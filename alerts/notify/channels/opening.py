"""From a target of the notifications' file to the channel that leads there.

What a channel is made of is imported when there is a target for it: the engine imports this module and may have none.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from pydantic import HttpUrl

from alerts.notify.channels.in_time import InTime
from alerts.notify.message import Channel
from alerts.notify.target import AppriseTarget, MqttTarget, Target, WebhookTarget
from core.errors import SettingsError
from core.secrets import read_secret
from core.settings import CoreSettings


def channel_of(target: Target, settings: CoreSettings) -> Channel:
    """The channel to a target; nothing is connected yet.

    Raises `SettingsError`, without any secret, if a secret is missing or what it says cannot be used.
    """
    match target:
        case AppriseTarget():
            return InTime(_by_apprise(read_secret(settings.state_dir, target.url_secret), target.url_secret))
        case WebhookTarget():
            return InTime(_by_webhook(target, read_secret(settings.state_dir, target.signing_secret)))
        case MqttTarget():
            from alerts.notify.channels.mqtt import MqttChannel

            return InTime(MqttChannel(settings))


def _by_apprise(url: str, name: str) -> Channel:
    from alerts.notify.channels.apprise_channel import AppriseChannel
    from alerts.notify.channels.apprise_url import secrets_in, service_of
    from alerts.notify.channels.robots import RobotChannel, robot_of

    service = service_of(url, name)
    secrets = secrets_in(url, service, name)
    robot = robot_of(service)
    return RobotChannel(robot, secrets) if robot else AppriseChannel(service, secrets)


def _by_webhook(target: WebhookTarget, secret: str) -> Channel:
    from alerts.notify.channels.signature import key_of
    from alerts.notify.channels.webhook import Webhook

    return Webhook(_without_login(target.url, target.id), key_of(secret, target.signing_secret))


def _without_login(url: HttpUrl, target: str) -> str:
    if url.username or url.password:
        raise SettingsError(
            "target_url",
            "holds a name or a password",
            field=f"target {target}, url",
            hint="take it out: the receiver knows us by the signature",
        )
    return str(url)
