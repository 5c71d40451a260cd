/* What the tests of the connection in the loop share: a loop that does not run forever, and requests whose answers are
 * written down. */
#ifndef REPRISE_TESTS_LOOP_REDIS_ASYNC_TEST_H
#define REPRISE_TESTS_LOOP_REDIS_ASYNC_TEST_H

#include "common/loop/redis_async.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/redis.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

#define SOON_S 20. /* a bound for waiting, never a time that a test takes */
#define QUERY_PARAMS_MAX 8
#define LONG_MS 60000
#define SHORT_MS 100

static const struct lua twice = {"twice", 0, "return redis.call('INCRBY', KEYS[1], 2 * ARGV[1])"};
static const struct lua *const scripts[] = {&twice};

struct fixture;

/* One request and what became of it. */
struct query_params {
    struct fixture *fixture;
    int calls, place; /* place: as the how-manieth answer it came, from 1 */
    bool lost;
    char text[64];
    int64_t number;
    void (*then)(struct fixture *fixture); /* called from the callback */
};

struct fixture {
    struct stores *stores;
    struct redis_address address;
    struct ev_loop *loop;
    ev_timer bound;
    struct redis_async *wire;
    struct redis_args *args;
    struct query_params asked[QUERY_PARAMS_MAX];
    int asked_count, answers;
    int ups, downs;
    bool sending, called_while_sending, send_refused;
};

/* ---- the fixture --------------------------------------------------------------------------------------------- */

static inline void on_bound(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
    fail_msg("nothing happened for %g s", SOON_S);
}

static inline void on_change(bool up, void *context)
{
    struct fixture *f = context;
    f->called_while_sending = f->called_while_sending || f->sending;
    *(up ? &f->ups : &f->downs) += 1;
}

static inline void on_answer(const redisReply *reply, void *context)
{
    struct query_params *asked = context;
    struct fixture *f = asked->fixture;
    f->called_while_sending = f->called_while_sending || f->sending;
    asked->calls++;
    asked->place = ++f->answers;
    asked->lost = reply == NULL;
    asked->number = redis_int(reply);
    snprintf(asked->text, sizeof asked->text, "%s", redis_text(reply));
    if (asked->then != NULL)
        asked->then(f);
}

static inline void open_wire(struct fixture *f)
{
    f->wire = redis_async_new(f->loop, &(struct redis_async_spec){.name = "test",
                                                                  .address = &f->address,
                                                                  .scripts = scripts,
                                                                  .script_count = 1,
                                                                  .change = on_change,
                                                                  .context = f});
}

static inline void turn_until_up(struct fixture *f, int ups)
{
    while (f->ups < ups || !redis_async_is_up(f->wire))
        ev_run(f->loop, EVRUN_ONCE);
}

static inline void turn_until_answered(struct fixture *f, int answers)
{
    while (f->answers < answers)
        ev_run(f->loop, EVRUN_ONCE);
}

/* Words without spaces. */
static inline void set_words(struct redis_args *args, const char *words)
{
    redis_args_reset(args);
    while (*words) {
        size_t len = strcspn(words, " ");
        redis_arg_len(args, words, len);
        words += len + (words[len] == ' ');
    }
}

static inline struct query_params *ask(struct fixture *f, const char *words, int64_t timeout_ms)
{
    assert_true(f->asked_count < QUERY_PARAMS_MAX);
    struct query_params *asked = &f->asked[f->asked_count++];
    *asked = (struct query_params){.fixture = f};
    set_words(f->args, words);
    f->sending = true;
    f->send_refused = !redis_async_send(f->wire, f->args, timeout_ms, on_answer, asked);
    f->sending = false;
    return asked;
}

static inline struct query_params *call_twice(struct fixture *f, int64_t number)
{
    struct query_params *asked = &f->asked[f->asked_count++];
    *asked = (struct query_params){.fixture = f};
    redis_args_reset(f->args);
    redis_argf(f->args, "%s:n", stores_prefix(f->stores));
    redis_arg_int(f->args, number);
    assert_true(redis_async_script(f->wire, &twice, 1, f->args, LONG_MS, on_answer, asked));
    return asked;
}

/* By another connection. */
static inline void run_aside(struct fixture *f, const char *words)
{
    struct err_info error;
    struct redis_address address;
    assert_int_equal(redis_address_parse(stores_redis_url(f->stores), &address, &error), ERR_OK);
    struct redis *redis = redis_new(&address, 5000, 5000);
    struct redis_args *args = redis_args_new();
    set_words(args, words);
    if (redis_run(redis, args, NULL, &error))
        fail_msg("%s: %s", words, error.text);
    redis_args_drop(args);
    redis_drop(redis);
    redis_address_fini(&address);
}

static inline int setup(void **state)
{
    struct err_info error;
    struct fixture *f = calloc(1, sizeof *f);
    f->stores = *state;
    assert_int_equal(redis_address_parse(stores_redis_url(f->stores), &f->address, &error), ERR_OK);
    f->loop = ev_loop_new(EVFLAG_AUTO);
    f->args = redis_args_new();
    ev_timer_init(&f->bound, on_bound, SOON_S, 0.);
    ev_timer_start(f->loop, &f->bound);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    *state = f->stores;
    redis_async_drop(f->wire);
    assert_false(f->called_while_sending);
    for (int i = 0; i < f->asked_count; i++)
        assert_true(f->asked[i].calls <= 1);
    ev_timer_stop(f->loop, &f->bound);
    ev_loop_destroy(f->loop);
    redis_args_drop(f->args);
    redis_address_fini(&f->address);
    free(f);
    return 0;
}

#endif
