"""Loading rule packs, with errors that name file, line, rule, field and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alerts.rules.device import DeviceRule
from alerts.rules.model import Rule
from alerts.rules.pack import Pack
from core.errors import InputError
from standards.factors import load_catalogue

BUILTIN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, in the order of their files."""

    rules: tuple[Rule, ...]
    """Of statistics."""
    devices: tuple[DeviceRule, ...] = ()

    def get(self, rule_id: str) -> Rule:
        """The rule of statistics of that id; raises `InputError` if there is none."""
        found = self.any(rule_id)
        if isinstance(found, Rule):
            return found
        raise InputError(
            "rule_of_devices",
            "is about devices and hangs on the clock",
            value=rule_id,
            hint="name a rule of statistics",
        )

    def any(self, rule_id: str) -> Rule | DeviceRule:
        """The rule of that id; raises `InputError` if there is none."""
        for rule in self.all:
            if rule.id == rule_id:
                return rule
        raise InputError(
            "rule_unknown", "there is no such rule", value=rule_id, hint="`lantian rules list` names those there are"
        )

    @property
    def all(self) -> list[Rule | DeviceRule]:
        """Both."""
        return [*self.rules, *self.devices]

    def __iter__(self) -> Iterator[Rule]:
        """The rules of statistics."""
        return iter(self.rules)


def packs_in(folder: Path) -> list[Path]:
    """The packs of a folder; what begins with a dot is an editor's."""
    return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))


def load(folder: Path = BUILTIN) -> RuleBook:
    """All packs (`*.toml`) of a folder; raises `InputError` on the first that cannot be used."""
    paths = packs_in(folder)
    if not paths:
        raise InputError("rules_folder", f"{folder} holds no *.toml", hint="name a folder with rule packs")
    seen: dict[str, Path] = {}
    packs = [(path, load_pack(path)) for path in paths]
    for path, pack in packs:
        for rule in (*pack.rule, *pack.device):
            if rule.id in seen:
                raise InputError(
                    "rule_twice",
                    f"{path}: rule {rule.id}: stands in {seen[rule.id]} too",
                    hint="give one of them another id",
                )
            seen[rule.id] = path
    return RuleBook(
        tuple(rule for _, pack in packs for rule in pack.rule), tuple(rule for _, pack in packs for rule in pack.device)
    )


def load_pack(path: Path) -> Pack:
    """The rules of one file; raises `InputError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("rules_file", f"{path}: cannot be read: {error}", hint="check the path") from error
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("rules_toml", f"{path}: is not TOML: {error}", hint="correct that line") from error
    if "rule" in table:
        table["rule"], places = _each(table["rule"])
    else:
        places = []
    try:
        return Pack.model_validate(table)
    except ValidationError as error:
        raise _explained(path, text, table, places, error) from error


def _each(entries: object) -> tuple[Any, list[int]]:
    """The rules of a file, one for each factor where `each` lists some; and which entry each rule comes from.

    Such a rule's id ends with the factor's symbol in small letters.
    """
    if not isinstance(entries, list):
        return entries, []
    found: list[Any] = []
    places: list[int] = []
    for place, entry in enumerate(entries):
        rules = _of_each_factor(entry) if isinstance(entry, dict) and "each" in entry else [entry]
        found += rules
        places += [place] * len(rules)
    return found, places


def _of_each_factor(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """One rule a factor; an entry that makes no sense is left as it is, for the model to refuse its `each`."""
    factors, rest = entry["each"], {key: value for key, value in entry.items() if key != "each"}
    watch = rest.get("watch")
    sound = isinstance(factors, list) and factors and len(set(map(str, factors))) == len(factors) and "id" in rest
    if not sound or not isinstance(watch, dict) or "factor" in watch:
        return [entry]
    return [
        {**rest, "id": f"{rest.get('id')}-{_suffix(str(code))}", "watch": {**watch, "factor": code}} for code in factors
    ]


def _suffix(code: str) -> str:
    factor = load_catalogue().by_code.get(code)
    return re.sub("[^a-z0-9]", "", (factor.symbol if factor else code).lower())


def _explained(path: Path, text: str, table: dict[str, Any], places: list[int], error: ValidationError) -> InputError:
    """`places`: of each of the table's rules the entry of the file that it comes from."""
    # a senseless `each` leaves the watch without a factor: the cause first
    first = next((one for one in error.errors() if one["loc"][-1:] == ("each",)), error.errors()[0])
    location = first["loc"]
    place, name, field = f"{path}", "", ".".join(str(part) for part in location)
    if len(location) > 1 and location[0] in {"rule", "device"} and isinstance(location[1], int):
        section, index = str(location[0]), location[1]
        entry, number = table[section][index], places[index] if section == "rule" else index
        name = f" rule {entry.get('id', f'number {number + 1}')}:" if isinstance(entry, dict) else ""
        place = f"{path}:{_line_of_rule(text, section, number)}"
        field = ".".join(str(part) for part in location[2:])
    message = first["msg"].removeprefix("Value error, ")
    return InputError(
        "rule_invalid",
        f"{place}:{name} {field or 'rule'}: {message}",
        value=None if first["type"] in {"missing", "value_error"} else first["input"],
        hint=_remedy(first["type"], field),
    )


def _line_of_rule(text: str, section: str, index: int) -> int:
    headers = [
        number for number, line in enumerate(text.splitlines(), 1) if line.partition("#")[0].strip() == f"[[{section}]]"
    ]
    return headers[index] if index < len(headers) else 1


def _remedy(kind: str, field: str) -> str:
    if kind == "missing":
        return f"add {field}"
    if kind == "extra_forbidden" and field == "each":
        return "let each name some factors, each once, beside an id and a watch without factor"
    if kind == "extra_forbidden":
        return f"remove {field}, or correct its spelling"
    return "correct it, then run `lantian rules check`"


def by_statistic(rules: Iterable[Rule]) -> dict[tuple[str, str], list[Rule]]:
    """Rules by the kind and window of the statements they judge."""
    found: dict[tuple[str, str], list[Rule]] = {}
    for rule in rules:
        for kind in rule.watch.kinds:
            found.setdefault((kind, rule.watch.window), []).append(rule)
    return found
