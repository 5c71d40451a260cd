#include "dashboard/serve.h"

#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/beginning.h"
#include "common/base/log.h"
#include "dashboard/password.h"
#include "dashboard/preparation.h"
#include "dashboard/server.h"

struct watch {
    struct server *server;
    struct office *office;
    int terminations;
    ev_signal terminate, interrupt, hang_up;
};

/* Requests under way are answered when PostgreSQL answers; the end has a time all the same. */
#define END_S 30
static void on_time_over(int number)
{
    (void)number;
    _exit(EXIT_SUCCESS);
}

static void on_terminate(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    struct watch *watch = signal->data;
    if (watch->terminations++ > 0)
        _exit(EXIT_FAILURE);
    log_info("ending: requests under way are answered, no new ones are taken");
    struct sigaction action = {.sa_handler = on_time_over};
    sigaction(SIGALRM, &action, NULL);
    alarm(END_S);
    server_stop(watch->server);
}

static void on_hang_up(struct ev_loop *loop, ev_signal *signal, int events)
{
    (void)loop, (void)events;
    const struct watch *watch = signal->data;
    (void)config_live_hang_up(watch->office->settings, CONFIG_TELL);
}

const int serve_signals[] = {SIGHUP, 0};

static void say_where(const struct config *config, const struct server *server)
{
    const char *listen = config->dashboard_listen;
    log_info("listening on http://%.*s:%d", (int)(strrchr(listen, ':') - listen), listen, server_port(server));
    if (*config->dashboard_password_hash == '\0')
        log_warn("nobody can log in: dashboard.password_hash is not set (dashboard hash-password makes one)");
}

static void run_loop(struct ev_loop *loop, struct office *office, struct server *server)
{
    struct watch watch = {.server = server, .office = office};
    ev_signal_init(&watch.terminate, on_terminate, SIGTERM);
    ev_signal_init(&watch.interrupt, on_terminate, SIGINT);
    ev_signal_init(&watch.hang_up, on_hang_up, SIGHUP);
    ev_signal *const signals[] = {&watch.terminate, &watch.interrupt, &watch.hang_up};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        signals[i]->data = &watch;
        ev_signal_start(loop, signals[i]);
    }
    beginning_let_signals_come(serve_signals);
    ev_run(loop, 0);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        ev_signal_stop(loop, signals[i]);
}

/* The executors begin when it is known whether PostgreSQL is there: who comes before waits for that. */
struct staff {
    struct office *office;
    struct server *server;
    struct desk **desks;
    size_t count;
};

static void staff_begin(struct staff *staff)
{
    if (staff->desks == NULL)
        staff->desks = desks_open(staff->office, &staff->count);
}

static void on_preparation(enum preparation_news news, void *context)
{
    struct staff *staff = context;
    staff_begin(staff);
    if (news == PREPARATION_TRIED)
        say_where(office_config(staff->office),
                  staff->server); /* signals find somebody who listens, and callers answers */
    if (news == PREPARATION_FAILED)
        server_stop(staff->server);
}

static enum err run_server(struct ev_loop *loop, struct office *office, struct server *server, struct err_info *error)
{
    struct staff staff = {.office = office, .server = server};
    struct preparation *preparation = preparation_begin(loop, office, on_preparation, &staff);
    run_loop(loop, office, server);
    enum err err = preparation_end(preparation, error);
    staff_begin(&staff); /* what is in their mailboxes has to be taken */
    desks_close(staff.desks, staff.count);
    return err;
}

static enum err open_and_run(struct office *office, struct err_info *error)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_NOSIGMASK);
    struct server *server = NULL;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        office->lanes[lane] = mailbox_new(NULL, NULL);
    office->guard = guard_new();
    enum err err = server_new(loop, office, &server, error);
    if (err == ERR_OK) {
        err = run_server(loop, office, server, error);
        server_drop(server);
    }
    guard_drop(office->guard);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        mailbox_drop(office->lanes[lane]);
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
    struct office office = {.settings = settings, .redis = &redis, .keys = &keys};
    const struct config *config = office_config(&office);
    beginning_hold_signals(serve_signals);
    enum err err = check_settings(config, &redis, &keys, error);
    if (err == ERR_OK)
        err = open_and_run(&office, error);
    crypto_wipe(&keys, sizeof keys);
    redis_address_fini(&redis);
    return err;
}
