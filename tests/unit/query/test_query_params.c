#include <stdlib.h>
#include <string.h>

#include "common/query/query_params.h"
#include "tests/testing/testing.h"

#define RANGE ((struct query_params_range){1, 1000, 50})

static const char *the_value(const void *from, const char *name)
{
    (void)name;
    return from;
}

static struct query_params with(const char *value, enum query_params_style style)
{
    return (struct query_params){the_value, value, style};
}

static void a_number_is_within_its_range(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "-1", "+1", " 1", "1x", "1001", "99999999999999999999", "0x1", "1.0"};
    struct err_info error;
    int64_t number = 0;
    struct query_params asked = with(NULL, QUERY_PARAMS_BY_OPTIONS);
    assert_int_equal(query_params_number(&asked, "limit", RANGE, &number, &error), ERR_OK);
    assert_int_equal(number, 50);
    asked = with("1000", QUERY_PARAMS_BY_OPTIONS);
    assert_int_equal(query_params_number(&asked, "limit", RANGE, &number, &error), ERR_OK);
    assert_int_equal(number, 1000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        asked = with(bad[i], QUERY_PARAMS_BY_OPTIONS);
        assert_int_equal(query_params_number(&asked, "limit", RANGE, &number, &error), ERR_USAGE);
    }
    assert_string_equal(error.text, "--limit: \"1.0\" is not a number from 1 to 1000");
}

static void names_are_written_as_the_asker_writes_them(void **state)
{
    (void)state;
    static const char *const words[] = {"asc", "desc", NULL};
    struct err_info error;
    int index = 0;
    struct query_params asked = with("up", QUERY_PARAMS_BY_OPTIONS);
    assert_int_equal(query_params_word(&asked, "sort_order", words, &index, &error), ERR_USAGE);
    assert_string_equal(error.text, "--sort-order: \"up\" is none of asc, desc");
    asked = with("up", QUERY_PARAMS_BY_PARAMETERS);
    assert_int_equal(query_params_word(&asked, "sort_order", words, &index, &error), ERR_USAGE);
    assert_string_equal(error.text, "sort_order: \"up\" is none of asc, desc");
    asked = with("desc", QUERY_PARAMS_BY_PARAMETERS);
    assert_int_equal(query_params_word(&asked, "sort_order", words, &index, &error), ERR_OK);
    assert_int_equal(index, 1);
}

static void an_empty_parameter_was_not_given_and_an_empty_option_was(void **state)
{
    (void)state;
    struct query_params option = with("", QUERY_PARAMS_BY_OPTIONS), parameter = with("", QUERY_PARAMS_BY_PARAMETERS);
    struct err_info error;
    int64_t number = 0;
    assert_null(query_params_text(&parameter, "status"));
    assert_string_equal(query_params_text(&option, "status"), "");
    assert_int_equal(query_params_number(&parameter, "limit", RANGE, &number, &error), ERR_OK);
    assert_int_equal(query_params_number(&option, "limit", RANGE, &number, &error), ERR_USAGE);
}

static void a_flag_is_an_option_or_a_word(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum query_params_style style;
        enum err err;
        bool flag;
    } rows[] = {
        {"", QUERY_PARAMS_BY_OPTIONS, ERR_OK, true},          {NULL, QUERY_PARAMS_BY_OPTIONS, ERR_OK, false},
        {"true", QUERY_PARAMS_BY_PARAMETERS, ERR_OK, true},   {"1", QUERY_PARAMS_BY_PARAMETERS, ERR_OK, true},
        {"false", QUERY_PARAMS_BY_PARAMETERS, ERR_OK, false}, {"0", QUERY_PARAMS_BY_PARAMETERS, ERR_OK, false},
        {"", QUERY_PARAMS_BY_PARAMETERS, ERR_OK, false},      {"yes", QUERY_PARAMS_BY_PARAMETERS, ERR_USAGE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err_info error;
        bool flag = !rows[i].flag;
        struct query_params asked = with(rows[i].value, rows[i].style);
        assert_int_equal(query_params_flag(&asked, "failed", &flag, &error), rows[i].err);
        assert_true(flag == rows[i].flag);
    }
}

static void wildcards_are_escaped(void **state)
{
    (void)state;
    struct query_params asked = with("100%_a\\b", QUERY_PARAMS_BY_PARAMETERS),
                        nothing = with(NULL, QUERY_PARAMS_BY_PARAMETERS);
    char *pattern = query_params_pattern(&asked, "search");
    assert_string_equal(pattern, "%100\\%\\_a\\\\b%");
    free(pattern);
    assert_null(query_params_pattern(&nothing, "search"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_within_its_range),
        cmocka_unit_test(names_are_written_as_the_asker_writes_them),
        cmocka_unit_test(an_empty_parameter_was_not_given_and_an_empty_option_was),
        cmocka_unit_test(a_flag_is_an_option_or_a_word),
        cmocka_unit_test(wildcards_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
