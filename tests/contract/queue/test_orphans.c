/* Retries that are set aside for a load that no worker has in hand: the next look makes them due again. */
#include <time.h>

#include "common/queue/orphans.h"
#include "tests/contract/queue/fixture.h"

#define WORKER "w_test" /* that of load_with */
#define LOOKS 6         /* in so many looks, 500 ms apart, what is an orphan is found */

static struct orphans *watch;

static int orphans_setup(void **state)
{
    queue_setup(state);
    struct fixture *f = *state;
    watch = orphans_new(f->pg, &f->dispatch);
    return 0;
}

static int orphans_teardown(void **state)
{
    assert_invariants(*state);
    orphans_drop(watch);
    return queue_teardown(state);
}

/* Five jobs of which all are due; load `number` of them is committed. */
static struct op loaded(struct fixture *f, int64_t number)
{
    struct op op = accept_planned(f, f->quick, 5);
    struct err_info error;
    assert_fine(dispatch_open(&f->dispatch, f->pg, op.id, &error));
    redis_do(f, "DEL {}:queue:history");
    redis_do(f, "HSET {}:op:%s out 0", op.id);
    run_sql(f->other, "UPDATE job SET run_at = now() WHERE operation_id = '%s'", op.id);
    struct chunk chunk = {.generation = 1, .due = true};
    snprintf(chunk.operation_id, sizeof chunk.operation_id, "%s", op.id);
    struct load *load =
        load_with(f->other, (struct load_spec){.chunk = &chunk, .timeout_ms = 300000, .number = number, .at_most = 10});
    assert_int_equal(load->count, 5);
    load_drop(load);
    return op;
}

static void look(void)
{
    struct err_info error;
    assert_fine(orphans_look(watch, &error));
}

static void look_often(void)
{
    for (int i = 0; i < LOOKS; i++) {
        look();
        nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    }
    look();
}

static int64_t due_jobs(struct fixture *f, const struct op *op)
{
    return number_of(
        f->other, "SELECT count(*) FROM job WHERE operation_id = '%s' AND run_at <= now() AND worker IS NULL", op->id);
}

static void assert_due_again(struct fixture *f, const struct op *op)
{
    assert_int_equal(due_jobs(f, op), 5);
    char chunk[CHUNK_TEXT_MAX];
    snprintf(chunk, sizeof chunk, "{\"op\":\"%s\",\"gen\":1,\"due\":true}", op->id);
    assert_redis_text(chunk, f, "LINDEX {}:queue:history 0");
}

static void a_load_whose_answer_was_lost_is_found_while_its_worker_lives(void **state)
{
    struct fixture *f = *state;
    struct op op = loaded(f, 7);
    redis_do(f, "SET {}:worker:" WORKER " {\"loads\":{\"last\":8,\"held\":[8]}}");
    look();
    assert_int_equal(due_jobs(f, &op), 0); /* one look may be a matter of moments */
    look_often();
    assert_due_again(f, &op);
}

static void what_is_in_hand_or_younger_than_the_heartbeat_is_left_alone(void **state)
{
    static const char *const said[] = {"{\"loads\":{\"last\":9,\"held\":[8,7]}}",
                                       "{\"loads\":{\"last\":6,\"held\":[]}}", "{\"host\":\"of_an_older_release\"}"};
    struct fixture *f = *state;
    struct op op = loaded(f, 7);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        redis_do(f, "SET {}:worker:" WORKER " %s", said[i]);
        look_often();
        assert_int_equal(due_jobs(f, &op), 0);
    }
}

static void what_a_worker_had_that_does_not_beat_is_due_again(void **state)
{
    struct fixture *f = *state;
    struct op op = loaded(f, 1);
    look_often();
    assert_due_again(f, &op);
}

static void a_worker_that_beats_again_has_what_it_had(void **state)
{
    struct fixture *f = *state;
    struct op op = loaded(f, 1);
    look(); /* Redis was just emptied: no worker beats yet */
    redis_do(f, "SET {}:worker:" WORKER " {\"loads\":{\"last\":1,\"held\":[1]}}");
    look_often();
    redis_do(f, "DEL {}:worker:" WORKER);
    look();
    assert_int_equal(due_jobs(f, &op), 0);
}

/* They may end the process that runs them: that must be one that is alone. */
static void retries_of_a_suspect_wait_for_being_run_alone(void **state)
{
    struct fixture *f = *state;
    struct op op = loaded(f, 1);
    redis_do(f, "RPUSH {}:suspects:history {\"by\":\"" WORKER "\",\"op\":\"%s\",\"gen\":1,\"due\":true}", op.id);
    look_often();
    assert_int_equal(due_jobs(f, &op), 0);
    redis_do(f, "ZADD {}:workers 1 w_alone");
    redis_do(f, "LMOVE {}:suspects:history {}:active:history:w_alone LEFT RIGHT"); /* it is run, or split */
    look_often();
    assert_int_equal(due_jobs(f, &op), 0);
    redis_do(f, "DEL {}:active:history:w_alone");
    look();
    assert_due_again(f, &op);
}

static void one_load_of_a_worker_is_told_from_its_others(void **state)
{
    struct fixture *f = *state;
    struct op one = loaded(f, 1), two = loaded(f, 2);
    struct err_info error;
    assert_fine(due_again(f->pg, &f->dispatch, WORKER, 1, &error));
    assert_int_equal(due_jobs(f, &one), 5);
    assert_int_equal(due_jobs(f, &two), 0);
    assert_fine(due_again(f->pg, &f->dispatch, WORKER, DUE_ALL_LOADS, &error));
    assert_int_equal(due_jobs(f, &two), 5);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, orphans_setup, orphans_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_load_whose_answer_was_lost_is_found_while_its_worker_lives),
        fresh(what_is_in_hand_or_younger_than_the_heartbeat_is_left_alone),
        fresh(what_a_worker_had_that_does_not_beat_is_due_again),
        fresh(a_worker_that_beats_again_has_what_it_had),
        fresh(retries_of_a_suspect_wait_for_being_run_alone),
        fresh(one_load_of_a_worker_is_told_from_its_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
