#!/usr/bin/env bash
# Builds a preset of CMakePresets.json.
#
# usage: scripts/build.sh [--where] PRESET [TARGET…]
#
# The build stands in build/PRESET of the checkout. Where that may not be written (the checkout is another user's), or the
# path has signs that mean something to CMake or its generators, it stands in a directory of this user under the system's
# temporary directory. --where builds nothing and prints it.
set -euo pipefail

export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

may_write() {
    local path=$1
    while ! [ -e "$path" ]; do
        path=$(dirname "$path")
    done
    [ -d "$path" ] && [ -w "$path" ]
}

# Elsewhere only below a directory that is ours: under /tmp another user could have put one there before.
own_place() {
    local place
    place=${TMPDIR:-/tmp}/reprise-build-$(id -u)
    (umask 077 && mkdir -p "$place")
    if ! [ -O "$place" ] || [ -L "$place" ]; then
        echo "build: $place belongs to another user" >&2
        return 1
    fi
    echo "$place/$(printf '%s' "$root" | sha256sum | cut -c 1-12)"
}

# To CMake a # begins a comment and a ; ends an item of a list, to Ninja a $ begins a variable, and so on.
is_plain() {
    case $1 in
        *[!\ [:alnum:]._+@,=~/-]*) return 1 ;;
    esac
}

where() {
    local place=$root/build
    { is_plain "$place" && may_write "$place/$1"; } || place=$(own_place)
    echo "$place/$1"
}

# What CMake takes for the checkout: where its path would not do, a link to it.
source_for() {
    local link=${1%/*}/source
    if is_plain "$root"; then
        echo "$root"
        return
    fi
    mkdir -p "${link%/*}"
    ln -sfn "$root" "$link"
    echo "$link"
}

# A cache that was made for another place (a checkout that was moved or copied) is begun again.
configure() {
    local fresh=() source
    source=$(source_for "$2")
    if [ -f "$2/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$source" "$2/CMakeCache.txt"; then
        fresh=(--fresh)
    fi
    (cd / && cmake ${fresh[@]+"${fresh[@]}"} -S "$source" --preset "$1" -B "$2")
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

if ! is_plain "$directory"; then
    echo "build: $directory holds signs that mean something to CMake; set TMPDIR to a directory with a plain path" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
configure "$preset" "$directory" >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
cmake --build "$directory" --parallel "$(nproc)" ${1+--target "$@"}
