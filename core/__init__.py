"""What every process needs, and nothing of the domain: errors, settings, clock, logging, metrics, adapters.

In come settings and addresses; out go clients for MQTT, Kafka and PostgreSQL that keep the house's guarantees.
What fails, fails as a `LantianError` that says what to do.
"""
