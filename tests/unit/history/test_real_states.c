/* The real state files, which lie beside this checkout, or not: what is read of each version. */
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/money.h"
#include "common/history/state_file.h"
#include "tests/testing/testing.h"

static struct state_file state_file;
static struct err_info error;

static void expect_text(enum state_text which, const char *expected)
{
    const char *text = state_file.texts[which];
    if ((text == NULL) != (expected == NULL) || (text != NULL && strcmp(text, expected) != 0))
        fail_msg("text %d: %s", (int)which, text != NULL ? text : "none");
}

static void read_shared(const char *name)
{
    char *dir = testing_join(testing_shared_data(), "adw-states"), *path = testing_join(dir, name);
    struct buf text = BUF_INIT;
    testing_read_file(path, &text);
    free(path);
    free(dir);
    state_file_fini(&state_file);
    if (state_file_read(text.data, text.len, &state_file, &error) != ERR_OK)
        fail_msg("%s: %s", name, error.text);
    buf_fini(&text);
}

static void the_real_state_files_are_read(void **state)
{
    (void)state;
    read_shared("adw_state_acengineer_adw_1760937866209_4409.json");
    expect_text(STATE_ADW_ID, "adw_1760937866209_4409");
    expect_text(STATE_ISSUE_NUMBER, NULL);
    expect_text(STATE_WORKFLOW_STATUS, "initialized");
    expect_text(STATE_STATUS, NULL);
    expect_text(STATE_CURRENT_PHASE, NULL);
    assert_int_equal(state_file.backend_port, 9113);
    assert_int_equal(state_file.phases_done, 0);
    read_shared("adw_state_acengineer_test_1760936312836_7214.json");
    expect_text(STATE_STATUS, "completed");
    expect_text(STATE_CURRENT_STAGE, "completed");
    assert_int_equal(state_file.phases_done, 4);
    read_shared("adw_state_tacweb_adw-3af4a34d.json");
    expect_text(STATE_ISSUE_NUMBER, "83");
    expect_text(STATE_STATUS, NULL);
    expect_text(STATE_MODEL_SET, "base");
    assert_true(state_file.estimated_cost_nusd == MONEY_UNKNOWN);
    read_shared("adw_state_tacweb_documented_example.json");
    assert_int_equal(state_file.estimated_cost_nusd, 450000000);
    assert_int_equal(state_file.breakdown_nusd, 450000000);
    assert_int_equal(state_file.breakdown_steps, 3);
    expect_text(STATE_NL_INPUT, "Add user authentication with JWT tokens");
    assert_true(state_file.has_error_list && state_file.error_count == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_real_state_files_are_read)};
    state_file_init(&state_file);
    int failed = testing_run_with_shared_data(tests);
    state_file_fini(&state_file);
    return failed;
}
