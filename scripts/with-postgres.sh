#!/bin/sh
# Runs a command beside a PostgreSQL of its own, which is gone afterwards; DATABASE_URL leads to it:
#   ./scripts/with-postgres.sh ./scripts/run-tests.sh
set -u

die() {
    printf '%s\n' "$1" >&2
    exit 1
}

[ $# -gt 0 ] || die "Usage: scripts/with-postgres.sh COMMAND [ARGUMENT ...]"

programs=
for folder in $(printf '%s' "$PATH" | tr ':' ' ') /usr/lib/postgresql/*/bin; do
    [ -x "$folder/initdb" ] && [ -x "$folder/createdb" ] && programs=$folder && break
done
[ -n "$programs" ] || die "PostgreSQL is not installed: apt install postgresql (macOS: brew install postgresql)."

scratch=$(mktemp -d "${TMPDIR:-/tmp}/postgres-XXXXXX") || die "No scratch folder could be made: check the free disk space."
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root; Debian's package brings this account
    chown postgres "$scratch" || die "As root, the account 'postgres' is needed: install PostgreSQL from the system's packages."
    as_server() { (cd / && exec runuser -u postgres -- "$@"); }
else
    as_server() { "$@"; }
fi

finish() {
    as_server "$programs/pg_ctl" -D "$scratch/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

as_server "$programs/initdb" -D "$scratch/data" -U calls -A trust -E UTF8 --locale=C --no-sync >"$scratch/log" 2>&1 &&
    # A unix socket: no port to collide on, and nobody else's connections. Scratch data need not survive a crash.
    as_server "$programs/pg_ctl" -D "$scratch/data" -l "$scratch/data/log" -w -o "-h '' -k '$scratch' -c fsync=off -c full_page_writes=off -c max_connections=300" start >>"$scratch/log" 2>&1 &&
    as_server "$programs/createdb" -h "$scratch" -U calls calls >>"$scratch/log" 2>&1 || {
    cat "$scratch/log" "$scratch/data/log" >&2
    die "PostgreSQL did not start: see above."
}

DATABASE_URL="postgresql:///calls?host=$scratch&user=calls" "$@"
