#!/usr/bin/env bash
# A class of Kafka's jars under the variables that the real script knows.
LOG_DIR="${LOG_DIR:-/opt/kafka/logs}"
if [ -n "${KAFKA_LOG4J_OPTS:-}" ]; then
    mkdir -p "$LOG_DIR"
fi
performance="-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true"

# each of these holds several words
# shellcheck disable=SC2086
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} ${KAFKA_JVM_PERFORMANCE_OPTS:-$performance} ${KAFKA_GC_LOG_OPTS:-} ${KAFKA_JMX_OPTS:-} \
    "-Dkafka.logs.dir=$LOG_DIR" ${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=/opt/kafka/config/tools-log4j2.yaml} \
    -cp "/opt/kafka/libs/*" ${KAFKA_OPTS:-} "$@"
