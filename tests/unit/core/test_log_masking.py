"""Secrets do not stand in logs, whichever way they come."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.log_masking import MASK, MaskingFormatter, mask_event, mask_text

LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=8, max_size=40)


@pytest.mark.parametrize(
    "name",
    ["password", "secret", "token", "access_token", "client_secret", "api_key", "PGPASSWORD"],
)
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
    ],
)
def test_secrets_within_a_text_are_masked_and_the_rest_stays_readable(text: str, shown: str) -> None:
    assert mask_event(None, "", {"error": text}) == {"error": shown}


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


@given(st.text(max_size=200))
def test_any_text_can_be_masked_and_once_is_enough(text: str) -> None:
    assert mask_text(mask_text(text)) == mask_text(text)
