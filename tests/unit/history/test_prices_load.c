/* The price table that the configuration names. */
#include "common/history/prices.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/testing/testing.h"

static void no_name_is_the_built_in_table(void **state)
{
    (void)state;
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    assert_int_equal(prices_load("", &prices, &error), ERR_OK);
    assert_non_null(prices_find(prices, "claude-haiku-4-5", 16));
    prices_drop(prices);
}

static void the_file_of_this_checkout_is_that_table(void **state)
{
    (void)state;
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    char *path = testing_source_path("prices/models.yaml");
    if (prices_load(path, &prices, &error) != ERR_OK)
        fail_msg("%s", error.text);
    const struct price *price = prices_find(prices, "claude-opus-4-1-20250805", 24);
    assert_int_equal(price->cache_write, 18750000000);
    prices_drop(prices);
    free(path);
}

static void what_is_wrong_is_named_with_its_file(void **state)
{
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    char *path = testing_join(*state, "prices.yaml");
    assert_int_equal(prices_load(path, &prices, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "prices.yaml: No such file"));
    testing_write_file(path, "models: {a: 1}", 14);
    assert_int_equal(prices_load(path, &prices, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "history.prices: "));
    assert_non_null(strstr(error.text, "prices.yaml: line 1, column 13"));
    assert_int_equal(prices_load(*state, &prices, &error), ERR_USAGE);
    assert_null(prices);
    free(path);
}

/* No worker waits for the writer of a pipe, or reads a device without end. */
static void what_is_no_regular_file_or_too_large_is_refused_at_once(void **state)
{
    struct prices *prices = NULL;
    struct err_info error = {.code = ERR_OK};
    char *fifo = testing_join(*state, "fifo"), *sparse = testing_join(*state, "sparse");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    testing_write_file(sparse, "", 0);
    assert_int_equal(truncate(sparse, (off_t)1 << 40), 0);
    assert_int_equal(prices_load(fifo, &prices, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "fifo: is not a regular file"));
    assert_int_equal(prices_load("/dev/zero", &prices, &error), ERR_USAGE);
    assert_int_equal(prices_load(sparse, &prices, &error), ERR_USAGE);
    assert_non_null(strstr(error.text, "sparse: is larger than"));
    free(fifo);
    free(sparse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_name_is_the_built_in_table),
        cmocka_unit_test(the_file_of_this_checkout_is_that_table),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_named_with_its_file, testing_dir_setup, testing_dir_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_regular_file_or_too_large_is_refused_at_once, testing_dir_setup,
                                        testing_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
