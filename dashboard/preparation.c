/*
 * One thread that tries until PostgreSQL answers, and two watchers on the loop: the thread's news, and the patience
 * after which callers are refused with the reason instead of being kept waiting. The thread never touches a request; it
 * writes `prepared` once, and the loop reads it. Begun and ended by serve.c.
 */
#include "dashboard/preparation.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_sync.h"
#include "common/kinds/kinds.h"
#include "common/store/migrate.h"

#define WAIT_BASE_MS 200
#define WAIT_MAX_MS 5000
#define PATIENCE_S 5.0 /* of requests that come while the first try is under way */

struct preparation {
    struct ev_loop *loop;
    struct call_pool *pool;
    preparation_fn *on_news;
    void *context;
    pthread_t thread;
    struct mailbox *stop; /* a message: no further try */
    bool reported;        /* that the first try is over */
    atomic_bool failed;
    struct err_info error; /* of the last try; the thread's until it has ended */
    ev_async news;         /* from the thread */
    ev_timer patience;
};

/* A database that is new can be used at once. */
static enum err load_first_definitions(const struct config *config, struct pg *pg, struct err_info *error)
{
    struct definition_sync sync = {pg, NULL, &kinds_names, config->definitions_dir, config->definitions_roots, 0};
    struct definition_sync_report report;
    bool first = false;
    enum err err = definition_sync_is_first(pg, &first, error);
    if (err != ERR_OK || !first)
        return err;
    err = definition_sync(&sync, &report, error);
    if (err == ERR_OK)
        definition_sync_report_fini(&report);
    return err;
}

/* One try. */
static enum err prepare_database(const struct config *config, struct pg *pg, struct err_info *error)
{
    struct migrate_done done;
    enum err err = migrate_ensure(pg, MIGRATE_NEW, &done, error);
    if (err == ERR_OK && done.applied > 0)
        log_info("the database had no schema yet; it was made, version %d", done.version);
    return err == ERR_OK ? load_first_definitions(config, pg, error) : err;
}

static bool is_stopped(struct preparation *preparation, int tries)
{
    int64_t ms = clock_backoff_ms(tries, WAIT_BASE_MS, WAIT_MAX_MS, 0.2, id_random_u32());
    return mailbox_take(preparation->stop, ms) != NULL;
}

/* PostgreSQL comes back, and an older schema is brought up to date by a worker or a person. */
static bool is_passing(enum err err)
{
    return err == ERR_UNREACHABLE || err == ERR_RETRY || err == ERR_BUSY;
}

static void *prepare_main(void *context)
{
    struct preparation *preparation = context;
    const struct config *config = call_pool_config(preparation->pool);
    struct pg *pg = pg_new(config->postgres_url, "reprise dashboard start", PG_LIMITS_PROGRAM);
    enum err err = prepare_database(config, pg, &preparation->error);
    enum err said = ERR_OK;
    bool stopped = false;
    for (int tries = 1; is_passing(err) && !stopped; tries++) {
        if (err != said)
            log_warn("waiting for PostgreSQL: %s", preparation->error.text);
        said = err;
        ev_async_send(preparation->loop, &preparation->news);
        stopped = is_stopped(preparation, tries);
        err_clear(&preparation->error);
        err = stopped ? err : prepare_database(config, pg, &preparation->error);
        if (err == ERR_OK)
            log_info("PostgreSQL is there: requests are answered from now on");
    }
    atomic_store(&preparation->pool->prepared, err == ERR_OK);
    atomic_store(&preparation->failed, err != ERR_OK && !stopped);
    ev_async_send(preparation->loop, &preparation->news);
    pg_drop(pg);
    return NULL;
}

/* ---- on the loop ------------------------------------------------------------------------------------------------- */

static void report_first_try(struct preparation *preparation)
{
    ev_timer_stop(preparation->loop, &preparation->patience);
    if (!preparation->reported)
        preparation->on_news(PREPARATION_TRIED, preparation->context);
    preparation->reported = true;
}

static void on_thread(struct ev_loop *loop, ev_async *watcher, int events)
{
    (void)loop, (void)events;
    struct preparation *preparation = watcher->data;
    report_first_try(preparation);
    if (atomic_load(&preparation->failed))
        preparation->on_news(PREPARATION_FAILED, preparation->context);
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    report_first_try(timer->data);
}

struct preparation *preparation_begin(struct ev_loop *loop, struct call_pool *pool, preparation_fn *on_news,
                                      void *context)
{
    struct preparation *preparation = mem_zalloc(sizeof *preparation);
    preparation->loop = loop;
    preparation->pool = pool;
    preparation->on_news = on_news;
    preparation->context = context;
    preparation->stop = mailbox_new(NULL, NULL);
    ev_async_init(&preparation->news, on_thread);
    ev_timer_init(&preparation->patience, on_patience, PATIENCE_S, 0.);
    preparation->news.data = preparation->patience.data = preparation;
    ev_async_start(loop, &preparation->news);
    ev_timer_start(loop, &preparation->patience);
    int failed = pthread_create(&preparation->thread, NULL, prepare_main, preparation);
    if (failed != 0) {
        log_error("cannot start the preparation of the database: %s", strerror(failed));
        abort();
    }
    return preparation;
}

enum err preparation_end(struct preparation *preparation, struct err_info *error)
{
    mailbox_put(preparation->stop, preparation);
    pthread_join(preparation->thread, NULL);
    (void)mailbox_take(preparation->stop, 0);
    mailbox_drop(preparation->stop);
    ev_async_stop(preparation->loop, &preparation->news);
    ev_timer_stop(preparation->loop, &preparation->patience);
    enum err err = atomic_load(&preparation->failed) ? preparation->error.code : ERR_OK;
    if (err != ERR_OK)
        *error = preparation->error;
    free(preparation);
    return err;
}
