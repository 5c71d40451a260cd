/* Looking at operations, and changing their state. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/store/pg.h"
#include "embedded/sql.h"
#include "producer/follow.h"
#include "producer/list.h"
#include "producer/lookup.h"
#include "producer/out.h"

/* The operation that the first word names; PostgreSQL is connected then. */
static enum err begin(struct session *session, const char **operation_id, struct err_info *error)
{
    *operation_id = session_word(session, 0);
    enum err err = lookup_operation(*operation_id, error);
    return err == ERR_OK ? session_postgres(session, error) : err;
}

/* ---- progress
 * -------------------------------------------------------------------------------------------------------- */

static void show_view(const struct view *view)
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
    enum err err = begin(session, &operation_id, error);
    if (err == ERR_OK && watch) {
        follow_catch_interrupt();
        err = follow(session, operation_id, FOLLOW_BAR, &view, error);
    } else if (err == ERR_OK) {
        err = view_read(session, operation_id, &view, error);
    }
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(json_object_get(view.json));
    else
        show_view(&view);
    if (watch && !is_a_success(&view))
        session->exit_code = err_exit_code(ERR_PERMANENT);
    view_fini(&view);
    return ERR_OK;
}

/* ---- cancel, pause, resume
 * ------------------------------------------------------------------------------------------- */

typedef enum err change_state(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error);
typedef enum err tell_redis(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                            struct err_info *error);

/* PostgreSQL has decided; Redis is told, and the sweep tells it where that fails. */
static enum err change(struct session *session, change_state *to, tell_redis *tell, struct err_info *error)
{
    const char *operation_id = NULL;
    struct tally tally;
    struct err_info redis_error = {0};
    enum err err = begin(session, &operation_id, error);
    if (err == ERR_OK)
        err = session_redis(session, error);
    if (err == ERR_OK)
        err = to(session->pg, operation_id, &tally, error);
    if (err != ERR_OK)
        return err;
    if (tell(&session->dispatch, session->pg, operation_id, &redis_error) != ERR_OK)
        out_note("Redis does not answer; it is told when it is back (%s)", redis_error.text);
    struct view view;
    err = view_read(session, operation_id, &view, error);
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(json_object_get(view.json));
    else
        show_view(&view);
    view_fini(&view);
    return ERR_OK;
}

enum err run_cancel(struct session *session, struct err_info *error)
{
    return change(session, operation_cancel, dispatch_refresh, error);
}

enum err run_pause(struct session *session, struct err_info *error)
{
    return change(session, operation_pause, dispatch_refresh, error);
}

enum err run_resume(struct session *session, struct err_info *error)
{
    return change(session, operation_resume, dispatch_open, error);
}

/* ---- lists
 * ------------------------------------------------------------------------------------------------------------- */

static enum err check_state(const char *state, struct err_info *error)
{
    if (state == NULL || strcmp(op_state_name(op_state_of(state)), state) == 0)
        return ERR_OK;
    return err_set(error, ERR_USAGE, "--state: \"%s\" is none of running, paused, completed, failed, cancelled", state);
}

enum err run_operations(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"OPERATION", "operation_id", LIST_TEXT},
        {"DEFINITION", "definition", LIST_TEXT},
        {"STATE", "state", LIST_TEXT},
        {"DONE", "completed", LIST_NUMBER},
        {"TOTAL", "total", LIST_NUMBER},
        {"FAILED", "failed", LIST_NUMBER},
        {"CREATED", "created_ago_ms", LIST_AGO},
        {"SUBJECT", "subject", LIST_TEXT},
        {NULL, NULL, LIST_TEXT},
    };
    struct list list = {"operations", columns, "operation_id", "There are no operations.", 0};
    const char *after = session->arguments.values[OPTION_AFTER], *state = session->arguments.values[OPTION_STATE];
    enum err err = option_limit(&session->arguments, &list.limit, error);
    if (err == ERR_OK)
        err = check_state(state, error);
    if (err == ERR_OK && after != NULL)
        err = lookup_operation(after, error);
    if (err == ERR_OK)
        err = session_postgres(session, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, list.limit + 1);
    pg_arg_text(args, after);
    pg_arg_text(args, state);
    PGresult *result = NULL;
    err = pg_exec(session->pg, &sql_producer_operations, args, &result, error);
    if (err == ERR_OK)
        list_print(session, result, &list);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static enum err after_seq(const struct session *session, int64_t *seq, struct err_info *error)
{
    const char *text = session->arguments.values[OPTION_AFTER];
    char *end = NULL;
    errno = 0;
    *seq = text == NULL ? 0 : strtoll(text, &end, 10);
    if (text != NULL && (*text < '0' || *text > '9' || *end != '\0' || errno != 0))
        return err_set(error, ERR_USAGE, "--after: \"%s\" is not the number of a job", text);
    return ERR_OK;
}

static enum err print_outcomes(struct session *session, const char *operation_id, int64_t after, struct list *list,
                               struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    pg_arg_int8(args, list->limit + 1);
    pg_arg_int8(args, after);
    pg_arg_bool(args, session_has(session, OPTION_FAILED));
    PGresult *result = NULL;
    enum err err = pg_exec(session->pg, &sql_producer_outcomes, args, &result, error);
    if (err == ERR_OK)
        list_print(session, result, list);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err run_outcomes(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"JOB", "seq", LIST_TEXT},
        {"KIND", "kind", LIST_TEXT},
        {"OUTCOME", "outcome", LIST_TEXT},
        {"TRY", "attempt", LIST_TEXT},
        {"ENDED", "finished_ago_ms", LIST_AGO},
        {"SUBJECT", "subject", LIST_TEXT},
        {"ERROR", "error", LIST_TEXT},
        {NULL, NULL, LIST_TEXT},
    };
    struct list list = {"outcomes", columns, "seq", "There are no outcomes.", 0};
    struct view view;
    const char *operation_id = NULL;
    int64_t after = 0;
    enum err err = option_limit(&session->arguments, &list.limit, error);
    if (err == ERR_OK)
        err = after_seq(session, &after, error);
    if (err == ERR_OK)
        err = begin(session, &operation_id, error);
    if (err == ERR_OK)
        err = view_read(session, operation_id, &view, error);
    if (err != ERR_OK)
        return err;
    if (view.pruned)
        list.none =
            "The outcomes of this operation were removed after their time (retention.outcomes); its counts are kept.";
    view_fini(&view);
    return print_outcomes(session, operation_id, after, &list, error);
}
