#!/usr/bin/env bash
# Installs the Debian packages that Reprise needs and this machine lacks (Debian 12 and 13).
#
# usage: scripts/setup.sh [--yes] [--list] [GROUP…]
#
#   build     compiler, CMake and the libraries; npm, which gives those of the dashboard's page
#   run       the server programs of PostgreSQL and Redis, as programs only: no service is started, no database made
#   test      what the test command needs beside those
#   web       the browser of the browser tests
#   bench     what the benchmark needs beside those of build and run
#   coverage  gcovr
#   tidy      clang-tidy
#
# Without a group: build, run, test and web. It says what it will install and, on a terminal, asks first; --yes (or CI in the
# environment) does not ask; --list only says what is missing. Packages that are there are left as they are.
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
                libpq-dev libjson-c-dev libcurl4-openssl-dev libgit2-dev libyaml-dev libssl-dev uthash-dev \
                libcmocka-dev libmicrohttpd-dev libjwt-dev nodejs npm
            ;;
        run) echo git ca-certificates python3 util-linux postgresql redis-server ;;
        web) echo nodejs npm chromium fonts-dejavu-core ;;
        test) echo clang llvm libclang-rt-dev clang-format shellcheck spin ;;
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

# Debian's packages of the two servers make a database, start services and enable them for the next boot. While they
# are being installed two files say no; each is removed afterwards if it was made here.
policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/reprise-setup.conf
mark='made by scripts/setup.sh of Reprise'

quiet_servers() {
    if ! [ -e "$policy" ] || grep -qs "$mark" "$policy"; then
        as_root tee "$policy" >/dev/null <<EOF
#!/bin/sh
# $mark for the time of an installation; may be removed
case \$1 in postgresql* | redis*) exit 101 ;; esac
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
    trap unquiet_servers EXIT
    trap 'exit 130' INT TERM HUP
    quiet_servers
    apt_get install -y --no-install-recommends --no-remove "$@" || exit
    case " $* " in
        *" redis-server "*) as_root update-rc.d redis-server disable >/dev/null 2>&1 || true ;;
    esac
    unquiet_servers
    trap - EXIT INT TERM HUP
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
    local package servers=() others=()
    for package in "$@"; do
        case $package in
            postgresql | redis-server) servers+=("$package") ;;
            *) others+=("$package") ;;
        esac
    done
    apt_get update -qq || echo "setup: not every package list could be renewed; trying with what is there" >&2
    if [ ${#others[@]} -gt 0 ]; then
        apt_get install -y --no-install-recommends --no-remove "${others[@]}" || exit
    fi
    if [ ${#servers[@]} -gt 0 ]; then
        install_servers "${servers[@]}"
    fi
}

ask=yes
only_list=no
groups=()
for argument in "$@"; do
    case $argument in
        --yes | -y) ask=no ;;
        --list) only_list=yes ;;
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
[ ${#groups[@]} -gt 0 ] || groups=(build run test web)

if ! type -P apt-get >/dev/null || ! type -P dpkg-query >/dev/null; then
    die "this is not Debian; what is needed has these names there: $(for group in "${groups[@]}"; do
        packages_of "$group"
    done | xargs)"
fi

mapfile -t missing < <(missing_of "${groups[@]}")
if [ ${#missing[@]} -eq 0 ]; then
    echo "Nothing to install: all packages for ${groups[*]} are there."
    exit 0
fi
echo "These Debian packages are missing and will be installed:"
printf '%s\n' "${missing[*]}" | fold -s -w 76 | sed 's/^/    /'
case " ${missing[*]} " in
    *" postgresql "* | *" redis-server "*)
        echo "(PostgreSQL and Redis as programs only: no service is started, no database is made.)" ;;
esac
if [ "$only_list" = yes ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] && ! type -P sudo >/dev/null; then
    die "that needs root, and there is no sudo. As root: apt-get install --no-install-recommends ${missing[*]}"
fi
confirm
install_missing "${missing[@]}"
mapfile -t missing < <(missing_of "${groups[@]}")
[ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
echo "Installed."
