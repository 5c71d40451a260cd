#!/bin/sh
# A private PostgreSQL and Redis in one directory, on unix sockets only: for the tests, the benchmarks and the demo.
#
# usage:
#   private-stores.sh start DIR [--durable]   starts what is not running yet, returns when both answer
#   private-stores.sh stop DIR                ends both and waits for it; the data stay
#   private-stores.sh run DIR [--durable]     in the foreground, for a program that wants them to go with it: prints
#                                             "ready" when both answer; a line "start" on stdin starts again what has
#                                             ended, and "ready" is printed again; at the end of stdin, which comes even
#                                             if that program is killed, both end and DIR is removed
#   private-stores.sh createdb DIR NAME [TEMPLATE]
#   private-stores.sh dropdb DIR NAME
#
# DIR is made if it is not there. DIR/env exports REPRISE_POSTGRES_URL and REPRISE_REDIS_URL; DIR/postgres.pid and
# DIR/redis.pid tell the processes, DIR/postgres.log and DIR/redis.log what they said.
# --durable: what was acknowledged survives kill -9 (fsync; Redis with AOF everysec and noeviction). Without it, speed.
#
# PostgreSQL refuses to run as root: then both run as the user nobody, who must be able to enter every directory above DIR.
# Exit codes: 0 done, 1 failed (the reason on stderr), 2 usage, 77 the servers are not installed.
set -eu

WAIT_S=60
SOCKET_MAX=107

fail() {
    echo "private-stores: $*" >&2
    exit 1
}

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

misuse() {
    usage >&2
    exit 2
}

find_servers() {
    # shellcheck disable=SC2012 # the folders of PostgreSQL are named by its version
    bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1)
    if [ -z "$bin" ] || [ ! -x "$bin/postgres" ] || ! command -v redis-server >/dev/null; then
        echo "private-stores: PostgreSQL or redis-server is not installed" >&2
        exit 77
    fi
}

# Runs a command as the one who owns the stores, replacing this (sub)shell.
exec_as_owner() {
    if [ "$(id -u)" = 0 ]; then
        exec setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs --pdeathsig "$death" -- \
            env HOME="$dir" "$@"
    fi
    exec setpriv --pdeathsig "$death" -- "$@"
}

as_owner() (
    death=clear
    exec_as_owner "$@"
)

# ---- the directory ---------------------------------------------------------------------------------------------------

prepare_directory() {
    if [ ! -d "$dir" ]; then
        mkdir -p "$(dirname "$dir")"
        mkdir -m 700 "$dir"
    fi
    dir=$(cd "$dir" && pwd -P)
    [ ${#dir} -le $((SOCKET_MAX - 15)) ] || fail "the path is too long for a unix socket: $dir"
    if [ ! -e "$dir/initdb.log" ] && [ -n "$(ls -A "$dir")" ]; then
        fail "$dir is neither empty nor a directory of private stores"
    fi
    owner=$(stat -c %u "$dir")
    [ "$owner" = "$(id -u)" ] || { [ "$(id -u)" = 0 ] && [ "$owner" = "$(id -u nobody)" ]; } ||
        fail "$dir belongs to user $owner"
    if [ "$(id -u)" = 0 ]; then
        chown nobody:nogroup "$dir"
    fi
    chmod 700 "$dir"
    as_owner test -x "$dir/." || fail "the user nobody cannot enter every directory above $dir"
}

# The path inside a URL: what has a meaning there is written as %XX.
url_path() {
    printf %s "$dir$1" | sed "s/%/%25/g; s/ /%20/g; s/\"/%22/g; s/#/%23/g; s/&/%26/g
        s/'/%27/g; s/+/%2B/g; s/?/%3F/g; s/@/%40/g; s/:/%3A/g"
}

write_env() {
    host=$(url_path "" | sed 's,/,%2F,g')
    cat >"$dir/env.new" <<END
export REPRISE_POSTGRES_URL='postgresql:///reprise?host=$host&user=reprise'
export REPRISE_REDIS_URL='unix://$(url_path /redis.sock)'
END
    mv "$dir/env.new" "$dir/env"
}

# ---- the servers -----------------------------------------------------------------------------------------------------

# True if the process whose id stands in the file runs, and works in the directory given (an id may be used again).
is_running() {
    [ -s "$1" ] && [ "$(readlink "/proc/$(cat "$1")/cwd" 2>/dev/null)" = "$2" ]
}

# A child of ours that ended is a zombie until this shell waits for it.
has_died() {
    ! grep -q '^State:[[:space:]]*[^ZX]' "/proc/$(cat "$1")/status" 2>/dev/null
}

postgres_is_running() { is_running "$dir/postgres.pid" "$dir/pg"; }
redis_is_running() { is_running "$dir/redis.pid" "$dir"; }

make_cluster() {
    # Made aside and moved: what stands at its place is whole.
    rm -rf "$dir/pg.new"
    as_owner "$bin/initdb" -D "$dir/pg.new" -U reprise -A trust -E UTF8 --locale=C.UTF-8 --no-sync --no-instructions \
        >"$dir/initdb.log" 2>&1 || fail "initdb failed: $(tail -n 5 "$dir/initdb.log")"
    mv "$dir/pg.new" "$dir/pg"
}

# launch DIRECTORY SIGNAL NAME COMMAND…: in the background, with its process id in NAME.pid and its words in NAME.log;
# the signal is what it gets when we die, where it is to die with us. The directory is entered before the fork, as it is
# what is_running knows the process by. A shell makes its background processes deaf to INT, PostgreSQL's fast shutdown.
launch() {
    cd "$1"
    death=clear
    [ -z "$dies_with_us" ] || death=$2
    name=$3
    shift 3
    exec_as_owner env --default-signal=INT "$@" </dev/null >>"$dir/$name.log" 2>&1 &
    echo $! >"$dir/$name.pid"
    cd "$dir"
}

launch_postgres() {
    set -- -c listen_addresses= -c unix_socket_directories="\"$dir\"" -c max_connections=200
    [ -n "$durable" ] || set -- "$@" -c fsync=off -c synchronous_commit=off -c full_page_writes=off
    launch "$dir/pg" INT postgres "$bin/postgres" -D "$dir/pg" "$@"
}

launch_redis() {
    set -- --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 700 --dir "$dir" --save "" \
        --maxmemory-policy noeviction
    [ -z "$durable" ] || set -- "$@" --appendonly yes --appendfsync everysec
    launch "$dir" TERM redis redis-server "$@"
}

postgres_answers() { "$bin/pg_isready" -q -h "$dir" -U reprise -d postgres; }
redis_answers() { [ "$(redis-cli -s "$dir/redis.sock" ping 2>/dev/null)" = PONG ]; }

# await DESCRIPTION CONDITION…: asks again until it is true, at most WAIT_S.
await() {
    what=$1
    shift
    deadline=$(($(date +%s) + WAIT_S))
    until "$@"; do
        [ -z "$ending" ] || exit 1
        [ "$(date +%s)" -lt "$deadline" ] || fail "$what within $WAIT_S s"
        sleep 0.02
    done
}

# After kill -9 the backends of the old server may live on for a moment, and a new one refuses to start beside them.
postgres_is_up() {
    if postgres_answers; then
        return 0
    fi
    if has_died "$dir/postgres.pid"; then
        tail -n 5 "$dir/postgres.log" | grep -q 'shared memory block' ||
            fail "PostgreSQL ended at start: $(tail -n 5 "$dir/postgres.log")"
        launch_postgres
    fi
    return 1
}

redis_is_up() {
    if redis_answers; then
        return 0
    fi
    ! has_died "$dir/redis.pid" || fail "Redis ended at start: $(tail -n 5 "$dir/redis.log")"
    return 1
}

start_missing() {
    [ -e "$dir/pg/PG_VERSION" ] || make_cluster
    postgres_is_running || launch_postgres
    redis_is_running || launch_redis
    await "PostgreSQL did not answer" postgres_is_up
    await "Redis did not answer" redis_is_up
    as_owner "$bin/psql" -h "$dir" -U reprise -d postgres -Atqc "SELECT 1 FROM pg_database WHERE datname = 'reprise'" |
        grep -q 1 || as_owner "$bin/createdb" -h "$dir" -U reprise reprise
    write_env
}

# Asks again each time: what has only just been launched may not have heard. INT is PostgreSQL's fast shutdown.
postgres_has_ended() {
    if postgres_is_running; then
        kill -INT "$(cat "$dir/postgres.pid")" 2>/dev/null || true
        return 1
    fi
}

redis_has_ended() {
    if redis_is_running; then
        kill -TERM "$(cat "$dir/redis.pid")" 2>/dev/null || true
        return 1
    fi
}

stop_both() {
    await "PostgreSQL did not end" postgres_has_ended
    await "Redis did not end" redis_has_ended
    rm -f "$dir/postgres.pid" "$dir/redis.pid" "$dir/env"
}

# ---- commands --------------------------------------------------------------------------------------------------------

clean_up() {
    trap '' TERM INT HUP
    trap - EXIT
    ending=
    stop_both
    cd /
    rm -rf "$dir"
}

# When its parent dies, the end of stdin and a signal may come together, at any moment. A signal is only noted, so that
# no server is launched whose process is not known.
run_in_foreground() {
    dies_with_us=yes
    trap 'ending=yes' TERM INT HUP
    trap '' PIPE
    trap clean_up EXIT
    start_missing
    echo ready
    while [ -z "$ending" ] && read -r line; do
        [ "$line" = start ] || fail "asked to \"$line\""
        start_missing
        echo ready
    done
}

case ${1-} in --help | -h)
    usage
    exit 0
    ;;
esac
[ $# -ge 2 ] || misuse
command=$1
dir=$2
shift 2
durable=
dies_with_us=
ending=
case $command in start | run)
    case ${1-} in
    --durable) durable=yes ;;
    ?*) misuse ;;
    esac
    ;;
esac
find_servers
case $command in
start)
    prepare_directory
    start_missing
    ;;
run)
    prepare_directory
    run_in_foreground
    ;;
stop)
    [ -d "$dir" ] || exit 0
    dir=$(cd "$dir" && pwd -P)
    stop_both
    ;;
createdb)
    [ $# -ge 1 ] || misuse
    dir=$(cd "$dir" && pwd -P)
    as_owner "$bin/createdb" -h "$dir" -U reprise -T "${2:-template0}" "$1"
    ;;
dropdb)
    [ $# -eq 1 ] || misuse
    dir=$(cd "$dir" && pwd -P)
    as_owner "$bin/dropdb" -h "$dir" -U reprise --force --if-exists "$1"
    ;;
*) misuse ;;
esac
