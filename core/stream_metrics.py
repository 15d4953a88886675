"""What a stream counts for Prometheus, by consumer."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

TRANSACTIONS = Histogram("lantian_stream_transaction_seconds", "Time of a transaction, its commit in", ["consumer"])
COMMITS = Histogram("lantian_stream_commit_seconds", "Time of a commit alone: the disk's and the log's", ["consumer"])
BATCHES = Histogram(
    "lantian_stream_batch_records",
    "Kafka records in a transaction",
    ["consumer"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000),
)
RECORDS = Counter("lantian_stream_records_total", "Kafka records taken", ["consumer"])
FENCED = Counter("lantian_stream_fenced_total", "Transactions refused because another process owns", ["consumer"])
RELAYED = Counter("lantian_outbox_relayed_total", "Messages relayed to Kafka", ["consumer"])
TURNED = Gauge("lantian_stream_turned_timestamp_seconds", "When it last began to go round, Unix seconds.", ["consumer"])
HELD = Gauge("lantian_stream_partitions", "Partitions held", ["consumer"])
LAG = Gauge("lantian_stream_lag_records", "Records that Kafka holds after the offset", ["consumer", "partition"])
