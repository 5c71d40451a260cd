/* The connection to Redis in a libev loop, against a real server that is killed, silenced and made forgetful here. */
#include <signal.h>

#include "common/base/clock.h"
#include "tests/contract/loop/redis_async_test.h"
#include "tests/testing/proxy.h"

/* ---- coming up ----------------------------------------------------------------------------------------------- */

static void it_comes_up_with_its_scripts_loaded(void **state)
{
    struct fixture *f = *state;
    run_aside(f, "SCRIPT FLUSH");
    open_wire(f);
    assert_false(redis_async_is_up(f->wire));
    ask(f, "PING", LONG_MS);
    assert_true(f->send_refused); /* not up yet */
    turn_until_up(f, 1);
    assert_true(redis_async_up_since(f->wire) > 0 && redis_async_heard(f->wire) > 0);
    struct query_params *asked = call_twice(f, 21);
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
    struct query_params *one = ask(f, "ECHO one", LONG_MS), *two = ask(f, "ECHO two", LONG_MS),
                        *bad = ask(f, "NONSENSE", LONG_MS);
    assert_int_equal(redis_async_pending(f->wire), 3);
    turn_until_answered(f, 3);
    assert_int_equal(redis_async_pending(f->wire), 0);
    assert_string_equal(one->text, "one");
    assert_string_equal(two->text, "two");
    assert_int_equal(one->place, 1);
    assert_int_equal(two->place, 2);
    assert_false(bad->lost); /* an error is an answer */
    assert_true(redis_async_is_up(f->wire));
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
    while (redis_async_heard(f->wire) == 0)
        ev_run(f->loop, EVRUN_ONCE); /* the refusal */
    assert_false(redis_async_is_up(f->wire));
    assert_int_equal(f->ups + f->downs, 0);
    run_aside(f, "ACL SETUSER late >sesame");
    turn_until_up(f, 1);
}

/* ---- going down ---------------------------------------------------------------------------------------------- */

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
    assert_int_equal(redis_async_pending(f->wire), 0);
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
    assert_false(redis_async_is_up(f->wire));
    assert_int_equal(redis_async_up_since(f->wire), 0);
    proxy_set(proxy, PROXY_FORWARD);
    turn_until_up(f, 2);
    assert_int_equal(f->downs, 1);
    ask(f, "ECHO 5", LONG_MS);
    turn_until_answered(f, 4);
    assert_string_equal(f->asked[4].text, "5");
    redis_async_drop(f->wire);
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

/* The answer has come before the deadline; the loop was late, not Redis. */
static void an_answer_that_has_arrived_counts_though_the_loop_looks_late(void **state)
{
    struct fixture *f = *state;
    open_wire(f);
    turn_until_up(f, 1);
    ask(f, "PING", SHORT_MS);
    ev_run(f->loop, EVRUN_NOWAIT);      /* sends it */
    run_aside(f, "BLPOP nothing 0.25"); /* the loop stands still for longer than the deadline */
    turn_until_answered(f, 1);
    assert_string_equal(f->asked[0].text, "PONG");
    assert_int_equal(f->downs, 0);
}

static void turn_for(struct fixture *f, int64_t ms)
{
    for (int64_t since_ms = clock_mono_ms(); clock_mono_ms() - since_ms < ms;)
        ev_run(f->loop, EVRUN_ONCE);
}

static void what_is_connected_but_deaf_is_tried_again(void **state)
{
    struct fixture *f = *state;
    char *path;
    struct proxy *proxy = stand_between(f, &path);
    proxy_set(proxy, PROXY_SILENT);
    open_wire(f);
    turn_for(f, 2500); /* longer than it waits for a greeting */
    assert_false(redis_async_is_up(f->wire));
    assert_int_equal(f->ups + f->downs, 0);
    proxy_set(proxy, PROXY_FORWARD);
    turn_until_up(f, 1);
    redis_async_drop(f->wire);
    f->wire = NULL;
    proxy_drop(proxy);
    free(path);
}

static void count_message(const redisReply *reply, void *context)
{
    assert_string_equal(redis_text(redis_item(reply, 2)), "word");
    ++*(int *)context;
}

/* Longer than it takes to find out that nothing more will come. */
#define SILENCE_MS 5000

static void a_subscription_outlasts_that_nothing_is_said(void **state)
{
    struct fixture *f = *state;
    int messages = 0;
    open_wire(f);
    turn_until_up(f, 1);
    assert_true(redis_async_subscribe(f->wire, "channel", count_message, &messages));
    turn_for(f, SILENCE_MS);
    assert_int_equal(f->downs, 0);
    run_aside(f, "PUBLISH channel word");
    while (messages == 0)
        ev_run(f->loop, EVRUN_ONCE);
    assert_int_equal(messages, 1); /* though it was subscribed to more than once */
}

static void a_subscription_that_fell_silent_is_made_again(void **state)
{
    struct fixture *f = *state;
    char *path;
    int messages = 0;
    struct proxy *proxy = stand_between(f, &path);
    open_wire(f);
    turn_until_up(f, 1);
    assert_true(redis_async_subscribe(f->wire, "channel", count_message, &messages));
    proxy_set(proxy, PROXY_SILENT);
    turn_for(f, SILENCE_MS);
    assert_int_equal(f->downs, 1);
    proxy_set(proxy, PROXY_FORWARD);
    turn_until_up(f, 2);
    redis_async_drop(f->wire);
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
    struct query_params *asked = call_twice(f, 1); /* its scripts are there */
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
    struct query_params *asked = call_twice(f, 1), *behind = ask(f, "ECHO behind", LONG_MS);
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
    assert_true(redis_async_send(f->wire, f->args, LONG_MS, NULL, NULL)); /* no callback */
    redis_async_drop(f->wire);
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
    redis_async_drop(f->wire);
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
        with_fixture(an_answer_that_has_arrived_counts_though_the_loop_looks_late),
        with_fixture(what_is_connected_but_deaf_is_tried_again),
        with_fixture(a_subscription_outlasts_that_nothing_is_said),
        with_fixture(a_subscription_that_fell_silent_is_made_again),
        with_fixture(a_server_that_was_killed_is_found_again),
        with_fixture(a_connection_that_the_server_closes_comes_back),
        with_fixture(scripts_that_redis_forgot_are_loaded_again),
        with_fixture(dropping_it_completes_what_is_under_way),
        with_fixture(dropping_it_while_it_connects_is_quiet),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, stores_setup_private, stores_teardown);
}
