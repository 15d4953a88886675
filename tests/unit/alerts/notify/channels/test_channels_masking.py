"""Secrets of a URL never come out."""

from __future__ import annotations

import pytest

from alerts.notify.channels.apprise_url import secrets_in, service_of
from alerts.notify.channels.masking import masked, secrets_of


def told(url: str, text: str) -> str:
    """`text` as it may stand in a log of the target with this URL."""
    return masked(text, secrets_in(url, service_of(url, "t"), "t"))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("wecombot://KEY-abc-123/", "POST /cgi-bin/webhook/send?key=KEY-abc-123"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY-abc-123", "key=KEY-abc-123 is invalid"),
        ("dingtalk://SECKEYabc123@KEYabc123/", "SECKEYabc123 and KEYabc123"),
        ("feishu://KEY-abc-123/", "hook/KEY-abc-123/"),
        ("tgram://123456789:KEY-abc-123-xyzKEY-abc-123-xyz/1000/", "bot123456789:KEY-abc-123-xyzKEY-abc-123-xyz/send"),
        ("json://user:KEYabc123@example.org/", "user:KEYabc123@example.org"),
        ("json://example.org/hooks/KEYabc123", "Max retries exceeded with url: /hooks/KEYabc123"),
        ("json://example.org/?+X-Token=KEYabc123", "X-Token: KEYabc123"),
        ("json://user:KEY%40abc%20123@example.org/", "KEY@abc 123 or KEY%40abc%20123"),
        ("json://user:KEYabc123@example.org/", "Authorization: Basic dXNlcjpLRVlhYmMxMjM="),
    ],
)
def test_a_token_is_masked_wherever_the_url_holds_it(url: str, text: str) -> None:
    left = told(url, text)
    assert "KEY" not in left
    assert "abc" not in left
    assert "dXNlcjpLRVlhYmMxMjM" not in left


def test_who_reads_a_refusal_sees_host_user_and_address() -> None:
    url = "mailto://robot:KEYabc123@mail.example.org?to=chief@example.org&from=robot@example.org"
    text = "mail.example.org: robot may not write to chief@example.org"
    assert told(url, text) == text


def test_the_longer_secret_is_masked_before_the_shorter_that_it_contains() -> None:
    assert masked("tokentoken", secrets_of("x://token@h/tokentoken", "x://h")) == "***"
