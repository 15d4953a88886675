"""The image's HEALTHCHECK: whether every process of the container that told its port answers `/healthz`.

It runs every few seconds in each container, so it imports little. Exit status 0 if all do, and there is one.
"""

import sys
from http.client import HTTPConnection
from pathlib import Path

RUN = Path("/var/lib/lantian/run")
_ANSWER_S = 4.0


def alive(port: int) -> bool:
    """Whether the process of that port says that it is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main() -> int:
    """0 or 1, as Docker wants it."""
    ports = [int(path.read_text(encoding="ascii")) for path in RUN.glob("*.port")]
    return 0 if ports and all(map(alive, ports)) else 1


if __name__ == "__main__":
    sys.exit(main())
