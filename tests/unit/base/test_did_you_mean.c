/* Names that are spelt alike. */
#include "common/base/did_you_mean.h"

#include <string.h>

#include "tests/testing/testing.h"

static void a_distance_counts_letters(void **state)
{
    (void)state;
    assert_int_equal(did_you_mean_distance("", ""), 0);
    assert_int_equal(did_you_mean_distance("", "abc"), 3);
    assert_int_equal(did_you_mean_distance("rescan", "rescan"), 0);
    assert_int_equal(did_you_mean_distance("reskan", "rescan"), 1);
    assert_int_equal(did_you_mean_distance("kitten", "sitting"), 3);
}

static void the_three_nearest_are_offered_in_their_order(void **state)
{
    (void)state;
    static const char *const names[] = {"noop", "resync-all", "resync-app", "resync-cost", "resync-link", "retry-app"};
    struct did_you_mean nearest = {.wanted = "resync-ap"};
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        did_you_mean_offer(&nearest, names[i]);
    did_you_mean_write(&nearest, &text);
    assert_int_equal(nearest.count, NEAREST_MAX);
    assert_non_null(strstr(text.data, "\"resync-app\", \"resync-all\" or \""));
    buf_fini(&text);
}

static void what_is_far_is_not_offered(void **state)
{
    (void)state;
    struct did_you_mean nearest = {.wanted = "deploy"};
    struct buf text = BUF_INIT;
    did_you_mean_offer(&nearest, "noop");
    did_you_mean_offer(&nearest, "rescan");
    did_you_mean_write(&nearest, &text);
    assert_int_equal(nearest.count, 0);
    assert_int_equal(text.len, 0);
    did_you_mean_offer(&nearest, "deploy-everything"); /* begins so */
    assert_int_equal(nearest.count, 1);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_distance_counts_letters),
        cmocka_unit_test(the_three_nearest_are_offered_in_their_order),
        cmocka_unit_test(what_is_far_is_not_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
