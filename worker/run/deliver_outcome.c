/*
 * How an attempt ends: the outcome of its job (succeeded, skipped, put off, left open, tried again, failed) and what is
 * written on the link in the transaction that makes the outcome true. The executor settles after the handler has
 * returned, so what it writes then (struct link_end) outlives the attempt.
 *
 * Only deliver.c calls it, once for each attempt.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver.h"

#define NO_KEY_MS 10000 /* an operator has to give the key to a worker and start that again */
#define LOCAL_MS 10000  /* what this host lacks may come back at any time; another worker may have it */
#define LOG_EVERY_MS 60000
#define NOTE_MARGIN_MS 5000
#define STORE_AWAY_MS 2000 /* PostgreSQL did not answer: the job comes back after this */

/* What the settle writes; it outlives the attempt. */
struct link_end {
    const struct sql *statement;
    struct deliver_link link; /* its ids, and what it is not sent */
    char *error;
    bool is_away;
    struct git_fetched fetched;
    bool notes_fetch;
    int64_t files, bytes; /* of the tree, where it is synced */
};

/* ---- the transaction ----------------------------------------------------------------------------------------- */

/* Called by the executor within the transaction that settles the job. */
static void link_end_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct link_end *end = context;
    (void)mine;
    (void)count;
    FAULT_POINT("deliver.settle");
    struct pg_args *args = deliver_add(batch, &end->link, end->statement);
    if (end->statement == &sql_deliveries_synced) {
        pg_arg_text(args, end->fetched.commit);
        pg_arg_text(args, end->fetched.tree);
        pg_arg_int8(args, end->files);
        pg_arg_int8(args, end->bytes);
        pg_arg_int8(args, end->link.incarnation);
        pg_arg_text(args, end->link.withheld);
        pg_arg_text(args, end->link.withheld_limits);
        (void)deliver_add(batch, &end->link, &sql_deliveries_synced_intents);
    } else {
        pg_arg_text(args, end->error);
        if (end->statement == &sql_deliveries_failed)
            pg_arg_bool(args, end->is_away);
    }
    if (end->notes_fetch)
        deliver_record_fetch(batch, &end->link, &end->fetched);
}

static void link_end_drop(void *context)
{
    struct link_end *end = context;
    deliver_link_fini(&end->link);
    free(end->error);
    free(end);
}

/* `statement`: sql_deliveries_synced, _tried, _failed or _waits. */
static struct link_end *plan_link_end(struct deliver_attempt *attempt, const struct sql *statement)
{
    struct link_end *end = mem_zalloc(sizeof *end);
    end->statement = statement;
    end->link.app_id = mem_strdup(attempt->link.app_id);
    end->link.repository_id = mem_strdup(attempt->link.repository_id);
    end->link.incarnation = attempt->link.incarnation;
    end->fetched = attempt->fetched;
    end->notes_fetch = attempt->clone != NULL && !attempt->fetch_noted;
    attempt->run->effects = link_end_write;
    attempt->run->effects_context = end;
    attempt->run->drop_effects = link_end_drop;
    return end;
}

static char *text_copy(const char *text)
{
    return text == NULL ? NULL : mem_strdup(text);
}

/* ---- the outcome --------------------------------------------------------------------------------------------- */

static void result_add_counts(struct buf *out, const struct deliver_attempt *attempt)
{
    const struct deliver_progress *sent = &attempt->progress;
    const struct deliver_skipped *skipped = &attempt->skipped;
    buf_addf(out, "\"commit\":\"%s\"", attempt->fetched.commit);
    buf_addf(out, ",\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"deleted\":%" PRId64, sent->created, sent->updated,
             sent->deleted);
    buf_addf(out, ",\"sent_bytes\":%" PRId64, sent->bytes);
    buf_addf(out, ",\"skipped_symlinks\":%" PRId64 ",\"skipped_submodules\":%" PRId64, skipped->symlinks,
             skipped->submodules);
    buf_addf(out, ",\"skipped_paths\":%" PRId64 ",\"skipped_large_texts\":%" PRId64 ",\"skipped_large_files\":%" PRId64,
             skipped->odd_paths, skipped->large_texts, skipped->large_files);
}

/* The same tree again has the same totals; else all that the app holds is added up, once a job. */
static enum err read_totals(struct deliver_attempt *attempt, int64_t *files, int64_t *bytes, struct err_info *error)
{
    if (deliver_is_unchanged(attempt)) {
        *files = attempt->link.files;
        *bytes = attempt->link.bytes;
        return ERR_OK;
    }
    PGresult *totals = NULL;
    enum err err = deliver_exec(attempt, &sql_deliveries_totals, deliver_args(attempt), &totals, error);
    if (err == ERR_OK) {
        *files = pg_int8(totals, 0, 0);
        *bytes = pg_int8(totals, 0, 1);
    }
    PQclear(totals);
    return err;
}

/* Without the pin the next attempt compares every path, no more. */
static void pin_tree(struct deliver_attempt *attempt)
{
    struct err_info error = {.code = ERR_OK};
    if (git_pin(attempt->clone, attempt->link.app_id, attempt->fetched.commit, &error) != ERR_OK)
        log_warn("the tree that app %s holds is not pinned: %s", attempt->link.app_id, error.text);
}

static void succeed_dry(struct deliver_attempt *attempt)
{
    struct buf result = BUF_INIT;
    buf_add_str(&result, "{\"dry_run\":true,");
    result_add_counts(&result, attempt);
    buf_addf(&result, ",\"files\":%" PRId64 ",\"bytes\":%" PRId64,
             attempt->progress.created + attempt->progress.updated, attempt->progress.bytes);
    buf_add_str(&result, ",\"note\":\"files that the app still holds but the repository no longer has are not known "
                         "after a re-sync\"}");
    run_succeed(attempt->run, 0, result.data);
    buf_fini(&result);
}

enum err deliver_succeed(struct deliver_attempt *attempt, struct err_info *error)
{
    if (attempt->run->dry_run) {
        succeed_dry(attempt);
        return ERR_OK;
    }
    int64_t files = 0, bytes = 0;
    enum err err = read_totals(attempt, &files, &bytes, error);
    if (err != ERR_OK)
        return err;
    struct link_end *end = plan_link_end(attempt, &sql_deliveries_synced);
    end->files = files;
    end->bytes = bytes;
    end->link.withheld =
        deliver_is_unchanged(attempt) ? text_copy(attempt->link.withheld) : deliver_too_large_text(attempt);
    if (end->link.withheld != NULL)
        end->link.withheld_limits = deliver_limits(attempt->run->config);
    pin_tree(attempt);
    struct buf result = BUF_INIT;
    buf_add_char(&result, '{');
    result_add_counts(&result, attempt);
    buf_addf(&result, ",\"files\":%" PRId64 ",\"bytes\":%" PRId64 "}", end->files, end->bytes);
    run_succeed(attempt->run, 0, result.data);
    buf_fini(&result);
    return ERR_OK;
}

static void fail_job(struct deliver_attempt *attempt, const struct err_info *error)
{
    struct buf result = BUF_INIT;
    bool is_fetched = attempt->clone != NULL;
    if (is_fetched) {
        buf_add_char(&result, '{');
        result_add_counts(&result, attempt);
        buf_add_char(&result, '}');
    }
    run_fail(attempt->run, 0, error, attempt->is_final ? RUN_FINAL : RUN_MAY_RETRY, result.data);
    buf_fini(&result);
}

static void fail_link(struct deliver_attempt *attempt, const struct err_info *error)
{
    /* What is not found now was named by the tree that has just been fetched. */
    if (attempt->clone != NULL && error->code == ERR_NOT_FOUND)
        git_call_damaged(attempt->clone);
    log_info("%s: %s", attempt->run->jobs[0].key, error->text);
    fail_job(attempt, error);
    if (attempt->run->dry_run)
        return;
    bool is_failed = attempt->run->results[0].outcome == OUTCOME_FAILED;
    struct link_end *end = plan_link_end(attempt, is_failed ? &sql_deliveries_failed : &sql_deliveries_tried);
    end->error = mem_strdup(error->text);
    end->is_away = attempt->is_away;
}

/* Once a minute from each executor: thousands may wait for the same. */
static void log_waiting(struct deliver_attempt *attempt, const struct err_info *error)
{
    int64_t now_ms = clock_mono_ms(), *logged_ms = &attempt->tools->waiting_logged_ms;
    if (*logged_ms != 0 && now_ms - *logged_ms < LOG_EVERY_MS)
        return;
    *logged_ms = now_ms;
    log_error("%s waits, as others may: %s", attempt->run->jobs[0].key, error->text);
}

/* For what this worker lacks. The link says it too: until an operator provides it there is no other sign but those in
 * the heartbeat and in the doctor. */
static void wait_for_worker(struct deliver_attempt *attempt, int64_t delay_ms, const struct err_info *error)
{
    log_waiting(attempt, error);
    run_put_off_because(attempt->run, 0, delay_ms, error->text);
    if (attempt->run->dry_run)
        return;
    struct link_end *end = plan_link_end(attempt, &sql_deliveries_waits);
    end->error = mem_strdup(error->text);
}

/* The heartbeat shows a note as long as it is young, and a job that was put off does not begin again before that. */
static void wait_for_host(struct deliver_attempt *attempt, const struct err_info *error)
{
    run_note_health(attempt->run, error->text, LOCAL_MS + NOTE_MARGIN_MS);
    wait_for_worker(attempt, LOCAL_MS, error);
}

void deliver_end(struct deliver_attempt *attempt, const struct err_info *error)
{
    struct run *run = attempt->run;
    if (attempt->is_gone)
        run_skip(run, 0, "the app or its link to the repository has been removed", NULL);
    else if (attempt->needs_key)
        wait_for_worker(attempt, NO_KEY_MS, error);
    else if (attempt->wait_ms > 0)
        run_put_off(run, 0, attempt->wait_ms);
    else if (attempt->stop == ERR_FENCED || attempt->stop == ERR_INTERRUPTED)
        log_debug("%s stops: %s", run->jobs[0].key, error->text);
    else if (attempt->stop == ERR_UNREACHABLE || attempt->stop == ERR_RETRY)
        run_put_off(run, 0, STORE_AWAY_MS);
    else if (error->code == ERR_LOCAL)
        wait_for_host(attempt, error);
    else
        fail_link(attempt, error);
}
