/* Heads in memory as libmicrohttpd leaves them: their ends of lines and colons are NULs by then. */
#include <string.h>

#include "dashboard/layout.h"
#include "tests/testing/testing.h"

struct part {
    size_t at, len;
};

/* "GET /x HTTP/1.1", and headers by where their names and values stand in a head of `size` bytes. */
static bool holds(size_t version, const struct part headers[][2], size_t count, size_t size)
{
    static char head[200];
    struct layout layout;
    memcpy(head, "GET", 4);
    memcpy(head + version, "HTTP/1.1", 9);
    layout_begin(&layout, head, 2, head + version);
    for (size_t i = 0; i < count; i++)
        layout_header(&layout, head + headers[i][0].at, headers[i][0].len, head + headers[i][1].at, headers[i][1].len);
    return layout_holds(&layout, size);
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
        cmocka_unit_test(a_head_with_crlf_between_all_its_parts_holds),
        cmocka_unit_test(a_head_of_any_other_shape_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
