"""What the bridge counts for Prometheus; labels are bounded, and bound once."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from ingest.envelope import EntryKind, Source

_entries = Counter("lantian_bridge_entries", "Payloads taken from the broker", ["kind", "source"])
ENTRIES = {
    (kind, source): _entries.labels(kind.name.lower(), source.name.lower())
    for kind in EntryKind
    for source in (Source.DEVICE, Source.REPLAY)
}
UNNUMBERED = Counter("lantian_bridge_unnumbered", "Reports whose number cannot be read")
DURABLE = Counter("lantian_bridge_durable", "Entries that Kafka has acknowledged")
RECORDS = Counter("lantian_bridge_records", "Kafka records acknowledged")
BATCHES = Histogram(
    "lantian_bridge_batch_entries",
    "Entries in a Kafka record",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000),
)
REPEATED = Counter("lantian_bridge_repeated_records", "Kafka records sent again after a send failed for good")
DELAY = Histogram(
    "lantian_bridge_durable_seconds",
    "From the first entry of a record to Kafka's acknowledgement",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
IN_FLIGHT = Gauge("lantian_bridge_in_flight_entries", "Taken from the broker and not yet durable")
IN_FLIGHT_BYTES = Gauge("lantian_bridge_in_flight_bytes", "Bytes of the payloads in flight")
LIMIT = Gauge("lantian_bridge_in_flight_limit_entries", "Entries in flight from which on nothing is read")
LIMIT_BYTES = Gauge("lantian_bridge_in_flight_limit_bytes", "Bytes in flight from which on nothing is read")
UNCONFIRMED = Gauge("lantian_bridge_mqtt_unconfirmed_messages", "Published, and not confirmed by the broker yet")
CONNECTED = Gauge("lantian_bridge_mqtt_connected", "1 while the broker is connected")
_acks = Counter("lantian_bridge_acks", "Acknowledgements published end to end", ["route"])
STATION_ACKS = _acks.labels("station")
PLATFORM_ACKS = _acks.labels("platform")
