#!/usr/bin/env bash
# Installs the Debian packages that Reprise needs and this machine lacks (Debian 12 and 13).
#
# usage: scripts/setup.sh [--yes] [--list | --ask | --agreed] [GROUP…]
#
#   build     compiler, CMake and the libraries
#   page      npm, which gives the libraries of the dashboard's page
#   run       the server programs of PostgreSQL and Redis, as programs only: no service is started, no database made
#   test      what the test command needs beside those
#   web       the browser of the browser tests
#   bench     what the benchmark needs beside those of build and run
#   coverage  gcovr
#   tidy      clang-tidy
#
# Without a group: build, page, run, test and web. It says what it will install, how many packages and how large, and asks
# first on a terminal; --yes (or CI in the environment) does not ask. --list only says what is missing; --ask says and asks,
# and leaves the installation to later calls with --agreed, which neither say nor ask. Packages that are there are left as
# they are.
set -euo pipefail

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
}

die() {
    echo "setup: $*" >&2
    exit 1
}

packages_of() {
    case $1 in
        build) # make: with it, and only so, gcc's link-time optimisation uses all processors
            echo gcc libc6-dev make cmake ninja-build pkg-config python3 git ca-certificates libev-dev libhiredis-dev \
                libpq-dev libjson-c-dev libcurl4-openssl-dev libgit2-dev libyaml-dev libssl-dev zlib1g-dev uthash-dev \
                libcmocka-dev libmicrohttpd-dev libjwt-dev
            ;;
        page) echo nodejs npm ;;
        run) echo git ca-certificates python3 util-linux postgresql redis-server ;;
        web) echo nodejs npm chromium fonts-dejavu-core ;;
        test) echo clang llvm libclang-rt-dev clang-format shellcheck spin prometheus pgbouncer ;; # prometheus has promtool
        bench) echo wrk ;;
        coverage) echo gcovr ;;
        tidy) echo clang clang-tidy ;;
        *) return 1 ;;
    esac
}

# A program from elsewhere (another version, another source) is as good as Debian's.
is_there() {
    case $1 in
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return ;;
        redis-server) type -P redis-server >/dev/null && return ;;
        nodejs) type -P node >/dev/null && return ;;
        npm) type -P npm >/dev/null && return ;;
        prometheus) type -P promtool >/dev/null && return ;;
        pgbouncer) type -P pgbouncer >/dev/null && return ;;
    esac
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing_of() {
    local group package
    for group in "$@"; do
        for package in $(packages_of "$group"); do
            is_there "$package" || echo "$package"
        done
    done | sort -u
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -o DPkg::Lock::Timeout=300 "$@"
}

# What apt-get prints goes to a log, and one line shows how far it is. On a terminal that line is written over.
show_progress() {
    local log=$1 line last='' step
    while IFS= read -r line; do
        case $line in
            dlstatus:*) step=fetched ;;
            pmstatus:*) step=installed ;;
            *)
                printf '%s\n' "$line" >>"$log"
                continue
                ;;
        esac
        line=${line#*:*:}
        line="${line%%[.:]*} % $step"
        if [ -t 1 ] && [ "$line" != "$last" ]; then
            printf '\r    %s   ' "$line"
        fi
        last=$line
    done
    [ ! -t 1 ] || printf '\r%30s\r' ''
}

apt_install() {
    local log result=0
    log=$(mktemp)
    apt_get install -y --no-install-recommends --no-remove -o APT::Status-Fd=1 "$@" 2>&1 </dev/null |
        show_progress "$log" || result=$?
    if [ "$result" -ne 0 ]; then
        tail -n 30 "$log" >&2
        die "apt-get failed; all that it printed: $log"
    fi
    rm -f "$log"
}

# How many packages these are with what they need, and their sizes as the package lists have them. It installs nothing:
# --assume-no would, where apt-get has nothing to ask.
sizes_of() {
    local packages=()
    mapfile -t packages < <(LC_ALL=C apt-get install --simulate --no-install-recommends --no-remove "$@" 2>/dev/null |
        awk '$1 == "Inst" { print $2 }')
    if [ ${#packages[@]} -gt 0 ]; then
        apt-cache show --no-all-versions "${packages[@]}" | awk -v count=${#packages[@]} '
            $1 == "Size:" { bytes += $2 }
            $1 == "Installed-Size:" { kib += $2 }
            END { printf "%d packages, %.0f MB to fetch, %.0f MB on the disk", count, bytes / 1e6, kib * 1024 / 1e6 }'
    fi
}

# Debian's packages of servers make a database, start services and enable them for the next boot. While they are being
# installed two files say no; each is removed afterwards if it was made here.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/reprise-setup.conf
mark='made by scripts/setup.sh of Reprise'
servers='postgresql redis-server prometheus pgbouncer'

quiet_servers() {
    if ! [ -e "$policy" ] || grep -qs "$mark" "$policy"; then
        as_root tee "$policy" >/dev/null <<EOF
#!/bin/sh
# $mark for the time of an installation; may be removed
case \$1 in postgresql* | redis* | prometheus* | pgbouncer*) exit 101 ;; esac
exit 0
EOF
        as_root chmod 755 "$policy"
    fi
    as_root mkdir -p "${no_cluster%/*}"
    echo "create_main_cluster = false" | as_root tee "$no_cluster" >/dev/null
}

unquiet_servers() {
    as_root rm -f "$no_cluster"
    if grep -qs "$mark" "$policy"; then
        as_root rm -f "$policy"
    fi
}

install_servers() {
    local server
    trap unquiet_servers EXIT
    trap 'exit 130' INT TERM HUP
    quiet_servers
    apt_install "$@"
    for server in redis-server prometheus pgbouncer; do
        case " $* " in *" $server "*) as_root update-rc.d "$server" disable >/dev/null 2>&1 || true ;; esac
    done
    unquiet_servers
    trap - EXIT INT TERM HUP
    say_how_to_start "$@"
}

# A later apt-get install says only that they are there already.
say_how_to_start() {
    local version
    case " $* " in
        *" postgresql "*)
            version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1)
            echo "To have PostgreSQL as a service of this machine later: pg_createcluster $version main --start"
            ;;
    esac
    case " $* " in
        *" redis-server "*) echo "To have Redis as a service of this machine later: systemctl enable --now redis-server" ;;
    esac
}

describe_missing() {
    local sizes
    echo "These Debian packages are missing:"
    printf '%s\n' "${missing[*]}" | fold -s -w 76 | sed 's/^/    /'
    sizes=$(sizes_of "${missing[@]}")
    [ -z "$sizes" ] || echo "With what they need themselves: $sizes."
    case " ${missing[*]} " in
        *" postgresql "* | *" redis-server "*)
            echo "(PostgreSQL and Redis as programs only: no service is started, no database is made.)" ;;
    esac
}

confirm() {
    local answer
    if [ "$ask" = no ] || [ -n "${CI:-}" ] || ! [ -t 0 ] || ! [ -t 1 ]; then
        return 0
    fi
    read -r -p "Install them? [Y/n] " answer || answer=n
    case $answer in
        '' | [Yy]*) ;;
        *) die "nothing was installed" ;;
    esac
}

install_missing() {
    local package quiet=() others=()
    for package in "$@"; do
        case " $servers " in
            *" $package "*) quiet+=("$package") ;;
            *) others+=("$package") ;;
        esac
    done
    if [ ${#others[@]} -gt 0 ]; then
        apt_install "${others[@]}"
    fi
    if [ ${#quiet[@]} -gt 0 ]; then
        install_servers "${quiet[@]}"
    fi
}

ask=yes
only=
groups=()
for argument in "$@"; do
    case $argument in
        --yes | -y) ask=no ;;
        --list) only=list ;;
        --ask) only=ask ;;
        --agreed) only=agreed ask=no ;;
        --help | -h)
            usage
            exit 0
            ;;
        *)
            packages_of "$argument" >/dev/null || die "unknown group or option: $argument (see --help)"
            groups+=("$argument")
            ;;
    esac
done
[ ${#groups[@]} -gt 0 ] || groups=(build page run test web)

if ! type -P apt-get >/dev/null || ! type -P dpkg-query >/dev/null; then
    die "this is not Debian; what is needed has these names there: $(for group in "${groups[@]}"; do
        packages_of "$group"
    done | xargs)"
fi

mapfile -t missing < <(missing_of "${groups[@]}")
if [ ${#missing[@]} -eq 0 ]; then
    [ "$only" = agreed ] || echo "Nothing to install: all packages for ${groups[*]} are there."
    exit 0
fi
if [ "$only" != list ] && [ "$only" != agreed ]; then
    if [ "$(id -u)" -ne 0 ] && ! type -P sudo >/dev/null; then
        die "installing needs root, and there is no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
    fi
    apt_get update -qq || echo "setup: not every package list could be renewed; trying with what is there" >&2
fi
[ "$only" = agreed ] || describe_missing
if [ "$only" = list ]; then
    exit 0
fi
confirm
if [ "$only" = ask ]; then
    exit 0
fi
began=$SECONDS
install_missing "${missing[@]}"
mapfile -t missing < <(missing_of "${groups[@]}")
[ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
echo "Installed in $((SECONDS - began)) s."
