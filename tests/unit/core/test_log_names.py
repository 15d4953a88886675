"""Events of logs have names that can be searched for: constant, in snake_case, one a call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("core", "ingest", "aggregate", "alerts", "console", "truth", "deploy")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def events() -> Iterator[tuple[str, ast.expr]]:
    """Where something is logged, and what it is called."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LEVELS:
                    logger = ast.unparse(node.func.value)
                    if logger.removeprefix("self.").lstrip("_") in {"log", "logger"} and node.args:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]


def names(given: ast.expr) -> list[str]:
    """The names that a call may use; what is put in (`alert_{happening}`) is held to be of the same letters."""
    if isinstance(given, ast.IfExp):
        return names(given.body) + names(given.orelse)
    if isinstance(given, ast.JoinedStr):
        return ["".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in given.values)]
    return [str(given.value)] if isinstance(given, ast.Constant) else [ast.unparse(given)]


def test_every_event_has_a_name_in_snake_case() -> None:
    found = list(events())
    assert len(found) > 30
    assert [(place, name) for place, given in found for name in names(given) if not NAME.fullmatch(name)] == []
