"""Robots of WeCom, DingTalk and Feishu, whose addresses are pointed at loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot
from notify_receivers import PATIENCE_S, closed_port, http, message, says

from alerts.notify.channels.opening import channel_of
from alerts.notify.message import Failure, Message, Outcome
from alerts.notify.target import AppriseTarget
from core.secrets import write_secret
from core.settings import CoreSettings

URLS = {
    "wecom": "wecombot://key-abc-123/",
    "dingtalk": "dingtalk://SECabc123@tokabc123/13800000000/",
    "feishu": "feishu://tok-abc-123/",
    "lark": "lark://tok-abc-123/",
}
YES = {
    "wecom": '{"errcode":0,"errmsg":"ok"}',
    "dingtalk": '{"errcode":0,"errmsg":"ok"}',
    "feishu": '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}',
    "lark": '{"code":0,"data":{},"msg":"success"}',
}
everyone = pytest.mark.parametrize("who", list(URLS))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Robots:
    """Sends to a robot that listens on a port."""

    def __init__(self, state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._state_dir = state_dir
        self._monkeypatch = monkeypatch

    def send(self, who: str, port: int, message: Message, url: str = "") -> Outcome:
        base = f"http://127.0.0.1:{port}"
        self._monkeypatch.setattr(NotifyWeComBot, "notify_url", base + "/cgi-bin/webhook/send?key={key}")
        self._monkeypatch.setattr(NotifyDingTalk, "notify_url", base + "/robot/send?access_token={token}")
        self._monkeypatch.setattr(NotifyFeishu, "notify_url", base + "/open-apis/bot/v2/hook/{token}/")
        self._monkeypatch.setattr(NotifyLark, "notify_url", base + "/open-apis/bot/v2/hook/")
        write_secret(self._state_dir, who, url or URLS[who])
        target = AppriseTarget(id=who, via="apprise", url_secret=who)
        return channel_of(target, CoreSettings(state_dir=self._state_dir)).send(message, PATIENCE_S)


@pytest.fixture
def robots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Robots:
    return Robots(tmp_path, monkeypatch)


def text_of(body: bytes) -> str:
    said = json.loads(body)
    return str(said["text"]["content"] if "text" in said else said["content"]["text"])


@everyone
def test_a_robot_that_says_yes_has_the_message_with_its_id(robots: Robots, who: str) -> None:
    with http(says(200, YES[who])) as robot:
        assert robots.send(who, robot.port, message("m-5")) == Outcome()
    assert text_of(robot.requests[0].body) == "【严重】城区站 PM10 超标\nPM10 小时均值 312 µg/m³\n编号 m-5"


@everyone
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"errcode":93000,"errmsg":"invalid webhook url"}', "invalid webhook url"),
        ('{"errcode":310000,"errmsg":"关键词不匹配"}', "关键词不匹配"),
        ('{"code":19024,"msg":"Key Words Not Found"}', "Key Words Not Found"),
    ],
)
def test_a_no_under_http_200_is_no_delivery(robots: Robots, who: str, answer: str, reason: str) -> None:
    with http(says(200, answer)) as robot:
        outcome = robots.send(who, robot.port, message())
    assert outcome.failure is Failure.REFUSED
    assert reason in outcome.detail


@everyone
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, '{"errcode":45009,"errmsg":"api freq out of limit"}'),
        (200, '{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}'),
        (200, '{"errcode":410100,"errmsg":"发送速度太快而限流"}'),
        (200, '{"errcode":-1,"errmsg":"系统繁忙"}'),
        (400, '{"code":9499,"msg":"too many request","data":{}}'),
    ],
)
def test_a_robot_that_hears_too_much_is_left_alone_for_a_while(
    robots: Robots, who: str, status: int, answer: str
) -> None:
    with http(says(status, answer)) as robot:
        outcome = robots.send(who, robot.port, message())
    assert outcome.failure is Failure.BUSY
    assert outcome.patience_s == (600.0 if who == "dingtalk" else 60.0)


def test_feishu_s_same_code_for_what_it_does_not_understand_is_a_refusal(robots: Robots) -> None:
    with http(says(400, '{"code":9499,"msg":"Bad Request","data":{}}')) as robot:
        assert robots.send("feishu", robot.port, message()).failure is Failure.REFUSED


@everyone
@pytest.mark.parametrize("answer", ["", "<html>login</html>", "[]", '{"errmsg":"ok"}'])
def test_http_200_without_a_verdict_is_not_taken_for_a_yes(robots: Robots, who: str, answer: str) -> None:
    with http(says(200, answer)) as robot:
        assert robots.send(who, robot.port, message()).failure is Failure.UNKNOWN


@everyone
def test_a_server_in_trouble_is_told_by_its_status(robots: Robots, who: str) -> None:
    with http(says(502, "bad gateway")) as robot:
        assert robots.send(who, robot.port, message()) == Outcome(Failure.UNREACHABLE, "HTTP 502 bad gateway")


@everyone
def test_no_token_stands_in_a_detail(robots: Robots, who: str) -> None:
    with http(says(200, '{"errcode":1,"errmsg":"no: key-abc-123 SECabc123 tokabc123 tok-abc-123"}')) as robot:
        details = [robots.send(who, robot.port, message()).detail, robots.send(who, closed_port(), message()).detail]
    own = {"wecom": ["key-abc-123"], "dingtalk": ["SECabc123", "tokabc123"]}.get(who, ["tok-abc-123"])
    assert not [secret for secret in own for detail in details if secret in detail]


@everyone
def test_a_long_text_is_cut_to_the_robot_s_bytes_and_sent_once(robots: Robots, who: str) -> None:
    with http(says(200, YES[who])) as robot:
        robots.send(who, robot.port, message(body='扬尘"' * 9000))
    (request,) = robot.requests
    text = text_of(request.body)
    assert text.endswith("…\n编号 m-1")
    if who == "wecom":
        assert 2040 <= len(text.encode()) <= 2048
    else:
        assert 18_000 <= len(request.body) <= 20_000


def test_dingtalk_s_signature_is_encoded_once(robots: Robots) -> None:
    with http(says(200, YES["dingtalk"])) as robot:
        robots.send("dingtalk", robot.port, message())
    query = parse_qs(urlsplit(robot.requests[0].path).query)
    signed = f"{query['timestamp'][0]}\nSECabc123".encode()
    expected = base64.b64encode(hmac.new(b"SECabc123", signed, hashlib.sha256).digest()).decode()
    assert query["sign"] == [expected]
    assert query["access_token"] == ["tokabc123"]
    assert json.loads(robot.requests[0].body)["at"] == {"atMobiles": ["13800000000"]}


def test_a_robot_s_own_address_serves_as_its_url(robots: Robots) -> None:
    with http(says(200, YES["wecom"])) as robot:
        url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=key-abc-123"
        assert robots.send("wecom", robot.port, message(), url) == Outcome()
    assert robot.requests[0].path == "/cgi-bin/webhook/send?key=key-abc-123"
