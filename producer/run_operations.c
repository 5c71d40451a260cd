/*
 * Looking at operations, and changing their state. PostgreSQL decides about cancel, pause and resume; Redis is brought
 * up to date afterwards, and its failure is said and never undoes anything. Called by the table of commands
 * (commands.c).
 */
#include <stdio.h>

#include "common/base/clock.h"
#include "common/query/operations.h"
#include "common/queue/redis_owner.h"
#include "producer/follow.h"
#include "producer/out.h"
#include "producer/session.h"
#include "producer/table.h"

/* The operation that the first word names; PostgreSQL is connected then. */
static enum err operation_word(struct session *session, const char **operation_id, struct err_info *error)
{
    *operation_id = session_word(session, 0);
    enum err err = name_lookup_operation(*operation_id, error);
    return err == ERR_OK ? session_postgres(session, error) : err;
}

/* ---- progress -------------------------------------------------------------------------------------------------- */

static void print_view(const struct view *view)
{
    char length[CLOCK_ISO_MAX];
    struct buf text = BUF_INIT;
    struct progress progress = view->progress;
    if (progress.state != OP_RUNNING)
        progress.rate = -1;
    progress_sentence(&progress, &text);
    out_line("%s  %s: %s", view->operation_id, view->definition, view->subject);
    out_line("%s, %s %s", text.data, progress.state == OP_RUNNING || progress.state == OP_PAUSED ? "for" : "in",
             clock_human_ms(progress.elapsed_ms, length));
    if (view->error != NULL)
        out_line("%s", view->error);
    if (progress.failed > 0 && !view->pruned)
        out_note("What failed, and why: producer outcomes %s --failed", view->operation_id);
    buf_fini(&text);
}

static void show_view(const struct session *session, const struct view *view)
{
    if (session->json)
        out_json(json_object_get(view->json));
    else
        print_view(view);
}

/* A follower's exit code tells the result. */
static bool is_a_success(const struct view *view)
{
    return view->progress.state == OP_COMPLETED && view->progress.failed == 0;
}

enum err run_progress(struct session *session, struct err_info *error)
{
    struct view view = {0};
    const char *operation_id = NULL;
    bool watch = session_has(session, OPTION_WATCH);
    enum err err = operation_word(session, &operation_id, error);
    if (err == ERR_OK && watch) {
        session_catch_interrupt();
        err = follow(session, operation_id, FOLLOW_BAR, &view, error);
    } else if (err == ERR_OK) {
        err = view_read(session, operation_id, &view, error);
        if (err == ERR_OK && !session->json)
            view_read_jobs(session, &view);
    }
    if (err != ERR_OK)
        return err;
    show_view(session, &view);
    if (watch && !is_a_success(&view))
        session->exit_code = err_exit_code(ERR_PERMANENT);
    view_fini(&view);
    return ERR_OK;
}

/* ---- cancel, pause, resume ------------------------------------------------------------------------------------- */

typedef enum err change_state(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error);
typedef enum err pass_to_redis(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                               struct err_info *error);

/* PostgreSQL has decided; Redis gets it from here, or from the sweep where that fails. */
static enum err change_operation(struct session *session, change_state *to, pass_to_redis *pass_on,
                                 struct err_info *error)
{
    const char *operation_id = NULL;
    struct tally tally;
    struct err_info redis_error = {0};
    enum err err = operation_word(session, &operation_id, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = to(session->pg, operation_id, &tally, error);
    if (err != ERR_OK)
        return err;
    err = redis_owner_check(&session->dispatch, session->pg, &redis_error);
    if (err == ERR_OK)
        err = pass_on(&session->dispatch, session->pg, operation_id, &redis_error);
    if (err == ERR_CONFLICT)
        out_note("Redis was not told: %s", redis_error.text);
    else if (err != ERR_OK)
        out_note("Redis does not answer; it is brought up to date when it is back (%s)", redis_error.text);
    struct view view;
    err = view_read(session, operation_id, &view, error);
    if (err != ERR_OK)
        return err;
    show_view(session, &view);
    view_fini(&view);
    return ERR_OK;
}

enum err run_cancel(struct session *session, struct err_info *error)
{
    return change_operation(session, operation_cancel, dispatch_refresh, error);
}

enum err run_pause(struct session *session, struct err_info *error)
{
    return change_operation(session, operation_pause, dispatch_refresh, error);
}

enum err run_resume(struct session *session, struct err_info *error)
{
    return change_operation(session, operation_resume, dispatch_open, error);
}

/* ---- lists ----------------------------------------------------------------------------------------------------- */

enum err run_operations(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"OPERATION", "operation_id", FORMAT_TEXT},
        {"DEFINITION", "definition", FORMAT_TEXT},
        {"STATE", "state", FORMAT_TEXT},
        {"DONE", "completed", FORMAT_NUMBER},
        {"TOTAL", "total", FORMAT_NUMBER},
        {"FAILED", "failed", FORMAT_NUMBER},
        {"CREATED", "created_ago_ms", FORMAT_AGO},
        {"SUBJECT", "subject", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns, "There are no operations."};
    return list_run(session, operations_list, NULL, &list, error);
}

enum err run_outcomes(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"JOB", "seq", FORMAT_TEXT},
        {"KIND", "kind", FORMAT_TEXT},
        {"OUTCOME", "outcome", FORMAT_TEXT},
        {"TRY", "attempt", FORMAT_TEXT},
        {"ENDED", "finished_ago_ms", FORMAT_AGO},
        {"SUBJECT", "subject", FORMAT_TEXT},
        {"ERROR", "error", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    struct list list = {columns, "There are no outcomes."};
    struct view view;
    const char *operation_id = NULL;
    enum err err = operation_word(session, &operation_id, error);
    if (err == ERR_OK)
        err = view_read(session, operation_id, &view, error);
    if (err != ERR_OK)
        return err;
    if (view.pruned)
        list.none =
            "The outcomes of this operation were removed after their time (retention.outcomes); its counts are kept.";
    view_fini(&view);
    bool only_failed = session_has(session, OPTION_FAILED);
    const struct list_also also[LIST_ALSO_MAX] = {{"operation_id", operation_id},
                                                  {only_failed ? "outcome" : NULL, "failed"}};
    return list_run(session, outcomes_list, also, &list, error);
}
