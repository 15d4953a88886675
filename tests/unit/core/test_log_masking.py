"""Secrets do not stand in logs, whichever way they come."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.log_masking import MASK, MaskingFormatter, mask_event, mask_text

LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=40)


NAMES = (
    "password", "secret", "token", "access_token", "client_secret", "api_key", "PGPASSWORD", "private_key",
    "passphrase", "cookie", "Set-Cookie", "webhook", "hmac", "X-API-Key", "LANTIAN_SECRET_MQTT_BRIDGE",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_field_that_is_named_as_a_secret_is_masked_whatever_it_holds(name: str) -> None:
    assert mask_event(None, "", {name: "hunter2"}) == {name: MASK}
    assert mask_event(None, "", {"target": {"id": "boards", name: ["hunter2"]}}) == {
        "target": {"id": "boards", name: MASK}
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://worker:hunter2@db:5432/lantian", "postgresql://***@db:5432/lantian"),
        ("could not connect: host=db password=hunter2 user=x", "could not connect: host=db password=*** user=x"),
        ("POST https://oapi.test/send?access_token=hunter2&x=1", "POST https://oapi.test/send?access_token=***&x=1"),
        ('{"secret": "hunter2", "id": 1}', '{"secret": "***", "id": 1}'),
        ("Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***"),
        ("PGPASSWORD=hunter2", "PGPASSWORD=***"),
        ("POSTGRES_PASSWORD=hunter2 psql", "POSTGRES_PASSWORD=*** psql"),
        ("mqtt_password=hunter2", "mqtt_password=***"),
        ("LANTIAN_SECRET_MQTT_BRIDGE=hunter2", "LANTIAN_SECRET_MQTT_BRIDGE=***"),
        ("client_secret=hunter2&id=1", "client_secret=***&id=1"),
        ("client_secret: hunter2", "client_secret: ***"),
        ("secret_key=hunter2", "secret_key=***"),
        ("api-key=hunter2", "api-key=***"),
        ("X-API-Key: hunter2", "X-API-Key: ***"),
        ("passphrase=hunter2", "passphrase=***"),
        ("alter role a PASSWORD 'hunter2' login", "alter role a PASSWORD '***' login"),
        ("alter role a password 'hun''ter2' login", "alter role a password '***' login"),
        ("Authorization: Token abc", "Authorization: Token ***"),
        ("Authorization: Basic YTpi", "Authorization: Basic ***"),
        ("Authorization: hunter2 was refused", "Authorization: *** was refused"),
        ("{'Authorization': 'Basic YTpi', 'Host': 'db'}", "{'Authorization': 'Basic ***', 'Host': 'db'}"),
        ("Set-Cookie: id=hunter2; Path=/", "Set-Cookie: ***"),
        ("https://qyapi.test/cgi-bin/webhook/send?key=a-b-1", "https://qyapi.test/cgi-bin/webhook/send?key=***"),
        ("POST /open-apis/bot/v2/hook/a-b-1 failed", "POST /open-apis/bot/v2/hook/*** failed"),
        ("at -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- end", "at *** end"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE cut", "***"),
        ("password='my secret pass' user=x", "password='***' user=x"),
        ("password='my secret pass", "password='***"),
        ('{"password":"ab\\"cd", "id": 1}', '{"password":"***", "id": 1}'),
        ('"{\\"password\\":\\"ab cd\\"}"', '"{\\"password\\":\\"***\\"}"'),
        ("password=p%40ss;word user=x", "password=*** user=x"),
        ("password=a&b", "password=***"),
        ("cannot use 'password=hunter2' here", "cannot use 'password=***' here"),
        ("Login(password=hunter2) failed", "Login(password=***) failed"),
        ('{"password": 1234, "id": 1}', '{"password": ***, "id": 1}'),
        ("postgresql://u:p@ss/w0rd@host", "postgresql://***@host"),
        ("postgresql://u:pa/ss@host", "postgresql://***@host"),
        ("mqtt://a:b@one,mqtt://c:d@two", "mqtt://***@one,mqtt://***@two"),
    ],
)
def test_secrets_within_a_text_are_masked_and_the_rest_stays_readable(text: str, shown: str) -> None:
    assert mask_event(None, "", {"error": text}) == {"error": shown}


@pytest.mark.parametrize(
    "text",
    [
        "basic authentication failed",
        "Basic information",
        "secret: postgres-viewer is missing",
        "sign: positive",
        "design=1",
        "token=42 at line 5",
        'FATAL: password authentication failed for user "lantian_worker"',
        'password: "" is empty',
        "if password == given",
        "http://127.0.0.1:9480/people/a@b",
        "http://[::1]:9480/people/a@b",
    ],
)
def test_words_that_only_look_like_secrets_stay(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize("value", [b"password=hunter2", {"password=hunter2"}, frozenset({"password=hunter2"})])
def test_bytes_and_sets_are_looked_into(value: object) -> None:
    told = mask_event(None, "", {"payload": value})
    assert "password=***" in str(told)
    assert "hunter2" not in str(told)


def test_what_is_no_secret_stays_as_it_is() -> None:
    fields = {
        "event": "server_away", "alert_id": 12, "city": "晋城市", "url": "http://127.0.0.1:9480/", "behind": None,
        "error": "duplicate key value violates unique constraint", "mail": "duty@example.org", "silenced": 59,
    }  # fmt: skip
    assert mask_event(None, "", dict(fields)) == fields


def test_an_exception_given_as_a_field_is_masked_too() -> None:
    told = mask_event(None, "", {"error": ValueError("mqtt://a:hunter2@b")})
    assert "hunter2" not in str(told)


def test_what_libraries_log_is_masked_with_its_traceback() -> None:
    error = ValueError("password=hunter2")
    raised = (ValueError, error, None)
    record = logging.LogRecord("kafka", logging.ERROR, "", 1, "at %s", ("mqtt://a:hunter2@b",), raised)
    line = MaskingFormatter("%(name)s %(message)s").format(record)
    assert "ValueError" in line
    assert "hunter2" not in line


@given(LETTERS, LETTERS)
def test_no_login_of_an_address_gets_through(user: str, password: str) -> None:
    said = mask_text(f"cannot reach amqp://{user}0:{password}1@host/path")
    assert f"{password}1" not in said
    assert said.endswith("@host/path")


PIECES = ("password", "secret", "token", "=", ":", "'", '"', "\\", "a", " ", "@", "/", ";", ")", "&", "://", "42")


@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_can_be_masked_and_once_is_enough(text: str) -> None:
    assert mask_text(mask_text(text)) == mask_text(text)
