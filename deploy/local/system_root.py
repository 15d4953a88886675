"""Programs of the system root: run in it, as their own user, with one folder of the state bound into it.

The mounts live in a mount namespace of the program's own: they end with it, and no two stacks see each other's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import UnavailableError

STATE = "/srv/state"
"""Where a program finds its folder of the state."""

_ENTER = """
set -e
# a broker has a file descriptor a device; what a login session may have is far fewer
ulimit -Sn "$(ulimit -Hn)"
root=$1; state=$2; user=$3; readable=$4; shift 4
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount --bind "$state" "$root/srv/state"
while [ "$readable" -gt 0 ]; do
    mount --bind "$2" "$root/srv/state/$1"
    mount -o remount,bind,ro "$root/srv/state/$1"
    shift 2; readable=$((readable - 1))
done
export LC_ALL=C.UTF-8 TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec chroot --userspec="$user:$user" "$root" "$@"
"""


class SystemRoot:
    """The Debian system root that the set-up made."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def command(
        self, user: str, state: Path, program: Sequence[str], *, readable: Mapping[str, Path] | None = None
    ) -> list[str]:
        """The command that runs `program` as `user`, seeing `state` at `STATE`; it keeps its pid.

        `readable`: further folders that it may read, by the names of the empty folders of `state` where it sees them.
        """
        if not self._path.is_dir():
            raise UnavailableError("setup", f"there is no system root at {self._path}", hint="run `make setup`")
        if os.geteuid() != 0:
            raise UnavailableError(
                "root",
                "the local Mosquitto, PostgreSQL and Prometheus need root to start",
                hint="run it as root, or set LANTIAN_MQTT_HOST and LANTIAN_POSTGRES_HOST to servers that run",
            )
        enter = ["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", _ENTER, "lantian"]
        folders = [text for name, folder in (readable or {}).items() for text in (name, str(folder))]
        return [*enter, str(self._path), str(state), user, str(len(folders) // 2), *folders, *program]

    def own(self, path: Path, user: str) -> None:
        """Give `path`, and whatever a folder holds, to `user` of the root.

        A root made from another list of packages numbers its users otherwise: what the former one's user wrote would
        be unreadable. Links in a folder are given and not followed. Raises `UnavailableError` if the root has no such
        user.
        """
        for line in (self._path / "etc" / "passwd").read_text(encoding="utf-8").splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == user:
                _give(path, int(uid), int(gid))
                return
        raise UnavailableError(
            "setup", f"the system root {self._path} has no user {user}", hint="remove it and run `make setup`"
        )


def _give(path: Path, uid: int, gid: int) -> None:
    """What is theirs already is left alone; a giving that was cut short is thus ended by the next."""
    owner = (uid, gid)
    if path.is_dir():
        for _, folders, files, here in os.fwalk(path):
            for name in (*folders, *files):
                there = os.stat(name, dir_fd=here, follow_symlinks=False)
                if (there.st_uid, there.st_gid) != owner:
                    os.chown(name, uid, gid, dir_fd=here, follow_symlinks=False)
    os.chown(path, uid, gid)
