#include "worker/run/deliver_outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver_changes.h"
#include "worker/run/deliver_fetch.h"
#include "worker/run/deliver_withhold.h"

#define NO_KEY_MS 10000 /* an operator has to act, and the worker to be started anew: often on another's behalf */
#define LOCAL_MS 10000  /* what this host lacks may come back at any time; another worker may have it */
#define TOLD_EVERY_MS 60000
#define TOLD_MARGIN_MS 5000
#define STORE_AWAY_MS 2000 /* PostgreSQL did not answer: the job comes back after this */

/* What the settle writes; it outlives the attempt. */
struct settling {
    struct deliver_link link; /* its ids, and what it is not sent */
    bool is_synced, is_final, is_put_off;
    char *error;
    struct git_fetched fetched;
    bool notes_fetch;
    int64_t files, bytes;
};

/* ---- the transaction ----------------------------------------------------------------------------------------- */

static void write_effects(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct settling *settling = context;
    (void)mine;
    (void)count;
    FAULT_POINT("deliver.settle");
    if (settling->is_synced) {
        struct pg_args *args = deliver_add(batch, &settling->link, &sql_deliveries_synced);
        pg_arg_text(args, settling->fetched.commit);
        pg_arg_text(args, settling->fetched.tree);
        pg_arg_int8(args, settling->files);
        pg_arg_int8(args, settling->bytes);
        pg_arg_int8(args, settling->link.incarnation);
        pg_arg_text(args, settling->link.withheld);
        pg_arg_text(args, settling->link.withheld_limits);
        (void)deliver_add(batch, &settling->link, &sql_deliveries_synced_intents);
    } else {
        const struct sql *statement = settling->is_final     ? &sql_deliveries_failed
                                      : settling->is_put_off ? &sql_deliveries_waits
                                                             : &sql_deliveries_tried;
        pg_arg_text(deliver_add(batch, &settling->link, statement), settling->error);
    }
    if (settling->notes_fetch)
        deliver_note_fetch(batch, &settling->link, &settling->fetched);
}

static void settling_drop(void *context)
{
    struct settling *settling = context;
    deliver_link_fini(&settling->link);
    free(settling->error);
    free(settling);
}

static struct settling *plan_effects(struct deliver *deliver)
{
    struct settling *settling = mem_zalloc(sizeof *settling);
    settling->link.app_id = mem_strdup(deliver->link.app_id);
    settling->link.repository_id = mem_strdup(deliver->link.repository_id);
    settling->link.incarnation = deliver->link.incarnation;
    settling->fetched = deliver->fetched;
    settling->notes_fetch = deliver->clone != NULL && !deliver->fetch_noted;
    deliver->run->effects = write_effects;
    deliver->run->effects_context = settling;
    deliver->run->drop_effects = settling_drop;
    return settling;
}

/* ---- the outcome --------------------------------------------------------------------------------------------- */

static void add_counts(struct buf *out, const struct deliver *deliver)
{
    const struct deliver_remember *sent = &deliver->remember;
    const struct deliver_skipped *skipped = &deliver->skipped;
    buf_addf(out, "\"commit\":\"%s\"", deliver->fetched.commit);
    buf_addf(out, ",\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"deleted\":%" PRId64, sent->created, sent->updated,
             sent->deleted);
    buf_addf(out, ",\"sent_bytes\":%" PRId64, sent->bytes);
    buf_addf(out, ",\"skipped_symlinks\":%" PRId64 ",\"skipped_submodules\":%" PRId64, skipped->symlinks,
             skipped->submodules);
    buf_addf(out, ",\"skipped_paths\":%" PRId64 ",\"skipped_large_texts\":%" PRId64 ",\"skipped_large_files\":%" PRId64,
             skipped->odd_paths, skipped->large_texts, skipped->large_files);
}

/* The same tree again has the same totals; else all that the app holds is added up, once a job. */
static enum err read_totals(struct deliver *deliver, struct settling *settling, struct err_info *error)
{
    if (deliver_is_unchanged(deliver)) {
        settling->files = deliver->link.files;
        settling->bytes = deliver->link.bytes;
        return ERR_OK;
    }
    PGresult *totals = NULL;
    enum err err = deliver_exec(deliver, &sql_deliveries_totals, deliver_args(deliver), &totals, error);
    if (err == ERR_OK) {
        settling->files = pg_int8(totals, 0, 0);
        settling->bytes = pg_int8(totals, 0, 1);
    }
    PQclear(totals);
    return err;
}

/* Without the pin the next attempt compares every path, no more. */
static void pin(struct deliver *deliver)
{
    struct err_info error = {.code = ERR_OK};
    if (git_pin(deliver->clone, deliver->link.app_id, deliver->fetched.commit, &error) != ERR_OK)
        log_warn("the tree that app %s holds is not pinned: %s", deliver->link.app_id, error.text);
}

static void succeed_dry(struct deliver *deliver)
{
    struct buf result = BUF_INIT;
    buf_add_str(&result, "{\"dry_run\":true,");
    add_counts(&result, deliver);
    buf_addf(&result, ",\"files\":%" PRId64 ",\"bytes\":%" PRId64,
             deliver->remember.created + deliver->remember.updated, deliver->remember.bytes);
    buf_add_str(&result, ",\"note\":\"files that the app still holds but the repository no longer has are not known "
                         "after a re-sync\"}");
    run_succeed(deliver->run, 0, result.data);
    buf_fini(&result);
}

enum err deliver_succeed(struct deliver *deliver, struct err_info *error)
{
    if (deliver->run->dry_run) {
        succeed_dry(deliver);
        return ERR_OK;
    }
    struct settling *settling = plan_effects(deliver);
    settling->is_synced = true;
    settling->link.withheld = deliver_withheld(deliver);
    if (settling->link.withheld != NULL)
        settling->link.withheld_limits = deliver_withhold_limits(deliver->run->config);
    enum err err = read_totals(deliver, settling, error);
    if (err != ERR_OK)
        return err;
    pin(deliver);
    struct buf result = BUF_INIT;
    buf_add_char(&result, '{');
    add_counts(&result, deliver);
    buf_addf(&result, ",\"files\":%" PRId64 ",\"bytes\":%" PRId64 "}", settling->files, settling->bytes);
    run_succeed(deliver->run, 0, result.data);
    buf_fini(&result);
    return ERR_OK;
}

static void rule_failed(struct deliver *deliver, const struct err_info *error)
{
    struct buf result = BUF_INIT;
    bool is_fetched = deliver->clone != NULL;
    if (is_fetched) {
        buf_add_char(&result, '{');
        add_counts(&result, deliver);
        buf_add_char(&result, '}');
    }
    run_fail(deliver->run, 0, error, deliver->is_final ? RUN_FINAL : RUN_MAY_RETRY, result.data);
    buf_fini(&result);
}

static void fail(struct deliver *deliver, const struct err_info *error)
{
    /* Whatever is not found now was named by the tree that has just been fetched. */
    if (deliver->clone != NULL && error->code == ERR_NOT_FOUND)
        git_call_damaged(deliver->clone);
    log_info("%s: %s", deliver->run->jobs[0].key, error->text);
    rule_failed(deliver, error);
    if (deliver->run->dry_run)
        return;
    struct settling *settling = plan_effects(deliver);
    settling->is_final = deliver->run->results[0].outcome == OUTCOME_FAILED;
    settling->error = mem_strdup(error->text);
}

/* Once a minute from each executor: thousands may wait for the same. */
static void tell_of_waiting(struct deliver *deliver, const struct err_info *error)
{
    int64_t now_ms = clock_mono_ms(), *told_ms = &deliver->tools->waiting_told_ms;
    if (*told_ms != 0 && now_ms - *told_ms < TOLD_EVERY_MS)
        return;
    *told_ms = now_ms;
    log_error("%s waits, as others may: %s", deliver->run->jobs[0].key, error->text);
}

/* For what this worker lacks. The link tells of it too: until somebody gives it there is no other sign but the
 * heartbeat's and the doctor's. */
static void wait_for_worker(struct deliver *deliver, int64_t delay_ms, const struct err_info *error)
{
    tell_of_waiting(deliver, error);
    run_put_off_because(deliver->run, 0, delay_ms, error->text);
    if (deliver->run->dry_run)
        return;
    struct settling *settling = plan_effects(deliver);
    settling->is_put_off = true;
    settling->error = mem_strdup(error->text);
}

/* A heartbeat tells it for as long as it is young, and a job that was put off is not begun again for longer. */
static void wait_for_host(struct deliver *deliver, const struct err_info *error)
{
    run_note_health(deliver->run, error->text, LOCAL_MS + TOLD_MARGIN_MS);
    wait_for_worker(deliver, LOCAL_MS, error);
}

void deliver_end(struct deliver *deliver, const struct err_info *error)
{
    struct run *run = deliver->run;
    if (deliver->is_gone)
        run_skip(run, 0, "the app or its link to the repository has been removed", NULL);
    else if (deliver->needs_key)
        wait_for_worker(deliver, NO_KEY_MS, error);
    else if (deliver->wait_ms > 0)
        run_put_off(run, 0, deliver->wait_ms);
    else if (deliver->stop == ERR_FENCED || deliver->stop == ERR_INTERRUPTED)
        log_debug("%s stops: %s", run->jobs[0].key, error->text);
    else if (deliver->stop == ERR_UNREACHABLE || deliver->stop == ERR_RETRY)
        run_put_off(run, 0, STORE_AWAY_MS);
    else if (error->code == ERR_LOCAL)
        wait_for_host(deliver, error);
    else
        fail(deliver, error);
}
