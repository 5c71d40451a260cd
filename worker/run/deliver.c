/*
 * A delivery brings an app up to date with a repository: load the link, fetch, compare with what the app holds, send
 * what differs, and settle with the tree that the app holds then (docs/domain/deliveries.md). A re-sync clears what is
 * known of the app before that, so that all is sent again; it clears once for each job: a second attempt goes on from
 * what was sent again.
 *
 * The executor calls snapshot_run or resync_run on a thread of its own, once the job's lease is claimed. Nothing here
 * may send before a committed checkpoint has announced it (deliver_outbox.c), nor write outside the fence.
 */
#include <stdlib.h>

#include "common/base/fault.h"
#include "embedded/sql_deliveries.h"
#include "worker/run.h"
#include "worker/run/deliver.h"

enum deliver_mode { DELIVER_SNAPSHOT, DELIVER_RESYNC };

/* ---- load, clear ------------------------------------------------------------------------------------------------- */

static enum err load_link(struct deliver_attempt *attempt, struct err_info *error)
{
    const struct run *run = attempt->run;
    enum err err = deliver_tools_ready(run->tools, run->config, &attempt->tools, error);
    attempt->is_final = err != ERR_OK;
    if (err != ERR_OK)
        return err;
    err = deliver_link_load(run->pg, run->keys, run->jobs[0].key, &attempt->link, error);
    if (err == ERR_NOT_FOUND)
        attempt->is_gone = true;
    else if (err == ERR_UNREACHABLE || err == ERR_RETRY)
        attempt->stop = err;
    else if (err == ERR_USAGE)
        attempt->needs_key = true;
    else
        attempt->is_final = err != ERR_OK;
    if (err != ERR_OK)
        return err;
    attempt->wait_ms = deliver_circuit_wait_ms(attempt);
    return attempt->wait_ms > 0 ? err_set(error, ERR_BUSY, "the repository's circuit is open") : ERR_OK;
}

static enum err clear_link(struct deliver_attempt *attempt, struct err_info *error)
{
    if (attempt->progress.is_cleared)
        return ERR_OK;
    deliver_link_clear(&attempt->link);
    if (attempt->run->dry_run)
        return ERR_OK;
    attempt->progress.is_cleared = true;
    struct pg_batch *batch = deliver_checkpoint(attempt);
    (void)deliver_add(batch, &attempt->link, &sql_deliveries_clear_deliveries);
    (void)deliver_add(batch, &attempt->link, &sql_deliveries_clear_link);
    enum err err = deliver_commit(attempt, batch, error);
    FAULT_POINT("deliver.cleared");
    return err;
}

/* ---- compare, send ----------------------------------------------------------------------------------------------- */

static enum err load_unconfirmed(struct deliver_attempt *attempt, struct err_info *error)
{
    struct pg_args *args = deliver_args(attempt);
    deliver_arg_attempt(args, attempt);
    PGresult *rows = NULL;
    enum err err = deliver_exec(attempt, &sql_deliveries_other_intents, args, &rows, error);
    if (err == ERR_OK)
        unconfirmed_read(rows, &attempt->link.unconfirmed);
    PQclear(rows);
    return err;
}

static enum err count_changes(struct deliver_attempt *attempt, struct err_info *error)
{
    struct deliver_changes *changes = deliver_changes_new(attempt);
    struct change_batch batch = {.is_last = false};
    enum err err = ERR_OK;
    while (err == ERR_OK && !batch.is_last) {
        err = deliver_changes_next(changes, &batch, error);
        if (err == ERR_OK)
            err = deliver_files_count(attempt, &batch, error);
    }
    deliver_changes_drop(changes);
    return err;
}

/* After a failure what is in flight has been waited for. */
static enum err send_changes(struct deliver_attempt *attempt, struct err_info *error)
{
    struct deliver_changes *changes = deliver_changes_new(attempt);
    struct outbox *outbox = outbox_new(attempt);
    struct change_batch batch = {.is_last = false};
    enum err err = ERR_OK;
    while (err == ERR_OK && !batch.is_last) {
        err = outbox_lend_connection(outbox, error);
        if (err == ERR_OK)
            err = deliver_changes_next(changes, &batch, error);
        if (err == ERR_OK)
            err = deliver_files_send(attempt, &batch, outbox, error);
    }
    if (err == ERR_OK)
        err = outbox_finish(outbox, error);
    if (err != ERR_OK)
        outbox_give_up(outbox, error);
    outbox_drop(outbox);
    deliver_changes_drop(changes);
    return err;
}

/* ---- the story --------------------------------------------------------------------------------------------------- */

static enum err bring_up_to_date(struct deliver_attempt *attempt, enum deliver_mode mode, struct err_info *error)
{
    enum err err = load_link(attempt, error);
    if (err == ERR_OK && mode == DELIVER_RESYNC)
        err = clear_link(attempt, error);
    if (err == ERR_OK)
        err = deliver_fetch(attempt, error);
    if (err == ERR_OK)
        err = load_unconfirmed(attempt, error);
    if (err == ERR_OK && !deliver_is_unchanged(attempt))
        err = attempt->run->dry_run ? count_changes(attempt, error) : send_changes(attempt, error);
    return err == ERR_OK ? deliver_succeed(attempt, error) : err;
}

static void deliver_run(struct run *run, enum deliver_mode mode)
{
    struct deliver_attempt attempt;
    struct err_info error = {.code = ERR_OK};
    deliver_attempt_init(&attempt, run);
    if (bring_up_to_date(&attempt, mode, &error) != ERR_OK)
        deliver_end(&attempt, &error);
    deliver_attempt_fini(&attempt);
}

void snapshot_run(struct run *run)
{
    deliver_run(run, DELIVER_SNAPSHOT);
}

void resync_run(struct run *run)
{
    deliver_run(run, DELIVER_RESYNC);
}
