"""`python -m bench [NAME …]`: the benchmarks by name; each prints figures with their units."""

from __future__ import annotations

import importlib
import platform
import sys

from bench.catalogue import BENCHMARKS


def main() -> int:
    """Exit status 2 for a name that there is not."""
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := sorted(set(names) - BENCHMARKS.keys()):
        sys.stderr.write(f"bench: there is no {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}\n")
        return 2
    print(f"machine: {platform.machine()}, Python {platform.python_version()}, {platform.release()}")
    for name in names:
        print(f"--- {name}")
        importlib.import_module(BENCHMARKS[name].module).main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
