/*
 * Whatever PostgreSQL knows of its tables - nothing yet (an operation was begun and cancelled within a minute), what
 * they were before (nearly empty), or the truth - each statement that works along a list or a range reads about as much
 * as it is asked for. By another plan such a statement compared each row of an operation with each entry of a list of
 * thousands, and took half a minute. Both the pages that are read and the rows that are read for nothing are bounded.
 */
#include "embedded/sql_count.h"
#include "embedded/sql_definitions.h"
#include "embedded/sql_deliveries.h"
#include "embedded/sql_history.h"
#include "embedded/sql_kinds.h"
#include "embedded/sql_queue.h"
#include "tests/contract/queue/plan_test.h"

#define OP "op_01HKM0000000000000000000A1"
#define FULL 20 /* thousands of jobs of OP; the rest goes with it */
#define LINK "'app_1', 'repo_1'"

static const struct {
    const struct sql *statement;
    const char *arguments;
    int pages, wasted; /* at most */
} bounded[] = {
    /* the queue */
    {&sql_queue_load_range, "'" OP "', 10001, 11000", 400, 10},
    {&sql_queue_load_due, "'" OP "', 1000, 60000, 'w_1', 7", 26000, 10},
    {&sql_queue_next_open, "'" OP "', 10000", 20, 10},
    {&sql_queue_settle_fence, "'" OP "', 10001, 11000, array_fill(0, ARRAY[1000])", 5000, 10},
    {&sql_queue_settle_fence_scattered, "'" OP "', pick(1000, 19), array_fill(0, ARRAY[1000])", 7000, 10},
    {&sql_queue_retry,
     "'" OP "', pick(1000, 19), array_fill(0, ARRAY[1000]), array_fill(1000::bigint, ARRAY[1000]),"
     " array_fill(1, ARRAY[1000]), array_fill('x'::text, ARRAY[1000]), true",
     40000, 10},
    {&sql_queue_singles_mark, "ids(9)", 400, 10},
    {&sql_queue_singles_load, "ids(9), sevens(9)", 400, 10},
    {&sql_queue_singles_fence, "ids(9), sevens(9), array_fill(0, ARRAY[9])", 400, 10},
    {&sql_queue_singles_outcomes,
     "'w_1', ids(9), array_fill('1.5'::text, ARRAY[9]), sevens(9), array_fill(0, ARRAY[9]), texts(9), texts(9),"
     " array_fill('succeeded'::text, ARRAY[9]), array_fill(0, ARRAY[9]), texts(9), array_fill('{}'::text, ARRAY[9])",
     600, 10},
    {&sql_queue_singles_tally, "ids(9), texts(9), '{1,1,1,1,1,1,1,1,1}', '{0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0}'",
     1000, 20},
    {&sql_queue_recipe_plan_rows, "'" OP "', 200000, 0, 'noop', texts(1000), NULL", 12000, 10},
    {&sql_queue_recipe_plan_range, "'" OP "', 200000, 0, 'noop', 1, 1000", 12000, 10},
    {&sql_history_fold_sums, "", 60000, 20},
    {&sql_queue_suspects_of, "'" OP "', 'w_0', 1000", 8000, 1000},
    {&sql_queue_due_again, "'w_0', NULL", 40000, 510},
    {&sql_queue_remove_leftover, "'" OP "', 10001, 15000", 25000, 10},
    {&sql_queue_remove_leftover_next, "'" OP "', 10000", 20, 10},
    {&sql_queue_remove_leftover_tally, "'" OP "', 5000, true", 40, 10},
    {&sql_queue_sweep_leftover, "", 60, 10},
    {&sql_queue_sweep_live, "", 3000, 2510},
    {&sql_queue_sweep_ahead, "ids(200), sevens(200), sevens(200), sevens(200), sevens(200)", 3000, 300},
    {&sql_queue_sweep_leases, "", 3000, 1100},
    {&sql_queue_prune_next, "3600000", 1500, 310},
    {&sql_queue_prune_step, "'" OP "', 5000", 25000, 10},
    {&sql_definitions_sync_gone, "pick(200, 3)", 8000, 10},
    {&sql_definitions_sync_forget, "pick(200, 3)", 2000, 210},
    /* deliveries */
    {&sql_kinds_cancel_mark, "'" OP "', links(1000), array_fill('{\"cleared\": true}'::text, ARRAY[1000])", 40000, 10},
    {&sql_deliveries_record_sent,
     LINK ", digests(256), texts(256), texts(256), texts(256), array_fill(1::bigint, ARRAY[256])", 6000, 10},
    {&sql_deliveries_record_deleted, LINK ", digests(256)", 3000, 10},
    {&sql_deliveries_recorded_intents, LINK ", digests(256)", 3000, 10},
    {&sql_deliveries_announce, LINK ", '" OP "', 7, 1, digests(256), texts(256), texts(256), texts(256)", 4000, 10},
    {&sql_deliveries_held, LINK ", digests(256)", 3000, 10},
    {&sql_deliveries_held_page, LINK ", '\\x80', 1000", 3000, 10},
    {&sql_deliveries_clear_deliveries, "'app_1', 'repo_2'", 6000, 10},
    {&sql_deliveries_other_intents, "'app_1', 'repo_2', '" OP "', 7, 1", 3000, 10},
    {&sql_deliveries_synced_intents, "'app_1', 'repo_2'", 3000, 10},
    {&sql_deliveries_watchers, "'repo_1', '', 1000", 100, 10},
    /* the history */
    {&sql_history_stored_costs, "runs(500)", 4000, 10},
    {&sql_history_stored_sources, "runs(500)", 4000, 10},
    {&sql_history_stored_lists, "runs(500)", 4000, 10},
    {&sql_history_stored_ids, "'run 5', 5000", 20000, 10},
    {&sql_history_to_score, "runs(500)", 4000, 10},
    {&sql_history_lock_lists, "run_ids(500)", 6000, 10},
    {&sql_history_keep_lists, "run_ids(500), array_fill('[1]'::text, ARRAY[500])", 40000, 10},
    {&sql_history_enter_lists, "run_ids(500), array_fill('{\"id\": 1, \"similarity_score\": 0.6}'::text, ARRAY[500])",
     40000, 510},
    {&sql_history_keep_flags, "runs(500), array_fill('[1]'::text, ARRAY[500]), array_fill('[1]'::text, ARRAY[500])",
     40000, 510},
    {&sql_history_keep_scanned, "'" OP "', runs(500)", 4000, 10},
    {&sql_history_forget_scanned, "1000", 12000, 10},
    {&sql_history_webhooks, "numbers(500)", 4000, 10},
    {&sql_history_webhooks_done, "numbers(500)", 6000, 10},
    {&sql_history_pattern_evidence, "'p 7'", 6000, 10},
    {&sql_history_add_occurrences, "'p 7'", 8000, 210},
    {&sql_history_remove_occurrences, "'p 7'", 6000, 210},
    {&sql_history_forget_passes, "", 3000, 1100},
};
#define BOUNDED (sizeof bounded / sizeof *bounded)

static struct sql explains[BOUNDED];
static char explain_texts[BOUNDED][800];

/* The lists that the statements are asked for. */
static void make_lists(struct queue_test *t)
{
    sql(t, "CREATE FUNCTION pick(n int, step int) RETURNS bigint[] LANGUAGE sql AS"
           " 'SELECT array_agg(i::bigint * step ORDER BY i) FROM generate_series(1, n) i';"
           "CREATE FUNCTION sevens(n int) RETURNS bigint[] LANGUAGE sql AS 'SELECT array_fill(7::bigint, ARRAY[n])';"
           "CREATE FUNCTION texts(n int) RETURNS text[] LANGUAGE sql AS"
           " 'SELECT array_agg(''t'' || i ORDER BY i) FROM generate_series(1, n) i';"
           "CREATE FUNCTION numbers(n int) RETURNS text[] LANGUAGE sql AS"
           " 'SELECT array_agg((3 * i)::text ORDER BY i) FROM generate_series(1, n) i';"
           "CREATE FUNCTION ids(n int) RETURNS text[] LANGUAGE sql AS"
           " 'SELECT array_agg(''op_'' || i ORDER BY i) FROM generate_series(1, n) i';"
           "CREATE FUNCTION links(n int) RETURNS text[] LANGUAGE sql AS"
           " 'SELECT array_agg(''app_1/repo_'' || i * 2 ORDER BY i) FROM generate_series(1, n) i';"
           "CREATE FUNCTION runs(n int) RETURNS text[] LANGUAGE sql AS"
           " 'SELECT array_agg(''run '' || i * 3 ORDER BY i) FROM generate_series(1, n) i';"
           "CREATE FUNCTION run_ids(n int) RETURNS bigint[] LANGUAGE sql AS"
           " 'SELECT array_agg(id ORDER BY id) FROM workflow_history WHERE adw_id = ANY (runs(n))';"
           "CREATE FUNCTION digests(n int) RETURNS bytea[] LANGUAGE sql AS"
           " 'SELECT array_agg(sha256(int4send(i * 20)) ORDER BY i) FROM generate_series(1, n) i'");
}

/* `part` of a hundredth of what there will be: enough that ANALYZE has something to say. */
static void fill_queue(struct queue_test *t, int from, int to)
{
    sql(t,
        "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
        "request_key) SELECT 'op_' || i, 'noop', 'd', '{}'::jsonb, 's', '[]'::jsonb, 'delivery', 10, 3, int4send(i)"
        "   FROM generate_series(%d, %d) i",
        1 + from * 3, to * 3);
    sql(t,
        "INSERT INTO tally (operation_id, state, planned, total, last_seq)"
        " SELECT operation_id, CASE WHEN length(operation_id) < 5 THEN 'running' ELSE 'completed' END, true, 1000, 1000"
        "   FROM operation ON CONFLICT DO NOTHING");
    sql(t,
        "INSERT INTO job (operation_id, seq, phase, kind, key)"
        " SELECT '" OP "', i, 0, 'noop', 'k' || i FROM generate_series(%d, %d) i"
        " UNION ALL SELECT 'op_' || (1 + i / 1000), i %% 1000, 0, 'noop', 'k' || i FROM generate_series(%d, %d) i",
        1 + from * 1000, to * 1000, from * 500, to * 500 - 1);
    sql(t,
        "INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, worker, started_at)"
        " SELECT '" OP "', i, 0, 'noop', 'k' || i, 'succeeded', 0, 'w_1', now() FROM generate_series(%d, %d) i",
        1 + from * 1000, to * 1000);
    sql(t,
        "UPDATE job SET run_at = now() - interval '1 second', worker = CASE WHEN seq %% 200 = 0 THEN 'w_0' END"
        " WHERE operation_id = '" OP "' AND seq %% 40 = 0 AND seq > %d",
        from * 1000);
    sql(t,
        "INSERT INTO exclusive (key, operation_id, seq, attempt, worker)"
        " SELECT 'key ' || i, 'op_7', i, 0, 'w_0' FROM generate_series(%d, %d) i",
        1 + from * 10, to * 10);
    sql(t,
        "INSERT INTO workflow_definitions (identifier, name, type, path) SELECT 'd' || i, 'n', 'yaml', 'p'"
        "  FROM generate_series(%d, %d) i",
        1 + from * 10, to * 10);
}

static void fill_deliveries(struct queue_test *t, int from, int to)
{
    sql(t,
        "INSERT INTO repositories (repository_id, url, owner, name) SELECT 'repo_' || i, 'u' || i, 'o', 'n'"
        "  FROM generate_series(%d, %d) i",
        1 + from * 100, to * 100);
    sql(t,
        "INSERT INTO app_repositories (app_id, repository_id) SELECT 'app_1', 'repo_' || i"
        "  FROM generate_series(%d, %d) i",
        1 + from * 100, to * 100);
    sql(t,
        "INSERT INTO deliveries (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size)"
        " SELECT 'app_1', 'repo_1', sha256(int4send(i)), 'f' || i, 's', 'b', 1 FROM generate_series(%d, %d) i"
        " UNION ALL SELECT 'app_1', 'repo_' || (2 + i %% 40), sha256(int4send(i)), 'f' || i, 's', 'b', 1"
        "             FROM generate_series(%d, %d) i",
        1 + from * 300, to * 300, 1 + from * 300, to * 300);
    sql(t,
        "INSERT INTO delivery_intents (app_id, repository_id, path_sha256, file_path, verb, file_sha, operation_id, "
        "seq, "
        "attempt) SELECT 'app_1', 'repo_' || (1 + i %% 40), sha256(int4send(i)), 'f' || i, 'create', 's', 'op_1', 1, 1"
        "  FROM generate_series(%d, %d) i",
        1 + from * 200, to * 200);
}

static void fill_history(struct queue_test *t, int from, int to)
{
    sql(t,
        "INSERT INTO workflow_history (adw_id, status, actual_cost_total, nl_input, pattern_signature, "
        "similar_workflows)"
        " SELECT 'run ' || i, 'completed', 1, 'text', 'p ' || i %% 100, '[]' FROM generate_series(%d, %d) i",
        1 + from * 100, to * 100);
    sql(t, "INSERT INTO operation_patterns (signature, first_detected, last_seen, occurrence_count, confidence)"
           " SELECT 'p ' || i, now(), now(), 1, 1 FROM generate_series(0, 99) i ON CONFLICT DO NOTHING");
    sql(t, "INSERT INTO pattern_occurrences (pattern_id, workflow_id) SELECT p.id, h.id FROM workflow_history h"
           "  JOIN operation_patterns p ON p.signature = h.pattern_signature ON CONFLICT DO NOTHING");
    sql(t, "INSERT INTO scanned_run (operation_id, adw_id) SELECT 'op_200', 'run ' || i FROM generate_series(%d, %d) i",
        1 + from * 100, to * 100);
    sql(t,
        "INSERT INTO cost_webhook (adw_id, new_cost, reason) SELECT 'run ' || i, 1, 'resync'"
        "  FROM generate_series(%d, %d) i",
        1 + from * 100, to * 100);
    sql(t,
        "INSERT INTO history_pass (operation_id, phase, kind, through) SELECT 'op_' || i, 0, 'similarity', '1'"
        "  FROM generate_series(%d, %d) i",
        1 + from * 3, to * 3);
}

static void fill(struct queue_test *t, int from, int to)
{
    fill_queue(t, from, to);
    fill_deliveries(t, from, to);
    fill_history(t, from, to);
}

/* The one operation and the app; no statistics come by themselves. */
static void begin(struct queue_test *t)
{
    sql(t, "DO $$ DECLARE name text; BEGIN"
           " FOR name IN SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = "
           "'reprise'::regnamespace"
           " LOOP EXECUTE 'ALTER TABLE ' || name || ' SET (autovacuum_enabled = false)'; END LOOP; END $$");
    make_lists(t);
    sql(t, "INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, \"window\", "
           "request_key) VALUES ('" OP "', 'noop', 'd', '{}', 's', '[]', 'delivery', 10, 3, '\\x01')");
    sql(t,
        "INSERT INTO tally (operation_id, state, planned, total, last_seq) VALUES ('" OP "', 'running', true, 100000, "
        "100000)");
    sql(t, "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted) VALUES ('app_1', 'a', 'u', 'k')");
}

static bool is_bad(size_t i, const char *plan)
{
    int64_t pages = pages_of(plan), wasted = wasted_rows_of(plan);
    assert_true(pages >= 0);
    if (pages <= bounded[i].pages && wasted <= bounded[i].wasted)
        return false;
    print_error("%s: %" PRId64 " pages where %d are allowed, %" PRId64 " rows for nothing where %d are\n%s",
                bounded[i].statement->name, pages, bounded[i].pages, wasted, bounded[i].wasted, plan);
    return true;
}

static void assert_bounded(struct queue_test *t)
{
    struct err_info error;
    struct pg *pg = hot_connection(t);
    int bad = 0;
    for (size_t i = 0; i < BOUNDED; i++) {
        const char *arguments = bounded[i].arguments;
        assert_fine(pg_prepare(pg, bounded[i].statement, &error));
        snprintf(explain_texts[i], sizeof explain_texts[i], "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) EXECUTE s%d%s%s%s",
                 bounded[i].statement->number, *arguments == '\0' ? "" : "(", arguments, *arguments == '\0' ? "" : ")");
        explains[i] = (struct sql){bounded[i].statement->name, SQL_COUNT + 1 + (int)i, explain_texts[i]};
        if (bounded[i].statement == &sql_queue_retry) /* as settle.c does */
            assert_fine(pg_script(pg, "SET enable_nestloop = off", &error));
        free(explain(pg, &explains[i])); /* the first one may have to make a table longer */
        char *plan = explain(pg, &explains[i]);
        bad += is_bad(i, plan);
        assert_fine(pg_script(pg, "RESET enable_nestloop", &error));
        free(plan);
    }
    pg_drop(pg);
    assert_int_equal(bad, 0);
}

static void plans_are_good_where_nothing_is_known(void **state)
{
    begin(*state);
    fill(*state, 0, FULL);
    assert_bounded(*state);
}

static void plans_are_good_by_what_was_true_before(void **state)
{
    begin(*state);
    fill(*state, 0, 1);
    sql(*state, "ANALYZE");
    fill(*state, 1, FULL);
    assert_bounded(*state);
}

static void plans_are_good_by_what_was_true_of_empty_tables(void **state)
{
    begin(*state);
    sql(*state, "ANALYZE");
    fill(*state, 0, FULL);
    assert_bounded(*state);
}

static void plans_are_good_by_what_is_true(void **state)
{
    begin(*state);
    fill(*state, 0, FULL);
    sql(*state, "ANALYZE");
    assert_bounded(*state);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, queue_test_open, queue_test_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(plans_are_good_where_nothing_is_known),
        fresh(plans_are_good_by_what_was_true_before),
        fresh(plans_are_good_by_what_was_true_of_empty_tables),
        fresh(plans_are_good_by_what_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
