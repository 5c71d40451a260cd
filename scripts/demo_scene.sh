# shellcheck shell=bash
# shellcheck disable=SC2154 # run, scripts and build are set by demo.sh
# What demo.sh leaves to look at while it stays up, so that no page of the dashboard is empty: an app with repositories
# of its own, an app that does not answer, an operation that runs for some minutes, and a definition in error. Sourced
# by demo.sh, whose functions and settings it uses.

# A repository of a few files, for the app of docs.
sample_repository() {
    local name=$1 directory=$run/samples/$1 i
    mkdir -p "$directory/pages"
    for i in 1 2 3 4 5; do
        printf '# %s, page %d\n\nWritten by the demo.\n' "$name" "$i" >"$directory/pages/$i.md"
    done
    HOME=$run/home GIT_CONFIG_NOSYSTEM=1 git -C "$directory" init --quiet --initial-branch=main
    HOME=$run/home GIT_CONFIG_NOSYSTEM=1 git -C "$directory" add .
    HOME=$run/home GIT_CONFIG_NOSYSTEM=1 git -C "$directory" -c user.name=demo -c user.email=demo@localhost \
        commit --quiet --message "Five pages"
}

watch_samples() {
    local app=$1 name
    shift
    for name in "$@"; do
        producer add-repository "$app" "$(python3 "$scripts/demo_check.py" url "$run/samples/$name")" --json >/dev/null ||
            die "the repository $name could not be registered"
    done
}

docs_app() {
    local port answer app
    port=$(free_port)
    answer=$(producer add-app "Docs portal" "http://127.0.0.1:$port" --json) || die "the docs app could not be registered"
    app=$(json_field app_id <<<"$answer")
    launch receiver-docs "$build/tests/receiver/receiver" --port "$port" --port-file "$run/receiver-docs.port" \
        --keep "$run/received-docs" --log "$run/deliveries-docs.log" --key "$app=$(json_field client_auth_key <<<"$answer")"
    await receiver-docs test -s "$run/receiver-docs.port"
    watch_samples "$app" handbook changelog guides
    producer resync-app "$app" --yes >/dev/null 2>&1 || die "the docs app could not be re-synced"
}

# No server listens there, so its link fails once its tries are used up.
silent_app() {
    local answer app
    answer=$(producer add-app "Silent portal" "http://127.0.0.1:$(free_port)" --json) ||
        die "the silent app could not be registered"
    app=$(json_field app_id <<<"$answer")
    watch_samples "$app" handbook
    producer resync-app "$app" --yes >/dev/null 2>&1 || die "the silent app could not be asked for"
}

broken_definition() {
    printf 'id: nightly-costs\nname: Costs of the night\nphases:\n  - {id: costs, job: recount, over: workflows}\n' \
        >"$run/definitions/nightly-costs.yaml"
    producer resync-definitions >/dev/null 2>&1 || true # it says what is wrong with that file, and fails for it
}

set_scene() {
    mkdir -p "$run/samples" "$run/received-docs"
    for name in handbook changelog guides; do
        sample_repository "$name"
    done
    docs_app
    silent_app
    broken_definition
    producer run noop count=500000 sleep_ms=1 --yes >/dev/null 2>&1 || die "the operation to look at could not be asked for"
    cat <<'END'
  Docs portal     three repositories, all sent
  Silent portal   does not answer: its link fails after five tries, with the reason
  noop            an operation that runs for some minutes: watch it, pause it, cancel it
  nightly-costs   a definition in error
END
}
