/*
 * The ground that all steps of a delivery stand on: statements of the link, checkpoints, the tick that keeps the
 * lease, what was too large, and what an executor keeps from job to job. Each statement goes through here, so that
 * what PostgreSQL says about going on is noted once.
 */
#include "worker/run/deliver_attempt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"

#define SQLSTATE_NO_SUCH_LINK "RP404" /* of share_link */
#define CHECKPOINT_MAX 256            /* bytes of its text */

/* ---- the job's checkpoint as text -------------------------------------------------------------------------------- */

/* NULL, or what is not JSON, is a job that has not begun. */
static struct deliver_progress progress_read(const char *checkpoint)
{
    struct deliver_progress progress = {.is_cleared = false};
    struct json_object *json = NULL;
    struct err_info ignored;
    if (checkpoint == NULL ||
        json_parse(checkpoint, strlen(checkpoint), JSON_LIMITS_REQUEST, &json, &ignored) != ERR_OK)
        return progress;
    progress.is_cleared = json_get_bool(json, "cleared", false);
    progress.created = json_get_int(json, "created", 0);
    progress.updated = json_get_int(json, "updated", 0);
    progress.deleted = json_get_int(json, "deleted", 0);
    progress.bytes = json_get_int(json, "bytes", 0);
    progress.done = json_get_int(json, "done", 0);
    progress.total = json_get_int(json, "total", 0);
    json_object_put(json);
    return progress;
}

/* Returns `out`. */
static const char *progress_write(const struct deliver_progress *progress, char out[CHECKPOINT_MAX])
{
    char files[80] = "";
    if (progress->total > 0)
        snprintf(files, sizeof files, ",\"done\":%" PRId64 ",\"total\":%" PRId64, progress->done, progress->total);
    snprintf(out, CHECKPOINT_MAX,
             "{\"cleared\":%s,\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"deleted\":%" PRId64
             ",\"bytes\":%" PRId64 "%s}",
             progress->is_cleared ? "true" : "false", progress->created, progress->updated, progress->deleted,
             progress->bytes, files);
    return out;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

/* A child_tick_fn. */
static enum err attempt_keep_lease(void *context, struct err_info *error)
{
    struct deliver_attempt *attempt = context;
    return deliver_note_stop(attempt, run_tick(attempt->run, error), error);
}

void deliver_attempt_init(struct deliver_attempt *attempt, struct run *run)
{
    struct buf job_id = BUF_INIT;
    buf_addf(&job_id, "%s/%" PRId64, run->operation_id, run->jobs[0].seq);
    *attempt = (struct deliver_attempt){
        .run = run,
        .job_id = buf_take(&job_id),
        .progress = progress_read(run->jobs[0].checkpoint),
        .tick = attempt_keep_lease,
        .tick_context = attempt,
    };
}

void deliver_attempt_fini(struct deliver_attempt *attempt)
{
    git_close(attempt->clone);
    deliver_link_fini(&attempt->link);
    free(attempt->skipped.first_large);
    free(attempt->job_id);
}

enum err deliver_note_stop(struct deliver_attempt *attempt, enum err err, const struct err_info *error)
{
    if (err == ERR_OK)
        return ERR_OK;
    if (strcmp(error->sqlstate, SQLSTATE_NO_SUCH_LINK) == 0)
        attempt->is_gone = true;
    else if (attempt->stop == ERR_OK)
        attempt->stop = err;
    return err;
}

/* ---- while something takes its time ------------------------------------------------------------------------------ */

void deliver_watch(struct deliver_attempt *attempt, child_tick_fn *tick, void *context)
{
    attempt->tick = tick != NULL ? tick : attempt_keep_lease;
    attempt->tick_context = tick != NULL ? context : attempt;
    if (attempt->clone != NULL)
        git_watch(attempt->clone, attempt->tick, attempt->tick_context);
}

enum err deliver_tick(const struct deliver_attempt *attempt, struct err_info *error)
{
    return attempt->tick(attempt->tick_context, error);
}

/* ---- statements and checkpoints ---------------------------------------------------------------------------------- */

struct pg_args *deliver_args(const struct deliver_attempt *attempt)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, attempt->link.app_id);
    pg_arg_text(args, attempt->link.repository_id);
    return args;
}

enum err deliver_exec(struct deliver_attempt *attempt, const struct sql *statement, struct pg_args *args,
                      PGresult **result, struct err_info *error)
{
    enum err err = pg_exec(attempt->run->pg, statement, args, result, error);
    pg_args_drop(args);
    return deliver_note_stop(attempt, err, error);
}

struct pg_args *deliver_add(struct pg_batch *batch, const struct deliver_link *link, const struct sql *statement)
{
    struct pg_args *args = pg_batch_add(batch, statement);
    pg_arg_text(args, link->app_id);
    pg_arg_text(args, link->repository_id);
    return args;
}

void deliver_arg_attempt(struct pg_args *args, const struct deliver_attempt *attempt)
{
    const struct job *job = &attempt->run->jobs[0];
    pg_arg_text(args, attempt->run->operation_id);
    pg_arg_int8(args, job->seq);
    pg_arg_int4(args, job->attempt);
}

struct pg_batch *deliver_checkpoint(struct deliver_attempt *attempt)
{
    char text[CHECKPOINT_MAX];
    struct pg_batch *batch = run_checkpoint(attempt->run, progress_write(&attempt->progress, text));
    pg_arg_int8(deliver_add(batch, &attempt->link, &sql_deliveries_share_link), attempt->link.incarnation);
    return batch;
}

enum err deliver_commit(struct deliver_attempt *attempt, struct pg_batch *batch, struct err_info *error)
{
    return deliver_note_stop(attempt, run_checkpoint_commit(attempt->run, batch, error), error);
}

/* ---- files that are too large ------------------------------------------------------------------------------------ */

void deliver_note_too_large(struct deliver_attempt *attempt, const char *path, int64_t size, const char *setting)
{
    struct err_info sentence; /* for its rules: no control characters, no endless paths */
    if (attempt->skipped.first_large != NULL)
        return;
    err_set(&sentence, ERR_PERMANENT, "%.300s has %" PRId64 " bytes, which is more than %s", path, size, setting);
    attempt->skipped.first_large = mem_strdup(sentence.text);
}

char *deliver_limits(const struct config *config)
{
    struct buf limits = BUF_INIT;
    buf_addf(&limits, "%" PRId64 "/%" PRId64 "/%s", config->deliver_max_text_bytes, config->deliver_max_file_bytes,
             config->deliver_too_large);
    return buf_take(&limits);
}

bool deliver_limits_are_same(const struct deliver_attempt *attempt)
{
    const struct deliver_link *link = &attempt->link;
    if (link->withheld == NULL)
        return true;
    char *limits = deliver_limits(attempt->run->config);
    bool is_same = link->withheld_limits != NULL && strcmp(limits, link->withheld_limits) == 0;
    free(limits);
    return is_same;
}

char *deliver_too_large_text(const struct deliver_attempt *attempt)
{
    const struct deliver_skipped *skipped = &attempt->skipped;
    int64_t count = skipped->large_texts + skipped->large_files;
    if (count == 0)
        return NULL;
    struct buf sentence = BUF_INIT;
    buf_addf(&sentence, "%" PRId64 " %s too large and not sent: %s%s", count, count == 1 ? "file is" : "files are",
             skipped->first_large, count == 1 ? "" : ", for one");
    return buf_take(&sentence);
}

/* ---- what an executor keeps -------------------------------------------------------------------------------------- */

static void tools_clear(struct deliver_tools *tools)
{
    http_drop(tools->http);
    address_list_drop(tools->deliver_allowed);
    address_list_drop(tools->git_allowed);
    free(tools->deliver_allow);
    free(tools->git_allow);
    *tools = (struct deliver_tools){.http = NULL};
}

static bool tools_fit(const struct deliver_tools *tools, const struct config *config)
{
    return tools->http != NULL && tools->parallel == (int)config->deliver_parallel &&
           strcmp(tools->deliver_allow, config->deliver_allow_private) == 0 &&
           strcmp(tools->git_allow, config->git_allow_private) == 0;
}

static enum err tools_make(struct deliver_tools *tools, const struct config *config, struct err_info *error)
{
    tools->deliver_allow = mem_strdup(config->deliver_allow_private);
    tools->git_allow = mem_strdup(config->git_allow_private);
    tools->parallel = (int)config->deliver_parallel;
    if (address_list_parse(tools->deliver_allow, &tools->deliver_allowed, error) != ERR_OK)
        return err_prefix(error, "deliver.allow_private");
    if (address_list_parse(tools->git_allow, &tools->git_allowed, error) != ERR_OK)
        return err_prefix(error, "git.allow_private");
    tools->http = http_new(tools->parallel, tools->deliver_allowed);
    return ERR_OK;
}

enum err deliver_tools_ready(void **kept, const struct config *config, struct deliver_tools **tools,
                             struct err_info *error)
{
    if (*kept == NULL)
        *kept = mem_zalloc(sizeof(struct deliver_tools));
    *tools = *kept;
    if (tools_fit(*tools, config))
        return ERR_OK;
    tools_clear(*tools);
    enum err err = tools_make(*tools, config, error);
    if (err != ERR_OK)
        tools_clear(*tools);
    return err;
}

void deliver_tools_drop(void *tools)
{
    if (tools == NULL)
        return;
    tools_clear(tools);
    free(tools);
}
