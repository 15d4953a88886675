"""Makes a machine ready: Debian packages, the system root, Kafka's jars, `.venv`.

In goes a checkout on Debian; out come `.venv` and, shared by all checkouts, `~/.cache/lantian`. It runs before `.venv`
exists, so it imports the standard library alone. A step that fails raises `StepFailedError`, which says what to do.
"""
