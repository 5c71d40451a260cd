/* Command lines for a shell: a real one reads back just the words that were meant, whatever they hold. */
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/json.h"
#include "dashboard/shell_commands.h"
#include "tests/testing/testing.h"

/* The words that sh makes of a line, each followed by a line end. */
static void read_by_shell(const char *line, char *out, size_t room)
{
    struct buf command = BUF_INIT;
    buf_addf(&command, "printf '%%s\\n' %s", line);
    FILE *shell = popen(command.data, "r");
    assert_non_null(shell);
    size_t len = fread(out, 1, room - 1, shell);
    out[len] = '\0';
    assert_int_equal(pclose(shell), 0);
    buf_fini(&command);
}

static const char *line_of(struct json_object *lines, size_t index)
{
    return json_object_get_string(json_object_array_get_idx(lines, index));
}

static void a_shell_reads_each_word_as_it_was(void **state)
{
    (void)state;
    static const char *const words[] = {
        "plain", "",      "two words",    "x; echo $(id)", "it's", "`id`", "a\"b", "~",           "-n",           "*",
        "a\\nb", "$HOME", "{reprise}:op", "a'b'c; d",      "=x",   "#",    "!x",   "caf\xc3\xa9", "a=b,c:d@e%f+g"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char seen[200], expected[200];
        struct json_object *operation =
            json_tokener_parse("{\"operation_id\":\"op_1\",\"definition\":\"noop\",\"args\":{}}");
        json_object_object_add(json_get(operation, "args"), "x", json_object_new_string(words[i]));
        struct json_object *lines = shell_commands(operation, (struct shell_redis){"redis://h", "{r}"});
        read_by_shell(line_of(lines, 0), seen, sizeof seen);
        snprintf(expected, sizeof expected, "producer\nrun\nnoop\nx=%s\n", words[i]);
        assert_string_equal(seen, expected);
        json_object_put(lines);
        json_object_put(operation);
    }
}

static struct json_object *lines_for(const char *operation, const char *url)
{
    struct json_object *json = json_tokener_parse(operation);
    struct json_object *lines = shell_commands(json, (struct shell_redis){url, "{our reprise}"});
    json_object_put(json);
    return lines;
}

static void a_dry_run_stays_one_and_arguments_stay_arguments(void **state)
{
    (void)state;
    struct json_object *lines =
        lines_for("{\"operation_id\":\"op_1\",\"definition\":\"resync-costs\",\"dry_run\":true,\"args\":"
                  "{\"search\":\"x; echo $(id)\",\"status\":[\"failed\",\"running\"],\"force\":true,"
                  "\"model\":null}}",
                  "redis://127.0.0.1:7777/3");
    assert_string_equal(line_of(lines, 0),
                        "producer run resync-costs 'search=x; echo $(id)' status=failed,running force=true --dry-run");
    assert_string_equal(line_of(lines, 1), "producer progress op_1 --watch");
    assert_string_equal(line_of(lines, 2), "producer outcomes op_1 --failed");
    assert_string_equal(line_of(lines, 3), "redis-cli -u redis://127.0.0.1:7777/3 HGETALL '{our reprise}:op:op_1'");
    json_object_put(lines);
}

static void redis_is_named_without_its_password(void **state)
{
    (void)state;
    static const char *const urls[][2] = {
        {"redis://:secret@h:1", "redis-cli --askpass -u redis://h:1 HGETALL '{our reprise}:op:op_1'"},
        {"rediss://me:se@cret@h", "redis-cli --user me --askpass -u rediss://h HGETALL '{our reprise}:op:op_1'"},
        {"unix:///run/my redis.sock", "redis-cli -s '/run/my redis.sock' HGETALL '{our reprise}:op:op_1'"}};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct json_object *lines =
            lines_for("{\"operation_id\":\"op_1\",\"definition\":\"noop\",\"args\":{}}", urls[i][0]);
        assert_string_equal(line_of(lines, 0), "producer run noop");
        assert_string_equal(line_of(lines, 3), urls[i][1]);
        json_object_put(lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_reads_each_word_as_it_was),
        cmocka_unit_test(a_dry_run_stays_one_and_arguments_stay_arguments),
        cmocka_unit_test(redis_is_named_without_its_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
