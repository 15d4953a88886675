#!/bin/sh
# The broker in a container: it starts once `lantian prepare` has written who may connect, and reads that again whenever
# `lantian stations credentials` has written it anew. A process of another container could not send it the signal.
set -eu
accounts() { cat /srv/state/passwd /srv/state/acl 2>/dev/null | cksum; }

until [ -s /srv/state/passwd ] && [ -s /srv/state/acl ]; do sleep 1; done
mkdir -p /srv/state/data
# a file descriptor a device; what a container begins with may be far fewer than it may have
ulimit -n "$(ulimit -H -n)"
mosquitto -c /etc/lantian/mosquitto.conf &
broker=$!
trap 'kill -TERM "$broker"' TERM INT
trap 'kill -HUP "$broker"' HUP # a new certificate
known=$(accounts)
while kill -0 "$broker" 2>/dev/null; do
    sleep 1 &
    wait $! || true
    now=$(accounts)
    if [ "$now" != "$known" ]; then
        kill -HUP "$broker"
        known=$now
    fi
done
wait "$broker"
