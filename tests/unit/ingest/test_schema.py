"""The published schema of a report."""

from __future__ import annotations

from ingest.schema import FILE, rendered


def test_the_schema_in_the_documentation_is_the_model_s() -> None:
    assert FILE.read_text(encoding="utf-8") == rendered(), "run `python -m ingest.schema`"
