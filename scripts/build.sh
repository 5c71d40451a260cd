#!/usr/bin/env bash
# Builds a preset of CMakePresets.json.
#
# usage: scripts/build.sh [--where] PRESET [TARGET…]
#
# The build stands in build/PRESET of the checkout or, where that may not be written (the checkout is another user's),
# in a directory of this user under the system's temporary directory. --where builds nothing and prints it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

may_write() {
    local path=$1
    while ! [ -e "$path" ]; do
        path=$(dirname "$path")
    done
    [ -d "$path" ] && [ -w "$path" ]
}

# Elsewhere only below a directory that is ours: under /tmp anybody could have put one there before.
own_place() {
    local place
    place=${TMPDIR:-/tmp}/reprise-build-$(id -u)
    (umask 077 && mkdir -p "$place")
    if ! [ -O "$place" ] || [ -L "$place" ]; then
        echo "build: $place belongs to somebody else" >&2
        return 1
    fi
    echo "$place/$(printf '%s' "$root" | sha256sum | cut -c 1-12)"
}

where() {
    local place=$root/build
    may_write "$place/$1" || place=$(own_place)
    echo "$place/$1"
}

# A cache that was made for another place (a checkout that was moved or copied) is begun anew.
configure() {
    local fresh=()
    if [ -f "$2/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$2/CMakeCache.txt"; then
        fresh=(--fresh)
    fi
    (cd "$root" && cmake ${fresh[@]+"${fresh[@]}"} --preset "$1" -B "$2")
}

only_where=no
if [ "${1:-}" = --where ]; then
    only_where=yes
    shift
fi
usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

case ${1:-} in
    --help | -h)
        usage
        exit 0
        ;;
    '' | -*)
        usage >&2
        exit 2
        ;;
esac
preset=$1
shift
directory=$(where "$preset")
if [ "$only_where" = yes ]; then
    echo "$directory"
    exit 0
fi

# CMake takes them apart: a comment in a command line, the separator of lists.
case $root$directory in
    *[\#\;]*)
        echo "build: CMake cannot build in a path that holds '#' or ';': $root" >&2
        exit 1
        ;;
esac

log=$(mktemp)
trap 'rm -f "$log"' EXIT
configure "$preset" "$directory" >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
cmake --build "$directory" --parallel "$(nproc)" ${1+--target "$@"}
