#!/usr/bin/env bash
# `random-uuid`, `format`, `info`.
exec /opt/kafka/bin/kafka-run-class.sh kafka.tools.StorageTool "$@"
