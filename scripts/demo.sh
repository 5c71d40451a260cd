#!/usr/bin/env bash
# Reprise on this machine in one command: private stores, a client app with its receiver, and this very checkout as its
# repository, re-synced from the request to the last file.
#
# Then a workflow history of sample runs, in which one cost is spoilt on purpose and mended.
#
# usage: scripts/demo.sh [--once] [--yes]
#
#   --once   ends after the run with a verdict; exit code 0 only if every file of HEAD arrived with the right bytes and
#            signature, and the spoilt cost was mended
#   --yes    does not ask before it installs Debian packages
#
# All that runs is a child of this script and ends with it. Nothing listens outside this machine: the stores on unix
# sockets, the receiver on a free port of 127.0.0.1. What is written stands in a new directory under the system's
# temporary directory, to which .run in the checkout points.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
scripts=$root/scripts
RUN_LIMIT_S=900
# shellcheck source=scripts/demo_scene.sh
. "$scripts/demo_scene.sh"

say() {
    printf '\n== %s\n' "$*"
}

die() {
    trouble="demo: $*"
    exit 1
}

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

# ---- the end, however it comes ---------------------------------------------------------------------------------------

run=
trouble=
packages_pid=
linked=no
child_names=() # of child_pids, in the order in which they are ended
child_pids=()

# The last words may have no reader any more (a closed terminal, a pipe to head): then they are lost, and the rest
# is done all the same.
finish() {
    local code=$? i
    trap - EXIT
    trap '' INT TERM HUP PIPE
    set +e
    [ "$code" -ne 141 ] || exec >/dev/null
    [ "$code" -ne 130 ] || printf '\nEnding …\n'
    if [ -n "$packages_pid" ]; then
        wait "$packages_pid" 2>/dev/null # apt-get ends what it has begun
    fi
    for i in "${!child_pids[@]}"; do
        kill -TERM "${child_pids[i]}" 2>/dev/null || true
        wait "${child_pids[i]}" 2>/dev/null || true
    done
    # At the end of their stdin the stores end and remove what they wrote.
    if [ -n "${stores_pid:-}" ]; then
        exec {stores_in}>&-
        wait "$stores_pid" 2>/dev/null || true
    fi
    if [ -n "$trouble" ]; then
        printf '\n%s\n' "$trouble" >&2
    fi
    clear_away "$code"
    exit "$code"
}

# After a failure the logs stay, to be looked at.
clear_away() {
    if [ -z "$run" ]; then
        return
    fi
    if [ "$1" -ne 0 ] && [ "$1" -ne 130 ] && [ "$1" -ne 141 ]; then
        echo "The logs are kept: $run" >&2
        return
    fi
    rm -rf "$run"
    if [ "$once" = no ]; then
        printf '\nEnded; nothing is left running.\n'
    fi
    if [ "$linked" = yes ] && [ "$(readlink "$root/.run")" = "$run" ]; then
        rm -f "$root/.run"
    fi
}

# ---- a place of its own ----------------------------------------------------------------------------------------------

# A link of a demo that still runs stays: this one then says its own directory. What a killed one left is removed.
link_run_directory() {
    local before other
    echo $$ >"$run/demo.pid"
    shown=$run
    before=$(readlink "$root/.run" || true)
    other=$(cat "$before/demo.pid" 2>/dev/null || true)
    if [ -n "$other" ] && [ -d "/proc/$other" ]; then
        return
    fi
    case $before in
        */reprise-demo.??????) [ -O "$before" ] && rm -rf "$before" ;;
    esac
    if ln -sfn "$run" "$root/.run" 2>/dev/null; then
        linked=yes
        shown=.run
    fi
}

# git refuses a checkout of another user ("dubious ownership") unless a gitconfig in HOME says otherwise.
git_here() {
    HOME=$run/home GIT_CONFIG_NOSYSTEM=1 git -C "$root" "$@"
}

look_at_checkout() {
    mkdir -p "$run/home"
    printf '[safe]\n\tdirectory = *\n' >"$run/home/.gitconfig"
    git_here rev-parse --git-dir >/dev/null 2>&1 || die "$root is no git checkout, and a checkout is what is re-synced"
    commit=$(git_here rev-parse --verify --quiet HEAD) || die "this checkout has no commit yet"
    changed=$(git_here status --porcelain | wc -l)
}

# git.file_roots is separated by colons: of a path that has one, the last directory above it.
file_root() {
    local above=${root%%:*}
    [ "$above" = "$root" ] || above=${above%/*}
    printf '%s\n' "${above:-/}"
}

# Of a worktree the objects are elsewhere, and git.file_roots must name that place, too.
common_root() {
    local common
    common=$(git_here rev-parse --path-format=absolute --git-common-dir)
    case $common in
        "$root"/* | *:*) ;;
        *) printf ':%s' "$common" ;;
    esac
}

# ---- what runs -------------------------------------------------------------------------------------------------------

# In a session of their own, so that Ctrl-C reaches only this script, which then ends them in order; if it is killed
# the kernel tells them.
launch() {
    local name=$1
    shift
    setsid setpriv --pdeathsig TERM -- "$@" >"$run/$name.log" 2>&1 </dev/null &
    child_names=("$name" ${child_names[@]+"${child_names[@]}"})
    child_pids=("$!" ${child_pids[@]+"${child_pids[@]}"})
}

is_alive() {
    local i
    for i in "${!child_names[@]}"; do
        if [ "${child_names[i]}" = "$1" ]; then
            kill -0 "${child_pids[i]}" 2>/dev/null
            return
        fi
    done
    return 1
}

await() {
    local name=$1 log=$run/$1.log deadline=$((SECONDS + 30))
    shift
    until "$@"; do
        is_alive "$name" || die "the $name ended at its start: $(tail -n 5 "$log")"
        [ "$SECONDS" -lt "$deadline" ] || die "the $name is not ready after 30 s: $(tail -n 5 "$log")"
        sleep 0.05
    done
}

start_stores() {
    local answer=
    coproc STORES { exec setsid "$scripts/private-stores.sh" run "$run/stores" 2>"$run/stores.log"; }
    # shellcheck disable=SC2153 # the shell sets it with the coprocess
    stores_pid=$STORES_PID
    stores_in=${STORES[1]}
    read -r -t 90 answer <&"${STORES[0]}" || true
    [ "$answer" = ready ] || die "the stores did not start: $(tail -n 5 "$run/stores.log")"
}

# What the programs, and a person's own commands later, are told by the environment.
write_settings() {
    dashboard_port=$(free_port)
    password=$(od -An -N9 -tx1 /dev/urandom | tr -d ' \n')
    {
        cat "$run/stores/env"
        printf 'export REPRISE_ENCRYPTION_KEY=%s\n' "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
        printf 'export REPRISE_DEFINITIONS_DIR=%q\n' "$run/definitions"
        # What is checked at the end must come from the one re-sync that the run asks for.
        [ "$once" = no ] || printf 'export REPRISE_SCHEDULE_ENABLED=false\n'
        printf 'export REPRISE_GIT_REPOSITORIES_DIR=%q\n' "$run/repositories"
        printf 'export REPRISE_GIT_FILE_ROOTS=%q\n' "$(file_root)$(common_root):$run/samples"
        printf 'export REPRISE_DELIVER_ALLOW_PRIVATE=127.0.0.0/8\n'
        printf 'export REPRISE_HISTORY_AGENTS_DIR=%q\n' "$run/agents"
        printf 'export REPRISE_DASHBOARD_LISTEN=127.0.0.1:%s\n' "$dashboard_port"
        printf 'export REPRISE_DASHBOARD_PASSWORD_HASH=%s\n' "$("$build/dashboard/dashboard" hash-password <<<"$password")"
        printf 'export REPRISE_JWT_SECRET=%s\n' "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')"
        printf 'export PATH=%q:"$PATH"\n' "$run/bin"
    } | (umask 077 && cat >"$run/env")
    mkdir -p "$run/bin" "$run/repositories" "$run/received"
    cp -R "$root/definitions" "$run/definitions"
    # By links, since a path with a colon cannot stand in PATH.
    ln -s "$build/producer/producer" "$build/worker/worker" "$build/dashboard/dashboard" "$run/bin"
    # shellcheck disable=SC1091 # written just now
    . "$run/env"
}

# The first value of that name, however deep, in the JSON on stdin.
json_field() {
    python3 "$scripts/demo_check.py" field "$1"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The app's address must be known before the app is, and its key before the receiver is.
register_app() {
    local port answer
    port=$(free_port)
    base_url=http://127.0.0.1:$port
    answer=$(producer add-app "Demo app" "$base_url" --json) || die "the demo app could not be registered"
    app_id=$(json_field app_id <<<"$answer")
    launch receiver "$build/tests/receiver/receiver" --port "$port" --port-file "$run/receiver.port" \
        --keep "$run/received" --log "$run/deliveries.log" --key "$app_id=$(json_field client_auth_key <<<"$answer")"
    await receiver test -s "$run/receiver.port"
    answer=$(producer add-repository "$app_id" "$(python3 "$scripts/demo_check.py" url "$root")" --json) ||
        die "this checkout could not be registered as a repository"
    repository_id=$(json_field repository_id <<<"$answer")
}

has_worker() {
    [ "$(redis-cli -s "$run/stores/redis.sock" ZCARD '{reprise}:workers')" -gt 0 ]
}

dashboard_listens() {
    grep -q 'listening on' "$run/dashboard.log"
}

resync() {
    local code=0
    timeout --foreground "$RUN_LIMIT_S" producer resync-app "$app_id" --yes --watch || code=$?
    operation_id=$(producer operations --json | json_field operation_id)
    case $code in
        0) ;;
        124) die "the re-sync did not end within $RUN_LIMIT_S s" ;;
        *) die "the re-sync failed (exit code $code); see: $(tail -n 5 "$run/worker.log")" ;;
    esac
}

cost_of() {
    psql -XAtq "$REPRISE_POSTGRES_URL" -c "SELECT trim_scale(actual_cost_total) FROM reprise.workflow_history WHERE adw_id = '$1'"
}

# One of the runs that have ended gets a cost that its files do not say.
spoil_a_cost() {
    psql -XAtq "$REPRISE_POSTGRES_URL" -c "UPDATE reprise.workflow_history SET actual_cost_total = 0.09 WHERE id =
        (SELECT min(id) FROM reprise.workflow_history WHERE status = 'completed') RETURNING adw_id"
}

history() {
    local before after
    python3 "$scripts/sample_runs.py" "$run/agents" --runs 200 --last-days 21
    producer sync-history --silent || die "the sync failed; see: $(tail -n 5 "$run/worker.log")"
    workflow_id=$(spoil_a_cost)
    before=$(cost_of "$workflow_id")
    say "A wrong cost: the demo has just set that of workflow $workflow_id to \$$before in the database"
    producer resync-costs --dry-run || die "the dry run failed"
    producer resync-cost "$workflow_id" || die "the cost re-sync failed"
    after=$(cost_of "$workflow_id")
    echo "  \$$before became \$$after again, which is what the files of that workflow say"
    [ "$after" != "$before" ] || die "the cost of $workflow_id was not mended"
}

# ---- what a person reads ---------------------------------------------------------------------------------------------

report() {
    say "What happened"
    HOME=$run/home GIT_CONFIG_NOSYSTEM=1 python3 "$scripts/demo_check.py" compare "$root" "$commit" "$run/received" \
        "$base_url" "$app_id" "$repository_id" || die "what arrived is not what HEAD holds; see above"
    if [ "$changed" -gt 0 ]; then
        echo "  Not sent     $changed uncommitted change(s) in this checkout: what counts is HEAD"
    fi
}

show_places() {
    local prefix=$shown
    say "Where things are"
    cat <<EOF
  received     $prefix/received        what the demo app's receiver holds
  requests     $prefix/deliveries.log  one JSON line each
  logs         $prefix/worker.log, dashboard.log, receiver.log, stores/postgres.log, stores/redis.log
  stores       $prefix/stores          PostgreSQL and Redis, on unix sockets in there
  definitions  $prefix/definitions     copies: edit one, then: producer resync-definitions
  settings     $prefix/env             for your own commands
EOF
    say "Try next, in another terminal"
    printf '  cd %q && . %q\n' "$root" "$prefix/env"
    cat <<EOF
  producer progress $operation_id
  producer resync $app_id $repository_id
  producer outcomes $operation_id
  producer workflow $workflow_id
EOF
    say "The dashboard runs until Ctrl-C. Open it, and log in with the user and password of this run:"
    cat <<EOF

  http://127.0.0.1:$dashboard_port/
  user      admin
  password  $password
EOF
}

stay_up() {
    local i
    wait -n "$stores_pid" "${child_pids[@]}" || true
    for i in "${!child_names[@]}"; do
        is_alive "${child_names[i]}" || die "the ${child_names[i]} ended: $(tail -n 5 "$run/${child_names[i]}.log")"
    done
    die "the stores ended: $(tail -n 5 "$run/stores.log")"
}

once=no
consent=()
for argument in "$@"; do
    case $argument in
        --once) once=yes ;;
        --yes | -y) consent=(--yes) ;;
        --help | -h)
            usage
            exit 0
            ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
done

# Settings of the caller must not reach what the demo starts.
for name in ${!REPRISE_@} ${!GIT_@} ${!PG@}; do
    unset "$name"
done
export LC_ALL=C.UTF-8
umask 022
trap finish EXIT
trap 'exit 130' INT TERM HUP
trap 'exit 141' PIPE

say "Packages"
"$scripts/setup.sh" ${consent[@]+"${consent[@]}"} --ask build run page
"$scripts/setup.sh" --agreed build run
run=$("$scripts/place_for_servers.sh" reprise-demo)
look_at_checkout

# npm and what it needs are hundreds of small packages: they are installed while the compiler works.
if ! type -P npm >/dev/null; then
    "$scripts/setup.sh" --agreed page >"$run/packages.log" 2>&1 </dev/null &
    packages_pid=$!
fi
say "Building (gcc, release)"
"$scripts/build.sh" release worker producer receiver
if [ -n "$packages_pid" ]; then
    wait "$packages_pid" || die "the packages of the page could not be installed: $(tail -n 5 "$run/packages.log")"
    packages_pid=
fi
"$scripts/build.sh" release dashboard
build=$("$scripts/build.sh" --where release)

say "Starting a private PostgreSQL and Redis, a worker, the dashboard, and the receiver of a demo app"
link_run_directory
start_stores
write_settings
producer migrate || die "the database could not be set up"
register_app
launch worker "$build/worker/worker"
await worker has_worker
launch dashboard "$build/dashboard/dashboard"
await dashboard dashboard_listens

say "Re-syncing this checkout at ${commit:0:12}: the demo app is sent every file of it again"
resync
report
say "Costs: 200 sample runs of AI developer workflows, each with the files that say what it cost"
history
if [ "$once" = yes ]; then
    say "Verdict: all is well. Every file of HEAD is at the receiver, signed, and the wrong cost is right again."
    exit 0
fi
say "Something to look at"
set_scene
show_places
stay_up
