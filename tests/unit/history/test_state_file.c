/* State files and summaries: what is read of which version, and what is refused where. */
#include "common/history/state_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/money.h"
#include "tests/testing/testing.h"

static struct state_file state_file;
static struct err_info error;

static enum err read_text(const char *text)
{
    state_file_fini(&state_file);
    return state_file_read(text, strlen(text), &state_file, &error);
}

static void expect_text(enum state_text which, const char *expected)
{
    const char *text = state_file.texts[which];
    if ((text == NULL) != (expected == NULL) || (text != NULL && strcmp(text, expected) != 0))
        fail_msg("text %d: %s", (int)which, text != NULL ? text : "none");
}

static void every_known_member_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        read_text(
            "{\"adw_id\":\"a\",\"status\":\"completed\",\"issue_number\":83,\"nl_input\":\"do \\u00e9\","
            "\"github_url\":\"u\",\"workflow\":\"w\",\"model\":\"m\",\"created_at\":\"2025-01-01\","
            "\"end_time\":\"2025-01-02\",\"duration_seconds\":12.3456,\"current_stage\":\"s\",\"branch_name\":\"b\","
            "\"plan_file\":\"p\",\"issue_class\":\"/bug\",\"worktree_path\":\"t\",\"backend_port\":9108,"
            "\"frontend_port\":\"9208\",\"estimated_cost_total\":0.45,"
            "\"estimated_cost_breakdown\":{\"plan\":0.1,\"build\":2e-1},\"error_message\":\"e\","
            "\"completed_phases\":[1,2],\"completed_stages\":[\"a\",\"b\",\"c\"],\"retry_count\":2,"
            "\"pr_merged\":true,\"ci_status\":\"passed\",\"issue_state\":\"OPEN\",\"unknown\":{\"status\":[]}}"),
        ERR_OK);
    expect_text(STATE_ADW_ID, "a");
    expect_text(STATE_STATUS, "completed");
    expect_text(STATE_ISSUE_NUMBER, "83");
    expect_text(STATE_NL_INPUT, "do \xc3\xa9");
    expect_text(STATE_WORKFLOW, "w");
    expect_text(STATE_MODEL, "m");
    expect_text(STATE_CREATED_AT, "2025-01-01");
    expect_text(STATE_CURRENT_STAGE, "s");
    expect_text(STATE_CI_STATUS, "passed");
    assert_int_equal(state_file.duration_ms, 12346);
    assert_int_equal(state_file.backend_port, 9108);
    assert_int_equal(state_file.frontend_port, 9208);
    assert_int_equal(state_file.estimated_cost_nusd, 450000000);
    assert_int_equal(state_file.breakdown_nusd, 300000000);
    assert_int_equal(state_file.breakdown_steps, 2);
    assert_int_equal(state_file.phases_done, 3);
    assert_int_equal(state_file.retry_count, 2);
    assert_int_equal(state_file.pull_request_merged, STATE_FLAG_YES);
    assert_false(state_file.has_error_list);
}

static void what_is_of_another_kind_counts_as_absent(void **state)
{
    (void)state;
    assert_int_equal(
        read_text("{\"adw_id\":7,\"status\":null,\"issue_number\":null,\"nl_input\":\"\",\"backend_port\":-1,"
                  "\"frontend_port\":70000,\"estimated_cost_total\":null,\"duration_seconds\":\"soon\","
                  "\"estimated_cost_breakdown\":{\"plan\":\"?\"},\"completed_phases\":{},"
                  "\"retry_count\":[],\"overall_success\":1,\"errors\":null,\"pr_merged\":\"yes\"}"),
        ERR_OK);
    for (int i = 0; i < STATE_TEXTS; i++)
        expect_text((enum state_text)i, NULL);
    assert_true(state_file.backend_port == STATE_FILE_UNKNOWN && state_file.frontend_port == STATE_FILE_UNKNOWN);
    assert_true(state_file.estimated_cost_nusd == MONEY_UNKNOWN && state_file.breakdown_nusd == MONEY_UNKNOWN);
    assert_true(state_file.duration_ms == STATE_FILE_UNKNOWN && state_file.retry_count == STATE_FILE_UNKNOWN);
    assert_true(state_file.phases_done == STATE_FILE_UNKNOWN);
    assert_int_equal(state_file.overall_success, STATE_FLAG_UNKNOWN);
    assert_int_equal(read_text("{}"), ERR_OK);
    assert_int_equal(read_text("{\"overall_success\":false}"), ERR_OK);
    assert_int_equal(state_file.overall_success, STATE_FLAG_NO);
}

static void error_lists_are_counted_and_typed(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"errors\":[\"timed out\",{\"message\":\"SyntaxError\",\"code\":[1]},"
                               "{\"error\":\"ECONNRESET\"},{},7,null],"
                               "\"external_build_results\":{\"errors\":[\"TypeError\"],\"summary\":{\"errors\":[1]}}}"),
                     ERR_OK);
    assert_true(state_file.has_error_list);
    assert_int_equal(state_file.error_count, 7);
    assert_int_equal(state_file.error_types[RUN_ERROR_TIMEOUT], 1);
    assert_int_equal(state_file.error_types[RUN_ERROR_SYNTAX], 1);
    assert_int_equal(state_file.error_types[RUN_ERROR_NETWORK], 1);
    assert_int_equal(state_file.error_types[RUN_ERROR_TYPE], 1);
    assert_int_equal(state_file.error_types[RUN_ERROR_UNKNOWN], 3);
    assert_int_equal(read_text("{\"errors\":[]}"), ERR_OK);
    assert_true(state_file.has_error_list && state_file.error_count == 0);
}

static void what_is_no_state_file_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int line, column;
    } cases[] = {
        {"", 1, 1},
        {"[]", 1, 1},
        {"null", 1, 1},
        {"{\"a\": 1,\n \"b\": tru}", 2, 7},
        {"{\"status\":\"a\",\n\"status\":\"b\"}", 2, 1},
        {"{\"status\":\"a\"}\n{}", 2, 1},
        {"{\"errors\":[\"a\",{\"message\":\"b\",]}", 1, 31},
        {"{\"estimated_cost_breakdown\":{\"a\":1.}}", 1, 36},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(read_text(cases[i].text), ERR_USAGE);
        if (error.line != cases[i].line || error.column != cases[i].column)
            fail_msg("%s: %s", cases[i].text, error.text);
    }
}

static int end(void **state)
{
    (void)state;
    state_file_fini(&state_file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_known_member_is_read),
        cmocka_unit_test(what_is_of_another_kind_counts_as_absent),
        cmocka_unit_test(error_lists_are_counted_and_typed),
        cmocka_unit_test(what_is_no_state_file_is_refused_with_its_place),
    };
    state_file_init(&state_file);
    return cmocka_run_group_tests(tests, NULL, end);
}
