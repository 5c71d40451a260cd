#!/usr/bin/env bash
# Installs what is missing, builds, runs every suite against private stores and ends with CTest's summary.
#
# usage: scripts/test.sh [--yes] [--chaos] [--fuzz SECONDS] [--tsan | --coverage] [--tidy] [--no-web] [CTest's options…]
#
#   --chaos          the long forms of the chaos tests (the quick ones always run)
#   --fuzz SECONDS   each fuzzer also under libFuzzer, for so long
#   --tsan           the suites under ThreadSanitizer instead of AddressSanitizer
#   --coverage       the suites counted by gcov; the report is build/coverage/report/index.html
#   --tidy           clang-tidy first
#   --no-web         leaves the browser out
#   --yes            does not ask before it installs packages
#
# All else goes to CTest: scripts/test.sh -R contract/
# The suites and the programs that they start are clang's sanitizer build. What a sanitizer says of any of them fails the
# run, also where the test that started the program did not notice. Only the demo and the long chaos tests start programs at
# full speed, those of gcc's release build.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
scripts=$root/scripts

say() {
    printf '\n== %s\n' "$*"
}

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

# Settings of the caller must not reach the programs under test.
forget_settings() {
    local name
    for name in ${!REPRISE_@} ${!GIT_@} ${!PG@}; do
        unset "$name"
    done
    export LC_ALL=C.UTF-8
    umask 022
}

# Sanitizers of clang 14 and randomised addresses of newer kernels do not always agree.
without_randomised_addresses() {
    if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
        setarch "$(uname -m)" --addr-no-randomize "$@"
    else
        "$@"
    fi
}

# One file at a time: clang-tidy 14 mistakes the va_list of a second one for uninitialised.
run_tidy() {
    say "clang-tidy"
    python3 -c 'import json, sys
for command in json.load(open(sys.argv[1])):
    if not command["file"].startswith(sys.argv[2]):
        print(command["file"], end="\0")' "$directory/compile_commands.json" "$directory/" |
        xargs -0 -r -n 1 -P "$(nproc)" clang-tidy --quiet -p "$directory" 2>/dev/null
}

# Everything a fuzzer found stays in the build's corpus, so that the next run goes on from there.
run_fuzzers() {
    local seconds=$1 place fuzzer name seeds found
    say "Fuzzers, $seconds s each"
    "$scripts/build.sh" fuzz
    place=$("$scripts/build.sh" --where fuzz)
    for fuzzer in "$place"/tests/fuzz/fuzz_*; do
        if ! [ -f "$fuzzer" ] || ! [ -x "$fuzzer" ]; then
            continue
        fi
        name=${fuzzer##*/}
        seeds=$root/tests/fuzz/corpus/${name#fuzz_*_}
        found=$place/corpus/${name#fuzz_*_}
        mkdir -p "$found"
        echo "-- $name"
        [ -d "$seeds" ] || seeds=$found
        (cd "$place" && without_randomised_addresses "$fuzzer" -max_total_time="$seconds" -verbosity=0 \
            -print_final_stats=1 "$found" "$seeds")
    done
}

# One pair of servers for all tests that do not kill theirs; each test has a database and a key prefix of its own there.
# The pair ends with its stdin, so with this script, however that ends.
start_stores() {
    local answer=
    place=$("$scripts/place_for_servers.sh" reprise-tests)
    trap end_stores EXIT
    trap 'exit 130' INT TERM HUP
    coproc STORES { exec setsid "$scripts/private-stores.sh" run "$place/stores" 2>"$place/log"; }
    # shellcheck disable=SC2153 # the shell sets it with the coprocess
    stores_pid=$STORES_PID
    stores_in=${STORES[1]}
    read -r -t 90 answer <&"${STORES[0]}" || true
    if [ "$answer" != ready ]; then
        echo "test: the stores did not start: $(cat "$place/log")" >&2
        exit 1
    fi
    export REPRISE_TEST_STORES=$place/stores
}

end_stores() {
    trap '' INT TERM HUP
    exec {stores_in}>&-
    wait "$stores_pid" 2>/dev/null || true
    rm -rf "$place"
}

# A worker that a sanitizer ends is started again by its supervisor, and most tests are about just that: so the sanitizers
# write files, and any file is a failure.
expect_reports() {
    reports=$directory/sanitizers
    rm -rf "$reports"
    mkdir -p "$reports"
    ASAN_OPTIONS+=:log_path="'$reports/asan'"
    UBSAN_OPTIONS+=:log_path="'$reports/ubsan'"
    TSAN_OPTIONS+=:log_path="'$reports/tsan'"
}

print_reports() {
    local report result=0
    for report in "$reports"/*; do
        [ -s "$report" ] || continue
        printf '\n%s\n' "$report"
        cat "$report"
        result=1
    done
    return "$result"
}

# More at once than processors is no quicker: sanitizers and browsers keep those busy, and what waits for a moment misses it.
# What fails runs once more: if it passes then, the summary names it as unsteady.
run_suites() {
    local result=0 jobs
    jobs=$(nproc)
    without_randomised_addresses ctest --test-dir "$directory" --parallel "$jobs" --output-on-failure --timeout "$timeout" \
        --repeat until-pass:2 --no-tests=error "$@" | "$scripts/test_summary.py" "$directory" || result=$?
    if ! print_reports; then
        echo "test: sanitizers found faults; their reports stand above and in $reports" >&2
        result=1
    fi
    return "$result"
}

# The report comes before CTest's summary, which stays the last thing that is printed.
run_suites_counted() {
    local result=0 log=$directory/ctest.log
    find "$directory" -name '*.gcda' -delete
    run_suites "$@" >"$log" 2>&1 || result=$?
    mkdir -p "$directory/report"
    gcovr --root "$root" --object-directory "$directory" --filter "$root/(common|worker|producer|dashboard)/" \
        --print-summary --html-details "$directory/report/index.html" >"$directory/report/summary" 2>&1 || result=1
    tail -n 8 "$directory/report/summary"
    echo "report: $directory/report/index.html"
    cat "$log"
    return "$result"
}

preset=dev
groups=(build page run test)
fuzz_seconds=0
tidy=no
chaos=quick
web=yes
timeout=600
consent=()
pass_on=()
while [ $# -gt 0 ]; do
    case $1 in
        --chaos) chaos=long timeout=7200 ;;
        --fuzz)
            fuzz_seconds=${2:-}
            [[ $fuzz_seconds =~ ^[1-9][0-9]*$ ]] || { echo "test: --fuzz needs a number of seconds" >&2 && exit 2; }
            shift
            ;;
        --tsan) preset=tsan ;;
        --coverage) preset=coverage groups+=(coverage) ;;
        --tidy) tidy=yes groups+=(tidy) ;;
        --no-web) web=no ;;
        --yes) consent=(--yes) ;;
        --help | -h)
            usage
            exit 0
            ;;
        *) pass_on+=("$1") ;;
    esac
    shift
done

# Without the browser its tests are left out, and what only they need is not installed.
if [ "$web" = yes ]; then
    groups+=(web)
else
    pass_on+=(--label-exclude '^web$')
fi

forget_settings
say "Packages"
"$scripts/setup.sh" ${consent[@]+"${consent[@]}"} "${groups[@]}"

# Both compilers see all of it. What gcc makes is what the demo runs, which is under test, too, and the long chaos tests.
say "The programs, release build (gcc)"
"$scripts/build.sh" release worker producer dashboard receiver
export REPRISE_DEMO=built
export REPRISE_CHAOS=$chaos
if [ "$chaos" = long ]; then
    REPRISE_RELEASE_DIR=$("$scripts/build.sh" --where release)
    export REPRISE_RELEASE_DIR
fi
say "The suites, $preset build"
"$scripts/build.sh" "$preset"
directory=$("$scripts/build.sh" --where "$preset")

export ASAN_OPTIONS=detect_stack_use_after_return=1:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1:abort_on_error=1
export TSAN_OPTIONS=halt_on_error=1:abort_on_error=1:second_deadlock_stack=1

[ "$tidy" = no ] || run_tidy
[ "$fuzz_seconds" -eq 0 ] || run_fuzzers "$fuzz_seconds"
start_stores
expect_reports
say "Suites"
if [ "$preset" = coverage ]; then
    run_suites_counted ${pass_on[@]+"${pass_on[@]}"}
else
    run_suites ${pass_on[@]+"${pass_on[@]}"}
fi
