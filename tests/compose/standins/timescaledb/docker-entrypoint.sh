#!/usr/bin/env bash
# Make the cluster where there is none, on the socket alone; then PostgreSQL with the arguments given.
set -Eeo pipefail

from_file() { # the variable $1, or what the file in $1_FILE holds, or $2
    local file="${1}_FILE"
    if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then
        echo "error: both $1 and $file are set (but are exclusive)" >&2
        exit 1
    fi
    local value="${!1:-${2:-}}"
    if [ -n "${!file:-}" ]; then
        value="$(<"${!file}")"
    fi
    export "$1=$value"
    unset "$file"
}

make_cluster() { # the server's arguments
    if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
        echo "Error: Database is uninitialized and superuser password is not specified." >&2
        exit 1
    fi
    ls /docker-entrypoint-initdb.d/ >/dev/null
    eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' "$POSTGRES_INITDB_ARGS"
    local method="${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption "$@")}"
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

    export PGPASSWORD="${PGPASSWORD:-$POSTGRES_PASSWORD}"
    pg_ctl -D "$PGDATA" -o "$(printf '%q ' "$@" -c listen_addresses= -p "${PGPORT:-5432}")" -w start
    local ask=(psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" --no-password --no-psqlrc -d postgres --set "db=$POSTGRES_DB")
    if [ -z "$("${ask[@]}" --tuples-only <<<"select 1 from pg_database where datname = :'db'")" ]; then
        "${ask[@]}" <<<'create database :"db"'
    fi
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
        *.sh) "$file" ;;
        *.sql) psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" --no-password --no-psqlrc -d "$POSTGRES_DB" -f "$file" ;;
        *) echo "$0: ignoring $file" ;;
        esac
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

if [ "${1:0:1}" = - ]; then
    set -- postgres "$@"
fi
if [ "$1" = postgres ]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    from_file POSTGRES_INITDB_ARGS
    mkdir -p "$PGDATA"
    chmod 00700 "$PGDATA" || true
    mkdir -p /var/run/postgresql || true
    chmod 03775 /var/run/postgresql || true
    if [ "$(id -u)" = 0 ]; then
        chown -R postgres "$PGDATA" /var/run/postgresql
        exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
    fi
    if [ -s "$PGDATA/PG_VERSION" ]; then
        printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    else
        make_cluster "${@:2}"
    fi
fi
exec "$@"
