#!/bin/sh
# As root, give the folders to the broker's account; whoever else starts it sees to that himself.
set -e
if [ "$(id -u)" = 0 ] && [ -d /mosquitto ]; then
    chown -R mosquitto:mosquitto /mosquitto || true
fi
exec "$@"
