#!/usr/bin/env bash
# Makes a fresh directory in which private stores can work, and prints it.
#
# usage: scripts/place_for_servers.sh NAME
#
# PostgreSQL does not run as root, so the user nobody must be able to enter every directory above its files; and a unix
# socket's path may have only 107 bytes. TMPDIR is taken where it will do.
set -euo pipefail

PARENT_MAX=60

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

is_open_to_servers() {
    if [ ${#1} -gt $PARENT_MAX ] || ! [ -d "$1" ] || ! [ -w "$1" ]; then
        return 1
    fi
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups -- test -x "$1/."
    fi
}

case ${1-} in
    --help | -h)
        usage
        exit 0
        ;;
    '' | -* | */*)
        usage >&2
        exit 2
        ;;
esac

for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    if is_open_to_servers "$parent"; then
        place=$(mktemp -d "$parent/$1.XXXXXX")
        chmod 711 "$place"
        echo "$place"
        exit 0
    fi
done
echo "$0: no temporary directory that the servers could use (tried ${TMPDIR:-/tmp}, /tmp, /var/tmp)" >&2
exit 1
