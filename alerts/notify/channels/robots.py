"""Robots of WeCom, DingTalk and Feishu: Apprise reads their URLs, we post.

They say in the answer's body what became of a message, with HTTP 200 whatever happened; Apprise 2.2 looks at the status
alone, so that what a robot throws away for its rate or a missing keyword would pass for delivered. It also encodes
DingTalk's signature twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import msgspec
from apprise import NotifyBase
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from alerts.notify.channels.answers import Answer, outcome_of
from alerts.notify.channels.fitting import Size, fit, in_bytes, one_line
from alerts.notify.channels.masking import masked
from alerts.notify.channels.posting import post
from alerts.notify.message import Failure, Message, Outcome

WECOM_BYTES = 2048
"""Of a text (developer.work.weixin.qq.com, 群机器人配置说明)."""
REQUEST_BYTES = 20_000
"""Of a whole request (DingTalk: 20 000 bytes; Feishu: 20 KB)."""
_FRAME_BYTES = 1000
"""Of a request without its text, who is to be mentioned included."""
_SYSTEM_BUSY = -1
_TOO_MANY = re.compile(r"too many|too fast|freq|over limit|限流|频", re.IGNORECASE)
"""In what they say, since Feishu has one code for that and for requests that it does not understand (9499)."""


def in_json_bytes(text: str) -> int:
    """Bytes in a JSON string in UTF-8."""
    return len(msgspec.json.encode(text))


@dataclass(frozen=True, slots=True)
class Robot:
    """Where a robot listens, what it takes and how it answers.

    `address` gives the URL at a Unix time, `payload` the request for a text; `patience_s` is how long it wants to be
    left alone after too many messages.
    """

    address: Callable[[float], str]
    payload: Callable[[str], dict[str, Any]]
    most: int = REQUEST_BYTES - _FRAME_BYTES
    size: Size = in_json_bytes
    patience_s: float = 60.0


class RobotChannel:
    """Posts to a robot; `secrets` never stand in a detail, `now` gives Unix seconds of real time."""

    def __init__(self, robot: Robot, secrets: tuple[str, ...], now: Callable[[], float] = time.time) -> None:
        self._robot = robot
        self._secrets = secrets
        self._now = now

    def send(self, message: Message, timeout_s: float) -> Outcome:
        """Post once and read the robot's verdict."""
        text = fit(f"{message.title}\n{message.body}", self._robot.most, self._robot.size)
        body = msgspec.json.encode(self._robot.payload(text))
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = post(self._robot.address(self._now()), body, headers, timeout_s, read_verdict=True)
        if isinstance(answer, Outcome):
            return answer
        outcome = self._judge(answer)
        return msgspec.structs.replace(outcome, detail=masked(outcome.detail, self._secrets))

    def close(self) -> None:
        """Each try has a connection of its own."""

    def _judge(self, answer: Answer) -> Outcome:
        said = _said(answer)
        code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), None)
        if not isinstance(code, int):
            unread = "HTTP 200，但未说明是否收下 the robot did not say whether it took the message"
            unknown = Outcome(Failure.UNKNOWN, one_line(f"{unread}: {answer.text}"))
            return unknown if answer.accepts else outcome_of(answer, self._now())
        if code == 0 and answer.accepts:
            return Outcome()
        reason = str(said.get("errmsg") or said.get("msg") or "")
        detail = one_line(f"HTTP {answer.status}, code {code}: {reason}")
        if code == _SYSTEM_BUSY or _TOO_MANY.search(reason):
            return Outcome(Failure.BUSY, detail, self._robot.patience_s)
        return Outcome(Failure.REFUSED, detail)


def robot_of(service: NotifyBase) -> Robot | None:
    """The robot that an Apprise service speaks to; None if it is another service."""
    match service:
        case NotifyWeComBot():
            return Robot(
                lambda _now: str(service.api_url),
                lambda text: {"msgtype": "text", "text": {"content": text}},
                most=WECOM_BYTES,
                size=in_bytes,
            )
        case NotifyDingTalk():
            return Robot(
                lambda now: _dingtalk_address(service, now),
                lambda text: {"msgtype": "text", "text": {"content": text}, "at": {"atMobiles": service.targets}},
                patience_s=600.0,
            )
        case NotifyFeishu():
            return _feishu(service.notify_url.format(token=service.token).rstrip("/"))
        case NotifyLark():
            return _feishu(service.webhook_url)
    return None


def _feishu(address: str) -> Robot:
    return Robot(
        lambda _now: address,
        lambda text: {"msg_type": "text", "content": {"text": text}},
    )


def _dingtalk_address(service: NotifyDingTalk, now: float) -> str:
    """With the signature that a robot with 加签 asks for: HMAC-SHA256 of time and secret, in base64, encoded once."""
    address = service.notify_url.format(token=service.token)
    if not service.secret:
        return address
    stamp = round(now * 1000)
    digest = hmac.new(service.secret.encode(), f"{stamp}\n{service.secret}".encode(), hashlib.sha256).digest()
    return f"{address}&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"


def _said(answer: Answer) -> dict[str, Any]:
    try:
        return msgspec.json.decode(answer.beginning, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
