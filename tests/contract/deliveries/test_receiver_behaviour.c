/* The receiver misbehaves as it is told to, and ends when it should. */
#include "tests/testing/testing.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/testing/receiver/receiver_send.h"

static int set_up(void **state)
{
    const char *const arguments[] = {"--key", RECEIVER_SEND_KEY, NULL};
    *state = receiver_start(arguments);
    return 0;
}

static int tear_down(void **state)
{
    return receiver_stop(*state);
}

static struct receiver_reply send_one(struct receiver *receiver)
{
    struct receiver_send send;
    receiver_send_init(&send, VERB_CREATE, "a/path", "one", 3);
    return receiver_send(receiver, &send, &(struct receiver_flaws){0});
}

static void it_fails_with_the_status_and_the_patience_it_was_told(void **state)
{
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"fail\",\"status\":503,\"retry_after\":7}"), 200);
    struct receiver_reply reply = send_one(*state);
    assert_int_equal(reply.status, 503);
    assert_int_equal(reply.retry_after_s, 7);
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"429\"}"), 200);
    reply = send_one(*state);
    assert_int_equal(reply.status, 429);
    assert_int_equal(reply.retry_after_s, 1);
    assert_int_equal(receiver_stat(*state, "files"), 0);
    assert_int_equal(receiver_stat(*state, "misbehaved"), 2);
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"ok\"}"), 200);
    assert_int_equal(send_one(*state).status, 200);
    assert_int_equal(receiver_stat(*state, "accepted_again"), 0); /* it came again, but had not been accepted */
    assert_int_equal(receiver_stat(*state, "max_repeats"), 2);
}

static void it_misbehaves_only_where_and_as_often_as_told(void **state)
{
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"fail\",\"every\":3,\"times\":2}"), 200);
    static const int expected[] = {200, 200, 503, 200, 200, 503, 200, 200, 200};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(send_one(*state).status, expected[i]);
    assert_int_equal(receiver_tell(*state, "/_/behave",
                                   "[{\"mode\":\"fail\",\"status\":500,\"path_contains\":\"x\"},"
                                   "{\"mode\":\"fail\",\"status\":404,\"verb\":\"delete\"},"
                                   "{\"mode\":\"fail\",\"status\":410,\"app\":\"app_other\"}]"),
                     200);
    assert_int_equal(receiver_send_text(*state, VERB_CREATE, "a", "one"), 200);
    assert_int_equal(receiver_send_text(*state, VERB_CREATE, "axb", "one"), 500);
    assert_int_equal(receiver_send_text(*state, VERB_DELETE, "a", "one"), 404);
}

static void rules_that_make_no_sense_are_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "{\"mode\":\"odd\"}",
                                      "{\"mode\":\"ok\",\"evry\":2}",
                                      "{\"mode\":\"fail\",\"status\":42}",
                                      "{\"mode\":\"ok\",\"every\":0}",
                                      "{\"mode\":\"ok\",\"verb\":\"get\"}",
                                      "[{\"mode\":\"ok\"},1]"};
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"fail\"}"), 200);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(receiver_tell(*state, "/_/behave", bad[i]), 400);
    assert_int_equal(send_one(*state).status, 503); /* what was told before still stands */
}

static void a_closed_connection_gives_no_answer_and_can_hide_an_effect(void **state)
{
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"close\"}"), 200);
    struct receiver_reply reply = send_one(*state);
    assert_int_equal(reply.status, 0);
    assert_int_equal(reply.trouble, CURLE_GOT_NOTHING);
    assert_int_equal(receiver_stat(*state, "files"), 0);
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"close\",\"apply\":true}"), 200);
    assert_int_equal(send_one(*state).status, 0);
    assert_int_equal(receiver_stat(*state, "files"), 1);
}

static void a_hanging_answer_never_comes(void **state)
{
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"hang\"}"), 200);
    receiver_set_timeout_ms(*state, 300);
    struct receiver_reply reply = send_one(*state);
    assert_int_equal(reply.status, 0);
    assert_int_equal(reply.trouble, CURLE_OPERATION_TIMEDOUT);
    receiver_set_timeout_ms(*state, 10000);
    assert_int_equal(receiver_tell(*state, "/_/reset", ""), 200);
    assert_int_equal(send_one(*state).status, 200);
}

static void a_dripping_answer_begins_and_does_not_end(void **state)
{
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"drip\"}"), 200);
    receiver_set_timeout_ms(*state, 900);
    struct receiver_reply reply = send_one(*state);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.trouble, CURLE_OPERATION_TIMEDOUT);
    receiver_set_timeout_ms(*state, 10000);
    assert_int_equal(receiver_stat(*state, "files"), 1);
}

static void a_reset_forgets_everything(void **state)
{
    assert_int_equal(receiver_tell(*state, "/_/behave", "{\"mode\":\"fail\",\"apply\":true}"), 200);
    assert_int_equal(send_one(*state).status, 503);
    assert_int_equal(receiver_stat(*state, "files"), 1);
    assert_int_equal(receiver_tell(*state, "/_/reset", ""), 200);
    static const char *const counters[] = {"requests", "files", "keys", "misbehaved", "body_bytes"};
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        assert_int_equal(receiver_stat(*state, counters[i]), 0);
    assert_int_equal(send_one(*state).status, 200);
    assert_int_equal(receiver_stat(*state, "max_repeats"), 0);
}

static void each_app_has_its_own_key(void **state)
{
    (void)state;
    const char *const arguments[] = {"--key", (RECEIVER_SEND_APP "=its-own"), "--key", "of-the-others", NULL};
    struct receiver *receiver = receiver_start(arguments);
    struct receiver_send send;
    receiver_send_init(&send, VERB_CREATE, "a", "one", 3);
    assert_int_equal(receiver_send(receiver, &send, &(struct receiver_flaws){.key = "its-own"}).status, 200);
    assert_int_equal(receiver_send(receiver, &send, &(struct receiver_flaws){.key = "of-the-others"}).status, 401);
    assert_int_equal(receiver_stop(receiver), 0);
}

static void it_ends_while_answers_hang_and_drip(void **state)
{
    (void)state;
    const char *const arguments[] = {NULL};
    struct receiver *receiver = receiver_start(arguments);
    receiver_set_timeout_ms(receiver, 300);
    assert_int_equal(receiver_tell(receiver, "/_/behave", "[{\"mode\":\"hang\",\"times\":1},{\"mode\":\"drip\"}]"),
                     200);
    send_one(receiver);
    send_one(receiver);
    assert_int_equal(receiver_stop(receiver), 0);
}

/* The pipe that all of them hold open ends when the last of them does: the child, then its receiver. */
static void it_dies_with_its_parent(void **state)
{
    (void)state;
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        const char *const arguments[] = {NULL};
        close(ends[0]);
        receiver_start(arguments);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_fails_with_the_status_and_the_patience_it_was_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_misbehaves_only_where_and_as_often_as_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rules_that_make_no_sense_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_connection_gives_no_answer_and_can_hide_an_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hanging_answer_never_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dripping_answer_begins_and_does_not_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reset_forgets_everything, set_up, tear_down),
        cmocka_unit_test(each_app_has_its_own_key),
        cmocka_unit_test(it_ends_while_answers_hang_and_drip),
        cmocka_unit_test(it_dies_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
