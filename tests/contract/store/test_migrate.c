/* Migrations against a real server, with lists of their own. Each test has a database of its own. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/migrate.h"
#include "embedded/sql_migrate.h"
#include "tests/contract/store/pg_test.h"

STATEMENT(things, "SELECT count(*) FROM reprise.thing");
STATEMENT(lines,
          "SELECT count(*) FROM reprise.schema_migration WHERE applied_at <= now() AND checksum ~ '^[0-9a-f]{64}$'");
STATEMENT(waiting, "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                   "WHERE d.datname = current_database() AND locktype = 'advisory' AND NOT granted");
STATEMENT(schema_is_there, "SELECT count(*) FROM pg_namespace WHERE nspname = 'reprise'");

static const struct sql FIRST = {"migrations/0001_thing", 1,
                                 "-- a comment\nCREATE TABLE thing (n integer);\nINSERT INTO thing VALUES (1);\n"};
static const struct sql SECOND = {"migrations/0002_more", 2, "INSERT INTO thing VALUES (2);\n"};
static const struct sql THIRD = {"migrations/0003_most", 3, "INSERT INTO thing VALUES (3);\n"};
static const struct sql CHANGED = {"migrations/0001_thing", 4, "CREATE TABLE thing (n bigint);\n"};
static const struct sql BROKEN = {"migrations/0003_broken", 5,
                                  "INSERT INTO thing VALUES (3);\n\nINSERT INTO nothing VALUES (3);\n"};

#define LIST(...)                                                                                                      \
    (struct migrations)                                                                                                \
    {                                                                                                                  \
        (const struct sql *const[]){__VA_ARGS__}, sizeof((const struct sql *const[]){__VA_ARGS__}) / sizeof(void *)    \
    }

static struct pg *migrated(struct stores *stores, struct migrations list, int expected)
{
    struct err_info error;
    struct pg *pg = connected(stores, PG_LIMITS_PROGRAM);
    int applied = -1;
    assert_fine(migrate_run_of(pg, list, &applied, &error));
    assert_int_equal(applied, expected);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

static void expect_status(struct pg *pg, struct migrations list, int current, int wanted)
{
    struct err_info error;
    int has = -1, wants = -1;
    assert_fine(migrate_status_of(pg, list, &has, &wants, &error));
    assert_int_equal(has, current);
    assert_int_equal(wants, wanted);
}

/* Both ways of asking refuse, with these words in the text. */
static void expect_conflict(struct pg *pg, struct migrations list, const char *words)
{
    struct err_info error;
    int current, wanted, applied = -1;
    assert_int_equal(migrate_status_of(pg, list, &current, &wanted, &error), ERR_CONFLICT);
    assert_non_null(strstr(error.text, words));
    assert_int_equal(migrate_run_of(pg, list, &applied, &error), ERR_CONFLICT);
    assert_non_null(strstr(error.text, words));
    assert_int_equal(applied, 0);
    assert_fine(pg_ready(pg, &error));
}

static void an_empty_database_is_brought_up(void **state)
{
    struct pg *pg = connected(*state, PG_LIMITS_PROGRAM);
    expect_status(pg, LIST(&FIRST, &SECOND), 0, 2);
    assert_int_equal(number_of(pg, &schema_is_there, NULL), 0); /* asking changes nothing */
    pg_drop(pg);
    pg = migrated(*state, LIST(&FIRST, &SECOND), 2);
    expect_status(pg, LIST(&FIRST, &SECOND), 2, 2);
    assert_int_equal(number_of(pg, &things, NULL), 2);
    assert_int_equal(number_of(pg, &lines, NULL), 2);
    pg_drop(pg);
}

static void only_what_is_missing_is_applied(void **state)
{
    pg_drop(migrated(*state, LIST(&FIRST), 1));
    pg_drop(migrated(*state, LIST(&FIRST), 0));
    struct pg *pg = migrated(*state, LIST(&FIRST, &SECOND, &THIRD), 2);
    assert_int_equal(number_of(pg, &things, NULL), 3);
    pg_drop(pg);
}

static void a_broken_migration_leaves_nothing_and_what_stood_before_it_stays(void **state)
{
    struct err_info error;
    int applied = -1;
    struct pg *pg = connected(*state, PG_LIMITS_PROGRAM);
    assert_int_equal(migrate_run_of(pg, LIST(&FIRST, &SECOND, &BROKEN), &applied, &error), ERR_PERMANENT);
    assert_int_equal(applied, 2);
    assert_non_null(strstr(error.text, "migration 0003_broken: "));
    assert_string_equal(error.sqlstate, "42P01");
    assert_int_equal(error.line, 3);
    assert_fine(pg_ready(pg, &error));
    expect_status(pg, LIST(&FIRST, &SECOND), 2, 2);
    assert_int_equal(number_of(pg, &things, NULL), 2);
    pg_drop(pg);
    pg_drop(migrated(*state, LIST(&FIRST, &SECOND, &THIRD), 1));
}

static void a_newer_database_is_refused_with_both_versions(void **state)
{
    struct pg *pg = migrated(*state, LIST(&FIRST, &SECOND, &THIRD), 3);
    expect_conflict(pg, LIST(&FIRST), "has version 3, this program knows versions up to 1");
    pg_drop(pg);
}

static void a_changed_migration_is_refused(void **state)
{
    struct pg *pg = migrated(*state, LIST(&FIRST, &SECOND), 2);
    expect_conflict(pg, LIST(&CHANGED, &SECOND, &THIRD), "migration 0001_thing was changed");
    assert_int_equal(number_of(pg, &lines, NULL), 2);
    pg_drop(pg);
}

static void a_migration_that_was_left_out_is_refused(void **state)
{
    struct pg *pg = migrated(*state, LIST(&FIRST, &THIRD), 2);
    expect_conflict(pg, LIST(&FIRST, &SECOND, &THIRD), "0002_more");
    expect_conflict(pg, LIST(&FIRST, &SECOND), "has version 3");
    pg_drop(pg);
}

struct migrator {
    pthread_t thread;
    struct pg *pg;
    enum err outcome;
    int applied;
    struct err_info error;
};

static void *migrate_in_thread(void *context)
{
    struct migrator *migrator = context;
    migrator->outcome = migrate_run_of(migrator->pg, LIST(&FIRST, &SECOND), &migrator->applied, &migrator->error);
    return NULL;
}

static void two_at_once_take_turns(void **state)
{
    struct err_info error;
    struct migrator migrators[2];
    struct pg *pg = connected(*state, PG_LIMITS_PROGRAM);
    assert_fine(pg_exec(pg, &sql_migrate_lock, NULL, NULL, &error));
    for (int i = 0; i < 2; i++) {
        /* The lock is waited for however long it takes, whatever lock_timeout says. */
        migrators[i] =
            (struct migrator){.pg = connected(*state, (struct pg_limits){5000, 60000, 1, 0, 1000, false, 0})};
        assert_int_equal(pthread_create(&migrators[i].thread, NULL, migrate_in_thread, &migrators[i]), 0);
    }
    while (number_of(pg, &waiting, NULL) < 2)
        poll(NULL, 0, 5);
    pg_close(pg); /* lets them go */
    int applied = 0;
    for (int i = 0; i < 2; i++) {
        pthread_join(migrators[i].thread, NULL);
        assert_no_error(migrators[i].outcome, &migrators[i].error, __FILE__, __LINE__);
        applied += migrators[i].applied;
        pg_drop(migrators[i].pg);
    }
    assert_int_equal(applied, 2);
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(number_of(pg, &things, NULL), 2);
    pg_drop(pg);
}

static void the_embedded_migrations_apply(void **state)
{
    struct err_info error;
    int current = -1, wanted = -1;
    struct migrate_done done;
    struct pg *pg = connected(*state, PG_LIMITS_PROGRAM);
    assert_fine(migrate_status(pg, &current, &wanted, &error));
    assert_int_equal(current, 0);
    assert_true(wanted > 0);
    assert_fine(migrate_ensure(pg, MIGRATE_ANY, &done, &error));
    assert_in_range(done.applied, 1, wanted); /* numbers may be left out */
    assert_fine(migrate_status(pg, &current, &wanted, &error));
    assert_int_equal(current, wanted);
    assert_fine(migrate_ensure(pg, MIGRATE_ANY, &done, &error));
    assert_int_equal(done.applied, 0);
    pg_drop(pg);
}

/* One pair for all of them, a database for each. */
static struct stores *pair;

static int start_pair(void **state)
{
    (void)state;
    if (getenv("REPRISE_TEST_STORES"))
        return 0;
    pair = stores_new_private(STORES_FAST);
    return setenv("REPRISE_TEST_STORES", stores_dir(pair), 1);
}

static int end_pair(void **state)
{
    (void)state;
    stores_drop(pair);
    return 0;
}

#define test_with_database(test) cmocka_unit_test_setup_teardown(test, stores_setup, stores_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_database(an_empty_database_is_brought_up),
        test_with_database(only_what_is_missing_is_applied),
        test_with_database(a_broken_migration_leaves_nothing_and_what_stood_before_it_stays),
        test_with_database(a_newer_database_is_refused_with_both_versions),
        test_with_database(a_changed_migration_is_refused),
        test_with_database(a_migration_that_was_left_out_is_refused),
        test_with_database(two_at_once_take_turns),
        test_with_database(the_embedded_migrations_apply),
    };
    return cmocka_run_group_tests(tests, start_pair, end_pair);
}
