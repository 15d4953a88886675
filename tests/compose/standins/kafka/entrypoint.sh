#!/usr/bin/env bash
# The real one comes from the JRE's image; without USE_SYSTEM_CA_CERTS it does nothing.
exec "$@"
