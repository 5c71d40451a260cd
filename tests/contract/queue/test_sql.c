/*
 * Every embedded statement is understood by a migrated database; and the hot ones read few pages, on a table that is
 * full, by a plan that was made while it was empty (which is what a connection has that was there first), and by one
 * made afterwards.
 */
#include "common/store/pg_private.h"
#include "embedded/sql_count.h"
#include "embedded/sql_dashboard.h"
#include "embedded/sql_definitions.h"
#include "embedded/sql_deliveries.h"
#include "embedded/sql_doctor.h"
#include "embedded/sql_history.h"
#include "embedded/sql_kinds.h"
#include "embedded/sql_producer.h"
#include "embedded/sql_query.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_registry.h"
#include "embedded/sql_session.h"
#include "tests/contract/queue/plan_test.h"

/* All statements but those that make the schema. */
#define ROOM(name, NAME)                                                                                               \
    {                                                                                                                  \
        sql_##name##_all, SQL_##NAME##_COUNT                                                                           \
    }
static const struct {
    const struct sql *const *list;
    int count;
} rooms[] = {
    ROOM(dashboard, DASHBOARD),   ROOM(definitions, DEFINITIONS),
    ROOM(deliveries, DELIVERIES), ROOM(doctor, DOCTOR),
    ROOM(history, HISTORY),       ROOM(kinds, KINDS),
    ROOM(producer, PRODUCER),     ROOM(query, QUERY),
    ROOM(queue, QUEUE),           ROOM(registry, REGISTRY),
    ROOM(session, SESSION),
};

/* The operation that is looked at: the 100 000 jobs of OP, among as many of other operations. */
#define OP "op_01HKM0000000000000000000A1"

static const struct {
    const struct sql *statement;
    const char *arguments;
    int pages; /* at most, on the full table */
} hot[] = {
    {&sql_queue_load_mark, "'" OP "'", 40},
    {&sql_queue_load_range, "'" OP "', 50001, 50100", 150},
    {&sql_queue_load_due, "'" OP "', 100, 60000, 'w_1', 1", 2600},
    {&sql_queue_load_one, "'" OP "', 50001", 20},
    {&sql_queue_load_state, "'" OP "'", 30},
    {&sql_queue_next_open, "'" OP "', 50000", 20},
    {&sql_queue_operation_dispatch, "'" OP "'", 30},
    {&sql_queue_operation_get, "'" OP "'", 30},
    {&sql_definitions_request_find_repetition, "'\\x01', false", 40},
    {&sql_definitions_request_find_requests, "ARRAY['" OP "'], '{x}', '{0}', '{x}'", 60},
    {&sql_definitions_request_find_repetitions, "ARRAY['\\x01'::bytea]", 60},
    {&sql_queue_settle_fence, "'" OP "', 50001, 50100, array_fill(0, ARRAY[100])", 600},
    {&sql_queue_settle_fence_scattered, "'" OP "', ARRAY[5, 50000, 99999], '{0,0,0}'", 60},
    {&sql_queue_settle_outcomes,
     "'" OP "', 'w_1', '1.5', '{1}', '{0}', '{noop}', '{k}', '{succeeded}', '{0}', '{NULL}', '{NULL}'", 60},
    {&sql_queue_settle_tally, "'" OP "', 'noop', 1, 0, 0", 60},
    {&sql_queue_singles_mark, "ARRAY['" OP "']", 40},
    {&sql_queue_singles_load, "ARRAY['" OP "'], '{50001}'", 80},
    {&sql_queue_singles_fence, "ARRAY['" OP "'], '{50001}', '{0}'", 80},
    {&sql_queue_singles_outcomes,
     "'w_1', ARRAY['" OP "'], '{1.5}', '{1}', '{0}', '{noop}', '{k}', '{succeeded}', '{0}', '{NULL}', '{NULL}'", 60},
    {&sql_queue_singles_tally, "ARRAY['" OP "'], '{noop}', '{1}', '{0}', '{0}'", 80},
    {&sql_queue_retry, "'" OP "', '{50001,50002}', '{0,0}', '{1000,1000}', '{1,1}', '{x,y}', true", 150},
    {&sql_queue_claim, "'" OP "', 50001, 0, 'key 1x', 'w_1'", 150},
    {&sql_queue_state, "'" OP "'", 20},
    {&sql_queue_touch, "'" OP "', 7, 0, 'key 7'", 60},
    {&sql_queue_checkpoint_fence, "'" OP "', 7, 0, 'key 7', NULL", 150},
    {&sql_queue_release, "'" OP "', 7, 0, 'key 7'", 30},
    {&sql_queue_suspects_of, "'" OP "', 'w_0', 10", 700},
    {&sql_queue_due_again, "'w_1', NULL", 700},
    {&sql_queue_due_again, "'w_1', 1", 700},
    {&sql_queue_set_aside, "", 2600},
    {&sql_queue_sweep_ready, "'" OP "'", 60},
    {&sql_queue_remove_leftover, "'" OP "', 50001, 50100", 600},
    {&sql_queue_remove_leftover_next, "'" OP "', 50000", 20},
    {&sql_definitions_registry_find, "'d500'", 20},
    {&sql_definitions_request_find_request, "'" OP "', NULL, 500, 'v'", 60},
    {&sql_definitions_schedule_scheduled, "", 60},
    {&sql_definitions_schedule_running, "1", 1500},
    {&sql_queue_count_crash, "'" OP "', 50001", 60},
};
#define HOT (sizeof hot / sizeof *hot)

/* EXPLAINs, which must stay while a connection that has prepared them lives. */
static struct sql explains[2 * HOT];
static char explain_texts[2 * HOT][600];

static void every_statement_is_understood(void **state)
{
    struct queue_test *t = *state;
    int understood = 0;
    struct pg *pg = hot_connection(t);
    for (size_t room = 0; room < sizeof rooms / sizeof *rooms; room++) {
        for (int i = 0; i < rooms[room].count; i++) {
            struct err_info error;
            if (pg_prepare(pg, rooms[room].list[i], &error) != ERR_OK)
                fail_msg("%s: %s", rooms[room].list[i]->name, error.text);
            understood++;
        }
    }
    assert_true(understood > 50);
    pg_drop(pg);
}

static void set_explain(size_t number, size_t of, const char *options)
{
    bool any = hot[of].arguments[0] != '\0';
    snprintf(explain_texts[number], sizeof explain_texts[number], "EXPLAIN %s EXECUTE s%d%s%s%s", options,
             hot[of].statement->number, any ? "(" : "", hot[of].arguments, any ? ")" : "");
    explains[number] = (struct sql){hot[of].statement->name, SQL_COUNT + 1 + (int)number, explain_texts[number]};
}

static void prepare_hot(struct pg *pg)
{
    struct err_info error;
    for (size_t i = 0; i < HOT; i++) {
        assert_fine(pg_prepare(pg, hot[i].statement, &error));
        set_explain(i, i, "");
        set_explain(HOT + i, i, "(ANALYZE, BUFFERS, TIMING OFF)");
    }
}

/* Prints a plan that is refused; returns whether it is. */
static bool is_bad(const char *name, const char *plan, int64_t pages, int64_t allowed)
{
    if (strstr(plan, "Seq Scan") == NULL && pages <= allowed)
        return false;
    print_error("%s: %" PRId64 " pages, %" PRId64 " are allowed\n", name, pages, allowed);
    for (const char *line = plan; *line != '\0'; line += strcspn(line, "\n") + 1)
        print_error("    %.*s\n", (int)strcspn(line, "\n"), line);
    return true;
}

static void assert_few_pages(struct pg *pg)
{
    int bad = 0;
    for (size_t i = 0; i < HOT; i++) {
        /* The first one may have to make a table longer, which is not its plan's fault. */
        free(explain(pg, &explains[HOT + i]));
        char *plan = explain(pg, &explains[HOT + i]);
        int64_t pages = pages_of(plan);
        assert_true(pages > 0);
        bad += is_bad(hot[i].statement->name, plan, pages, hot[i].pages);
        free(plan);
    }
    assert_int_equal(bad, 0);
}

static void fill(struct queue_test *t)
{
    sql(t, "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
           "request_key)"
           " SELECT 'op_' || i, 'noop', 'd', '{}'::jsonb, 's', '[]'::jsonb, 'delivery', 10, 3, int4send(i)"
           "   FROM generate_series(1, 100) i"
           " UNION ALL SELECT '" OP "', 'noop', 'd', '{}'::jsonb, 's', '[]'::jsonb, 'delivery', 10, 3, '\\x01'::bytea");
    sql(t, "INSERT INTO tally (operation_id, state, planned, total, last_seq)"
           " SELECT operation_id, 'running', true, 100000, 100000 FROM operation");
    sql(t,
        "INSERT INTO job (operation_id, seq, phase, kind, key)"
        " SELECT '" OP "', i, 0, 'noop', 'k' || i FROM generate_series(1, 100000) i"
        " UNION ALL SELECT 'op_' || (1 + i / 1000), i %% 1000, 0, 'noop', 'k' || i FROM generate_series(0, 99999) i");
    sql(t, "UPDATE job SET run_at = now() + (seq %% 2000 - 1000) * interval '1 second', worker = 'w_0'"
           " WHERE operation_id = '" OP "' AND seq %% 100 = 0");
    sql(t, "UPDATE job SET run_at = now() + interval '1 minute', worker = 'w_1' WHERE operation_id = '" OP
           "' AND seq <= 10");
    sql(t, "INSERT INTO exclusive (key, operation_id, seq, attempt, worker)"
           " SELECT 'key ' || i, '" OP "', i, 0, 'w_0' FROM generate_series(1, 10000) i");
    sql(t, "INSERT INTO definition_versions (digest, body) VALUES ('v', '{}')");
    sql(t, "INSERT INTO workflow_definitions (id, identifier, name, type, path, current_version, every_ms, "
           "scheduled_since)"
           " OVERRIDING SYSTEM VALUE SELECT i, 'd' || i, 'n', 'yaml', 'p', 'v', 60000, CASE WHEN i <= 5 THEN now() END "
           "FROM generate_series(1, "
           "1000) i");
    sql(t, "INSERT INTO schedule_tick (definition_id, tick, operation_id)"
           " SELECT d.id, now() - i * interval '1 minute', 'op_' || i FROM workflow_definitions d, generate_series(1, "
           "1000) i"
           "  WHERE scheduled_since IS NOT NULL");
}

static void assert_no_scans(struct pg *pg)
{
    for (size_t i = 0; i < HOT; i++) {
        char *plan = explain(pg, &explains[i]);
        assert_false(is_bad(hot[i].statement->name, plan, 0, 0));
        free(plan);
    }
}

static void plans_from_a_new_database_are_good_on_a_full_one(void **state)
{
    struct queue_test *t = *state;
    struct pg *pg = hot_connection(t);
    prepare_hot(pg);
    assert_no_scans(pg);
    fill(t);
    assert_few_pages(pg);
    pg_drop(pg);
}

static void plans_from_a_full_database_are_good(void **state)
{
    struct queue_test *t = *state;
    fill(t);
    sql(t, "ANALYZE operation, tally, job, exclusive");
    struct pg *pg = hot_connection(t);
    prepare_hot(pg);
    assert_few_pages(pg);
    pg_drop(pg);
}

/* A queue that was worked off and vacuumed looks to the planner as if it would stay empty: the plans made then are bad,
 * which is why planning ends with an ANALYZE. It must reach the connections that have such plans. */
static void the_analyze_of_planning_mends_plans_from_a_drained_table(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    sql(t, "ANALYZE operation, tally, job, exclusive");
    struct pg *pg = hot_connection(t);
    prepare_hot(pg);
    assert_no_scans(pg);
    fill(t);
    assert_fine(pg_exec(t->pg, &sql_queue_plan_analyze, NULL, NULL, &error));
    assert_few_pages(pg);
    pg_drop(pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_statement_is_understood, queue_test_fresh),
        cmocka_unit_test_setup(plans_from_a_new_database_are_good_on_a_full_one, queue_test_fresh),
        cmocka_unit_test_setup(plans_from_a_full_database_are_good, queue_test_fresh),
        cmocka_unit_test_setup(the_analyze_of_planning_mends_plans_from_a_drained_table, queue_test_fresh),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
