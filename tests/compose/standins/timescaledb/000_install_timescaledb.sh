#!/usr/bin/env bash
# The extension in each database that is there, and in the template of those to come.
set -e
for database in postgres template1 "$POSTGRES_DB"; do
    psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$database" -c "create extension if not exists timescaledb cascade"
done
