"""On which machine something was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*libraries: str) -> dict[str, object]:
    """Cores, processor, memory, system, Python, the libraries' versions; how busy it is."""
    processors = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2].strip() for line in processors if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    release = platform.freedesktop_os_release()
    return {
        "cores": os.cpu_count(),
        "processor": next(models, platform.machine()),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{release['PRETTY_NAME']}, {platform.release()}, {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in libraries},
    }
