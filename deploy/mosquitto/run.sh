#!/bin/sh
# The broker in a container: it starts once `lantian prepare` has written who may connect, and reads that again whenever
# `lantian stations credentials` has written it anew, or a certificate was renewed. A process of another container could
# not send it the signal, and one that Docker sends counts as a wish that the broker should not be started again.
set -eu
files() { cat /srv/state/passwd /srv/state/acl /run/secrets/mqtt-certificate /run/secrets/mqtt-key 2>/dev/null | cksum; }
serves() { nc -z 127.0.0.1 1883; } # before that, its handler of the signal may not be there

until [ -s /srv/state/passwd ] && [ -s /srv/state/acl ]; do sleep 1; done
mkdir -p /srv/state/data
# a file descriptor a device; what a container begins with may be far fewer than it may have
ulimit -n "$(ulimit -H -n)"
known=$(files)
mosquitto -c /etc/lantian/mosquitto.conf &
broker=$!
trap 'kill -TERM "$broker"' TERM INT
while kill -0 "$broker" 2>/dev/null; do
    sleep 1 &
    wait $! || true
    now=$(files)
    if [ "$now" != "$known" ] && serves; then
        kill -HUP "$broker"
        known=$now
    fi
done
wait "$broker"
