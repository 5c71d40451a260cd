#!/bin/bash
# Lets spin explore the models of the protocol: the right ones must pass, every broken variant must be caught, and so must the
# known limit (`limit`: the right model without the assumption that excludes it).
#
# usage: docs/model/check.sh
#
# Needs spin and gcc, and some minutes on two cores. Prints a line for each configuration. Exit code 0 only if each came out
# as it must; 77 where spin is not installed.
set -u
case ${1:-} in --help | -h) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;; esac
for program in spin gcc; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed (Debian's package $program has it)"; exit 77; }
done
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# one LINE-NUMBER KIND MODEL NAME DEFINES...   explores one configuration exhaustively and leaves one line of result
one() {
    local number=$1 kind=$2 model=$3 name=$4; shift 4
    local mode=-DSAFETY option=
    if [ "$kind" = ends ]; then mode=-DNP; option=-l; fi      # no cycle at all: every run ends, and Judge looks at the end
    local dir="$work/$number" verdict states reason good
    mkdir "$dir" && cd "$dir" || exit 1
    if ! spin -a "$@" "$here/$model.pml" > spin.txt 2>&1 ||
       ! gcc -w -O2 $mode -DCOLLAPSE -DNOREDUCE -DMEMLIM=6000 -o pan pan.c > gcc.txt 2>&1; then
        verdict="DOES NOT BUILD"; good=1; states=-; reason=
    else
        ./pan -E $option -m100000 > pan.txt 2>&1
        states=$(awk '/states, stored/ {print $1; exit}' pan.txt)
        reason=$(sed -n 's/^pan:[0-9]*: //p' pan.txt | head -1 | cut -c1-70)
        if grep -q 'errors: 0' pan.txt && ! grep -qE 'out of memory|max search depth|not completed|aborted' pan.txt; then
            verdict=passes
        elif grep -qE 'assertion violated|non-progress cycle' pan.txt; then
            verdict=caught
        else
            verdict="NOT COMPLETED"; reason=$(grep -m1 -iE 'memory|depth|abort|error' pan.txt | cut -c1-70)
        fi
        good=1
        case $kind:$verdict in
            right:passes | ends:passes | broken:caught | limit:caught) good=0;;
            right:caught | ends:caught) verdict=FAILS;;
            broken:passes | limit:passes) verdict="NOT CAUGHT";;
        esac
    fi
    printf '%-7s %-8s %-42s %-14s %10s  %s\n' "$kind" "$model" "$name" "$verdict" "${states:--}" "$reason" > "$work/result.$number"
    echo "$good" > "$work/good.$number"
    rm -rf "$dir"
}

number=100
check() {
    number=$((number + 1))
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
    one "$number" "$@" &
}

small="-DN0=1 -DN1=1"
check right  reprise 'plain, two faults, window 2'           -DFAULTS=2 -DWINDOW=2
check right  reprise 'two planners, phase of two steps'      -DFAULTS=1 -DN0=1 -DN1=2 -DPLANNERS=2
check right  reprise 'cancel with checkpoints'               -DFAULTS=1 -DWINDOW=2 -DCANCEL -DCHECKPOINTS
check right  reprise 'pause and resume'                      -DFAULTS=1 -DWINDOW=2 -DPAUSE -DN1=0
check right  reprise 'pause, resume, two phases'             -DFAULTS=1 -DPAUSE
check right  reprise 'pause, resume, cancel, checkpoints'    -DFAULTS=1 $small -DPAUSE -DCANCEL -DCHECKPOINTS
check right  reprise 'wipe or rollback, two phases'          -DFAULTS=1 -DWIPES
check right  reprise 'two wipes or rollbacks'                -DFAULTS=2 -DWIPES=2 -DN1=0
check right  reprise 'wipes, two rebuilders, frozen holder'  -DFAULTS=2 -DWIPES=2 -DREBUILDERS=2 -DN0=1 -DN1=0
check right  reprise 'wipe, pause, cancel'                   -DFAULTS=1 -DWIPES -DPAUSE -DCANCEL -DN0=1 -DN1=0
check ends   reprise 'plain'                                 -DFAULTS=1
check ends   reprise 'cancel, checkpoints'                   -DFAULTS=1 $small -DCANCEL -DCHECKPOINTS
check ends   reprise 'pause and resume'                      -DFAULTS=1 $small -DPAUSE
check ends   reprise 'wipe or rollback'                      -DFAULTS=1 $small -DWIPES
check right  lease   'no fault, one job cancelled'           -DFREEZES=0 -DCANCELS=1
check right  lease   'freeze; assumed: no late POST'         -DFREEZES=1
check right  lease   'crash, supervisor alive or not'        -DFREEZES=0 -DCRASHES=1
check right  lease   'freeze and crash, three claims'        -DFREEZES=1 -DCRASHES=1 -DCLAIMS=3
check right  due     'deaths and lost answers'               -DFAULTS=2 -DWIPES=0
check right  due     'and a wipe'                            -DFAULTS=1 -DWIPES=1
check right  due     'a fatal signal: run alone'             -DFAULTS=1 -DWIPES=0 -DPOISON

check broken reprise 'no DELETE fence'                       -DNO_DELETE_FENCE
check broken reprise 'second message on a new connection'    -DSECOND_MESSAGE_ON_NEW_CONNECTION
check broken reprise 'tally not fenced by state'             -DTALLY_NOT_FENCED -DCANCEL
check broken reprise 'cancel without draining'               -DCANCEL_WITHOUT_DRAIN -DCANCEL -DCHECKPOINTS
check broken reprise 'advance without planned'               -DADVANCE_WITHOUT_PLANNED
check broken reprise 'advance without state'                 -DADVANCE_WITHOUT_STATE -DCANCEL
check broken reprise 'plan without the cursor'               -DPLAN_WITHOUT_CURSOR -DN0=1 -DN1=2 -DPLANNERS=2
check broken reprise 'no generation check'                   -DNO_GENERATION_CHECK -DPAUSE -DWINDOW=2
check broken reprise 'resume in the same generation'         -DRESUME_SAME_GENERATION -DPAUSE
check broken reprise 'window fed by every finish'            -DFED_BY_EVERY_FINISH
check broken reprise 'progress not forward only'             -DPROGRESS_NOT_FORWARD_ONLY -DWINDOW=2
check broken reprise 'mirror without version'                -DMIRROR_WITHOUT_VERSION -DPAUSE -DFAULTS=1 -DN1=0
check broken reprise 'open without version'                  -DOPEN_WITHOUT_VERSION -DFAULTS=1 -DPAUSE -DCANCEL -DN1=0
check broken reprise 'the dead are not reaped'               -DNO_REAP
check broken reprise 'unknown entries are not handed back'   -DNO_BEAT_RETURN
check broken reprise 'reap forgets the worker'               -DREAP_FORGETS
check broken reprise 'the sweep does not repair'             -DNO_SWEEP_REPAIR -DPAUSE
check broken reprise 'rebuild keeps the lists'               -DREBUILD_KEEPS_LISTS -DWIPES
check broken reprise 'rebuild writes the epoch first'        -DEPOCH_FIRST -DWIPES
check broken reprise 'epoch without a nonce'                 -DEPOCH_WITHOUT_NONCE -DFAULTS=2 -DWIPES=2 -DN1=0
check broken lease   'no lease match'                        -DNO_LEASE_MATCH
check broken lease   'takeover without waiting'              -DTAKEOVER_WITHOUT_WAITING -DFREEZES=0
check broken lease   'no fresh touch before a request'       -DNO_FRESH_TOUCH -DFREEZES=0
check broken lease   'a clock that stops in a freeze'        -DCLOCK_STOPS_WHEN_FROZEN
check broken lease   'released at once after a crash'        -DRELEASED_AT_ONCE -DFREEZES=0 -DCRASHES=1
check broken lease   'released without a match'              -DRELEASED_WITHOUT_MATCH -DFREEZES=0 -DCRASHES=1
check broken lease   'no intents'                            -DNO_INTENTS -DFREEZES=0 -DCRASHES=1
check broken lease   'intents deleted, not read at start'    -DINTENTS_DELETED_UNREAD -DFREEZES=0
check broken lease   'a failed settle deletes intents'       -DFAILED_SETTLE_DELETES_INTENTS -DFREEZES=0 -DCRASHES=1
check broken due     'no process looks for orphans'          -DFAULTS=1 -DWIPES=0 -DNO_LOOK
check broken due     'one look is enough'                    -DFAULTS=0 -DWIPES=1 -DONE_LOOK
check broken due     'retries of suspects are released'      -DFAULTS=1 -DWIPES=0 -DPOISON -DRELEASE_SUSPECTS
check limit  lease   'without the assumption: a late POST'   -DLATE_POST
wait

cat "$work"/result.*
bad=$(cat "$work"/good.* | grep -vc '^0$')
[ "$(ls "$work"/good.* | wc -l)" -eq $((number - 100)) ] || bad=$((bad + 1))
if [ "$bad" -eq 0 ]; then echo "all as it must be, $SECONDS s"; else echo "$bad NOT as it must be, $SECONDS s"; fi
[ "$bad" -eq 0 ]
