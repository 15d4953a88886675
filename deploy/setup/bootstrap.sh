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
    echo "setup: Python 3.11 or newer is missing and installing it needs root;" \
        "run \`sudo make setup\`, or install Debian's python3 and python3-venv" >&2
    exit 1
fi
echo "setup 0 Python …"
begun=$(date +%s)
export DEBIAN_FRONTEND=noninteractive
if ! said=$(apt-get update 2>&1 && apt-get install -y --no-install-recommends python3 python3-venv 2>&1); then
    echo "$said" | tail -n 12 >&2
    echo "setup 0 Python: FAILED; what to do: install Debian's python3 and python3-venv (12 or newer) by hand" >&2
    exit 1
fi
echo "setup 0 Python: done in $(($(date +%s) - begun)) s"
exec /usr/bin/python3 -m deploy.setup
