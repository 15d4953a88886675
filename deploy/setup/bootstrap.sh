#!/bin/sh
# The one thing the set-up cannot do itself: find or install the Python that it is written in.
set -eu
cd "$(dirname "$0")/../.."
for python in /usr/bin/python3 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" -m deploy.setup
    fi
done
if [ "$(id -u)" -ne 0 ]; then
    echo "setup: Python 3.11 or newer is missing; run this as root once, or install python3 and python3-venv" >&2
    exit 1
fi
echo "setup: installing python3 …"
if ! apt-get update >/dev/null || ! DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    python3 python3-venv >/dev/null; then
    echo "setup: step 'python3' failed; install Debian's python3 and python3-venv (12 or newer) by hand" >&2
    exit 1
fi
exec /usr/bin/python3 -m deploy.setup
