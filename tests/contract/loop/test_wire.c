/* The connection to Redis in a libev loop, against a real server that is killed, silenced and made forgetful here. */
#include "common/loop/wire.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/store/redis.h"
#include "tests/testing/proxy.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

#define SOON_S 20. /* a bound for waiting, never a time that a test takes */
#define ASKED_MAX 8
#define LONG_MS 60000
#define SHORT_MS 100

static const struct lua twice = {"twice", 0, "return redis.call('INCRBY', KEYS[1], 2 * ARGV[1])"};
static const struct lua *const scripts[] = {&twice};

struct fixture;

/* One request and what became of it. */
struct asked {
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
    struct wire *wire;
    struct redis_args *args;
    struct asked asked[ASKED_MAX];
    int asked_count, answers;
    int ups, downs;
    bool sending, called_while_sending, send_refused;
};

/* ---- the fixture --------------------------------------------------------------------------------------------- */

static void on_bound(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
    fail_msg("nothing happened for %g s", SOON_S);
}

static void on_change(bool up, void *context)
{
    struct fixture *f = context;
    f->called_while_sending = f->called_while_sending || f->sending;
    *(up ? &f->ups : &f->downs) += 1;
}

static void on_answer(const redisReply *reply, void *context)
{
    struct asked *asked = context;
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

static void open_wire(struct fixture *f)
{
    f->wire = wire_new(f->loop, "test", &f->address, scripts, 1, on_change, f);
}

static void turn_until_up(struct fixture *f, int ups)
{
    while (f->ups < ups || !wire_is_up(f->wire))
        ev_run(f->loop, EVRUN_ONCE);
}

static void turn_until_answered(struct fixture *f, int answers)
{
    while (f->answers < answers)
        ev_run(f->loop, EVRUN_ONCE);
}

/* Words without spaces. */
static void set_words(struct redis_args *args, const char *words)
{
    redis_args_reset(args);
    while (*words) {
        size_t len = strcspn(words, " ");
        redis_arg_len(args, words, len);
        words += len + (words[len] == ' ');
    }
}

static struct asked *ask(struct fixture *f, const char *words, int64_t timeout_ms)
{
    assert_true(f->asked_count < ASKED_MAX);
    struct asked *asked = &f->asked[f->asked_count++];
    *asked = (struct asked){.fixture = f};
    set_words(f->args, words);
    f->sending = true;
    f->send_refused = !wire_send(f->wire, f->args, timeout_ms, on_answer, asked);
    f->sending = false;
    return asked;
}

static struct asked *call_twice(struct fixture *f, int64_t number)
{
    struct asked *asked = &f->asked[f->asked_count++];
    *asked = (struct asked){.fixture = f};
    redis_args_reset(f->args);
    redis_argf(f->args, "%s:n", stores_prefix(f->stores));
    redis_arg_int(f->args, number);
    assert_true(wire_script(f->wire, &twice, 1, f->args, LONG_MS, on_answer, asked));
    return asked;
}

/* By another connection. */
static void run_aside(struct fixture *f, const char *words)
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

static int setup(void **state)
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

static int teardown(void **state)
{
    struct fixture *f = *state;
    *state = f->stores;
    wire_drop(f->wire);
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

/* ---- coming up ------------------------------------------------------------------------------------------------- */

static void it_comes_up_with_its_scripts_loaded(void **state)
{
    struct fixture *f = *state;
    run_aside(f, "SCRIPT FLUSH");
    open_wire(f);
    assert_false(wire_is_up(f->wire));
    ask(f, "PING", LONG_MS);
    assert_true(f->send_refused); /* not up yet */
    turn_until_up(f, 1);
    assert_true(wire_up_since(f->wire) > 0 && wire_heard(f->wire) > 0);
    struct asked *asked = call_twice(f, 21);
    turn_until_answered(f, 1);
    assert_false(asked->lost);
    assert_int_equal(asked->number, 42);
    assert_int_equal(f->downs, 0);
}

static void answers_come_in_order_each_to_its_own(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    struct asked *one = ask(f, "ECHO one", LONG_MS), *two = ask(f, "ECHO two", LONG_MS),
                 *bad = ask(f, "NONSENSE", LONG_MS);
    assert_int_equal(wire_pending(f->wire), 3);
    turn_until_answered(f, 3);
    assert_int_equal(wire_pending(f->wire), 0);
    assert_string_equal(one->text, "one");
    assert_string_equal(two->text, "two");
    assert_int_equal(one->place, 1);
    assert_int_equal(two->place, 2);
    assert_false(bad->lost); /* an error is an answer */
    assert_true(wire_is_up(f->wire));
}

static void ask_again(struct fixture *f)
{
    ask(f, "ECHO again", LONG_MS);
}

static void a_callback_may_send(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "ECHO first", LONG_MS)->then = ask_again;
    turn_until_answered(f, 2);
    assert_string_equal(f->asked[1].text, "again");
}

static void it_authenticates(void **state)
{
    struct fixture *f = *state;
    run_aside(f, "ACL SETUSER wired on >sesame ~* &* +@all");
    f->address.user = strdup("wired");
    f->address.password = strdup("sesame");
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "ACL WHOAMI", LONG_MS);
    turn_until_answered(f, 1);
    assert_string_equal(f->asked[0].text, "wired");
}

static void a_wrong_password_keeps_it_down_and_it_goes_on_trying(void **state)
{
    struct fixture *f = *state;
    run_aside(f, "ACL SETUSER late on >other ~* &* +@all");
    f->address.user = strdup("late");
    f->address.password = strdup("sesame");
    open_wire(f);
    while (wire_heard(f->wire) == 0)
        ev_run(f->loop, EVRUN_ONCE); /* the refusal */
    assert_false(wire_is_up(f->wire));
    assert_int_equal(f->ups + f->downs, 0);
    run_aside(f, "ACL SETUSER late >sesame");
    turn_until_up(f, 1);
}

/* ---- going down ------------------------------------------------------------------------------------------------ */

/* Puts a proxy in front of the server. */
static struct proxy *stand_between(struct fixture *f, char **path)
{
    *path = testing_join(stores_dir(f->stores), "proxy.sock");
    struct proxy *proxy = proxy_new(*path, f->address.unix_path);
    free(f->address.unix_path);
    f->address.unix_path = strdup(*path);
    return proxy;
}

static void assert_all_lost_in_order(struct fixture *f, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(f->asked[i].calls, 1);
        assert_true(f->asked[i].lost);
        assert_int_equal(f->asked[i].place, i + 1);
    }
    assert_int_equal(wire_pending(f->wire), 0);
}

static void a_request_that_times_out_ends_all_and_it_comes_back(void **state)
{
    struct fixture *f = *state;
    char *path;
    struct proxy *proxy = stand_between(f, &path);
    open_wire(f);
    turn_until_up(f, 1);
    proxy_set(proxy, PROXY_MUTE);
    int64_t since_ms = clock_mono_ms();
    ask(f, "ECHO 1", SHORT_MS);
    ask(f, "ECHO 2", LONG_MS);
    ask(f, "ECHO 3", LONG_MS)->then = ask_again;
    turn_until_answered(f, 3);
    assert_true(clock_mono_ms() - since_ms >= SHORT_MS);
    assert_all_lost_in_order(f, 3);
    assert_true(f->send_refused); /* what is down takes nothing */
    assert_int_equal(f->asked[3].calls, 0);
    assert_false(wire_is_up(f->wire));
    assert_int_equal(wire_up_since(f->wire), 0);
    proxy_set(proxy, PROXY_FORWARD);
    turn_until_up(f, 2);
    assert_int_equal(f->downs, 1);
    ask(f, "ECHO 5", LONG_MS);
    turn_until_answered(f, 4);
    assert_string_equal(f->asked[4].text, "5");
    wire_drop(f->wire);
    f->wire = NULL;
    proxy_drop(proxy);
    free(path);
}

static void a_short_deadline_counts_behind_a_long_one(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "BLPOP nothing 0", LONG_MS);
    ask(f, "PING", SHORT_MS);
    turn_until_answered(f, 2);
    assert_all_lost_in_order(f, 2);
}

static void what_is_connected_but_deaf_is_tried_again(void **state)
{
    struct fixture *f = *state;
    char *path;
    struct proxy *proxy = stand_between(f, &path);
    proxy_set(proxy, PROXY_SILENT);
    open_wire(f);
    int64_t since_ms = clock_mono_ms();
    while (clock_mono_ms() - since_ms < 2500) /* longer than it waits for a greeting */
        ev_run(f->loop, EVRUN_ONCE);
    assert_false(wire_is_up(f->wire));
    assert_int_equal(f->ups + f->downs, 0);
    proxy_set(proxy, PROXY_FORWARD);
    turn_until_up(f, 1);
    wire_drop(f->wire);
    f->wire = NULL;
    proxy_drop(proxy);
    free(path);
}

static void a_server_that_was_killed_is_found_again(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "BLPOP nothing 0", LONG_MS);
    ask(f, "ECHO behind", LONG_MS)->then = ask_again;
    stores_end(f->stores, STORE_REDIS, SIGKILL);
    turn_until_answered(f, 2);
    assert_all_lost_in_order(f, 2);
    assert_true(f->send_refused);
    while (f->downs == 0)
        ev_run(f->loop, EVRUN_ONCE);
    stores_start(f->stores);
    turn_until_up(f, 2);
    struct asked *asked = call_twice(f, 1); /* its scripts are there */
    turn_until_answered(f, 3);
    assert_false(asked->lost);
    assert_int_equal(asked->number, 2);
}

static void a_connection_that_the_server_closes_comes_back(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "BLPOP nothing 0", LONG_MS);
    run_aside(f, "CLIENT KILL TYPE normal SKIPME yes");
    turn_until_up(f, 2);
    assert_int_equal(f->downs, 1);
    assert_true(f->asked[0].lost);
}

static void scripts_that_redis_forgot_are_loaded_again(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    run_aside(f, "SCRIPT FLUSH");
    struct asked *asked = call_twice(f, 1), *behind = ask(f, "ECHO behind", LONG_MS);
    turn_until_answered(f, 2);
    assert_true(asked->lost && behind->lost);
    turn_until_up(f, 2);
    asked = call_twice(f, 5);
    turn_until_answered(f, 3);
    assert_false(asked->lost);
}

static void dropping_it_completes_what_is_under_way(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "BLPOP nothing 0", LONG_MS);
    ask(f, "ECHO behind", LONG_MS)->then = ask_again;
    redis_args_reset(f->args);
    redis_arg(f->args, "PING");
    assert_true(wire_send(f->wire, f->args, LONG_MS, NULL, NULL)); /* nobody looks */
    wire_drop(f->wire);
    f->wire = NULL;
    for (int i = 0; i < 2; i++)
        assert_true(f->asked[i].calls == 1 && f->asked[i].lost);
    assert_true(f->send_refused);
    assert_int_equal(f->downs, 0); /* the owner knows */
}

static void dropping_it_while_it_connects_is_quiet(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    ev_run(f->loop, EVRUN_ONCE);
    wire_drop(f->wire);
    f->wire = NULL;
    ev_run(f->loop, EVRUN_NOWAIT);
    assert_int_equal(f->ups + f->downs, 0);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(it_comes_up_with_its_scripts_loaded),
        with_fixture(answers_come_in_order_each_to_its_own),
        with_fixture(a_callback_may_send),
        with_fixture(it_authenticates),
        with_fixture(a_wrong_password_keeps_it_down_and_it_goes_on_trying),
        with_fixture(a_request_that_times_out_ends_all_and_it_comes_back),
        with_fixture(a_short_deadline_counts_behind_a_long_one),
        with_fixture(what_is_connected_but_deaf_is_tried_again),
        with_fixture(a_server_that_was_killed_is_found_again),
        with_fixture(a_connection_that_the_server_closes_comes_back),
        with_fixture(scripts_that_redis_forgot_are_loaded_again),
        with_fixture(dropping_it_completes_what_is_under_way),
        with_fixture(dropping_it_while_it_connects_is_quiet),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, stores_setup_private, stores_teardown);
}
