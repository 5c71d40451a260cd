/* When a cost is written, why, and what is said about it: the table of the history rules, row by row. */
#include "common/history/result_cost.h"

#include "tests/testing/testing.h"

#define USD(dollars) ((int64_t)((dollars)*1000) * (MONEY_NUSD_PER_USD / 1000))

static const struct {
    struct cost_question question;
    enum cost_verdict verdict;
    const char *reason, *log;
} rows[] = {
    /* A final run takes the fresh value, up or down. */
    {{RUN_STATUS_COMPLETED, USD(0.09), USD(2.37), COST_BY_SYNC},
     COST_WRITE,
     "sync_final",
     "final cost r1: $0.09 → $2.37 (completed)"},
    {{RUN_STATUS_COMPLETED, USD(5), USD(2.37), COST_BY_SYNC},
     COST_WRITE,
     "sync_final",
     "final cost r1: $5.00 → $2.37 (completed)"},
    {{RUN_STATUS_FAILED, USD(5), USD(2.37), COST_BY_RESYNC},
     COST_WRITE,
     "resync",
     "final cost r1: $5.00 → $2.37 (failed)"},
    {{RUN_STATUS_COMPLETED, MONEY_UNKNOWN, 0, COST_BY_SYNC},
     COST_WRITE,
     "sync_final",
     "final cost r1: unknown → $0.00 (completed)"},
    {{RUN_STATUS_COMPLETED, USD(2.37), USD(2.37), COST_BY_RESYNC}, COST_SAME, "resync", NULL},
    /* A running or pending one only more. */
    {{RUN_STATUS_RUNNING, USD(1), USD(2.37), COST_BY_SYNC},
     COST_WRITE,
     "sync_progressive",
     "progressive cost r1: $1.00 → $2.37 (running)"},
    {{RUN_STATUS_RUNNING, USD(5), USD(2.37), COST_BY_SYNC}, COST_KEEP, "sync_progressive", NULL},
    {{RUN_STATUS_PENDING, USD(5), USD(2.37), COST_BY_RESYNC}, COST_KEEP, "resync", NULL},
    {{RUN_STATUS_PENDING, USD(2.37), USD(2.37), COST_BY_SYNC}, COST_SAME, "sync_progressive", NULL},
    {{RUN_STATUS_RUNNING, MONEY_UNKNOWN, 0, COST_BY_SYNC},
     COST_WRITE,
     "sync_progressive",
     "progressive cost r1: unknown → $0.00 (running)"},
    /* Without fresh data nothing, forced or not. */
    {{RUN_STATUS_COMPLETED, USD(5), MONEY_UNKNOWN, COST_BY_SYNC}, COST_NO_DATA, "sync_final", NULL},
    {{RUN_STATUS_RUNNING, MONEY_UNKNOWN, MONEY_UNKNOWN, COST_BY_RESYNC}, COST_NO_DATA, "resync", NULL},
    {{RUN_STATUS_COMPLETED, USD(5), MONEY_UNKNOWN, COST_BY_FORCED_RESYNC}, COST_NO_DATA, "resync_force", NULL},
    /* Forced, whatever the rule. */
    {{RUN_STATUS_RUNNING, USD(5), USD(2.37), COST_BY_FORCED_RESYNC},
     COST_WRITE,
     "resync_force",
     "progressive cost r1: $5.00 → $2.37 (running)"},
    {{RUN_STATUS_COMPLETED, USD(0.09), USD(2.37), COST_BY_FORCED_RESYNC},
     COST_WRITE,
     "resync_force",
     "final cost r1: $0.09 → $2.37 (completed)"},
    {{RUN_STATUS_COMPLETED, USD(2.37), USD(2.37), COST_BY_FORCED_RESYNC}, COST_SAME, "resync_force", NULL},
};

static void each_row_of_the_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (cost_rule(&rows[i].question) != rows[i].verdict)
            fail_msg("row %zu: verdict %d", i, (int)cost_rule(&rows[i].question));
        assert_string_equal(cost_rule_reason(&rows[i].question), rows[i].reason);
        if (rows[i].log == NULL)
            continue;
        struct buf log = BUF_INIT;
        cost_rule_add_log(&log, "r1", &rows[i].question);
        assert_string_equal(log.data, rows[i].log);
        buf_fini(&log);
    }
}

/* A running run's cost rises step by step and never falls; completed, it takes what the files say. */
static void a_runs_life_ends_at_what_the_files_say(void **state)
{
    (void)state;
    static const int64_t files[] = {USD(0.5), USD(1), USD(0.75), USD(5), USD(2.37)};
    int64_t stored = MONEY_UNKNOWN, before = -1;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct cost_question question = {RUN_STATUS_RUNNING, stored, files[i], COST_BY_SYNC};
        if (cost_rule(&question) == COST_WRITE)
            stored = files[i];
        assert_true(stored >= before);
        before = stored;
    }
    assert_true(stored == USD(5));
    struct cost_question last = {RUN_STATUS_COMPLETED, stored, USD(2.37), COST_BY_SYNC};
    assert_int_equal(cost_rule(&last), COST_WRITE);
}

static void each_verdict_has_its_answer(void **state)
{
    (void)state;
    assert_string_equal(cost_rule_message(COST_WRITE), "Cost data resynced successfully");
    assert_string_equal(cost_rule_message(COST_SAME), "Cost data already up to date");
    assert_string_equal(cost_rule_message(COST_KEEP), "Cost data already up to date");
    assert_string_equal(cost_rule_message(COST_NO_DATA), "No cost data available");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_table_holds),
        cmocka_unit_test(a_runs_life_ends_at_what_the_files_say),
        cmocka_unit_test(each_verdict_has_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
