/*
 * Looks twice a second whether those who listen to the stream of events still may: a thread asks PostgreSQL, for the
 * loop must not wait, and the loop ends the streams of those whose session has ended or whose token was revoked. While
 * PostgreSQL does not answer streams go on: they tell nothing that a request would not. Made and ended by server.c.
 */
#include "dashboard/stream_watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_dashboard.h"

#define EVERY_S 0.5
/* As for the requests of pages; no answer that takes longer is worth waiting for. */
#define LIMITS ((struct pg_limits){5000, 5000, 3000, 5000, 8000, false, 3000})

/* Those who listened when it was asked. It goes to the thread, which fills in `is_over`, and comes back. */
struct question {
    struct caller *callers;
    bool *is_over;
    size_t count;
};

struct stream_watch {
    const struct call_pool *pool;
    struct events *events;
    struct ev_loop *loop;
    ev_timer timer;
    ev_async answered;
    bool asking; /* a question is under way */
    struct mailbox *questions, *answers;
    pthread_t thread;
};

static struct question stop; /* a message for the thread */

static void question_drop(struct question *question)
{
    free(question->callers);
    free(question->is_over);
    free(question);
}

/* ---- the thread: asks PostgreSQL --------------------------------------------------------------------------------- */

/* The callers of one sort, as columns, and which of the question's each is. */
struct columns {
    size_t *at, count;
    uint8_t *digests;
    const char **ids, **subjects;
    int64_t *issued;
};

static void columns_init(struct columns *columns, size_t most)
{
    *columns = (struct columns){.at = mem_array(most, sizeof *columns->at),
                                .digests = mem_array(most, SHA256_BYTES),
                                .ids = mem_array(most, sizeof *columns->ids),
                                .subjects = mem_array(most, sizeof *columns->subjects),
                                .issued = mem_array(most, sizeof *columns->issued)};
}

static void columns_fini(struct columns *columns)
{
    free(columns->at);
    free(columns->digests);
    free(columns->ids);
    free(columns->subjects);
    free(columns->issued);
}

static void columns_fill(struct columns *columns, const struct question *question, int by)
{
    for (size_t i = 0; i < question->count; i++) {
        const struct caller *caller = &question->callers[i];
        size_t row = columns->count;
        if ((int)caller->by != by)
            continue;
        columns->at[row] = i;
        memcpy(columns->digests + row * SHA256_BYTES, caller->session, SHA256_BYTES);
        columns->ids[row] = caller->claims.id;
        columns->subjects[row] = caller->claims.subject;
        columns->issued[row] = caller->claims.issued_s;
        columns->count++;
    }
}

/* The rows of an answer are numbers of our columns' rows, from 1. */
static void take_answer(struct question *question, const struct columns *columns, const PGresult *answer)
{
    for (int row = 0; row < pg_rows(answer); row++) {
        int64_t number = pg_int8(answer, row, 0);
        if (number >= 1 && (uint64_t)number <= columns->count)
            question->is_over[columns->at[number - 1]] = true;
    }
}

static enum err ask_postgres(struct pg *pg, int64_t session_life_s, struct question *question, struct err_info *error)
{
    struct columns sessions, tokens;
    struct pg_batch *batch = pg_batch_new();
    columns_init(&sessions, question->count);
    columns_init(&tokens, question->count);
    columns_fill(&sessions, question, CALLER_SESSION);
    columns_fill(&tokens, question, CALLER_TOKEN);
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_sessions_ended);
    pg_arg_byteas(args, sessions.digests, SHA256_BYTES, sessions.count);
    pg_arg_int8(args, session_life_s);
    args = pg_batch_add(batch, &sql_dashboard_tokens_revoked);
    pg_arg_texts(args, tokens.ids, tokens.count);
    pg_arg_texts(args, tokens.subjects, tokens.count);
    pg_arg_int8s(args, tokens.issued, tokens.count);
    enum err err = pg_ready(pg, error);
    if (err == ERR_OK)
        err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK) {
        take_answer(question, &sessions, pg_batch_result(batch, 0));
        take_answer(question, &tokens, pg_batch_result(batch, 1));
    }
    pg_batch_drop(batch);
    columns_fini(&tokens);
    columns_fini(&sessions);
    return err;
}

/* What needs no PostgreSQL to be known. */
static void judge_tokens(const struct config *config, struct question *question)
{
    for (size_t i = 0; i < question->count; i++) {
        const struct caller *caller = &question->callers[i];
        if (caller->by == CALLER_TOKEN)
            question->is_over[i] =
                token_has_expired(&caller->claims) || (caller->claims.is_old && !config->jwt_old_tokens);
    }
}

static void *watch_main(void *context)
{
    struct stream_watch *watch = context;
    struct pg *pg = pg_new(call_pool_config(watch->pool)->postgres_url, "reprise dashboard streams", LIMITS);
    for (struct question *question; (question = mailbox_take(watch->questions, -1)) != &stop;) {
        const struct config *config = call_pool_config(watch->pool);
        struct err_info error = {0};
        judge_tokens(config, question);
        enum err err = ask_postgres(pg, config->dashboard_session_life_ms / CLOCK_MS_PER_S, question, &error);
        if (err != ERR_OK)
            log_debug("the streams' callers were not checked: %s", error.text); /* each request tells of it louder */
        mailbox_put(watch->answers, question);
    }
    pg_drop(pg);
    return NULL;
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct stream_watch *watch = timer->data;
    if (watch->asking || events_listeners(watch->events) == 0)
        return;
    struct question *question = mem_zalloc(sizeof *question);
    question->callers = events_callers(watch->events, &question->count);
    question->is_over = mem_array(question->count, sizeof *question->is_over);
    watch->asking = true;
    mailbox_put(watch->questions, question);
}

static void on_answered(struct ev_loop *loop, ev_async *watcher, int events)
{
    (void)loop, (void)events;
    struct stream_watch *watch = watcher->data;
    struct question *question = mailbox_take(watch->answers, 0);
    if (question == NULL)
        return;
    watch->asking = false;
    for (size_t i = 0; i < question->count; i++)
        if (question->is_over[i])
            events_end_caller(watch->events, &question->callers[i]);
    question_drop(question);
}

struct stream_watch *stream_watch_new(struct ev_loop *loop, const struct call_pool *pool, struct events *events)
{
    struct stream_watch *watch = mem_zalloc(sizeof *watch);
    *watch = (struct stream_watch){.pool = pool, .events = events, .loop = loop};
    ev_async_init(&watch->answered, on_answered);
    ev_timer_init(&watch->timer, on_timer, EVERY_S, EVERY_S);
    watch->answered.data = watch->timer.data = watch;
    ev_async_start(loop, &watch->answered);
    ev_timer_start(loop, &watch->timer);
    watch->questions = mailbox_new(NULL, NULL);
    watch->answers = mailbox_new(loop, &watch->answered);
    int failed = pthread_create(&watch->thread, NULL, watch_main, watch);
    if (failed != 0) {
        log_error("cannot start the thread that watches streams: %s", strerror(failed));
        abort();
    }
    return watch;
}

void stream_watch_drop(struct stream_watch *watch)
{
    if (watch == NULL)
        return;
    mailbox_put(watch->questions, &stop);
    pthread_join(watch->thread, NULL);
    for (struct question *question; (question = mailbox_take(watch->answers, 0)) != NULL;)
        question_drop(question);
    ev_timer_stop(watch->loop, &watch->timer);
    ev_async_stop(watch->loop, &watch->answered);
    mailbox_drop(watch->questions);
    mailbox_drop(watch->answers);
    free(watch);
}
