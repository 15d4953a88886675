"""The local stack: Mosquitto, Kafka and TimescaleDB on loopback, without containers.

In go the settings and what the set-up made; out come three servers whose addresses stand in `<state_dir>/stack.toml`.
A server whose address is configured is used as it is and never started. What does not answer raises
`UnavailableError`, which names the server's log.
"""
