/* Shapes of requests that are refused before anything of them counts. */
#include <string.h>

#include "dashboard/smuggling_check.h"
#include "tests/testing/testing.h"

struct header {
    const char *name, *value;
};

static enum err judge(const char *version, const struct header *headers, struct strict *strict)
{
    struct err_info error;
    *strict = (struct strict){.wrong = NULL};
    for (; headers->name != NULL; headers++)
        strict_header(strict, headers->name, strlen(headers->name), headers->value,
                      headers->value == NULL ? 0 : strlen(headers->value));
    return strict_end(strict, version, &error);
}

#define JUDGE(...) judge("HTTP/1.1", (struct header[]){__VA_ARGS__, {NULL, NULL}}, &strict)
#define HOST                                                                                                           \
    {                                                                                                                  \
        "Host", "h:80"                                                                                                 \
    }

static void what_is_plain_passes(void **state)
{
    (void)state;
    struct strict strict;
    assert_int_equal(JUDGE(HOST), ERR_OK);
    assert_int_equal(JUDGE(HOST, {"content-length", "12"}), ERR_OK);
    assert_int_equal(strict.length, 12);
    assert_int_equal(JUDGE(HOST, {"Transfer-Encoding", "Chunked"}), ERR_OK);
    assert_true(strict.chunked);
    assert_int_equal(JUDGE(HOST, {"X-Empty", NULL}, {"X-Twice", "1"}, {"X-Twice", "2"}), ERR_OK);
    assert_int_equal(judge("HTTP/1.0", (struct header[]){{NULL, NULL}}, &strict), ERR_OK);
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    struct strict strict;
    struct header length = {"Content-Length", "1"}, chunked = {"Transfer-Encoding", "chunked"};
    assert_int_equal(JUDGE({"X", "1"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, HOST), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, length, length), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, length, chunked), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, chunked, chunked), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Transfer-Encoding", "gzip, chunked"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Content-Length", ""}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Content-Length", "1 "}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Content-Length", "0x1"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Content-Length", "9999999999999999999"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Content-Length ", "1"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"", "1"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"X", "a\rb"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Authorization", "a"}, {"authorization", "b"}), ERR_USAGE);
    assert_int_equal(JUDGE(HOST, {"Origin", "a"}, {"Origin", "a"}), ERR_USAGE);
    assert_int_equal(judge("HTTP/1.0", (struct header[]){chunked, {NULL, NULL}}, &strict), ERR_USAGE);
}

static void a_nul_does_not_hide_what_follows(void **state)
{
    (void)state;
    struct strict strict = {.wrong = NULL};
    struct err_info error;
    strict_header(&strict, "Host", 4, "h\0x", 3);
    assert_int_equal(strict_end(&strict, "HTTP/1.1", &error), ERR_USAGE);
    strict = (struct strict){.wrong = NULL};
    strict_header(&strict, "Ho\0st", 5, "h", 1);
    assert_int_equal(strict_end(&strict, "HTTP/1.1", &error), ERR_USAGE);
}

static void there_is_a_limit_to_their_number(void **state)
{
    (void)state;
    struct strict strict = {.wrong = NULL};
    struct err_info error;
    strict_header(&strict, "Host", 4, "h", 1);
    for (int i = 1; i < STRICT_HEADERS_MAX; i++)
        strict_header(&strict, "X", 1, "1", 1);
    assert_int_equal(strict_end(&strict, "HTTP/1.1", &error), ERR_OK);
    strict_header(&strict, "X", 1, "1", 1);
    assert_int_equal(strict_end(&strict, "HTTP/1.1", &error), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_passes),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_nul_does_not_hide_what_follows),
        cmocka_unit_test(there_is_a_limit_to_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
