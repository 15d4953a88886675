"""From Kafka to statistics: the judge of reports, the windows, the worker, the store, the ledger.

In come batches of entries from `lantian.reports.v1`; out go rows in TimescaleDB and statements on
`lantian.statistics.v1`. What cannot be taken is kept with its reason and its bytes.
"""
