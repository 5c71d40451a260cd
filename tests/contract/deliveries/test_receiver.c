/* The receiver finds what is wrong with a request, and keeps what is right. */
#include "tests/testing/testing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "tests/testing/receiver/receiver_send.h"

static const struct receiver_flaws no_flaws;

/* A directory of its own, a receiver that keeps and logs in it. */
struct fixture {
    void *dir;
    char *keep, *log;
    struct receiver *receiver;
};

static int set_up(void **state)
{
    struct fixture *fixture = mem_zalloc(sizeof *fixture);
    if (testing_dir_setup(&fixture->dir) != 0)
        return -1;
    fixture->keep = testing_join(fixture->dir, "keep");
    fixture->log = testing_join(fixture->dir, "log");
    const char *const arguments[] = {"--key", RECEIVER_SEND_KEY, "--keep", fixture->keep, "--log", fixture->log, NULL};
    fixture->receiver = receiver_start(arguments);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    int code = receiver_stop(fixture->receiver);
    free(fixture->keep);
    free(fixture->log);
    testing_dir_teardown(&fixture->dir);
    free(fixture);
    return code;
}

/* What is held, as JSON; from the first path above `after`. */
static void assert_files(struct receiver *receiver, const char *query, const char *expected)
{
    struct buf path = BUF_INIT, found = BUF_INIT;
    buf_addf(&path, "%s%s", RECEIVER_SEND_FILES, query);
    struct json_object *files = receiver_get(receiver, path.data);
    json_add_canonical(&found, files);
    assert_string_equal(found.data, expected);
    json_object_put(files);
    buf_fini(&path);
    buf_fini(&found);
}

static void assert_kept(const struct fixture *fixture, const char *name, const char *content, size_t len)
{
    struct buf kept = BUF_INIT, path = BUF_INIT;
    buf_addf(&path, "%s/%s/%s/%s", fixture->keep, RECEIVER_SEND_APP, RECEIVER_SEND_REPOSITORY, name);
    testing_read_file(path.data, &kept);
    assert_int_equal(kept.len, len);
    assert_memory_equal(kept.data, content, len);
    buf_fini(&kept);
    buf_fini(&path);
}

#define SHA_ONE "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
#define SHA_TWO "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"

static void what_was_created_updated_and_deleted_is_held_and_kept(void **state)
{
    struct fixture *fixture = *state;
    struct receiver *receiver = fixture->receiver;
    assert_int_equal(receiver_send_text(receiver, VERB_CREATE, "b/../%.txt", "one"), 200);
    assert_int_equal(receiver_send_text(receiver, VERB_CREATE, "a", "one"), 200);
    assert_int_equal(receiver_send_text(receiver, VERB_CREATE, "gone", "one"), 200);
    assert_int_equal(receiver_send_text(receiver, VERB_UPDATE, "a", "two"), 200);
    assert_int_equal(receiver_send_text(receiver, VERB_DELETE, "gone", "one"), 200);
    assert_files(receiver, "", "{\"a\":\"" SHA_TWO "\",\"b/../%.txt\":\"" SHA_ONE "\"}");
    assert_files(receiver, "&limit=1", "{\"a\":\"" SHA_TWO "\"}");
    assert_files(receiver, "&after=a", "{\"b/../%.txt\":\"" SHA_ONE "\"}");
    assert_kept(fixture, "a", "two", 3);
    assert_kept(fixture, "b%2F..%2F%25.txt", "one", 3);
    assert_int_equal(receiver_stat(receiver, "files"), 2);
    assert_int_equal(receiver_stat(receiver, "other_previous"), 1); /* the update said that the file had been empty */
    assert_int_equal(receiver_stat(receiver, "went_back"), 1);      /* the delete came after the update */
}

static void after_the_last_file_has_gone_nothing_is_held(void **state)
{
    struct receiver *receiver = ((struct fixture *)*state)->receiver;
    assert_int_equal(receiver_send_text(receiver, VERB_CREATE, "gone", "one"), 200);
    assert_int_equal(receiver_send_text(receiver, VERB_DELETE, "gone", "one"), 200);
    assert_files(receiver, "", "{}");
    assert_int_equal(receiver_stat(receiver, "files"), 0);
}

static void a_request_with_a_wrong_header_is_refused_and_has_no_effect(void **state)
{
    struct receiver *receiver = ((struct fixture *)*state)->receiver;
    static const struct {
        struct receiver_flaws flaws;
        int status;
        const char *counter;
    } cases[] = {
        {{.key = "another"}, 401, "bad_signatures"},
        {{.clock_ahead_s = 3600}, 401, "bad_times"},
        {{.clock_ahead_s = -3600}, 401, "bad_times"},
        {{.left_out = "X-Docora-App-Id"}, 400, "bad_headers"},
        {{.left_out = "X-Docora-Timestamp"}, 400, "bad_headers"},
        {{.left_out = "X-Docora-Signature"}, 400, "bad_headers"},
        {{.left_out = "Idempotency-Key"}, 400, "bad_headers"},
        {{.left_out = "Content-Type"}, 400, "bad_headers"},
    };
    struct receiver_send send;
    receiver_send_init(&send, VERB_CREATE, "a", "one", 3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t before = receiver_stat(receiver, cases[i].counter);
        assert_int_equal(receiver_send(receiver, &send, &cases[i].flaws).status, cases[i].status);
        assert_int_equal(receiver_stat(receiver, cases[i].counter), before + 1);
    }
    assert_int_equal(receiver_stat(receiver, "files"), 0);
    assert_int_equal(receiver_stat(receiver, "keys"), 0);
}

/* The body of a good create of "a" with `from` put in the place of `to`. */
static void replace(struct buf *body, const char *from, const char *to)
{
    struct receiver_send send;
    receiver_send_init(&send, VERB_CREATE, "a", "one", 3);
    struct buf good = BUF_INIT;
    body_add(&good, &send.message, send.content, send.len);
    char *at = strstr(good.data, from);
    assert_non_null(at);
    buf_add(body, good.data, (size_t)(at - good.data));
    buf_add_str(body, to);
    buf_add_str(body, at + strlen(from));
    buf_fini(&good);
}

static void a_body_that_is_not_of_the_format_is_refused(void **state)
{
    struct receiver *receiver = ((struct fixture *)*state)->receiver;
    static const char *const changes[][2] = {
        {"{\"repository\"", "[\"repository\""},
        {"\"content\":\"one\"", "\"content\":\"two\""},
        {"\"size\":3", "\"size\":4"},
        {"\"size\":3", "\"size\":\"3\""},
        {"\"content\":\"one\"", "\"content\":\"one\",\"mode\":420"},
        {"\"content\":\"one\"", "\"content\":\"b25l\",\"content_encoding\":\"base64\""}, /* it is text */
        {"\"content\":\"one\"", "\"content\":\"one\",\"content_encoding\":\"gzip\""},
        {"\"path\":\"a\"", "\"path\":\"\""},
        {"\"name\":\"name\"", "\"name\":\"name\",\"branch\":\"main\""},
        {"\"owner\":\"owner\",", ""},
        {RECEIVER_SEND_REPOSITORY, "../../escape"},
        {"\"timestamp\":\"2", "\"timestamp\":\"x"},
        {"\"commit_sha\":\"c1\",", ""},
        {"Z\"}", "Z\",\"previous_sha\":\"" SHA_ONE "\"}"},
    };
    enum { COUNT = sizeof changes / sizeof changes[0] };
    struct receiver_send send;
    receiver_send_init(&send, VERB_CREATE, "a", "one", 3);
    for (size_t i = 0; i < COUNT; i++) {
        struct buf body = BUF_INIT;
        replace(&body, changes[i][0], changes[i][1]);
        assert_int_equal(receiver_send(receiver, &send, &(struct receiver_flaws){.instead = &body}).status, 422);
        buf_fini(&body);
    }
    assert_int_equal(receiver_stat(receiver, "bad_bodies"), COUNT);
    assert_int_equal(receiver_stat(receiver, "files"), 0);
}

static void a_failed_sync_is_taken_note_of(void **state)
{
    struct receiver *receiver = ((struct fixture *)*state)->receiver;
    struct receiver_send send;
    receiver_send_init(&send, VERB_SYNC_FAILED, "", "", 0);
    struct body_sync_failed event = {.repository = send.message.repository, .message = "gone", .threshold = 5};
    struct buf body = BUF_INIT;
    body_add_sync_failed(&body, &event);
    assert_int_equal(receiver_send(receiver, &send, &(struct receiver_flaws){.instead = &body}).status, 200);
    buf_fini(&body);
    assert_int_equal(receiver_stat(receiver, "files"), 0);
}

/* One piece of a binary file. */
static int send_piece(struct receiver *receiver, const char *content, size_t len, int64_t index)
{
    struct receiver_send send;
    receiver_send_init(&send, VERB_CREATE, "big.bin", content, len);
    struct body_range range = body_piece_range(CONTENT_BINARY, (int64_t)len, index);
    send.message.chunk.index = index;
    send.message.chunk.total = body_pieces(CONTENT_BINARY, (int64_t)len);
    body_chunk_id("op_1/1", "big.bin", send.message.sha, send.message.chunk.id);
    send.content = content + range.offset;
    send.len = (size_t)range.len;
    return receiver_send(receiver, &send, &no_flaws).status;
}

static void a_chunked_binary_is_put_together_in_order_only(void **state)
{
    struct fixture *fixture = *state;
    struct receiver *receiver = fixture->receiver;
    enum { LEN = 1100000 };
    char *content = mem_alloc(LEN);
    for (size_t i = 0; i < LEN; i++)
        content[i] = (char)(i * 2654435761u >> 13);
    assert_int_equal(send_piece(receiver, content, LEN, 1), 409); /* the first never came */
    assert_int_equal(send_piece(receiver, content, LEN, 0), 200);
    assert_int_equal(send_piece(receiver, content, LEN, 2), 409);
    assert_int_equal(send_piece(receiver, content, LEN, 1), 200);
    assert_int_equal(receiver_stat(receiver, "incomplete"), 1);
    assert_int_equal(send_piece(receiver, content, LEN, 0), 200); /* the next attempt begins again */
    assert_int_equal(send_piece(receiver, content, LEN, 2), 409);
    assert_int_equal(send_piece(receiver, content, LEN, 1), 200);
    assert_int_equal(send_piece(receiver, content, LEN, 1), 200); /* again: no effect */
    assert_int_equal(receiver_stat(receiver, "files"), 0);
    assert_int_equal(send_piece(receiver, content, LEN, 2), 200);
    assert_int_equal(receiver_stat(receiver, "files"), 1);
    assert_int_equal(receiver_stat(receiver, "incomplete"), 0);
    assert_int_equal(receiver_stat(receiver, "bad_order"), 3);
    assert_kept(fixture, "big.bin", content, LEN);
    free(content);
}

static void repetitions_of_a_key_are_counted_and_another_use_of_it_noticed(void **state)
{
    struct receiver *receiver = ((struct fixture *)*state)->receiver;
    for (int i = 0; i < 3; i++)
        assert_int_equal(receiver_send_text(receiver, VERB_CREATE, "a", "one"), 200);
    assert_int_equal(receiver_send_text(receiver, VERB_CREATE, "b", "one"), 200);
    assert_int_equal(receiver_stat(receiver, "keys"), 2);
    assert_int_equal(receiver_stat(receiver, "repeated_keys"), 1);
    assert_int_equal(receiver_stat(receiver, "max_repeats"), 2);
    assert_int_equal(receiver_stat(receiver, "accepted_again"), 2);
    assert_int_equal(receiver_stat(receiver, "key_conflicts"), 0);
    struct receiver_send one, two;
    struct buf body = BUF_INIT;
    receiver_send_init(&one, VERB_CREATE, "a", "one", 3);
    receiver_send_init(&two, VERB_CREATE, "a", "two", 3);
    body_add(&body, &two.message, two.content, two.len);
    assert_int_equal(receiver_send(receiver, &one, &(struct receiver_flaws){.instead = &body}).status, 200);
    assert_int_equal(receiver_stat(receiver, "key_conflicts"), 1);
    buf_fini(&body);
}

static void every_request_has_its_line_in_the_log(void **state)
{
    struct fixture *fixture = *state;
    struct buf log = BUF_INIT;
    struct json_object *line = NULL;
    struct err_info error = {0};
    receiver_send_text(fixture->receiver, VERB_CREATE, "a \"b\"\n", "one");
    receiver_send_text(fixture->receiver, VERB_CREATE, "a \"b\"\n", "one");
    assert_int_equal(receiver_stat(fixture->receiver, "requests"), 2); /* which writes the log out */
    testing_read_file(fixture->log, &log);
    char *second = strchr(log.data, '\n') + 1;
    assert_int_equal(json_parse(second, strlen(second) - 1, JSON_LIMITS_REQUEST, &line, &error), ERR_OK);
    assert_int_equal(json_get_int(line, "seq", 0), 2);
    assert_string_equal(json_get_string(line, "app"), RECEIVER_SEND_APP);
    assert_string_equal(json_get_string(line, "repository"), RECEIVER_SEND_REPOSITORY);
    assert_string_equal(json_get_string(line, "verb"), "create");
    assert_string_equal(json_get_string(line, "path"), "a \"b\"\n");
    assert_string_equal(json_get_string(line, "sha"), SHA_ONE);
    assert_string_equal(json_get_string(line, "commit"), "c1");
    assert_int_equal(json_get_int(line, "repeated", 0), 1);
    assert_int_equal(json_get_int(line, "status", 0), 200);
    assert_true(json_get_bool(line, "signature_ok", false) && json_get_bool(line, "order_ok", false));
    json_object_put(line);
    buf_fini(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_created_updated_and_deleted_is_held_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_the_last_file_has_gone_nothing_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_with_a_wrong_header_is_refused_and_has_no_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_body_that_is_not_of_the_format_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_sync_is_taken_note_of, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_chunked_binary_is_put_together_in_order_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repetitions_of_a_key_are_counted_and_another_use_of_it_noticed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(every_request_has_its_line_in_the_log, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
