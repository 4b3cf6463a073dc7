#!/bin/sh
# Installs what the tests need and runs them: all groups but `benchmark`, which takes minutes and wants the machine
# for itself, or the groups named.
set -u
case ${1-} in
-*)
    echo "usage: ./scripts/run-tests.sh [unit] [integration] [ws] [browser] [benchmark]    (default: all but benchmark)"
    case $1 in -h | --help) exit 0 ;; *) exit 2 ;; esac
    ;;
esac
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
