/* Shapes of requests that are refused before anything of them counts. */
#include <string.h>

#include "dashboard/request_headers.h"
#include "tests/testing/testing.h"

struct header {
    const char *name, *value;
};

static enum err check_headers(const char *version, const struct header *headers, struct smuggling_check *check)
{
    struct err_info error;
    *check = (struct smuggling_check){.wrong = NULL};
    for (; headers->name != NULL; headers++)
        smuggling_check_header(check, headers->name, strlen(headers->name), headers->value,
                               headers->value == NULL ? 0 : strlen(headers->value));
    return smuggling_check_end(check, version, &error);
}

#define CHECK_HEADERS(...) check_headers("HTTP/1.1", (struct header[]){__VA_ARGS__, {NULL, NULL}}, &check)
#define HOST                                                                                                           \
    {                                                                                                                  \
        "Host", "h:80"                                                                                                 \
    }

static void what_is_plain_passes(void **state)
{
    (void)state;
    struct smuggling_check check;
    assert_int_equal(CHECK_HEADERS(HOST), ERR_OK);
    assert_int_equal(CHECK_HEADERS(HOST, {"content-length", "12"}), ERR_OK);
    assert_int_equal(check.length, 12);
    assert_int_equal(CHECK_HEADERS(HOST, {"Transfer-Encoding", "Chunked"}), ERR_OK);
    assert_true(check.chunked);
    assert_int_equal(CHECK_HEADERS(HOST, {"X-Empty", NULL}, {"X-Twice", "1"}, {"X-Twice", "2"}), ERR_OK);
    assert_int_equal(check_headers("HTTP/1.0", (struct header[]){{NULL, NULL}}, &check), ERR_OK);
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    (void)state;
    struct smuggling_check check;
    struct header length = {"Content-Length", "1"}, chunked = {"Transfer-Encoding", "chunked"};
    assert_int_equal(CHECK_HEADERS({"X", "1"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, HOST), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, length, length), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, length, chunked), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, chunked, chunked), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Transfer-Encoding", "gzip, chunked"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Content-Length", ""}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Content-Length", "1 "}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Content-Length", "0x1"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Content-Length", "9999999999999999999"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Content-Length ", "1"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"", "1"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"X", "a\rb"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Authorization", "a"}, {"authorization", "b"}), ERR_USAGE);
    assert_int_equal(CHECK_HEADERS(HOST, {"Origin", "a"}, {"Origin", "a"}), ERR_USAGE);
    assert_int_equal(check_headers("HTTP/1.0", (struct header[]){chunked, {NULL, NULL}}, &check), ERR_USAGE);
}

static void a_nul_does_not_hide_what_follows(void **state)
{
    (void)state;
    struct smuggling_check check = {.wrong = NULL};
    struct err_info error;
    smuggling_check_header(&check, "Host", 4, "h\0x", 3);
    assert_int_equal(smuggling_check_end(&check, "HTTP/1.1", &error), ERR_USAGE);
    check = (struct smuggling_check){.wrong = NULL};
    smuggling_check_header(&check, "Ho\0st", 5, "h", 1);
    assert_int_equal(smuggling_check_end(&check, "HTTP/1.1", &error), ERR_USAGE);
}

static void there_is_a_limit_to_their_number(void **state)
{
    (void)state;
    struct smuggling_check check = {.wrong = NULL};
    struct err_info error;
    smuggling_check_header(&check, "Host", 4, "h", 1);
    for (int i = 1; i < SMUGGLING_CHECK_HEADERS_MAX; i++)
        smuggling_check_header(&check, "X", 1, "1", 1);
    assert_int_equal(smuggling_check_end(&check, "HTTP/1.1", &error), ERR_OK);
    smuggling_check_header(&check, "X", 1, "1", 1);
    assert_int_equal(smuggling_check_end(&check, "HTTP/1.1", &error), ERR_USAGE);
}

/* ---- heads in memory as libmicrohttpd leaves them: their ends of lines and colons are NULs by then --------------- */

struct part {
    size_t at, len;
};

/* "GET /x HTTP/1.1", and headers by where their names and values stand in a head of `size` bytes. */
static bool holds(size_t version, const struct part headers[][2], size_t count, size_t size)
{
    static char head[200];
    struct smuggling_layout layout;
    memcpy(head, "GET", 4);
    memcpy(head + version, "HTTP/1.1", 9);
    smuggling_layout_begin(&layout, head, 2, head + version);
    for (size_t i = 0; i < count; i++)
        smuggling_layout_header(&layout, head + headers[i][0].at, headers[i][0].len, head + headers[i][1].at,
                                headers[i][1].len);
    return smuggling_layout_holds(&layout, size);
}

static void a_head_with_crlf_between_all_its_parts_holds(void **state)
{
    (void)state;
    assert_true(holds(7, NULL, 0, 19));
    assert_true(holds(7, (const struct part[][2]){{{17, 4}, {23, 1}}}, 1, 28));                     /* Host: a */
    assert_true(holds(7, (const struct part[][2]){{{17, 4}, {22, 1}}}, 1, 27));                     /* Host:a */
    assert_true(holds(7, (const struct part[][2]){{{17, 4}, {25, 3}}, {{30, 1}, {32, 0}}}, 2, 36)); /* Host:   a , Y: */
}

static void a_head_of_any_other_shape_does_not(void **state)
{
    (void)state;
    assert_false(holds(9, NULL, 0, 21));                                         /* a NUL in the target */
    assert_false(holds(7, (const struct part[][2]){{{16, 4}, {22, 1}}}, 1, 27)); /* LF after the first line */
    assert_false(holds(7, (const struct part[][2]){{{17, 4}, {23, 1}}, {{25, 1}, {28, 1}}}, 2, 33)); /* LF after Host */
    assert_false(holds(7, (const struct part[][2]){{{17, 4}, {23, 1}}, {{29, 1}, {32, 1}}}, 2, 37)); /* a NUL in Host */
    assert_false(
        holds(7, (const struct part[][2]){{{17, 4}, {23, 1}}, {{90, 1}, {29, 1}}}, 2, 37)); /* unfolded elsewhere */
    assert_false(holds(7, (const struct part[][2]){{{17, 4}, {23, 1}}}, 1, 27));            /* an LF at the end */
    assert_false(holds(7, (const struct part[][2]){{{17, 4}, {23, 1}}}, 1, 31));            /* a line without a name */
    assert_false(holds(7, (const struct part[][2]){{{17, 4}, {20, 1}}}, 1, 25));            /* a value in its name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_plain_passes),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_nul_does_not_hide_what_follows),
        cmocka_unit_test(there_is_a_limit_to_their_number),
        cmocka_unit_test(a_head_with_crlf_between_all_its_parts_holds),
        cmocka_unit_test(a_head_of_any_other_shape_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
