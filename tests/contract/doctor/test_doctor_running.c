/* The checker of the invariants: the servers that it finds, and what it says while others work. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/contract/doctor/doctor_test.h"

/* ---- the environment ------------------------------------------------------------------------------------------- */

static void an_unknown_schema_ends_the_check(void **state)
{
    struct queue_test *t = *state;
    struct doctor_options options = options_at_rest();
    sql(t, "DELETE FROM job WHERE seq = 7; UPDATE schema_migration SET checksum = 'other' WHERE version = 1");
    struct doctor_report *report = check_with(t, &options);
    assert_true(says(report, 0, DOCTOR_VIOLATION, "was changed"));
    expect(report, 0, DOCTOR_OK, "");
    doctor_report_drop(report);
    pg_close(t->pg);
    struct err_info error;
    assert_fine(pg_ready(t->pg, &error));
}

/* After the one above: puts the schema's record in order again. */
static int mend_schema(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    sql(t, "DROP SCHEMA reprise CASCADE");
    struct migrate_done done;
    pg_close(t->pg);
    assert_fine(migrate_ensure(t->pg, MIGRATE_ANY, &done, &error));
    assert_fine(pg_ready(t->pg, &error));
    return 0;
}

static void without_redis_its_checks_are_noted_as_not_made(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = NULL;
    sql(t, "UPDATE tally SET succeeded = 9 WHERE operation_id = '" DONE "'");
    assert_fine(doctor_check(t->pg, &(struct dispatch){NULL, t->prefix}, &options, &report, &error));
    assert_true(says(report, 2, DOCTOR_VIOLATION, "counts 9 succeeded"));
    for (int i = 5; i <= 7; i++)
        assert_true(says(report, i, DOCTOR_NOTE, "not checked"));
    doctor_report_drop(report);
}

static void a_redis_that_does_not_answer_is_a_finding(void **state)
{
    struct queue_test *t = *state;
    struct err_info error;
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = NULL;
    struct redis_address nowhere;
    assert_fine(redis_address_parse("unix:///nowhere/redis.sock", &nowhere, &error));
    struct redis *redis = redis_new(&nowhere, 100, 100);
    assert_fine(doctor_check(t->pg, &(struct dispatch){redis, t->prefix}, &options, &report, &error));
    assert_true(says(report, 0, DOCTOR_WARNING, "/nowhere/redis.sock"));
    assert_true(says(report, 5, DOCTOR_NOTE, "not checked"));
    doctor_report_drop(report);
    redis_drop(redis);
    redis_address_fini(&nowhere);
}

static void a_redis_that_cannot_be_read_is_a_finding(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "SET :suspects:history text");
    struct doctor_options options = options_at_rest();
    struct doctor_report *report = check_with(t, &options);
    assert_true(says(report, 0, DOCTOR_VIOLATION, "cannot be read"));
    doctor_report_drop(report);
}

static void settings_that_cost_promises_are_warned_about(void **state)
{
    struct queue_test *t = *state;
    struct doctor_options options = options_at_rest();
    sql(t, "SET synchronous_commit = off; SET default_transaction_read_only = on");
    run_command(t, "SET :epoch other");
    struct doctor_report *report = check_with(t, &options);
    sql(t, "SET default_transaction_read_only = off");
    assert_true(says(report, 0, DOCTOR_WARNING, "no encryption key"));
    assert_true(says(report, 0, DOCTOR_WARNING, "synchronous_commit off"));
    assert_true(says(report, 0, DOCTOR_WARNING, "read only"));
    assert_true(says(report, 0, DOCTOR_WARNING, "was another one than before"));
    doctor_report_drop(report);
}

/* ---- while others work ----------------------------------------------------------------------------------------- */

struct running_check {
    struct queue_test *t;
    struct doctor_options options;
    struct doctor_report *report;
    struct pg *pg;
};

static void *check_in_thread(void *context)
{
    struct running_check *check = context;
    struct err_info error;
    struct redis *redis = redis_new(&check->t->address, 5000, 5000);
    if (doctor_check(check->pg, &(struct dispatch){redis, check->t->prefix}, &check->options, &check->report, &error) !=
        ERR_OK)
        check->report = NULL;
    redis_drop(redis);
    return NULL;
}

static struct pg *second_connection(struct queue_test *t)
{
    struct err_info error;
    struct pg *pg = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_PROGRAM);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

static int64_t scripts_run(struct queue_test *t)
{
    return number_from(
        t, "EVAL return(tonumber(redis.call('INFO','commandstats'):match('cmdstat_evalsha:calls=(%%d+)')or'0')) 0");
}

static void what_passes_is_not_reported(void **state)
{
    struct queue_test *t = *state;
    struct running_check check = {t, options_at_rest(), NULL, second_connection(t)};
    check.options.wait_ms = 30000;
    char *chunk = joined(command(t, "LPOP :queue:delivery"));
    run_command(t, "ZADD :workers 1 w_dead");
    run_command(t, "RPUSH :active:delivery:w_dead %s", chunk);
    int64_t before = scripts_run(t);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, check_in_thread, &check), 0);
    while (scripts_run(t) == before) /* until it has looked once; then a reaper comes */
        continue;
    run_command(t, "LMOVE :active:delivery:w_dead :queue:delivery LEFT LEFT");
    pthread_join(thread, NULL);
    assert_non_null(check.report);
    expect(check.report, 0, DOCTOR_OK, "");
    doctor_report_drop(check.report);
    pg_drop(check.pg);
    free(chunk);
}

struct settler {
    struct pg *pg;
    atomic_bool stop;
    int settled;
};

/* Settles the jobs of an operation one by one, as the real one does: promise out, outcome in, count. */
static void *settle_all(void *context)
{
    struct settler *s = context;
    struct err_info error;
    char text[600];
    for (int seq = 1; seq <= 5000 && !atomic_load(&s->stop); seq++) {
        snprintf(text, sizeof text,
                 "BEGIN; DELETE FROM job WHERE operation_id = 'op_busy' AND seq = %d; INSERT INTO job_outcome "
                 "(operation_id, seq,"
                 " phase, kind, key, outcome, attempt, worker, started_at) VALUES ('op_busy', %d, 0, 'noop', 'k%d', "
                 "'succeeded', 1,"
                 " 'w', now()); SELECT settle_tally('op_busy', 'noop', 1, 0, 0); COMMIT",
                 seq, seq, seq);
        if (pg_script(s->pg, text, &error) != ERR_OK)
            break;
        s->settled++;
    }
    return NULL;
}

static void a_running_system_gives_exact_answers(void **state)
{
    struct queue_test *t = *state;
    struct doctor_options options = options_at_rest();
    struct settler settler = {.pg = second_connection(t)};
    struct err_info error;
    pthread_t thread;
    insert_operation(t, "op_busy", "running", "5000, 0, 0, 0, 0, 5000", "NULL");
    sql(t, "INSERT INTO job (operation_id, seq, phase, kind, key) SELECT 'op_busy', i, 0, 'noop', 'k' || i FROM "
           "generate_series(1, 5000) i");
    assert_int_equal(pthread_create(&thread, NULL, settle_all, &settler), 0);
    for (int i = 0; i < 30; i++) {
        struct doctor_report *report = NULL;
        assert_fine(doctor_check(t->pg, &(struct dispatch){NULL, t->prefix}, &options, &report, &error));
        expect(report, 0, DOCTOR_OK, "");
        doctor_report_drop(report);
    }
    atomic_store(&settler.stop, true);
    pthread_join(thread, NULL);
    assert_true(settler.settled > 0);
    pg_drop(settler.pg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_redis_its_checks_are_noted_as_not_made),
        TEST(a_redis_that_does_not_answer_is_a_finding),
        TEST(a_redis_that_cannot_be_read_is_a_finding),
        TEST(settings_that_cost_promises_are_warned_about),
        TEST(what_passes_is_not_reported),
        TEST(a_running_system_gives_exact_answers),
        cmocka_unit_test_setup_teardown(an_unknown_schema_ends_the_check, healthy_system, mend_schema),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
