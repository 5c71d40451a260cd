#!/usr/bin/env bash
# Measures speed and memory on private durable stores, prints a table and writes bench/out/<time>.json.
#
# usage: bench/run.sh [--quick] [--list] [--only NAME…] [--programs DIR]
#
#   --list           the names of the measures
#   --only NAME…     these alone
#   --quick          small sizes, to try the harness: its figures say nothing
#   --programs DIR   measures this build directory instead of the release build, which is otherwise brought up to date
#
# What each row means: bench/README.md. Exit code 0: all was measured and met its target; 1: something missed it, or
# could not run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

builds=yes
for argument in "$@"; do
    case $argument in
        --list | --programs | --programs=*) builds=no ;;
        --help | -h)
            sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
            exit 0
            ;;
    esac
done
if [ "$builds" = yes ]; then
    "$root/scripts/build.sh" release worker producer dashboard receiver bench_hand bench_poster bench_similarity bench_read_runs >&2
    set -- "$@" --programs "$("$root/scripts/build.sh" --where release)"
fi
exec python3 -B "$root/bench/main.py" "$@"
