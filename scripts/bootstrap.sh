# Shared by the scripts beside it: makes .venv and installs a lock file into it. POSIX sh; source it.
# Every way this can fail ends with one line that says what to do.

caller=$PWD
cd "$(dirname "$0")/.." || exit 1
root=$PWD
venv=$root/.venv

die() {
    printf '%s\n' "$1" >&2
    exit 1
}

find_python() {
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
        path=$(command -v "$candidate" 2>/dev/null) || continue
        "$path" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null || continue
        printf '%s\n' "$path"
        return 0
    done
    return 1
}

make_venv() {
    python=$(find_python) || die "Python 3.11 to 3.14 is needed and was not found: install python3.12 (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.12)."
    if command -v uv >/dev/null 2>&1; then
        uv venv --quiet --no-python-downloads --python "$python" "$venv" || die "uv could not make $venv with $python: see above."
        return
    fi
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    "$python" -c 'import venv, ensurepip' 2>/dev/null || die "Python's venv is missing: apt install python$version-venv (as root or with sudo), then run this again."
    "$python" -m venv "$venv" || die "Could not make $venv: see above; a full or read-only disk is the usual reason."
}

install() { # install LOCKFILE, unless this very file is installed already
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        rm -rf "$venv" 2>/dev/null
        make_venv
    }
    stamp="$venv/installed-$1"
    cmp -s "$1" "$stamp" && return 0
    printf 'Installing %s into %s ...\n' "$1" "$venv" >&2
    if command -v uv >/dev/null 2>&1; then
        uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$1"
    else
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
    fi || die "The packages of $1 could not be installed: see above; check the network and the free disk space, then run this again."
    cp "$1" "$stamp" || die "Could not write $stamp: check the free disk space and its permissions."
}
