/* A program without a single fault point: it must link, list nothing and refuse any name. */
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "tests/testing/testing.h"

static void fail_if_called(const char *name, void *context)
{
    (void)context;
    fail_msg("a point that does not exist: %s", name);
}

static void test_nothing_is_listed(void **state)
{
    (void)state;
    fault_each(fail_if_called, NULL);
    unsetenv("REPRISE_FAULT");
    struct err_info error = {0};
    assert_int_equal(fault_init(&error), ERR_OK);
}

static void test_no_name_is_known(void **state)
{
    (void)state;
    struct err_info error = {0};
    setenv("REPRISE_FAULT", "settle.sent:1:kill", 1);
    assert_int_equal(fault_init(&error), ERR_USAGE);
    assert_non_null(strstr(error.text, "settle.sent"));
    unsetenv("REPRISE_FAULT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_listed),
        cmocka_unit_test(test_no_name_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
