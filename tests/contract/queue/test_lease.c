/* Leases of exclusive jobs: who may claim, who must give way, and what a checkpoint of a stale holder is worth. */
#include "tests/contract/queue/fixture.h"

/* A job of its own operation; all of them have the key "1", so each test ends by giving the lease up. */
struct holder {
    struct op op;
    struct load *load;
    struct lease lease;
};

static struct holder holder_new(struct fixture *f)
{
    struct holder holder = {.op = accept_planned(f, f->lengthy, 1)};
    holder.load = load_range(f->pg, holder.op.id, 1, 1);
    assert_int_equal(holder.load->count, 1);
    return holder;
}

static enum err claim(struct pg *pg, struct holder *holder, const char *worker, struct err_info *error)
{
    enum err outcome =
        lease_claim(pg, &(struct claim){holder->op.id, &holder->load->jobs[0], worker}, &holder->lease, error);
    if (outcome == ERR_OK)
        holder->load->jobs[0].attempt = holder->lease.attempt;
    return outcome;
}

static struct holder claimed(struct fixture *f, const char *worker)
{
    struct err_info error;
    struct holder holder = holder_new(f);
    assert_fine(claim(f->pg, &holder, worker, &error));
    return holder;
}

static void let_go(struct fixture *f, struct holder *holder)
{
    struct err_info error;
    if (holder->lease.key != NULL)
        assert_fine(lease_release(f->pg, &holder->lease, &error));
    lease_fini(&holder->lease);
    load_drop(holder->load);
}

/* As if no worker had touched it for so long. */
static void age(struct fixture *f, const struct holder *holder, int seconds)
{
    run_sql(f->other, "UPDATE exclusive SET touched_at = now() - interval '%d seconds' WHERE operation_id = '%s'",
            seconds, holder->op.id);
}

static int64_t attempt_of(struct fixture *f, const struct holder *holder)
{
    return number_of(f->other, "SELECT attempt FROM job WHERE operation_id = '%s'", holder->op.id);
}

static enum err checkpoint(struct pg *pg, struct lease *lease, const char *remember, enum op_state *state,
                           struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    checkpoint_begin(batch, lease, remember);
    struct pg_args *args = pg_batch_add(batch, &mark); /* the effect */
    const char *keys[] = {lease->key}, *values[] = {remember};
    pg_arg_text(args, lease->operation_id);
    pg_arg_texts(args, keys, 1);
    pg_arg_texts(args, values, 1);
    enum err outcome = checkpoint_commit(pg, batch, lease, state, error);
    pg_batch_drop(batch);
    return outcome;
}

static int64_t effects_of(struct fixture *f, const struct holder *holder)
{
    return number_of(f->other, "SELECT count(*) FROM public.mark WHERE operation_id = '%s'", holder->op.id);
}

/* ---- claiming ------------------------------------------------------------------------------------------------ */

static void a_claim_raises_the_attempt_and_writes_the_holder_down(void **state)
{
    struct fixture *f = *state;
    struct holder one = claimed(f, "w_one");
    assert_int_equal(one.lease.attempt, 1);
    assert_true(one.lease.touched_ms > 0);
    assert_int_equal(attempt_of(f, &one), 1);
    assert_sql_text("1 1 w_one", f->other,
                    "SELECT seq || ' ' || attempt || ' ' || worker FROM exclusive WHERE key = '1'");
    let_go(f, &one);
}

static void a_key_that_is_held_is_busy_and_nothing_changes(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct holder one = claimed(f, "w_one"), two = holder_new(f);
    age(f, &one, 49);
    assert_int_equal(claim(f->other, &two, "w_two", &error), ERR_BUSY);
    assert_null(two.lease.key);
    assert_int_equal(attempt_of(f, &two), 0);
    struct holder again = one; /* nor the same job a second time */
    assert_int_equal(claim(f->other, &again, "w_two", &error), ERR_BUSY);
    assert_int_equal(attempt_of(f, &one), 1);
    let_go(f, &one);
    assert_fine(claim(f->other, &two, "w_two", &error));
    let_go(f, &two);
}

static void a_lease_that_was_not_touched_is_taken_over_and_its_holder_fenced(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    enum op_state seen;
    struct holder stale = claimed(f, "w_stale"), two = holder_new(f);
    age(f, &stale, 51);
    assert_fine(claim(f->other, &two, "w_two", &error));
    assert_int_equal(lease_touch(f->pg, &stale.lease, &seen, &error), ERR_FENCED);
    assert_int_equal(checkpoint(f->pg, &stale.lease, "{}", &seen, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP002");
    assert_int_equal(effects_of(f, &stale), 0);
    assert_fine(lease_release(f->pg, &stale.lease, &error)); /* says nothing, and takes nothing */
    assert_fine(checkpoint(f->other, &two.lease, "{}", &seen, &error));
    let_go(f, &two);
    let_go(f, &stale);
}

static void the_same_job_in_a_new_attempt_fences_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    enum op_state seen;
    struct holder job = claimed(f, "w_stale");
    struct lease stale = job.lease;
    age(f, &job, 51);
    assert_fine(claim(f->other, &job, "w_fresh", &error));
    assert_int_equal(job.lease.attempt, 2);
    assert_int_equal(checkpoint(f->pg, &stale, "{\"at\": 1}", &seen, &error), ERR_FENCED);
    assert_sql_text("(null)", f->other, "SELECT checkpoint FROM job WHERE operation_id = '%s'", job.op.id);
    lease_fini(&stale);
    let_go(f, &job);
}

static void a_claim_by_what_was_loaded_too_long_ago_is_fenced(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct holder job = claimed(f, "w_one");
    assert_fine(lease_release(f->pg, &job.lease, &error));
    lease_fini(&job.lease);
    job.load->jobs[0].attempt = 0; /* as loaded before */
    assert_int_equal(claim(f->other, &job, "w_two", &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP002");
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive"), 0);
    let_go(f, &job);
}

static void two_that_claim_at_once_do_not_both_get_it(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct holder one = holder_new(f), two = holder_new(f);
    run_sql(f->other, "BEGIN");
    run_sql(f->other, "SELECT claim('%s', 1, 0, '1', 'w_two')", two.op.id); /* not committed yet */
    struct pg *quick = connected(f, (struct pg_limits){5000, 0, 100, 0, 30000, true, 0});
    assert_int_equal(claim(quick, &one, "w_one", &error), ERR_RETRY); /* waits for it */
    run_sql(f->other, "COMMIT");
    assert_int_equal(claim(quick, &one, "w_one", &error), ERR_BUSY);
    run_sql(f->other, "DELETE FROM exclusive");
    pg_drop(quick);
    let_go(f, &one);
    let_go(f, &two);
}

/* ---- keeping ------------------------------------------------------------------------------------------------- */

static void touching_keeps_it_and_tells_the_state(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    enum op_state seen;
    struct holder one = claimed(f, "w_one");
    age(f, &one, 49);
    one.lease.touched_ms = 0;
    assert_fine(lease_touch(f->pg, &one.lease, &seen, &error));
    assert_int_equal(seen, OP_RUNNING);
    assert_true(one.lease.touched_ms > 0);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive WHERE touched_at > now() - interval '9 s'"),
                     1);
    assert_fine(operation_pause(f->other, one.op.id, &tally, &error));
    assert_fine(lease_touch(f->pg, &one.lease, &seen, &error));
    assert_int_equal(seen, OP_PAUSED);
    assert_fine(operation_cancel(f->other, one.op.id, &tally, &error));
    assert_fine(lease_touch(f->pg, &one.lease, &seen, &error));
    assert_int_equal(seen, OP_CANCELLED);
    let_go(f, &one);
}

static void a_checkpoint_remembers_has_effects_and_touches(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    enum op_state seen;
    struct holder one = claimed(f, "w_one");
    age(f, &one, 49);
    assert_fine(checkpoint(f->pg, &one.lease, "{\"done\": 3}", &seen, &error));
    assert_int_equal(seen, OP_RUNNING);
    assert_fine(checkpoint(f->pg, &one.lease, NULL, &seen, &error)); /* remembers what was there */
    assert_int_equal(effects_of(f, &one), 2);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM exclusive WHERE touched_at > now() - interval '9 s'"),
                     1);
    struct load *again = load_range(f->pg, one.op.id, 1, 1);
    assert_string_equal(again->jobs[0].checkpoint, "{\"done\": 3}");
    load_drop(again);
    let_go(f, &one);
}

static void a_paused_operation_may_write_its_checkpoint_but_claim_nothing(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    enum op_state seen;
    struct holder one = claimed(f, "w_one");
    assert_fine(operation_pause(f->other, one.op.id, &tally, &error));
    assert_fine(checkpoint(f->pg, &one.lease, "{}", &seen, &error));
    assert_int_equal(seen, OP_PAUSED);
    assert_fine(lease_release(f->pg, &one.lease, &error));
    lease_fini(&one.lease);
    assert_int_equal(claim(f->pg, &one, "w_one", &error), ERR_FENCED);
    assert_int_equal(attempt_of(f, &one), 1);
    let_go(f, &one);
}

static void a_cancelled_operation_writes_nothing_more(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    enum op_state seen;
    struct holder one = claimed(f, "w_one"), two = holder_new(f);
    assert_fine(operation_cancel(f->other, one.op.id, &tally, &error));
    assert_fine(operation_cancel(f->other, two.op.id, &tally, &error));
    assert_int_equal(checkpoint(f->pg, &one.lease, "{}", &seen, &error), ERR_FENCED);
    assert_string_equal(error.sqlstate, "RP001");
    assert_int_equal(effects_of(f, &one), 0);
    assert_int_equal(claim(f->pg, &two, "w_two", &error), ERR_FENCED);
    let_go(f, &one);
    let_go(f, &two);
}

static void effects_that_are_refused_take_the_checkpoint_with_them(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    enum op_state seen;
    struct holder one = claimed(f, "w_one");
    assert_int_equal(checkpoint(f->pg, &one.lease, "no JSON", &seen, &error), ERR_PERMANENT);
    assert_int_equal(effects_of(f, &one), 0);
    assert_fine(checkpoint(f->pg, &one.lease, "{}", &seen, &error)); /* the connection goes on */
    let_go(f, &one);
}

static void what_a_dead_worker_held_is_free(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct holder one = claimed(f, "w_dead"), two = holder_new(f);
    assert_fine(lease_release_worker(f->pg, "w_other", &error));
    assert_int_equal(claim(f->pg, &two, "w_two", &error), ERR_BUSY);
    assert_fine(lease_release_worker(f->pg, "w_dead", &error));
    assert_fine(claim(f->pg, &two, "w_two", &error));
    let_go(f, &two);
    let_go(f, &one);
}

/* ---- loading ------------------------------------------------------------------------------------------------- */

static void due_jobs_are_loaded_once_and_come_back_if_their_worker_dies(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 5);
    struct chunk chunk = {.generation = 1, .due = true};
    snprintf(chunk.operation_id, sizeof chunk.operation_id, "%s", op.id);
    run_sql(f->other, "UPDATE job SET run_at = now() - seq * interval '1 s' WHERE operation_id = '%s' AND seq < 5",
            op.id);
    struct load_spec spec = {.chunk = &chunk, .timeout_ms = 60000, .at_most = 3};
    struct load *one = load_with(f->pg, spec), *two = load_with(f->other, spec);
    assert_int_equal(one->count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(one->jobs[i].seq, i + 2); /* the longest due, in order */
    assert_int_equal(one->due_ms, 0);              /* one more is due at this moment */
    assert_int_equal(two->count, 1);
    assert_true(two->due_ms > 50000);
    assert_sql_text("w_test", f->other, "SELECT DISTINCT worker FROM job WHERE operation_id = '%s' AND seq < 5", op.id);
    load_drop(one);
    load_drop(two);
}

static void a_settled_range_says_where_to_go_on(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 30);
    finish(f, &op, 1, 10);
    finish(f, &op, 11, 15);
    struct load *load = load_range(f->pg, op.id, 1, 10);
    assert_int_equal(load->count, 0);
    assert_int_equal(load->next_open, 16);
    load_drop(load);
    finish(f, &op, 16, 30);
    load = load_range(f->pg, op.id, 16, 20);
    assert_int_equal(load->next_open, 31);
    load_drop(load);
}

static void a_single_suspect_is_loaded_whatever_its_time(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 2);
    run_sql(f->other, "UPDATE job SET run_at = now() + interval '1 h' WHERE operation_id = '%s' AND seq = 1", op.id);
    struct chunk chunk = range_of(op.id, 1, 1);
    struct load *load = load_with(f->pg, (struct load_spec){.chunk = &chunk, .alone = true});
    assert_int_equal(load->count, 1);
    load_drop(load);
    load = load_range(f->pg, op.id, 1, 1);
    assert_int_equal(load->count, 0);
    load_drop(load);
}

static void an_operation_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct load *load = NULL;
    char id[ID_MAX];
    id_operation(id);
    struct chunk chunk = range_of(id, 1, 1);
    assert_int_equal(load_chunk(f->pg, &(struct load_spec){.chunk = &chunk, .worker = "w"}, &load, &error),
                     ERR_NOT_FOUND);
    assert_null(load);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(a_claim_raises_the_attempt_and_writes_the_holder_down),
        checked(a_key_that_is_held_is_busy_and_nothing_changes),
        checked(a_lease_that_was_not_touched_is_taken_over_and_its_holder_fenced),
        checked(the_same_job_in_a_new_attempt_fences_the_old_one),
        checked(a_claim_by_what_was_loaded_too_long_ago_is_fenced),
        checked(two_that_claim_at_once_do_not_both_get_it),
        checked(touching_keeps_it_and_tells_the_state),
        checked(a_checkpoint_remembers_has_effects_and_touches),
        checked(a_paused_operation_may_write_its_checkpoint_but_claim_nothing),
        checked(a_cancelled_operation_writes_nothing_more),
        checked(effects_that_are_refused_take_the_checkpoint_with_them),
        checked(what_a_dead_worker_held_is_free),
        checked(due_jobs_are_loaded_once_and_come_back_if_their_worker_dies),
        checked(a_settled_range_says_where_to_go_on),
        checked(a_single_suspect_is_loaded_whatever_its_time),
        checked(an_operation_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
