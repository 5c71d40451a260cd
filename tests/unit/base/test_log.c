#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/json.h"
#include "common/base/log.h"
#include "tests/testing/testing.h"

/* Standard error goes to a file between begin and end. */
struct capture {
    char *path;
    int kept;
};

static struct capture capture_begin(void **state)
{
    struct capture capture = {testing_join(*state, "stderr"), dup(STDERR_FILENO)};
    int fd = open(capture.path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    assert_true(capture.kept >= 0 && fd >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    close(fd);
    return capture;
}

static struct buf capture_end(struct capture capture)
{
    struct buf lines = BUF_INIT;
    assert_true(dup2(capture.kept, STDERR_FILENO) >= 0);
    close(capture.kept);
    testing_read_file(capture.path, &lines);
    free(capture.path);
    return lines;
}

/* Takes the first line off `*at`; the object is the caller's. */
static struct json_object *read_line(const char **at)
{
    const char *end = strchr(*at, '\n');
    assert_non_null(end);
    struct json_object *object = NULL;
    struct err_info error = {0};
    if (json_parse(*at, (size_t)(end - *at), JSON_LIMITS_REQUEST, &object, &error) != ERR_OK)
        fail_msg("%s", error.text);
    *at = end + 1;
    return object;
}

static void test_json_lines_know_their_object(void **state)
{
    struct capture capture = capture_begin(state);
    log_init("worker", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_identity("w_1");
    log_scope("op_1", 7, 2);
    log_warn("job failed: %s", "a \"quoted\" \x1b[31m reason\n\xff");
    log_scope("op_1", 0, 0);
    log_info("chunk taken");
    log_scope_clear();
    log_identity(NULL);
    log_error("bare");
    struct buf lines = capture_end(capture);
    const char *at = lines.data;

    struct json_object *line = read_line(&at);
    assert_string_equal(json_get_string(line, "level"), "warn");
    assert_string_equal(json_get_string(line, "program"), "worker");
    assert_string_equal(json_get_string(line, "identity"), "w_1");
    assert_string_equal(json_get_string(line, "operation"), "op_1");
    assert_int_equal(json_get_int(line, "job", -1), 7);
    assert_int_equal(json_get_int(line, "attempt", -1), 2);
    assert_int_equal(json_get_int(line, "pid", -1), getpid());
    assert_string_equal(json_get_string(line, "message"), "job failed: a \"quoted\" \x1b[31m reason\n\xef\xbf\xbd");
    assert_int_equal(strlen(json_get_string(line, "time")), strlen("2026-01-08T09:13:20.000Z"));
    json_object_put(line);

    line = read_line(&at);
    assert_string_equal(json_get_string(line, "operation"), "op_1");
    assert_null(json_get(line, "job"));
    assert_null(json_get(line, "attempt"));
    json_object_put(line);

    line = read_line(&at);
    assert_null(json_get(line, "operation"));
    assert_null(json_get(line, "identity"));
    json_object_put(line);
    assert_string_equal(at, "");
    assert_null(strchr(lines.data, '\x1b'));
    buf_fini(&lines);
}

static void test_text_lines_hold_no_control_characters(void **state)
{
    struct capture capture = capture_begin(state);
    log_init("worker", LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_identity("w_\x1b[1m");
    log_scope("op_\r", 7, 2);
    log_info("name: %s", "x\x1b]0;title\x07\n2026-01-01 forged line \xc2\x9b\xe2\x80\xae");
    log_scope_clear();
    log_identity(NULL);
    struct buf lines = capture_end(capture);
    assert_true(json_is_utf8(lines.data, lines.len));
    for (size_t i = 0; i + 1 < lines.len; i++)
        assert_false((uint8_t)lines.data[i] < 0x20 || lines.data[i] == 0x7f);
    assert_int_equal(lines.data[lines.len - 1], '\n');
    assert_non_null(strstr(lines.data, " INFO  worker w_\\x1b[1m op_\\x0d job 7 attempt 2: name: x\\x1b]0;title\\x07"
                                       "\\x0a2026-01-01 forged line \\xc2\\x9b\\xe2\\x80\\xae\n"));
    buf_fini(&lines);
}

static void test_lines_below_the_least_level_are_left_out(void **state)
{
    struct capture capture = capture_begin(state);
    log_init("worker", LOG_LEVEL_WARN, LOG_FORMAT_JSON);
    log_debug("no");
    log_info("no");
    log_warn("yes");
    log_init("worker", LOG_LEVEL_DEBUG, LOG_FORMAT_JSON);
    log_debug("yes");
    struct buf lines = capture_end(capture);
    assert_null(strstr(lines.data, "no\""));
    const char *at = lines.data;
    json_object_put(read_line(&at));
    json_object_put(read_line(&at));
    assert_string_equal(at, "");
    buf_fini(&lines);
}

static void test_auto_means_json_where_there_is_no_terminal(void **state)
{
    struct capture capture = capture_begin(state);
    log_init("worker", LOG_LEVEL_INFO, LOG_FORMAT_AUTO);
    log_info("to a file");
    struct buf lines = capture_end(capture);
    const char *at = lines.data;
    json_object_put(read_line(&at));
    buf_fini(&lines);
}

static void test_long_messages_are_cut_and_errno_is_kept(void **state)
{
    char *text = malloc(100000);
    assert_non_null(text);
    memset(text, 'm', 99999);
    text[99999] = '\0';
    struct capture capture = capture_begin(state);
    log_init("worker", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    errno = ENOTTY;
    log_info("%s", text);
    assert_int_equal(errno, ENOTTY);
    struct buf lines = capture_end(capture);
    assert_in_range(lines.len, 2000, 4096); /* PIPE_BUF */
    const char *at = lines.data;
    json_object_put(read_line(&at));
    buf_fini(&lines);
    free(text);
}

#define THREADS 4
#define LINES_EACH 250

static void *write_lines(void *operation)
{
    for (int64_t i = 1; i <= LINES_EACH; i++) {
        log_scope(operation, i, 1);
        log_info("of %s", (const char *)operation);
    }
    return NULL;
}

static void test_threads_neither_mix_lines_nor_objects(void **state)
{
    static char operations[THREADS][8] = {"op_a", "op_b", "op_c", "op_d"};
    pthread_t threads[THREADS];
    struct capture capture = capture_begin(state);
    log_init("worker", LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, operations[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    struct buf lines = capture_end(capture);
    const char *at = lines.data;
    for (int i = 0; i < THREADS * LINES_EACH; i++) {
        struct json_object *line = read_line(&at);
        const char *operation = json_get_string(line, "operation");
        assert_non_null(operation);
        assert_string_equal(json_get_string(line, "message") + strlen("of "), operation);
        json_object_put(line);
    }
    assert_string_equal(at, "");
    buf_fini(&lines);
}

#define in_own_dir(test) cmocka_unit_test_setup_teardown(test, testing_dir_setup, testing_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_own_dir(test_json_lines_know_their_object),
        in_own_dir(test_text_lines_hold_no_control_characters),
        in_own_dir(test_lines_below_the_least_level_are_left_out),
        in_own_dir(test_auto_means_json_where_there_is_no_terminal),
        in_own_dir(test_long_messages_are_cut_and_errno_is_kept),
        in_own_dir(test_threads_neither_mix_lines_nor_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
