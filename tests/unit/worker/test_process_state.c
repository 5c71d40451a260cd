/* How many executors for each queue, as people write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/process_state.h"

static void queues_get_what_is_named(void **state)
{
    (void)state;
    struct err_info error;
    int executors[QUEUE_COUNT];
    assert_int_equal(executors_parse("delivery=8,history=2", executors, &error), ERR_OK);
    assert_int_equal(executors[QUEUE_DELIVERY], 8);
    assert_int_equal(executors[QUEUE_HISTORY], 2);
    assert_int_equal(executors_parse("history=1", executors, &error), ERR_OK);
    assert_int_equal(executors[QUEUE_DELIVERY], 0);
    assert_int_equal(executors[QUEUE_HISTORY], 1);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "is not of the form"},
        {"delivery", "is not of the form"},
        {"mail=2", "no queue \"mail\""},
        {"delivery=", "not a number"},
        {"delivery=two", "not a number"},
        {"delivery=-1", "not a number"},
        {"delivery=257", "not a number"},
        {"delivery=8;history=2", "not a number"},
        {"delivery=0,history=0", "at least one executor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err_info error;
        int executors[QUEUE_COUNT];
        assert_int_equal(executors_parse(cases[i].text, executors, &error), ERR_USAGE);
        if (strstr(error.text, cases[i].says) == NULL)
            fail_msg("\"%s\" gave: %s", cases[i].text, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_get_what_is_named),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
