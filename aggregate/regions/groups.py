"""Named groups of cities, counties and stations, as a file of the operator's says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aggregate.regions.level import Level
from aggregate.regions.places import Places, Region
from core.errors import InputError

_HINT = 'write [[group]] with name = "…" and members = ["city:太原市", "county:太原市/阳曲县"]'
_MEMBERS = (Level.CITY, Level.COUNTY, Level.STATION)


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    members: Annotated[list[str], Field(min_length=1)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    group: Annotated[list[_Group], Field(min_length=1)]


def read_groups(path: Path, places: Places) -> list[Region]:
    """The groups of a TOML file, in its order; raises `InputError` naming file and entry.

    A member is `city:NAME`, `county:CITY/COUNTY` or `station:ID`, and has an official station in the period.
    """
    groups: list[Region] = []
    for number, group in enumerate(_read(path).group, start=1):
        where = f"{path} group {number}, {group.name}"
        if any(group.name == other.name for other in groups):
            raise InputError("groups", "is named twice", field=where, hint="give each group a name of its own")
        for member in group.members:
            _check(member, group.members, places, where)
        groups.append(Region(f"{Level.GROUP}:{group.name}", group.name, tuple(group.members)))
    return groups


def _check(member: str, members: list[str], places: Places, where: str) -> None:
    if member.partition(":")[0] not in _MEMBERS:
        raise InputError("groups", "is no city, county or station", field=where, value=member, hint=_HINT)
    if members.count(member) > 1:
        raise InputError("groups", "is named twice", field=where, value=member, hint="name each member once")
    if places.membership(member) is None:
        raise InputError("groups", "has no official station in the period", field=where, value=member,
                         hint="see `lantian stations list`")  # fmt: skip


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError("file", f"cannot be read: {error.strerror}", field=str(path), hint="check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError("groups", f"is no TOML: {error}", field=str(path), hint=_HINT) from error
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"]) or "group"
        raise InputError("groups", f"{entry}: {first['msg']}", field=str(path), hint=_HINT) from error
