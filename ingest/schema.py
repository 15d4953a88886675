"""`python -m ingest.schema`: the JSON schema of a report, from the model, into `docs/report.schema.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from ingest.report import Report

FILE = Path(__file__).resolve().parents[1] / "docs" / "report.schema.json"


def report_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of the payload of `…/report` and `…/replay`."""
    schema = msgspec.json.schema(Report)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Lantian report, version 1",
        **schema,
    }


def rendered() -> str:
    """The file's content."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
