"""Loading rule packs, with errors that name file, line, rule, field and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alerts.rules.model import Pack, Rule
from core.errors import InputError

BUILTIN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, in the order of their files."""

    rules: tuple[Rule, ...]

    def get(self, rule_id: str) -> Rule:
        """The rule of that id; raises `InputError` if there is none."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise InputError(
            "rule_unknown", "there is no such rule", value=rule_id, hint="`lantian rules list` names those there are"
        )

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)


def load(folder: Path = BUILTIN) -> RuleBook:
    """All packs (`*.toml`) of a folder; raises `InputError` on the first that cannot be used."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise InputError("rules_folder", f"{folder} holds no *.toml", hint="name a folder with rule packs")
    seen: dict[str, Path] = {}
    rules: list[Rule] = []
    for path in paths:
        for rule in load_pack(path):
            if rule.id in seen:
                raise InputError(
                    "rule_twice",
                    f"{path}: rule {rule.id}: stands in {seen[rule.id]} too",
                    hint="give one of them another id",
                )
            seen[rule.id] = path
            rules.append(rule)
    return RuleBook(tuple(rules))


def load_pack(path: Path) -> tuple[Rule, ...]:
    """The rules of one file; raises `InputError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("rules_file", f"{path}: cannot be read: {error}", hint="check the path") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("rules_toml", f"{path}: is not TOML: {error}", hint="correct that line") from error
    try:
        return Pack.model_validate(table).rule
    except ValidationError as error:
        raise _explained(path, text, table, error) from error


def _explained(path: Path, text: str, table: dict[str, Any], error: ValidationError) -> InputError:
    first = error.errors()[0]
    location = first["loc"]
    place, name, field = f"{path}", "", ".".join(str(part) for part in location)
    if len(location) > 1 and location[0] == "rule" and isinstance(location[1], int):
        entry = table["rule"][location[1]]
        name = f" rule {entry.get('id', f'number {location[1] + 1}')}:" if isinstance(entry, dict) else ""
        place = f"{path}:{_line_of_rule(text, location[1])}"
        field = ".".join(str(part) for part in location[2:])
    message = first["msg"].removeprefix("Value error, ")
    return InputError(
        "rule_invalid",
        f"{place}:{name} {field or 'rule'}: {message}",
        value=None if first["type"] in {"missing", "value_error"} else first["input"],
        hint=_remedy(first["type"], field),
    )


def _line_of_rule(text: str, index: int) -> int:
    headers = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[rule]]"]
    return headers[index] if index < len(headers) else 1


def _remedy(kind: str, field: str) -> str:
    if kind == "missing":
        return f"add {field}"
    if kind == "extra_forbidden":
        return f"remove {field}, or correct its spelling"
    return "correct it, then run `lantian rules check`"


def scope(rules: Sequence[Rule] | RuleBook) -> dict[tuple[str, str], list[Rule]]:
    """Rules by the kind and window of the statements they judge."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        found.setdefault((rule.kind, rule.window), []).append(rule)
    return found
