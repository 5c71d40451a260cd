/*
 * Schedules against PostgreSQL: who fires, what is skipped and why. PostgreSQL's clock cannot be moved here; what has
 * been dealt with, and since when there is a schedule, can, which is the same to the rule.
 */
#include "common/definitions/schedule.h"
#include "common/definitions/submission.h"

#include "common/definitions/cron.h"
#include "tests/contract/queue/fixture.h"

#define THREADS 4

/* Ten years, so that no test meets a tick that comes while it runs. The last one before now: */
#define PERIOD "3650 days"
#define LAST_TICK "to_timestamp(floor(extract(epoch FROM now()) / 315360000) * 315360000)"

static void add_settings(const struct definition *definition, struct json_object *args, const void *context)
{
    (void)definition;
    json_object_object_add(args, "count", json_object_new_int64(*(const int64_t *)context));
}

static int64_t count_setting = 7;

static struct schedule schedule_of(struct pg *pg)
{
    return (struct schedule){pg, &test_kinds, add_settings, &count_setting};
}

static int pass(struct fixture *f)
{
    struct schedule schedule = schedule_of(f->pg);
    struct err_info error;
    int started = 0;
    assert_fine(schedule_pass(&schedule, &started, &error));
    return started;
}

/* In force, and on a schedule since long ago. */
static void put_on_schedule(struct fixture *f, const struct definition *definition)
{
    put_in_force(f, definition);
    run_sql(f->pg,
            "UPDATE workflow_definitions SET every_ms = 315360000000, scheduled_since = '1900-01-01' "
            "WHERE handle = '%s'",
            definition->id);
}

/* The last tick that was dealt with moves into the past (or the future). */
static void move_ticks(struct fixture *f, int periods)
{
    run_sql(f->pg, "UPDATE schedule_tick SET tick = tick - %d * interval '" PERIOD "'", periods);
}

static int64_t ticks(struct fixture *f)
{
    return number_of(f->pg, "SELECT count(*) FROM schedule_tick");
}

static void end_operations(struct fixture *f)
{
    run_sql(f->pg, "UPDATE tally SET state = 'completed'");
}

static void a_tick_that_is_due_starts_one_operation(void **state)
{
    struct fixture *f = *state;
    put_on_schedule(f, f->quick);
    assert_int_equal(pass(f), 1);
    assert_int_equal(pass(f), 0);
    assert_sql_text("quick schedule 7 running", f->pg,
                    "SELECT o.definition || ' ' || requested_by || ' ' || (args ->> 'count') || ' ' || state "
                    "FROM operation o JOIN tally USING (operation_id) JOIN schedule_tick s USING (operation_id) "
                    "WHERE s.tick = " LAST_TICK " AND s.skipped IS NULL");
    assert_int_equal(ticks(f), 1);
}

static void what_was_missed_is_one_tick(void **state)
{
    struct fixture *f = *state;
    put_on_schedule(f, f->quick);
    assert_int_equal(pass(f), 1);
    end_operations(f);
    move_ticks(f, 9);
    assert_int_equal(pass(f), 1);
    assert_int_equal(pass(f), 0);
    assert_int_equal(ticks(f), 2);
}

static void while_the_operation_before_runs_ticks_are_skipped_and_recorded(void **state)
{
    struct fixture *f = *state;
    put_on_schedule(f, f->quick);
    assert_int_equal(pass(f), 1);
    move_ticks(f, 1);
    assert_int_equal(pass(f), 0);
    assert_int_equal(pass(f), 0);
    assert_int_equal(ticks(f), 2);
    assert_sql_text(
        "true", f->pg,
        "SELECT (skipped = 'operation ' || (SELECT operation_id FROM operation) || ' of an earlier tick has "
        "not ended')::text FROM schedule_tick WHERE operation_id IS NULL");
    run_sql(f->pg, "UPDATE tally SET state = 'paused'");
    move_ticks(f, 1);
    assert_int_equal(pass(f), 0);
    end_operations(f);
    move_ticks(f, 1);
    assert_int_equal(pass(f), 1);
}

static void what_refuses_and_what_has_nothing_to_do_is_skipped(void **state)
{
    struct fixture *f = *state;
    struct definition *absent = define("absent", "quick absent");
    put_on_schedule(f, absent);
    assert_int_equal(pass(f), 0);
    assert_sql_text("no such app", f->pg, "SELECT skipped FROM schedule_tick");
    run_sql(f->pg, "DELETE FROM workflow_definitions");
    put_on_schedule(f, f->quick);
    count_setting = 0;
    assert_int_equal(pass(f), 0);
    assert_sql_text("there was nothing to do", f->pg, "SELECT skipped FROM schedule_tick");
    count_setting = -5;
    move_ticks(f, 1);
    assert_int_equal(pass(f), 0);
    assert_sql_text("true", f->pg,
                    "SELECT (skipped LIKE '%%below the minimum%%')::text FROM schedule_tick "
                    "ORDER BY tick DESC LIMIT 1");
    count_setting = 7;
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM operation"), 0);
    definition_drop(absent);
}

static void what_is_archived_missing_or_new_rests(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    put_on_schedule(f, f->quick);
    assert_fine(definition_registry_archive(f->pg, "quick", &error));
    assert_int_equal(pass(f), 0);
    assert_fine(definition_registry_unarchive(f->pg, "quick", &error)); /* since now: what passed is not made up for */
    assert_int_equal(pass(f), 0);
    run_sql(f->pg, "UPDATE workflow_definitions SET scheduled_since = '1900-01-01', file_exists = false");
    assert_int_equal(pass(f), 0);
    run_sql(f->pg, "UPDATE workflow_definitions SET file_exists = true, current_version = NULL");
    assert_int_equal(pass(f), 0);
    assert_int_equal(ticks(f), 0);
}

/* Forwards: one tick, whatever was skipped. Backwards: what was dealt with in the future that never was counts for
 * nothing, and no tick fires twice. */
static void a_clock_that_jumps_does_no_harm(void **state)
{
    struct fixture *f = *state;
    put_on_schedule(f, f->quick);
    assert_int_equal(pass(f), 1);
    end_operations(f);
    move_ticks(f, -1); /* as if it had been fired while the clock was ahead */
    assert_int_equal(pass(f), 1);
    end_operations(f);
    assert_int_equal(pass(f), 0);
    run_sql(f->pg, "UPDATE workflow_definitions SET scheduled_since = now() + interval '1 year'");
    assert_int_equal(pass(f), 0); /* this tick was dealt with */
    run_sql(f->pg, "DELETE FROM schedule_tick WHERE tick < now()");
    assert_int_equal(pass(f), 1); /* this one was not */
    assert_int_equal(ticks(f), 2);
}

/* Found to be due, then stopped for longer than a tick: what fires then is the tick of that time, not this one too. */
static void a_tick_that_comes_too_late_is_let_go(void **state)
{
    struct fixture *f = *state;
    struct err_info error = {.code = ERR_OK};
    struct submission submission;
    const struct submitter submitter = {.pg = f->pg, .kinds = &test_kinds};
    put_on_schedule(f, f->quick);
    struct request_tick tick = {number_of(f->pg, "SELECT id FROM workflow_definitions"), 3600000,
                                number_of(f->pg, "SELECT (extract(epoch FROM now()) * 1000)::bigint - 1")};
    char id[ID_MAX];
    id_operation(id);
    struct request request = {.handle = "quick", .operation_id = id, .tick = &tick};
    assert_int_equal(submission_request(&submitter, &request, &submission, &error), ERR_BUSY);
    submission_fini(&submission);
    assert_int_equal(ticks(f) + number_of(f->pg, "SELECT count(*) FROM operation"), 0);
    tick.until_ms += 60000;
    assert_fine(submission_request(&submitter, &request, &submission, &error));
    submission_fini(&submission);
    assert_int_equal(ticks(f), 1);
}

struct racer {
    struct fixture *fixture;
    int started;
};

static void *race(void *context)
{
    struct racer *racer = context;
    struct err_info error;
    struct pg *pg = pg_new(stores_postgres_url(racer->fixture->stores), "racer", PG_LIMITS_SERVICE);
    struct schedule schedule = schedule_of(pg);
    for (int i = 0; i < 20; i++) {
        int started = 0;
        if (pg_ready(pg, &error) == ERR_OK && schedule_pass(&schedule, &started, &error) == ERR_OK)
            racer->started += started;
    }
    pg_drop(pg);
    return NULL;
}

static void of_many_workers_one_fires_a_tick(void **state)
{
    struct fixture *f = *state;
    put_on_schedule(f, f->quick);
    put_on_schedule(f, f->twofold);
    for (int round = 0; round < 10; round++) {
        struct racer racers[THREADS];
        pthread_t threads[THREADS];
        int started = 0;
        for (int i = 0; i < THREADS; i++) {
            racers[i] = (struct racer){f, 0};
            pthread_create(&threads[i], NULL, race, &racers[i]);
        }
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i], NULL);
            started += racers[i].started;
        }
        assert_int_equal(started, 2);
        assert_int_equal(ticks(f), 2 * (round + 1));
        assert_int_equal(number_of(f->pg, "SELECT count(*) FROM operation"), 2 * (round + 1));
        end_operations(f);
        move_ticks(f, 1);
    }
}

static void the_newest_thousand_ticks_are_kept(void **state)
{
    struct fixture *f = *state;
    put_on_schedule(f, f->quick);
    run_sql(f->pg, "INSERT INTO schedule_tick (definition_id, tick, skipped) SELECT id, " LAST_TICK
                   " - i * interval '1 hour', 'x' "
                   "FROM workflow_definitions, generate_series(1, 1500) i");
    assert_int_equal(pass(f), 1);
    assert_in_range(ticks(f), 1000, 1002);
}

static void without_postgresql_nothing_is_started(void **state)
{
    (void)state;
    struct err_info error;
    int started = 1;
    struct pg *nowhere = pg_new("postgresql:///none?host=/nonexistent", "test", PG_LIMITS_SERVICE);
    struct schedule schedule = schedule_of(nowhere);
    assert_int_equal(schedule_pass(&schedule, &started, &error), ERR_UNREACHABLE);
    assert_int_equal(started, 0);
    pg_drop(nowhere);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, queue_setup, queue_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_tick_that_is_due_starts_one_operation),
        fresh(what_was_missed_is_one_tick),
        fresh(while_the_operation_before_runs_ticks_are_skipped_and_recorded),
        fresh(what_refuses_and_what_has_nothing_to_do_is_skipped),
        fresh(what_is_archived_missing_or_new_rests),
        fresh(a_clock_that_jumps_does_no_harm),
        fresh(a_tick_that_comes_too_late_is_let_go),
        fresh(of_many_workers_one_fires_a_tick),
        fresh(the_newest_thousand_ticks_are_kept),
        fresh(without_postgresql_nothing_is_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
