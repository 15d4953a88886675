#!/usr/bin/env bash
# The server, by a file of properties; like the real one it writes a log of its collections into the log folder.
export KAFKA_LOG4J_OPTS="${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml}"
export KAFKA_HEAP_OPTS="${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}"
if [[ "${EXTRA_ARGS--loggc}" == *-loggc* ]]; then
    export KAFKA_GC_LOG_OPTS="${KAFKA_GC_LOG_OPTS:--Xlog:gc*:file=${LOG_DIR:-/opt/kafka/logs}/kafkaServer-gc.log:time,tags:filecount=10,filesize=100M}"
fi
exec /opt/kafka/bin/kafka-run-class.sh kafka.Kafka "$@"
