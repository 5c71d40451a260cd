/*
 * Deliveries and intents hang on their link by a lock instead of a foreign key: who writes them holds the link, and who
 * removes the link takes them along, in bounded steps, whatever a job does meanwhile.
 */
#include <poll.h>

#include "embedded/sql_deliveries.h"
#include "embedded/sql_registry.h"
#include "tests/contract/queue/fixture.h"

#define APP "app_1"
#define REPOSITORY "repo_1"

static int one_link(void **state)
{
    struct fixture *f = *state;
    run_sql(f->pg, "TRUNCATE apps, repositories, app_repositories, deliveries, delivery_intents CASCADE");
    run_sql(f->pg, "INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted)"
                   " VALUES ('" APP "', 'a', 'https://a', 'x'), ('app_2', 'b', 'https://b', 'x')");
    run_sql(f->pg, "INSERT INTO repositories (repository_id, url, owner, name)"
                   " SELECT 'repo_' || i, 'https://r/' || i, 'o', 'n' FROM generate_series(1, 3) i");
    run_sql(f->pg, "INSERT INTO app_repositories (app_id, repository_id, result, synced_tree_id)"
                   " VALUES ('" APP "', 'repo_1', 'synced', 't'), ('" APP "', 'repo_2', 'synced', 't'),"
                   " ('app_2', 'repo_1', 'synced', 't')");
    return 0;
}

static void send_files(struct pg *pg, const char *app, const char *repository, int count)
{
    run_sql(
        pg,
        "INSERT INTO deliveries (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size)"
        " SELECT '%s', '%s', int4send(i), 'f' || i, 's', 'b', 1 FROM generate_series(1, %d) i ON CONFLICT DO NOTHING",
        app, repository, count);
}

static void announce_files(struct pg *pg, int count)
{
    run_sql(
        pg,
        "INSERT INTO delivery_intents (app_id, repository_id, path_sha256, file_path, verb, operation_id, seq, attempt)"
        " SELECT '" APP "', '" REPOSITORY
        "', int4send(i), 'f' || i, 'create', 'op', 1, 1 FROM generate_series(1, %d) i",
        count);
}

static int64_t incarnation(const struct fixture *f)
{
    return number_of(f->pg, "SELECT incarnation FROM app_repositories WHERE app_id = '" APP
                            "' AND repository_id = '" REPOSITORY "'");
}

static enum err share(struct pg *pg, int64_t known_as, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, APP);
    pg_arg_text(args, REPOSITORY);
    pg_arg_int8(args, known_as);
    enum err err = pg_exec(pg, &sql_deliveries_share_link, args, NULL, error);
    pg_args_drop(args);
    return err;
}

static void a_link_that_is_gone_or_another_is_told_by_its_own_error(void **state)
{
    struct fixture *f = *state;
    struct err_info error = {.code = ERR_OK};
    int64_t known_as = incarnation(f);
    assert_fine(share(f->pg, known_as, &error));
    assert_int_equal(share(f->pg, known_as + 1000, &error), ERR_NOT_FOUND);
    assert_string_equal(error.sqlstate, "RP404");
    assert_int_equal(number_of(f->pg, "SELECT remove_link_step('" APP "', '" REPOSITORY "', 10)"), 0);
    run_sql(f->pg, "INSERT INTO app_repositories (app_id, repository_id) VALUES ('" APP "', '" REPOSITORY "')");
    assert_int_equal(share(f->pg, known_as, &error), ERR_NOT_FOUND);
    assert_fine(share(f->pg, incarnation(f), &error));
}

static void a_link_goes_in_bounded_steps(void **state)
{
    struct fixture *f = *state;
    struct err_info error = {.code = ERR_OK};
    int64_t known_as = incarnation(f);
    send_files(f->pg, APP, REPOSITORY, 15);
    send_files(f->pg, APP, "repo_2", 3);
    send_files(f->pg, "app_2", REPOSITORY, 3);
    announce_files(f->pg, 8);
    assert_int_equal(number_of(f->pg, "SELECT remove_link_step('" APP "', '" REPOSITORY "', 10)"), 10);
    assert_int_equal(share(f->pg, known_as, &error), ERR_NOT_FOUND); /* no job adds to it any more */
    assert_sql_text("never", f->pg, "SELECT result FROM app_repositories WHERE synced_tree_id IS NULL");
    assert_int_equal(number_of(f->pg, "SELECT remove_link_step('" APP "', '" REPOSITORY "', 10)"), 10);
    assert_int_equal(number_of(f->pg, "SELECT remove_link_step('" APP "', '" REPOSITORY "', 10)"), 3);
    assert_int_equal(incarnation(f), -1);
    assert_int_equal(number_of(f->pg, "SELECT remove_link_step('" APP "', '" REPOSITORY "', 10)"), 0);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM deliveries"), 6);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM delivery_intents"), 0);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM app_repositories WHERE synced_tree_id IS NOT NULL"), 2);
}

static void an_app_goes_with_all_its_links(void **state)
{
    struct fixture *f = *state;
    send_files(f->pg, APP, REPOSITORY, 15);
    send_files(f->pg, APP, "repo_2", 4);
    send_files(f->pg, "app_2", REPOSITORY, 3);
    announce_files(f->pg, 8);
    int steps = 1;
    while (number_of(f->pg, "SELECT remove_app_step('" APP "', 10)::integer") == 0)
        assert_true(++steps < 10);
    assert_int_equal(steps, 3);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM apps"), 1);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM app_repositories"), 1);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM deliveries"), 3);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM delivery_intents"), 0);
    assert_int_equal(number_of(f->pg, "SELECT remove_app_step('" APP "', 10)::integer"), 1);
}

/* Ends when another connection waits for a lock of `pg`'s transaction. */
static void await_waiter(struct pg *pg)
{
    for (int look = 0; look < 1000; look++) {
        if (number_of(pg,
                      "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))") > 0)
            return;
        poll(NULL, 0, 5);
    }
    fail_msg("no transaction waits");
}

/* Begins the statement on the other connection, and returns once it waits for `pg`. */
static struct pg_batch *begin_waiting(const struct fixture *f, const struct sql *statement, const char *repository)
{
    struct err_info error = {.code = ERR_OK};
    struct pg_batch *batch = pg_batch_new();
    struct pg_args *args = pg_batch_add(batch, statement);
    pg_arg_text(args, APP);
    if (repository != NULL)
        pg_arg_text(args, repository);
    assert_fine(pg_batch_start(f->other, batch, &error));
    await_waiter(f->pg);
    return batch;
}

static void assert_gone(const struct fixture *f, struct pg_batch *batch)
{
    struct err_info error = {.code = ERR_OK};
    assert_fine(pg_batch_end(f->other, batch, &error));
    assert_true(pg_bool(pg_batch_result(batch, 0), 0, 0));
    pg_batch_drop(batch);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM deliveries WHERE repository_id = '" REPOSITORY "'"), 0);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM delivery_intents"), 0);
}

/* What a checkpoint in hand still writes goes too, and the next one is told. */
static void a_removal_waits_for_a_checkpoint_in_hand(void **state)
{
    static const struct sql *const removals[] = {&sql_registry_link_remove_step, &sql_registry_app_remove_step};
    struct fixture *f = *state;
    struct err_info error = {.code = ERR_OK};
    for (size_t i = 0; i < 2; i++) {
        one_link(state);
        int64_t known_as = incarnation(f);
        run_sql(f->pg, "BEGIN");
        assert_fine(share(f->pg, known_as, &error));
        struct pg_batch *batch = begin_waiting(f, removals[i], i == 0 ? REPOSITORY : NULL);
        send_files(f->pg, APP, REPOSITORY, 5);
        announce_files(f->pg, 5);
        run_sql(f->pg, "COMMIT");
        assert_gone(f, batch);
        assert_int_equal(share(f->pg, known_as, &error), ERR_NOT_FOUND);
    }
}

/* A link that comes while the app goes is found by the next step, with all that was sent by then. */
static void a_link_added_meanwhile_goes_too(void **state)
{
    struct fixture *f = *state;
    struct err_info error = {.code = ERR_OK};
    run_sql(f->pg, "DELETE FROM app_repositories WHERE app_id = '" APP "'");
    run_sql(f->pg, "BEGIN");
    run_sql(f->pg, "INSERT INTO app_repositories (app_id, repository_id) VALUES ('" APP "', '" REPOSITORY "')");
    struct pg_batch *batch = begin_waiting(f, &sql_registry_app_remove_step, NULL);
    send_files(f->pg, APP, REPOSITORY, 5);
    run_sql(f->pg, "COMMIT");
    assert_fine(pg_batch_end(f->other, batch, &error));
    assert_false(pg_bool(pg_batch_result(batch, 0), 0, 0));
    pg_batch_drop(batch);
    assert_int_equal(number_of(f->pg, "SELECT remove_app_step('" APP "', 10)::integer"), 1);
    assert_int_equal(number_of(f->pg, "SELECT count(*) FROM deliveries"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_link_that_is_gone_or_another_is_told_by_its_own_error, one_link),
        cmocka_unit_test_setup(a_link_goes_in_bounded_steps, one_link),
        cmocka_unit_test_setup(an_app_goes_with_all_its_links, one_link),
        cmocka_unit_test_setup(a_removal_waits_for_a_checkpoint_in_hand, one_link),
        cmocka_unit_test_setup(a_link_added_meanwhile_goes_too, one_link),
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
