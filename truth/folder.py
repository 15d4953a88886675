"""A truth folder: its files by name, and what they say once read. The format is documented in docs/scenarios.md."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Literal, NamedTuple, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.errors import InputError
from ingest.kinds import Kind
from ingest.station import ControlLevel

RUN, SCENARIO, STATIONS = "run.json", "scenario.toml", "stations.json"
SENT, EPISODES = "sent.jsonl.gz", "episodes.json"
STATISTICS, SAMPLES = "expected-statistics.jsonl.gz", "expected-samples.jsonl.gz"
ALERTS, READINGS = "expected-alerts.json", "expected-readings.json"

T = TypeVar("T")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Run(_Part):
    """What was run: the scenario's span of data time in UTC seconds, half-open, and what came of sending it."""

    format: Literal[1]
    scenario: str
    start: Annotated[int, Field(alias="from")]
    end: Annotated[int, Field(alias="to")]
    reports: Annotated[int, Field(ge=0)]
    complete: bool


class KnownStation(_Part):
    """A station as it was registered for the scenario; `reporting_period` in seconds."""

    station: Annotated[str, Field(min_length=1)]
    kind: Kind
    city: str
    control_level: ControlLevel | None = None
    control_point: bool = False
    reporting_period: Annotated[int, Field(gt=0)]
    valid_ranges: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)


class Happened(_Part):
    """An episode that was put into the scenario, and the rule that it is to break (empty: none)."""

    episode: str
    expects: str = ""


class Message(NamedTuple):
    """What was handed to the broker: data time (UTC seconds), the topic's station, the payload."""

    at: float
    station: str
    payload: str


class Folder(NamedTuple):
    """What stands in a folder beside the messages."""

    path: Path
    run: Run
    stations: dict[str, KnownStation]
    episodes: list[Happened]


def open_folder(path: Path) -> Folder:
    """The folder's small files; raises `InputError` naming file and field."""
    stations = _read(path / STATIONS, TypeAdapter(list[KnownStation]))
    episodes = _read(path / EPISODES, TypeAdapter(list[Happened]))
    run = _read(path / RUN, TypeAdapter(Run))
    return Folder(path, run, {known.station: known for known in stations}, episodes)


def _read(path: Path, adapter: TypeAdapter[T]) -> T:
    try:
        return adapter.validate_json(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            "truth_file", f"{path}: {first['msg']}", field=where or None, value=first["input"], hint="simulate again"
        ) from error


def read_json(path: Path, kind: type[T]) -> T:
    """A file of this room's own making; raises `InputError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except msgspec.DecodeError as error:
        raise _unreadable(path, str(error)) from error


def write_json(path: Path, content: object) -> None:
    """A small file, to be read by people too."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def messages(folder: Folder) -> Iterator[Message]:
    """What was sent, in its order."""
    return read_lines(folder.path / SENT, Message)


def read_lines(path: Path, kind: type[T]) -> Iterator[T]:
    """The lines of a compressed file of JSON lines; raises `InputError` naming file and row."""
    decoder = msgspec.json.Decoder(kind)
    row = 0
    try:
        with gzip.open(path, "rb") as file:
            for row, line in enumerate(file, 1):  # noqa: B007  (told in the error)
                yield decoder.decode(line)
    except FileNotFoundError as error:
        raise _unreadable(path, "there is no such file") from error
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise _unreadable(path, f"row {max(row, 1)}: {error}") from error


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(
        "truth_file",
        f"{path}: {why}",
        hint="a truth folder is made by `lantian simulate --scenario FILE --truth DIR`",
    )


@contextmanager
def write_lines(path: Path) -> Iterator[IO[bytes]]:
    """A compressed file of JSON lines; the same content gives the same bytes."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed,
        io.BufferedWriter(packed, 1 << 20) as file,
    ):
        yield file
