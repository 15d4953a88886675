"""The doctor on a real stack: what is well, what a role lacks or has too much, and what nobody reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from core.settings import CoreSettings
from deploy.local.doctor import examine
from deploy.local.finding import Finding
from deploy.local.rights import rights
from deploy.local.stack import Stack
from deploy.local.versions import postgres
from deploy.roles import superuser

pytestmark = pytest.mark.stack


@contextmanager
def changed(settings: CoreSettings, done: str, undone: str) -> Iterator[None]:
    """The database as a superuser has changed it, for a while."""
    database = superuser(settings.state_dir, settings.postgres_port, settings.postgres_database)
    database.autocommit = True
    try:
        with database.cursor() as cursor:
            cursor.execute(done)
            yield
            cursor.execute(undone)
    finally:
        database.close()


@pytest.fixture
def in_local_stack(local_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads its settings within the test finds the local stack."""
    for name, value in local_stack.environment.items():
        monkeypatch.setenv(name, value)


def problems(settings: CoreSettings) -> list[Finding]:
    return [finding for finding in rights(settings) if not finding.ok]


def test_on_a_fresh_stack_every_role_has_what_the_migrations_grant_and_no_more(stack: CoreSettings) -> None:
    (found,) = rights(stack)
    assert found.ok, found.detail


def test_a_right_that_a_role_lacks_is_named_with_the_grant_that_mends_it(stack: CoreSettings) -> None:
    grant = "grant insert on lantian.report to lantian_worker"
    with changed(stack, "revoke insert on lantian.report from lantian_worker", grant):
        (found,) = problems(stack)
        assert (found.subject, found.detail) == ("rights of lantian_worker", "lacks insert on report")
        assert grant in found.remedy
    assert problems(stack) == []


def test_a_reading_role_that_may_write_is_named(stack: CoreSettings) -> None:
    undone = "revoke delete on lantian.alert from lantian_reader"
    with changed(stack, "grant delete on lantian.alert to lantian_reader", undone):
        (found,) = problems(stack)
        assert (found.subject, found.detail) == ("rights of lantian_reader", "may write alert, and only reads")


def test_a_role_above_all_rights_is_named(stack: CoreSettings) -> None:
    with changed(stack, "alter role lantian_engine bypassrls", "alter role lantian_engine nobypassrls"):
        (found,) = problems(stack)
        assert (found.subject, found.detail) == ("rights of lantian_engine", "is above all rights")


def test_the_databases_versions_are_said(stack: CoreSettings) -> None:
    (found,) = postgres(stack)
    assert found.ok
    assert "PostgreSQL 17" in found.detail
    assert "TimescaleDB 2" in found.detail


@pytest.mark.usefixtures("in_local_stack")
def test_the_doctor_looks_at_all_that_it_says_it_does(local_stack: Stack) -> None:
    said = {finding.subject: finding for finding in examine(local_stack)}
    looked_at = (
        "settings", "packages", "ports", "broker version", "database version", "database roles", "schema",
        "rights of roles", "offsets", "locks", "outbox", "clocks", "postgres", "kafka", "mosquitto",
    )  # fmt: skip
    assert {subject for subject in looked_at if not (subject in said and said[subject].ok)} == set()


@pytest.mark.usefixtures("in_local_stack")
def test_a_misspelt_setting_is_said_before_all_else(local_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANTIAN_POSTGRES_HOTS", "db")
    (found,) = examine(local_stack)
    assert (found.ok, found.subject) == (False, "settings")
    assert "write LANTIAN_POSTGRES_HOST" in found.remedy


@pytest.mark.usefixtures("in_local_stack")
def test_a_taken_port_hides_nothing_of_what_else_is_wrong(local_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    grant = "grant insert on lantian.report to lantian_worker"
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        monkeypatch.setenv("LANTIAN_CONSOLE_PORT", str(other.getsockname()[1]))
        with changed(local_stack.settings, "revoke insert on lantian.report from lantian_worker", grant):
            found = {finding.subject for finding in examine(local_stack) if not finding.ok}
    assert {"port of console", "rights of lantian_worker"} <= found
