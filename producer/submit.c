/*
 * A request of the command line, from its arguments to what became of it. The way to the operation is
 * common/definitions/submission.h, as for every program; here a person is asked before it is accepted, is told what its
 * start left open, and waits for its end or not. Once it is accepted nothing here fails for want of Redis: that only
 * delays, and is said. Called by run_requests.c and run_requests.c.
 */
#include "producer/submit.h"

#include <json-c/json_object_iterator.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/definitions/submission.h"
#include "common/kinds/kinds.h"
#include "common/query/query_result.h"
#include "embedded/sql_producer.h"
#include "producer/follow.h"
#include "producer/out.h"
#include "producer/table.h"

#define ELSEWHERE_NAP_MS 20

struct submit {
    struct session *session;
    const struct submit_order *order;
    const struct submit_answer *answer; /* NULL = its outcome */
    bool dry_run;
    struct submitter submitter;
    struct submission submission;
};

/* ---- before it is accepted ------------------------------------------------------------------------------------- */

/* Asks a person where the definition wants it. An answer takes its time: what is accepted then is looked at again. */
static enum err submit_confirm(struct submit *s, struct err_info *error)
{
    bool must_ask = s->order->size == SUBMIT_BULK || session_can_ask();
    if (s->submission.found.definition->confirm == NULL || !must_ask || session_has(s->session, OPTION_YES))
        return ERR_OK;
    struct buf question = BUF_INIT;
    preview_question(s->session, &s->submission, &question);
    enum err err = session_confirm(s->session, question.data, error);
    buf_fini(&question);
    return err == ERR_OK ? submission_preview(&s->submitter, &s->submission, error) : err;
}

/* ---- accepted: planned and opened ------------------------------------------------------------------------------ */

static const char *id_of(const struct submit *s)
{
    return s->submission.accepted.operation_id;
}

/* Whether the end is waited for here: then the waiting says why it may take long (follow.c). */
static bool submit_follows(const struct submit *s)
{
    bool waits = (s->order->size == SUBMIT_SINGLE || s->dry_run) && s->submission.start.dispatched &&
                 !session_has(s->session, OPTION_NO_WAIT);
    return waits || session_has(s->session, OPTION_WATCH);
}

/* Redis is a hint: what failed there is said, and the sweep makes up for it. */
static void note_redis(const struct submit *s)
{
    const struct submission_start *start = &s->submission.start;
    bool is_live = tally_is_live(&start->tally);
    if (!start->dispatched && is_live)
        out_note("Operation %s is accepted; it starts when Redis is back (%s)", id_of(s), start->redis_error.text);
    else if (start->dispatched && start->live_workers == 0 && is_live && !submit_follows(s))
        out_note("Operation %s is accepted, but no worker is alive: start one, then it begins by itself", id_of(s));
}

static void note_repeated(const struct submit *s)
{
    const struct submission_start *start = &s->submission.start;
    out_note(start->waits ? "The same request is waiting already and was moved to the head of its queue: %s"
                          : "This request was accepted before: %s",
             id_of(s));
    if (!start->dispatched)
        out_note("Redis does not answer; what is open goes on when it is back (%s)", start->redis_error.text);
}

static void submit_refresh(struct submit *s)
{
    struct err_info error = {0};
    if (!s->submission.start.dispatched ||
        dispatch_refresh(&s->session->dispatch, s->session->pg, id_of(s), &error) == ERR_OK)
        return;
    out_note("Redis does not answer any more; operation %s goes on when it is back (%s)", id_of(s), error.text);
    s->submission.start.dispatched = false;
}

/* The steps of the plan that the start left. Workers begin meanwhile; a plan that breaks off here is continued by a
 * worker's sweep. */
static void plan_on(struct submit *s)
{
    struct submission_start *start = &s->submission.start;
    while (start->plan_error.code == ERR_OK && !start->planned && !session_interrupted()) {
        if (start->elsewhere)
            session_nap(ELSEWHERE_NAP_MS);
        submission_plan(&s->submitter, &s->submission);
        submit_refresh(s);
    }
    if (start->plan_error.code != ERR_OK)
        out_note("Operation %s is accepted; a worker goes on with its plan (%s)", id_of(s), start->plan_error.text);
}

static void submit_start(struct submit *s)
{
    submission_start(&s->submitter, &s->submission);
    if (s->submission.accepted.repeated) {
        note_repeated(s);
    } else {
        note_redis(s);
        plan_on(s);
    }
}

static enum err submit_accept(struct submit *s, struct err_info *error)
{
    char *requester = session_requester();
    const struct request request = {
        .operation_id = s->session->arguments.values[OPTION_OPERATION_ID],
        .requested_by = requester,
        .dry_run = s->dry_run,
    };
    enum err err = submission_accept(&s->submitter, &request, &s->submission, error);
    free(requester);
    return err;
}

/* ---- the answer ------------------------------------------------------------------------------------------------ */

/* What became of the one job; NULL if there is nothing, the caller's. */
static struct json_object *only_outcome(struct submit *s)
{
    struct err_info error = {0};
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, id_of(s));
    PGresult *result = NULL;
    struct json_object *outcome = NULL;
    if (pg_exec(s->session->pg, &sql_producer_only_outcome, args, &result, &error) == ERR_OK && pg_rows(result) == 1)
        outcome = row_json(result, 0);
    PQclear(result);
    pg_args_drop(args);
    return outcome;
}

static void show_outcome(struct json_object *outcome)
{
    const char *word = json_get_string(outcome, "outcome"), *why = json_get_string(outcome, "error");
    if (word != NULL)
        out_line("%s%s%s", word, why == NULL ? "" : ": ", why == NULL ? "" : why);
    struct json_object *result = json_get(outcome, "result");
    if (!json_object_is_type(result, json_type_object))
        return;
    struct json_object_iterator at = json_object_iter_begin(result), end = json_object_iter_end(result);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        struct json_object *value = json_object_iter_peek_value(&at);
        out_line("  %-16s %s", json_object_iter_peek_name(&at), value == NULL ? "-" : json_object_get_string(value));
    }
}

static void show_end(const struct view *view, struct json_object *outcome)
{
    char length[CLOCK_ISO_MAX];
    struct buf text = BUF_INIT;
    struct progress progress = view->progress;
    progress.rate = -1; /* it says nothing of what has ended */
    if (outcome != NULL)
        show_outcome(outcome);
    progress_sentence(&progress, &text);
    out_line("%s  %s, in %s", view->operation_id, text.data, clock_human_ms(progress.elapsed_ms, length));
    if (view->error != NULL)
        out_line("%s", view->error);
    if (outcome == NULL && progress.failed > 0)
        out_note("What failed, and why: producer outcomes %s --failed", view->operation_id);
    buf_fini(&text);
}

static struct json_object *reply_json(const struct submit *s, struct json_object *view)
{
    json_object_object_add(view, "repeated", json_object_new_boolean(s->submission.accepted.repeated));
    json_object_object_add(view, "dispatched", json_object_new_boolean(s->submission.start.dispatched));
    json_object_object_add(
        view, "live_workers",
        s->submission.start.live_workers < 0 ? NULL : json_object_new_int64(s->submission.start.live_workers));
    return view;
}

static enum err reply_by_question(struct submit *s, const struct view *view, struct err_info *error)
{
    struct list_source source = {s->session, {{"operation_id", id_of(s)}}};
    struct query_params params = list_params(&source);
    struct query_result answer;
    enum err err = s->answer->question(s->session->pg, &params, &answer, error);
    if (err != ERR_OK)
        return err;
    if (s->session->json) {
        out_json(json_object_get(answer.json));
    } else {
        s->answer->show(&answer);
        show_end(view, NULL);
    }
    query_result_fini(&answer);
    return ERR_OK;
}

/* Follows to the end and prints it; the exit code says whether all of it was done. */
static enum err reply_at_the_end(struct submit *s, enum follow_style style, struct err_info *error)
{
    struct view view;
    enum err err = follow(s->session, id_of(s), style, &view, error);
    if (err != ERR_OK)
        return err;
    struct json_object *outcome = s->submission.accepted.single ? only_outcome(s) : NULL;
    if (view.progress.state != OP_COMPLETED || view.progress.failed > 0)
        s->session->exit_code = err_exit_code(ERR_PERMANENT);
    if (s->answer != NULL) {
        err = reply_by_question(s, &view, error);
    } else if (s->session->json) {
        struct json_object *document = reply_json(s, json_object_get(view.json));
        json_object_object_add(document, "outcome", json_object_get(outcome));
        out_json(document);
    } else {
        show_end(&view, outcome);
    }
    json_object_put(outcome);
    view_fini(&view);
    return err;
}

static enum err reply_at_once(struct submit *s, struct err_info *error)
{
    struct view view;
    if (!s->session->json) {
        out_line("%s", id_of(s));
        out_note("%s: %s. To follow it: producer progress %s --watch", s->submission.found.definition->name,
                 s->submission.preview.subject, id_of(s));
        return ERR_OK;
    }
    enum err err = view_read(s->session, id_of(s), &view, error);
    if (err == ERR_OK)
        out_json(reply_json(s, json_object_get(view.json)));
    if (err == ERR_OK)
        view_fini(&view);
    return err;
}

static enum err submit_reply(struct submit *s, struct err_info *error)
{
    bool watch = session_has(s->session, OPTION_WATCH);
    if (session_interrupted())
        return err_set(error, ERR_INTERRUPTED, "operation %s is accepted and goes on; to cancel it: producer cancel %s",
                       id_of(s), id_of(s));
    if (watch)
        return reply_at_the_end(s, FOLLOW_BAR, error);
    return submit_follows(s) ? reply_at_the_end(s, FOLLOW_SINGLE, error) : reply_at_once(s, error);
}

static enum err submit_accept_and_reply(struct submit *s, struct err_info *error)
{
    enum err err = session_own_redis(s->session, error);
    if (err == ERR_OK)
        err = submit_accept(s, error);
    if (err != ERR_OK)
        return err;
    session_catch_interrupt();
    if (session_has(s->session, OPTION_WATCH))
        follow_note_operation(id_of(s));
    submit_start(s);
    return submit_reply(s, error);
}

/* Definition, arguments, preview. */
static enum err submit_prepare(struct submit *s, struct err_info *error)
{
    const struct submit_order *order = s->order;
    struct registered_definition *found = &s->submission.found;
    struct json_object *read = NULL;
    enum err err = session_definition(s->session, order->handle, found, error);
    if (err == ERR_OK && order->read_args != NULL)
        err = order->read_args(s->session, found->definition, &read, error);
    s->submitter =
        (struct submitter){s->session->pg, &kinds, &s->session->dispatch, order->add_settings, &s->session->config};
    if (err == ERR_OK)
        err = submission_check(&s->submitter, read != NULL ? read : order->args, &s->submission, error);
    json_object_put(read);
    return err;
}

static enum err submit_go(struct submit *s, struct err_info *error)
{
    const struct submit_order *order = s->order;
    s->dry_run = session_has(s->session, OPTION_DRY_RUN);
    if (s->dry_run && order->dry_answer == NULL)
        return preview_show(s->session, &s->submission, error);
    s->answer = s->dry_run ? order->dry_answer : order->answer;
    enum err err = s->dry_run ? ERR_OK : submit_confirm(s, error);
    return err == ERR_OK ? submit_accept_and_reply(s, error) : err;
}

enum err submit_order(struct session *session, const struct submit_order *order, struct err_info *error)
{
    struct submit s = {.session = session, .order = order};
    enum err err = submit_prepare(&s, error);
    if (err == ERR_OK)
        err = submit_go(&s, error);
    submission_fini(&s.submission);
    json_object_put(order->args);
    return err;
}

enum err submit(struct session *session, const char *handle, enum submit_size size, struct json_object *args,
                struct err_info *error)
{
    const struct submit_order order = {.handle = handle, .size = size, .args = args};
    return submit_order(session, &order, error);
}
