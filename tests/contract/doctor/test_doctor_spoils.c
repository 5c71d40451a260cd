/*
 * Each column of each table is written over, one at a time, as the catalogue names them, so that a new one is caught;
 * and the doctor says that something is wrong. Otherwise the schema itself must refuse it, or the column stands in a
 * list of those of which nothing can be known, with the reason.
 */
#include "tests/contract/doctor/doctor_test.h"

/* Of which nothing can be known from the rest of the database. `column` NULL: the whole table. */
static const struct {
    const char *table, *column, *reason;
} unknowable[] = {
#include "embedded/sql_count.h"
#include "tests/contract/queue/doctor_unknowable.h"
};
#define UNKNOWABLE (sizeof unknowable / sizeof *unknowable)

static void fill_history(struct queue_test *t)
{
    sql(t, "TRUNCATE workflow_history, operation_patterns, history_pass, scanned_run CASCADE;"
           "INSERT INTO workflow_history (adw_id, status, actual_cost_total, nl_input, pattern_signature, start_time, "
           "end_time,"
           "                              duration_seconds, total_tokens, cache_efficiency_percent, hour_of_day, "
           "day_of_week)"
           " SELECT 'run ' || i, 'completed', i, 'text', 'p', now() - interval '1 hour', now() - interval '59 "
           "minutes', 60, 7,"
           "        50, 3, 3 FROM generate_series(1, 3) i;"
           "INSERT INTO cost_audit_log (adw_id, old_cost, new_cost, new_status, reason, operation_id)"
           " SELECT 'run ' || i, NULL, i, 'completed', 'sync_final', '" DONE "' FROM generate_series(1, 3) i;"
           "UPDATE cost_audit_log SET at = now() - interval '30 minutes';"
           "INSERT INTO cost_webhook (adw_id, old_cost, new_cost, reason, at)"
           " SELECT adw_id, old_cost, new_cost, reason, at FROM cost_audit_log WHERE adw_id = 'run 3';"
           "INSERT INTO operation_patterns (signature, first_detected, last_seen, occurrence_count, confidence)"
           " VALUES ('p', now(), now(), 3, 1);"
           "INSERT INTO pattern_occurrences SELECT p.id, h.id FROM operation_patterns p, workflow_history h;"
           "INSERT INTO history_pass (operation_id, phase, kind, through) VALUES ('" DONE "', 0, 'score', '3');"
           "INSERT INTO scanned_run VALUES ('" DONE "', 'run 1')");
}

static void fill_the_rest(struct queue_test *t)
{
    sql(t, "INSERT INTO operation_alias VALUES ('op_01HKM0000000000000000000D4', '" RUNS "');"
           "INSERT INTO repositories (repository_id, url, owner, name) VALUES ('repo_3', 'https://r/3', 'o', 'n');"
           "INSERT INTO app_repositories (app_id, repository_id) VALUES ('app_1', 'repo_3');"
           "INSERT INTO delivery_intents (app_id, repository_id, path_sha256, file_path, verb, file_sha, operation_id, "
           "seq, attempt)"
           " VALUES ('app_1', 'repo_3', sha256('f'), 'f', 'create', 's', '" RUNS "', 9, 3);"
           "INSERT INTO repository_snapshots (repository_id, commit_sha, tree_id, branch) VALUES ('repo_1', 'c', 't', "
           "'main');"
           "INSERT INTO activity_fresh VALUES (date_trunc('minute', now()), 'file', 4, 0, 0);"
           "WITH last AS (DELETE FROM activity WHERE kind = 'noop' AND minute = (SELECT max(minute) FROM activity) "
           "RETURNING *),"
           " fresh AS (INSERT INTO activity_fresh SELECT * FROM last)"
           "UPDATE activity a SET succeeded = a.succeeded - l.succeeded, failed = a.failed - l.failed, skipped = "
           "a.skipped - l.skipped"
           "  FROM last l WHERE a.kind = 'noop' AND a.minute = '-infinity';"
           "TRUNCATE workflow_definitions, projects CASCADE;"
           "INSERT INTO workflow_definitions (identifier, name, type, path, current_version)"
           " SELECT 'noop', 'n', 'yaml', 'p', digest FROM definition_versions;"
           "INSERT INTO schedule_tick (definition_id, tick, operation_id) SELECT id, now(), '" DONE
           "' FROM workflow_definitions;"
           "SELECT link_fold(9), history_fold(9); UPDATE workflow_history SET hour_of_day = 4, model_used = 'm' WHERE "
           "adw_id = 'run 2';"
           "INSERT INTO projects (id, name, path) VALUES ('shop', 'The shop', '/srv/shop');"
           "INSERT INTO workflow_definitions (project_id, identifier, name, type, path) VALUES ('shop', 'noop', 'n', "
           "'yaml', 'p');"
           "INSERT INTO definition_history (definition_id, digest) SELECT id, current_version FROM workflow_definitions"
           " WHERE current_version IS NOT NULL");
}

/* public.spoil writes over one value of a column, by one of several ways, past all triggers; false: refused.
 * public.mend puts back what was there. */
static void make_spoiler(struct queue_test *t)
{
    sql(t, "DROP SCHEMA IF EXISTS spoil CASCADE; CREATE SCHEMA spoil; CREATE TABLE spoil.kept (place tid, old text);"
           "CREATE FUNCTION spoil.spoil(t text, c text, type text, way integer) RETURNS boolean LANGUAGE plpgsql AS $$"
           "DECLARE ways text[]; chosen text; place tid; old text; BEGIN"
           " ways := CASE WHEN type = 'boolean' THEN ARRAY['NOT %%1$I']"
           "  WHEN type IN ('bigint', 'integer', 'smallint', 'numeric', 'double precision')"
           "    THEN ARRAY['%%1$I + 1', 'coalesce(%%1$I, 0) + 1000', '-5', 'NULL']"
           "  WHEN type LIKE 'timestamp%%' THEN ARRAY['coalesce(%%1$I, now()) + interval ''9 years''', "
           "'coalesce(%%1$I, now()) - interval ''9 years''', 'NULL']"
           "  WHEN type = 'date' THEN ARRAY['%%1$I + 1000']"
           "  WHEN type = 'bytea' THEN ARRAY['%%1$I || ''\\x00''', 'NULL']"
           "  WHEN type = 'jsonb' THEN ARRAY['''[0]''::jsonb', '''{\"x\": 1}''::jsonb', '''7''::jsonb', 'NULL']"
           "  WHEN type = 'xid8' THEN ARRAY['''999999999999''::xid8']"
           "  ELSE ARRAY['%%1$I || ''x''', 'coalesce(%%1$I, '''') || ''x''', '''paused''', '''failed''', "
           "'''skipped''', '''never''', "
           "'''resync''', 'NULL'] END;"
           " IF way > cardinality(ways) THEN RETURN NULL; END IF;"
           " EXECUTE format('SELECT ctid, %%1$I::text FROM ONLY %%2$s ORDER BY %%1$I IS NULL, ctid DESC LIMIT 1', c, "
           "t) INTO place, old;"
           " IF place IS NULL THEN RETURN NULL; END IF;"
           " BEGIN"
           "  EXECUTE format('UPDATE ONLY %%2$s SET %%1$I = ' || ways[way] || ' WHERE ctid = %%3$L AND %%1$I IS "
           "DISTINCT FROM (' || "
           "ways[way] || ') RETURNING ctid', c, t, place) INTO place;"
           " EXCEPTION WHEN integrity_constraint_violation OR syntax_error_or_access_rule_violation OR data_exception "
           "THEN place := NULL; "
           "END;"
           " IF place IS NULL THEN RETURN false; END IF;"
           " TRUNCATE spoil.kept; INSERT INTO spoil.kept VALUES (place, old); RETURN true; END $$;"
           "CREATE FUNCTION spoil.mend(t text, c text, type text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
           " EXECUTE format('UPDATE ONLY %%s x SET %%I = k.old::%%s FROM spoil.kept k WHERE x.ctid = k.place', t, c, "
           "type); END $$");
}

/* How loud the doctor is of a sound system on this machine: warnings count one, violations a thousand. */
static int usual;

static int warnings(struct queue_test *t)
{
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    int count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->findings[i].severity == DOCTOR_WARNING     ? 1
                 : report->findings[i].severity == DOCTOR_VIOLATION ? 1000
                                                                    : 0;
    doctor_report_drop(report);
    return count;
}

static PGresult *rows_of(struct pg *pg, const char *text)
{
    static int number = 0;
    struct err_info error;
    struct sql statement = {"test", SQL_COUNT + 1 + number++, text};
    PGresult *rows = NULL;
    assert_fine(pg_exec(pg, &statement, NULL, &rows, &error));
    return rows;
}

/* -1: there is no such way, 0: the schema refuses it. */
static int spoil(struct queue_test *t, const PGresult *columns, int row, int way)
{
    char text[400];
    static char kept[4000][400];
    static int used = 0;
    snprintf(text, sizeof text, "SELECT spoil.spoil('%s', '%s', '%s', %d)", pg_text(columns, row, 0),
             pg_text(columns, row, 1), pg_text(columns, row, 2), way);
    assert_in_range(used, 0, 3999);
    snprintf(kept[used], sizeof kept[used], "%s", text);
    PGresult *answer = rows_of(t->pg, kept[used++]);
    int spoilt = pg_is_null(answer, 0, 0) ? -1 : pg_bool(answer, 0, 0);
    PQclear(answer);
    return spoilt;
}

static const char *reason_for(const char *table, const char *column)
{
    for (size_t i = 0; i < UNKNOWABLE; i++)
        if (strcmp(unknowable[i].table, table) == 0 &&
            (unknowable[i].column == NULL || strcmp(unknowable[i].column, column) == 0))
            return unknowable[i].reason;
    return NULL;
}

/* True if the doctor sees one of the ways to spoil it, or the schema refuses all. */
static bool is_seen(struct queue_test *t, const PGresult *columns, int row)
{
    bool refused = true;
    for (int way = 1;; way++) {
        int spoilt = spoil(t, columns, row, way);
        if (spoilt < 0)
            return way > 1 && refused; /* not so of an empty table */
        if (spoilt == 0)
            continue;
        refused = false;
        bool told = warnings(t) > usual;
        sql(t, "SELECT spoil.mend('%s', '%s', '%s')", pg_text(columns, row, 0), pg_text(columns, row, 1),
            pg_text(columns, row, 2));
        if (told)
            return true;
    }
}

static void what_is_written_over_is_told(void **state)
{
    struct queue_test *t = *state;
    fill_history(t);
    fill_the_rest(t);
    make_spoiler(t);
    assert_well(t);
    usual = warnings(t);
    sql(t, "SET session_replication_role = replica");
    PGresult *columns =
        rows_of(t->pg, "SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c"
                       "  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
                       " WHERE c.relnamespace = 'reprise'::regnamespace AND c.relkind = 'r' ORDER BY 1, a.attnum");
    int unseen = 0, seen = 0;
    for (int row = 0; row < pg_rows(columns); row++) {
        if (reason_for(pg_text(columns, row, 0), pg_text(columns, row, 1)) != NULL)
            continue;
        if (is_seen(t, columns, row)) {
            seen++;
            continue;
        }
        print_error("{\"%s\", \"%s\", NULL},\n", pg_text(columns, row, 0), pg_text(columns, row, 1));
        unseen++;
    }
    PQclear(columns);
    sql(t, "RESET session_replication_role");
    assert_int_equal(unseen, 0);
    assert_true(seen > 80);
    assert_well(t);
}

/* A column that is there no more must leave the list. */
static void the_list_names_what_is_there(void **state)
{
    struct queue_test *t = *state;
    PGresult *columns = rows_of(
        t->pg, "SELECT attrelid::regclass::text, attname FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped");
    for (size_t i = 0; i < UNKNOWABLE; i++) {
        bool there = false;
        for (int row = 0; row < pg_rows(columns) && !there; row++)
            there = strcmp(pg_text(columns, row, 0), unknowable[i].table) == 0 &&
                    (unknowable[i].column == NULL || strcmp(pg_text(columns, row, 1), unknowable[i].column) == 0);
        if (!there)
            fail_msg("%s.%s is not there", unknowable[i].table,
                     unknowable[i].column == NULL ? "*" : unknowable[i].column);
        assert_true(strlen(unknowable[i].reason) > 20);
    }
    PQclear(columns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_over_is_told),
        TEST(the_list_names_what_is_there),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
