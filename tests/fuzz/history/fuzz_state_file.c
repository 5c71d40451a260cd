/* Any bytes as a state file, then as a whole run: refused with a place, or facts within their ranges. */
#include "common/base/json.h"
#include "common/history/run_assemble.h"
#include "common/history/run_columns.h"
#include "tests/fuzz/fuzz.h"

static void check_json(const struct run_facts *facts)
{
    static void (*const columns[])(const struct run_facts *, struct buf *) = {run_columns_row, run_columns_cost,
                                                                              run_columns_tokens};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        struct buf text = BUF_INIT;
        struct json_object *value = NULL;
        struct err_info error = {.code = ERR_OK};
        columns[i](facts, &text);
        FUZZ_CHECK(json_parse(text.data, text.len, JSON_LIMITS_REQUEST, &value, &error) == ERR_OK);
        json_object_put(value);
        buf_fini(&text);
    }
}

static void check_run(struct state_file *state)
{
    struct prices *prices = prices_builtin();
    struct run_facts facts;
    struct run_assembly assembly;
    run_facts_init(&facts);
    run_assemble_begin(&assembly, &facts, prices, "r1");
    run_assemble_state(&assembly, state);
    run_assemble_end(&assembly, &(struct run_signs){.error_log_us = RUN_UNKNOWN});
    FUZZ_CHECK(facts.status != RUN_STATUS_UNKNOWN && !facts.has_cost);
    FUZZ_CHECK(facts.duration_ms == RUN_UNKNOWN || facts.duration_ms >= 0);
    FUZZ_CHECK(facts.hour_of_day >= -1 && facts.hour_of_day <= 23 && facts.day_of_week >= -1 && facts.day_of_week <= 6);
    check_json(&facts);
    run_facts_fini(&facts);
    prices_drop(prices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state_file state;
    struct err_info error = {.code = ERR_OK};
    state_file_init(&state);
    if (state_file_read((const char *)data, size, &state, &error) == ERR_OK)
        check_run(&state);
    else
        FUZZ_CHECK(error.code == ERR_USAGE && error.line >= 1 && error.column >= 1);
    state_file_fini(&state);
    return 0;
}
