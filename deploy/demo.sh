#!/bin/sh
# `make demo`: the same story on servers of this machine, or in containers where those cannot be set up.
#
# ON=machine or ON=containers chooses; ONCE=1 ends when the story is told.
set -eu
cd "$(dirname "$0")/.."

set_up() { [ -x .venv/bin/lantian ]; }
debian_with_root() { command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; }
containers() { docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; }

on=${ON:-}
if [ -z "$on" ]; then
    if set_up || debian_with_root; then on=machine; elif containers; then on=containers; else on=nothing; fi
fi
case $on in
machine) deploy/setup/bootstrap.sh && exec .venv/bin/lantian demo ${ONCE:+--once} ;;
containers) exec deploy/container/demo.sh ;;
nothing)
    echo "demo: this machine is no Debian with root, and no Docker engine with Compose v2 answers;" \
        "what to do: run it as root on Debian 12 or newer, or install and start Docker" >&2
    exit 1
    ;;
*)
    echo "demo: ON: no such ground (got $on); what to do: ON=machine, ON=containers, or leave it out" >&2
    exit 2
    ;;
esac
