#!/bin/sh
# Runs the tests: all groups but the benchmark, or the groups named: ./scripts/run-tests.sh unit ws
set -u
. "$(dirname "$0")/bootstrap.sh"
install requirements-dev.lock
groups="not benchmark"
if [ $# -gt 0 ]; then
    groups=$1
    shift
    for group in "$@"; do groups="$groups or $group"; done
fi
# Calls take place in real time: three processes that mostly wait make them, beside one that does the rest.
exec "$venv/bin/python" -m pytest -n 4 -m "$groups"
