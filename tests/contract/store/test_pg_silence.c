/* A server that is connected and never answers: a proxy stands between and falls silent. */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "tests/contract/store/pg_test.h"
#include "tests/testing/proxy.h"

STATEMENT(insert, "INSERT INTO item (n) VALUES ($1)");
STATEMENT(count_items, "SELECT count(*) FROM item");
STATEMENT(waiting, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'silenced'");
STATEMENT(begin, "BEGIN");
STATEMENT(length_of, "SELECT length($1::bytea)");
STATEMENT(nap, "SELECT pg_sleep(0.05), repeat('x', 100000)");

STATEMENT(long_nap, "SELECT pg_sleep(0.9)");

#define ANSWER_MS 200
#define PATIENCE_MS 10000 /* far above: a program that waits for the server without a deadline waits forever */
static const struct pg_limits LIMITS = {2000, 0, 0, 0, ANSWER_MS, true, 0};
/* A connection that these limits give up was found to be half-open: no caller waits for the deadline. */
static const struct pg_limits DOUBTFUL = {2000, 0, 0, 0, 100 * PATIENCE_MS, true, ANSWER_MS};

struct fixture {
    struct stores *stores;
    char *dir, *path, *url;
    struct proxy *proxy;
    struct pg *direct;
};

/* The URL with the directory of the socket replaced by ours. */
static char *url_through(const char *url, const char *dir)
{
    const char *place = strstr(url, "host=");
    assert_non_null(place);
    place += strlen("host=");
    struct buf out = BUF_INIT;
    buf_add(&out, url, (size_t)(place - url));
    buf_addf(&out, "%s%s", dir, place + strcspn(place, "&"));
    return buf_take(&out);
}

static int setup(void **state)
{
    struct err_info error;
    struct fixture *f = calloc(1, sizeof *f);
    void *dir = NULL;
    f->stores = stores_new();
    testing_dir_setup(&dir);
    f->dir = dir;
    f->path = testing_join(f->dir, ".s.PGSQL.5432");
    char *target = testing_join(stores_dir(f->stores), ".s.PGSQL.5432");
    f->proxy = proxy_new(f->path, target);
    f->url = url_through(stores_postgres_url(f->stores), f->dir);
    f->direct = connected(f->stores, PG_LIMITS_PROGRAM);
    assert_fine(pg_script(f->direct, "CREATE TABLE item (n bigint PRIMARY KEY)", &error));
    free(target);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    void *dir = f->dir;
    pg_drop(f->direct);
    proxy_drop(f->proxy);
    testing_dir_teardown(&dir);
    stores_drop(f->stores);
    free(f->path);
    free(f->url);
    free(f);
    return 0;
}

static struct pg *through_proxy_with(struct fixture *f, struct pg_limits limits)
{
    struct err_info error;
    proxy_set(f->proxy, PROXY_FORWARD);
    struct pg *pg = pg_new(f->url, "silenced", limits);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

static struct pg *through_proxy(struct fixture *f)
{
    return through_proxy_with(f, LIMITS);
}

static void assert_given_up(struct pg *pg, enum err outcome, const struct err_info *error, int64_t since_ms)
{
    assert_int_equal(outcome, ERR_UNREACHABLE);
    assert_string_equal(error->sqlstate, "08006");
    assert_non_null(strstr(error->text, "has said nothing for"));
    assert_int_equal(pg_socket(pg), -1);
    assert_in_range(clock_mono_ms() - since_ms, ANSWER_MS, PATIENCE_MS);
}

static struct pg_batch *insert_of(int64_t number)
{
    struct pg_batch *batch = pg_batch_new();
    pg_arg_int8(pg_batch_add(batch, &insert), number);
    return batch;
}

static void a_batch_without_an_answer_is_given_up_and_its_outcome_is_unknown(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct pg *pg = through_proxy(f);
    struct pg_batch *first = insert_of(1), *second = insert_of(2);
    assert_fine(pg_batch_run(pg, first, &error));
    int64_t before = number_of(f->direct, &count_items, NULL);

    proxy_set(f->proxy, PROXY_MUTE); /* it is done, but the answer does not arrive */
    int64_t since_ms = clock_mono_ms();
    assert_given_up(pg, pg_batch_run(pg, second, &error), &error, since_ms);
    while (number_of(f->direct, &count_items, NULL) == before)
        continue;
    proxy_set(f->proxy, PROXY_FORWARD);
    assert_fine(pg_ready(pg, &error));
    assert_int_equal(pg_batch_run(pg, second, &error), ERR_PERMANENT); /* it was done */
    assert_string_equal(error.sqlstate, "23505");
    pg_batch_drop(first);
    pg_batch_drop(second);
    pg_drop(pg);
}

static void preparing_and_single_statements_and_scripts_have_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct pg *pg = through_proxy(f);
    proxy_set(f->proxy, PROXY_SILENT);
    int64_t since_ms = clock_mono_ms();
    assert_given_up(pg, pg_exec(pg, &count_items, NULL, NULL, &error), &error, since_ms); /* prepares first */

    proxy_set(f->proxy, PROXY_FORWARD);
    assert_fine(pg_ready(pg, &error));
    number_of(pg, &count_items, NULL);
    proxy_set(f->proxy, PROXY_SILENT);
    since_ms = clock_mono_ms();
    assert_given_up(pg, pg_exec(pg, &count_items, NULL, NULL, &error), &error, since_ms);

    proxy_set(f->proxy, PROXY_FORWARD);
    assert_fine(pg_ready(pg, &error));
    proxy_set(f->proxy, PROXY_SILENT);
    since_ms = clock_mono_ms();
    assert_given_up(pg, pg_script(pg, "SELECT 1", &error), &error, since_ms);
    pg_drop(pg);
}

static void a_rollback_without_an_answer_ends_the_connection(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct pg *pg = through_proxy(f);
    assert_fine(pg_exec(pg, &begin, NULL, NULL, &error));
    proxy_set(f->proxy, PROXY_SILENT);
    pg_abort(pg);
    assert_int_equal(pg_socket(pg), -1);
    pg_drop(pg);
}

static void more_than_the_buffers_hold_is_given_up_while_it_is_sent(void **state)
{
    enum { BYTES = 8 * 1024 * 1024 };
    struct fixture *f = *state;
    struct err_info error;
    struct pg *pg = through_proxy(f);
    struct pg_batch *batch = pg_batch_new();
    char *bytes = calloc(1, BYTES);
    assert_non_null(bytes);
    pg_arg_bytea(pg_batch_add(batch, &length_of), bytes, BYTES);
    assert_fine(
        pg_batch_run(pg, batch, &error)); /* prepared now: the next one has nothing to wait for but its sending */
    assert_int_equal(pg_int8(pg_batch_result(batch, 0), 0, 0), BYTES);
    proxy_set(f->proxy, PROXY_SILENT);
    int64_t since_ms = clock_mono_ms();
    assert_given_up(pg, pg_batch_run(pg, batch, &error), &error, since_ms);
    free(bytes);
    pg_batch_drop(batch);
    pg_drop(pg);
}

static void a_server_that_goes_on_answering_is_not_given_up(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct pg *pg = through_proxy(f);
    struct pg_batch *batch = pg_batch_new();
    for (int i = 0; i < 8; i++) /* in all twice the deadline, but each answer fills the server's buffer and is sent */
        pg_batch_add(batch, &nap);
    int64_t since_ms = clock_mono_ms();
    assert_fine(pg_batch_run(pg, batch, &error));
    assert_true(clock_mono_ms() - since_ms >= 8 * 50);
    pg_batch_drop(batch);
    pg_drop(pg);
}

/* The connections that are there fall silent; new ones, by which the server is asked, speak. */
static void assert_found_out(struct fixture *f, enum proxy_mode mode)
{
    struct err_info error;
    struct pg *pg = through_proxy_with(f, DOUBTFUL);
    number_of(pg, &count_items, NULL);
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &begin);
    pg_batch_add(batch, &count_items);
    assert_fine(pg_batch_run(pg, batch, &error));
    pg_batch_reset(batch);
    pg_batch_add(batch, &count_items);
    proxy_set(f->proxy, mode);
    int64_t since_ms = clock_mono_ms();
    assert_given_up(pg, pg_batch_run(pg, batch, &error), &error, since_ms);
    pg_batch_drop(batch);
    pg_drop(pg);
    proxy_set(f->proxy, PROXY_FORWARD);
}

static void a_server_that_waits_for_us_is_found_out(void **state)
{
    assert_found_out(*state, PROXY_OLD_SILENT);
    assert_found_out(*state, PROXY_OLD_MUTE);
}

static void a_server_that_is_at_work_is_waited_for(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct pg *pg = through_proxy_with(f, DOUBTFUL);
    int64_t since_ms = clock_mono_ms();
    assert_fine(pg_exec(pg, &long_nap, NULL, NULL, &error)); /* asked about several times */
    assert_true(clock_mono_ms() - since_ms >= 4 * ANSWER_MS);
    pg_drop(pg);
}

static void connecting_has_its_own_deadline(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    proxy_set(f->proxy, PROXY_SILENT);
    struct pg *pg = pg_new(f->url, "silenced", LIMITS);
    int64_t since_ms = clock_mono_ms();
    assert_int_equal(pg_ready(pg, &error), ERR_UNREACHABLE);
    assert_string_equal(error.sqlstate, "08001");
    assert_true(clock_mono_ms() - since_ms < PATIENCE_MS);
    pg_drop(pg);
    proxy_set(f->proxy, PROXY_FORWARD);
    while (number_of(f->direct, &waiting, NULL) > 0) /* the silenced connections end on the server too */
        continue;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_without_an_answer_is_given_up_and_its_outcome_is_unknown),
        cmocka_unit_test(preparing_and_single_statements_and_scripts_have_the_deadline),
        cmocka_unit_test(a_rollback_without_an_answer_ends_the_connection),
        cmocka_unit_test(more_than_the_buffers_hold_is_given_up_while_it_is_sent),
        cmocka_unit_test(a_server_that_goes_on_answering_is_not_given_up),
        cmocka_unit_test(a_server_that_waits_for_us_is_found_out),
        cmocka_unit_test(a_server_that_is_at_work_is_waited_for),
        cmocka_unit_test(connecting_has_its_own_deadline),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
