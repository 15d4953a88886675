"""The schema stands on roles: one that is missing is named before anything is changed, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from core.errors import LantianError
from core.migrate import migrate
from core.settings import CoreSettings
from deploy.roles import superuser

pytestmark = pytest.mark.stack


@contextmanager
def without(settings: CoreSettings, *roles: str) -> Iterator[None]:
    """The database's server as if it had no such roles."""
    with (
        closing(superuser(settings.state_dir, settings.postgres_port, settings.postgres_database)) as server,
        server.cursor() as cursor,
    ):
        for role in roles:
            cursor.execute(f"alter role {role} rename to {role}_away")
        try:
            yield
        finally:
            for role in roles:
                cursor.execute(f"alter role {role}_away rename to {role}")


def test_a_missing_role_is_named_with_how_to_make_it_and_where_its_password_goes(stack: CoreSettings) -> None:
    with without(stack, "lantian_viewer"), pytest.raises(LantianError) as caught:
        migrate(stack)
    said = str(caught.value)
    assert said.startswith("lantian_viewer: ")
    assert "create role lantian_viewer login password" in said
    assert "LANTIAN_SECRET_POSTGRES_VIEWER" in said
    assert f"{stack.state_dir}/secrets/postgres-viewer" in said
    assert "\n" not in said


def test_all_that_are_missing_are_named_at_once(stack: CoreSettings) -> None:
    with without(stack, "lantian_notifier", "lantian_viewer"), pytest.raises(LantianError) as caught:
        migrate(stack)
    assert str(caught.value).startswith("lantian_notifier, lantian_viewer: ")
    assert "create role lantian_notifier login" in str(caught.value)
    assert "create role lantian_viewer login" in str(caught.value)


def test_with_all_roles_a_schema_that_is_up_to_date_stays_as_it_is(stack: CoreSettings) -> None:
    assert migrate(stack) == []
