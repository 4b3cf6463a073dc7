#!/bin/sh
# Makes the environment where it is missing, then starts everything: ./scripts/up.sh [--demo] [--once] ...
set -u
. "$(dirname "$0")/bootstrap.sh"
install requirements.lock
cd "$caller" || exit 1 # file names among the arguments are the caller's
exec "$venv/bin/python" "$root/manage.py" up "$@"
