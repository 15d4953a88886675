"""Mosquitto's `passwd` and `acl`, written from the accounts."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.credentials import ALL_STATIONS, Account, AccountKind
from ingest.topics import ALERTS, PLATFORM, ROOT, Leaf

PASSWORDS = "passwd"
ACL = "acl"
PID = "mosquitto.pid"

# A device by its own name: its station's topics, wherever in the tree of regions and kinds they stand.
_DEVICES = f"""\
pattern write {ROOT}/+/+/%u/{Leaf.REPORT}
pattern write {ROOT}/+/+/%u/{Leaf.STATUS}
pattern read {ROOT}/+/+/%u/{Leaf.ACK}
"""


def write_broker_files(directory: Path, accounts: Iterable[Account]) -> bool:
    """Write both files, each at once, and have a Mosquitto that runs on them read them again; tells whether one does.

    The files belong to whom `directory` belongs to: the broker's user.
    """
    accounts = sorted(accounts, key=lambda account: account.username)
    _replace(directory / PASSWORDS, render_passwords(accounts))
    _replace(directory / ACL, render_acl(accounts))
    return _reload(directory / PID)


def render_passwords(accounts: Iterable[Account]) -> str:
    """The password file."""
    return "".join(f"{account.username}:{account.password_hash}\n" for account in accounts)


def render_acl(accounts: Iterable[Account]) -> str:
    """The access list: rules by name first, then the pattern of all devices."""
    blocks = [
        "\n".join([f"user {account.username}", *rules, ""]) for account in accounts if (rules := list(_rules(account)))
    ]
    return "\n".join([*blocks, _DEVICES])


def _rules(account: Account) -> Iterator[str]:
    match account.kind:
        case AccountKind.BRIDGE:
            yield f"topic read {ROOT}/#"
            yield f"topic write {ROOT}/+/+/+/{Leaf.ACK}"
            yield f"topic write {ROOT}/{PLATFORM}/+/{Leaf.ACK}"
        case AccountKind.NOTIFIER:
            yield f"topic write {ROOT}/{ALERTS}/+/+"
        case AccountKind.BOARD:
            for region in account.stations:
                yield f"topic read {ROOT}/{ALERTS}/{'+' if region == ALL_STATIONS else region}/+"
        case AccountKind.DEVICE:
            if account.replay:
                yield f"topic write {ROOT}/+/+/{account.username}/{Leaf.REPLAY}"
        case AccountKind.PLATFORM:
            # who replays any station hears also what is told to the platforms that usually speak for it
            hears = "+" if ALL_STATIONS in account.stations else account.username
            yield f"topic read {ROOT}/{PLATFORM}/{hears}/{Leaf.ACK}"
            for station in account.stations:
                yield from _platform_rules("+" if station == ALL_STATIONS else station, account.replay)


def _platform_rules(station: str, replay: bool) -> Iterator[str]:
    yield f"topic write {ROOT}/+/+/{station}/{Leaf.REPORT}"
    yield f"topic write {ROOT}/+/+/{station}/{Leaf.STATUS}"
    yield f"topic read {ROOT}/+/+/{station}/{Leaf.ACK}"
    if replay:
        yield f"topic write {ROOT}/+/+/{station}/{Leaf.REPLAY}"


def _replace(path: Path, content: str) -> None:
    owner = path.parent.stat()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if os.geteuid() == 0:
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    Path(name).replace(path)


def _reload(pid_file: Path) -> bool:
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        # a pid file may outlast its broker, and SIGHUP would end whoever has the number now
        if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() != "mosquitto":
            return False
        os.kill(pid, signal.SIGHUP)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
    return True
