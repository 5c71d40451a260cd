/*
 * From settings to the end of the program: checks the settings that need more than their form, opens the HTTP server,
 * prepares the database beside the loop, starts the executors, handles signals. Called by main.c when no command word
 * was given. SIGTERM and SIGINT stop accepting and answer what is under way; the second one, or END_S, ends at once.
 */
#include "dashboard/server.h"

#include <ev.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/beginning.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_sync.h"
#include "common/kinds/kinds.h"
#include "common/store/migrate.h"
#include "dashboard/call_executor.h"
#include "dashboard/login_throttle.h"
#include "dashboard/password.h"

/* ---- preparation ------------------------------------------------------------------------------------------------- */

/*
 * A database without a schema gets it and its definitions; an older schema is waited for until a worker or `producer
 * migrate` has brought it up to date. One thread tries until PostgreSQL answers; two watchers on the loop take the
 * thread's news, and the patience after which callers are refused with the reason instead of being kept waiting. The
 * thread never touches a request: it writes `prepared` once, and the loop reads it.
 */

#define WAIT_BASE_MS 200
#define WAIT_MAX_MS 5000
#define PATIENCE_S 5.0 /* of requests that come while the first try is under way */

enum preparation_news {
    PREPARATION_TRIED,  /* once: the first try is over, or takes its time; pool->prepared says whether it succeeded */
    PREPARATION_FAILED, /* after that: it can never succeed, for the schema is newer, or not ours */
};
/* Called on the loop. */
typedef void preparation_fn(enum preparation_news news, void *context);

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
    struct definition_sync sync = {.pg = pg,
                                   .dispatch = NULL,
                                   .names = &kinds_names,
                                   .directory = config->definitions_dir,
                                   .roots = config->definitions_roots};
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

/* ---- its news, on the loop -------------------------------------------------------------------------------------- */

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

/* Begins; pool->prepared becomes true when the database is ready. All are borrowed until preparation_end. */
static struct preparation *preparation_begin(struct ev_loop *loop, struct call_pool *pool, preparation_fn *on_news,
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

/* Gives it up if it is not over; waits for the try that is under way. ERR_OK unless the database can never be made
 * ready; the reason is in `error` then. */
static enum err preparation_end(struct preparation *preparation, struct err_info *error)
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

/* ---- signals ----------------------------------------------------------------------------------------------------- */

struct signals {
    struct server *server;
    struct call_pool *pool;
    int terminations;
    ev_signal terminate, interrupt, hang_up;
};

/* Requests under way are answered as long as PostgreSQL answers; after this time the program ends all the same. */
#define END_S 30
static void on_time_over(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

static void on_terminate(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    struct signals *signals = signal->data;
    if (signals->terminations++ > 0)
        _exit(EXIT_FAILURE);
    log_info("ending: requests under way are answered, no new ones are taken");
    struct sigaction action = {.sa_handler = on_time_over};
    sigaction(SIGALRM, &action, NULL);
    alarm(END_S);
    server_stop(signals->server);
}

static void on_hang_up(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    const struct signals *signals = signal->data;
    (void)config_live_hang_up(signals->pool->settings, CONFIG_TELL);
}

const int serve_signals[] = {SIGHUP, 0};

static void say_where(const struct config *config, const struct server *server)
{
    const char *listen = config->dashboard_listen;
    int port = server_port(server); /* dashboard.listen may leave the choice to the kernel */
    log_info("listening on http://%.*s:%d", (int)(strrchr(listen, ':') - listen), listen, port);
    if (*config->dashboard_password_hash == '\0')
        log_warn("logging in is disabled: dashboard.password_hash is not set (dashboard hash-password makes one)");
}

static void run_loop(struct ev_loop *loop, struct call_pool *pool, struct server *server)
{
    struct signals signals = {.server = server, .pool = pool};
    ev_signal_init(&signals.terminate, on_terminate, SIGTERM);
    ev_signal_init(&signals.interrupt, on_terminate, SIGINT);
    ev_signal_init(&signals.hang_up, on_hang_up, SIGHUP);
    ev_signal *const watchers[] = {&signals.terminate, &signals.interrupt, &signals.hang_up};
    for (size_t i = 0; i < sizeof watchers / sizeof *watchers; i++) {
        watchers[i]->data = &signals;
        ev_signal_start(loop, watchers[i]);
    }
    beginning_let_signals_come(serve_signals);
    ev_run(loop, 0);
    for (size_t i = 0; i < sizeof watchers / sizeof *watchers; i++)
        ev_signal_stop(loop, watchers[i]);
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

/* The executors start when it is known whether PostgreSQL answers; calls wait in their lanes until then. */
struct executors {
    struct call_pool *pool;
    struct server *server;
    struct call_executor **list;
    size_t count;
};

static void executors_begin(struct executors *executors)
{
    if (executors->list == NULL)
        executors->list = call_executors_start(executors->pool, &executors->count);
}

static void on_preparation(enum preparation_news news, void *context)
{
    struct executors *executors = context;
    executors_begin(executors);
    if (news == PREPARATION_TRIED)
        say_where(call_pool_config(executors->pool),
                  executors->server); /* only now: signals are handled, and calls are answered */
    if (news == PREPARATION_FAILED)
        server_stop(executors->server);
}

static enum err run_server(struct ev_loop *loop, struct call_pool *pool, struct server *server, struct err_info *error)
{
    struct executors executors = {.pool = pool, .server = server};
    struct preparation *preparation = preparation_begin(loop, pool, on_preparation, &executors);
    run_loop(loop, pool, server);
    enum err err = preparation_end(preparation, error);
    executors_begin(&executors); /* what is in their mailboxes has to be taken */
    call_executors_stop(executors.list, executors.count);
    return err;
}

static enum err open_and_run(struct call_pool *pool, struct err_info *error)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_NOSIGMASK);
    struct server *server = NULL;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        pool->lanes[lane] = mailbox_new(NULL, NULL);
    pool->throttle = login_throttle_new();
    enum err err = server_new(loop, pool, &server, error);
    if (err == ERR_OK) {
        err = run_server(loop, pool, server, error);
        server_drop(server);
    }
    login_throttle_drop(pool->throttle);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        mailbox_drop(pool->lanes[lane]);
    ev_loop_destroy(loop);
    return err;
}

static enum err check_settings(const struct config *config, struct redis_address *redis, struct crypto_keys *keys,
                               struct err_info *error)
{
    enum err err = redis_address_parse(config->redis_url, redis, error);
    if (err != ERR_OK)
        return err_prefix(error, "redis.url");
    err = redis_address_resolve(redis, error);
    if (err == ERR_OK)
        err = crypto_keys_read(keys, config->encryption_key, config->encryption_key_old, error);
    if (err == ERR_OK && *config->dashboard_password_hash != '\0')
        err = password_check_hash(config->dashboard_password_hash, error);
    return err;
}

enum err serve(struct config_live *settings, struct err_info *error)
{
    struct redis_address redis = {0};
    struct crypto_keys keys = {0};
    struct call_pool pool = {.settings = settings, .redis = &redis, .keys = &keys};
    const struct config *config = call_pool_config(&pool);
    beginning_hold_signals(serve_signals);
    enum err err = check_settings(config, &redis, &keys, error);
    if (err == ERR_OK)
        err = open_and_run(&pool, error);
    crypto_wipe(&keys, sizeof keys);
    redis_address_fini(&redis);
    return err;
}
