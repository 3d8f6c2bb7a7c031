#!/bin/sh
# What the machine itself has to bring, and pip cannot. `sh tools/system.sh PART...` installs the parts that are missing where it may:
# as root, or with a sudo that asks for no password. Otherwise one line says what is left out and how to get it. `ask` as the first
# word lets sudo ask. Parts: venv (Python's environments), bubblewrap, chromium, npm, postgresql.
ask=; packages=; uses=
if [ "$1" = ask ]; then ask=yes; shift; fi

missing() {  # the package and what it is for
    packages="$packages $1"
    uses="${uses:+$uses; }$2"
}

for part; do
    case $part in
        venv) "${PYTHON:-python3}" -c 'import ensurepip' 2>/dev/null || missing python3-venv "an environment for Python (python3-venv)" ;;
        bubblewrap) command -v bwrap >/dev/null || missing bubblewrap "the system's sandbox (bubblewrap; pip brings one that serves as well on most machines)" ;;
        chromium) command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing chromium "the tests in a browser (chromium)" ;;
        npm) command -v npm >/dev/null || missing "nodejs npm" "the tests with a JupyterHub (npm)" ;;
        postgresql) command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing postgresql "the tests with a database server (postgresql)" ;;
        *) echo "system.sh: there is no part $part" >&2; exit 2 ;;
    esac
done
[ -n "$packages" ] || exit 0

if command -v apt-get >/dev/null; then
    may=
    if [ "$(id -u)" = 0 ]; then may=yes; as=
    elif [ -n "$ask" ] || sudo -n true 2>/dev/null; then may=yes; as=sudo
    fi
    if [ -n "$may" ]; then
        echo "Installing$packages"
        # shellcheck disable=SC2086
        if $as apt-get update -q && $as apt-get install -qy --no-install-recommends $packages; then exit 0; fi
    fi
fi
echo "Left out: $uses. To get it: make system, or your system's packages$packages."
case "$packages" in *python3-venv*) exit 1 ;; esac
[ -z "$ask" ]
