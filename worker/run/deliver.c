/*
 * A snapshot brings an app up to date with a repository: fetch, compare with what the app holds, send what differs, and
 * settle with the tree that it holds then. docs/domain/deliveries.md, "A snapshot job".
 */
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver_changes.h"
#include "worker/run/deliver_fetch.h"
#include "worker/run/deliver_outcome.h"
#include "worker/run/deliver_send.h"
#include "worker/run/deliver_story.h"
#include "worker/run/handlers.h"

static enum err load_link(struct deliver *deliver, struct err_info *error)
{
    const struct run *run = deliver->run;
    enum err err = deliver_link_load(run->pg, run->keys, run->jobs[0].key, &deliver->link, error);
    if (err == ERR_NOT_FOUND)
        deliver->is_gone = true;
    else if (err == ERR_UNREACHABLE || err == ERR_RETRY)
        deliver->stop = err;
    else if (err == ERR_USAGE)
        deliver->needs_key = true;
    else
        deliver->is_final = err != ERR_OK;
    return err;
}

static enum err prepare(struct deliver *deliver, struct err_info *error)
{
    const struct run *run = deliver->run;
    enum err err = deliver_tools_ready(run->tools, run->config, &deliver->tools, error);
    deliver->is_final = err != ERR_OK;
    if (err == ERR_OK)
        err = load_link(deliver, error);
    if (err != ERR_OK)
        return err;
    deliver->wait_ms = deliver_circuit_wait_ms(deliver);
    return deliver->wait_ms > 0 ? err_set(error, ERR_BUSY, "the repository's circuit is open") : ERR_OK;
}

static enum err read_doubts(struct deliver *deliver, struct err_info *error)
{
    struct pg_args *args = deliver_args(deliver);
    deliver_arg_attempt(args, deliver);
    PGresult *rows = NULL;
    enum err err = deliver_exec(deliver, &sql_deliveries_other_intents, args, &rows, error);
    if (err == ERR_OK)
        deliver_doubts_read(rows, &deliver->doubts);
    PQclear(rows);
    return err;
}

static enum err bring_up_to_date(struct deliver *deliver, deliver_first_fn *first, struct err_info *error)
{
    enum err err = prepare(deliver, error);
    if (err == ERR_OK && first != NULL)
        err = first(deliver, error);
    if (err == ERR_OK)
        err = deliver_fetch(deliver, error);
    if (err == ERR_OK)
        err = read_doubts(deliver, error);
    if (err == ERR_OK && !deliver_is_unchanged(deliver))
        err = deliver->run->dry_run ? deliver_count(deliver, error) : deliver_send(deliver, error);
    return err == ERR_OK ? deliver_succeed(deliver, error) : err;
}

void deliver_tell(struct run *run, deliver_first_fn *first)
{
    struct deliver deliver;
    struct err_info error = {.code = ERR_OK};
    deliver_init(&deliver, run);
    if (bring_up_to_date(&deliver, first, &error) != ERR_OK)
        deliver_end(&deliver, &error);
    deliver_fini(&deliver);
}

void snapshot_run(struct run *run)
{
    deliver_tell(run, NULL);
}
