/* Operations: accepting and recognising requests, cancel, pause, resume, advance. */
#include <stdatomic.h>

#include "tests/contract/queue/fixture.h"

static struct accepted ask(struct fixture *f, struct request request, int64_t count)
{
    struct err_info error;
    struct accepted accepted;
    if (request.definition == NULL)
        request.definition = f->quick;
    assert_fine(accept_request(f->pg, request, count, &accepted, &error));
    return accepted;
}

static enum err refused(struct fixture *f, struct request request, int64_t count, struct err_info *error)
{
    struct accepted accepted;
    if (request.definition == NULL)
        request.definition = f->quick;
    return accept_request(f->pg, request, count, &accepted, error);
}

/* As soon as a chunk is loaded, an equal request is new work. */
static void begin_work(struct fixture *f, const char *id)
{
    plan_all(f, id);
    load_drop(load_range(f->pg, id, 1, 1));
}

/* ---- accepting -----------------------------------------------------------------------------------------------------
 */

static void a_request_becomes_an_operation_pinned_to_its_definition(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct operation *operation;
    struct definition *pinned;
    struct accepted accepted = ask(f, (struct request){.definition = f->twofold, .requested_by = "me"}, 21);
    assert_true(id_is_operation(accepted.operation_id));
    assert_false(accepted.repeated || accepted.single);
    assert_fine(operation_get(f->pg, accepted.operation_id, &operation, &error));
    assert_string_equal(operation->definition, "twofold");
    assert_string_equal(operation->args, "{\"count\": 21}");
    assert_string_equal(operation->subject, "21 jobs without effect");
    assert_string_equal(operation->queue, "history");
    assert_string_equal(operation->requested_by, "me");
    assert_int_equal(operation->chunk, 10);
    assert_int_equal(operation->window, 3);
    assert_int_equal(operation->tally.state, OP_RUNNING);
    assert_int_equal(operation->tally.total + operation->tally.last_seq, 0);
    assert_false(operation->tally.planned || operation->loaded || operation->dry_run);
    assert_null(operation->finished_at);
    assert_fine(operation_definition(f->pg, operation, &pinned, &error));
    assert_string_equal(pinned->id, "twofold");
    assert_int_equal(pinned->phase_count, 2);
    definition_drop(pinned);
    operation_drop(operation);
}

static void an_operation_that_is_not_there_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct operation *operation = NULL;
    struct tally tally;
    char id[ID_MAX];
    id_operation(id);
    assert_int_equal(operation_get(f->pg, id, &operation, &error), ERR_NOT_FOUND);
    assert_int_equal(operation_cancel(f->pg, id, &tally, &error), ERR_NOT_FOUND);
    assert_int_equal(operation_pause(f->pg, id, &tally, &error), ERR_NOT_FOUND);
    assert_int_equal(operation_resume(f->pg, id, &tally, &error), ERR_NOT_FOUND);
    assert_int_equal(operation_advance(f->pg, id, 0, &tally, &error), ERR_NOT_FOUND);
    assert_null(operation);
}

static void a_double_click_is_one_operation_until_work_has_begun(void **state)
{
    struct fixture *f = *state;
    struct accepted one = ask(f, (struct request){0}, 31), two = ask(f, (struct request){0}, 31);
    assert_true(two.repeated);
    assert_string_equal(one.operation_id, two.operation_id);
    assert_false(ask(f, (struct request){0}, 32).repeated);               /* other arguments */
    assert_false(ask(f, (struct request){.dry_run = true}, 31).repeated); /* a dry run is no run */
    assert_false(ask(f, (struct request){.definition = f->twofold}, 31).repeated);
    begin_work(f, one.operation_id);
    struct accepted three = ask(f, (struct request){0}, 31);
    assert_false(three.repeated);
    assert_string_not_equal(three.operation_id, one.operation_id);
}

static void a_cancelled_or_paused_twin_is_not_joined(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct accepted one = ask(f, (struct request){0}, 41);
    assert_fine(operation_pause(f->pg, one.operation_id, &tally, &error));
    struct accepted two = ask(f, (struct request){0}, 41);
    assert_false(two.repeated);
    assert_fine(operation_cancel(f->pg, two.operation_id, &tally, &error));
    assert_false(ask(f, (struct request){0}, 41).repeated);
}

static void a_single_job_says_so(void **state)
{
    assert_true(ask(*state, (struct request){0}, 1).single);
}

static void a_chosen_id_is_a_receipt(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    char id[ID_MAX];
    id_operation(id);
    struct request request = {.operation_id = id};
    assert_false(ask(f, request, 51).repeated);
    struct accepted again = ask(f, request, 51);
    assert_true(again.repeated);
    assert_string_equal(again.operation_id, id);
    begin_work(f, id);
    assert_true(ask(f, request, 51).repeated); /* however far it has come */
    assert_int_equal(refused(f, request, 52, &error), ERR_CONFLICT);
    assert_non_null(strstr(error.text, id));
    request.operation_id = "op_short";
    assert_int_equal(refused(f, request, 51, &error), ERR_USAGE);
    char other[ID_MAX];
    id_operation(other);
    request.operation_id = other; /* a chosen id is never joined to a twin */
    assert_string_equal(ask(f, request, 51).operation_id, other);
}

static void a_request_id_is_taken_once(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct request request = {.request_id = "r-1"};
    struct accepted one = ask(f, request, 61);
    begin_work(f, one.operation_id);
    struct accepted two = ask(f, request, 61);
    assert_true(two.repeated);
    assert_string_equal(one.operation_id, two.operation_id);
    assert_int_equal(refused(f, request, 62, &error), ERR_CONFLICT);
}

static void a_stamped_item_finds_the_operation_that_it_joined(void **state)
{
    struct fixture *f = *state;
    char stamp[ID_MAX], unused[ID_MAX];
    id_operation(stamp);
    id_operation(unused);
    struct accepted one = ask(f, (struct request){0}, 71);
    struct request request = {.stamp = stamp};
    struct accepted joined = ask(f, request, 71);
    assert_true(joined.repeated);
    assert_string_equal(joined.operation_id, one.operation_id);
    begin_work(f, one.operation_id); /* and its acceptor dies */
    joined = ask(f, request, 71);
    assert_true(joined.repeated);
    assert_string_equal(joined.operation_id, one.operation_id);
    request.stamp = unused; /* one that joined nothing gets its stamp for its id, once */
    assert_string_equal(ask(f, request, 71).operation_id, unused);
    assert_true(ask(f, request, 71).repeated);
}

struct racer {
    pthread_t thread;
    struct fixture *fixture;
    const char *id;
    int64_t count;
    enum err outcome;
    struct accepted accepted;
};

static void *race(void *context)
{
    struct racer *racer = context;
    struct err_info error;
    struct pg *pg = connected(racer->fixture, PG_LIMITS_SERVICE);
    racer->outcome =
        accept_request(pg, (struct request){.definition = racer->fixture->quick, .operation_id = racer->id},
                       racer->count, &racer->accepted, &error);
    pg_drop(pg);
    return NULL;
}

static void run_race(struct racer *racers, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    for (int i = 0; i < count; i++)
        pthread_join(racers[i].thread, NULL);
}

static void equal_requests_at_once_are_one_operation(void **state)
{
    struct fixture *f = *state;
    struct racer racers[4];
    for (int i = 0; i < 4; i++)
        racers[i] = (struct racer){.fixture = f, .count = 81};
    run_race(racers, 4);
    int fresh = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(racers[i].outcome, ERR_OK);
        assert_string_equal(racers[i].accepted.operation_id, racers[0].accepted.operation_id);
        fresh += !racers[i].accepted.repeated;
    }
    assert_int_equal(fresh, 1);
}

static void different_requests_with_one_id_at_once_leave_one_winner(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 5; round++) {
        struct racer racers[3];
        char id[ID_MAX];
        id_operation(id);
        for (int i = 0; i < 3; i++)
            racers[i] = (struct racer){.fixture = f, .id = id, .count = 91 + i};
        run_race(racers, 3);
        int won = 0;
        for (int i = 0; i < 3; i++) {
            won += racers[i].outcome == ERR_OK;
            assert_true(racers[i].outcome == ERR_OK || racers[i].outcome == ERR_CONFLICT);
        }
        assert_int_equal(won, 1);
    }
}

static void what_the_selection_refuses_is_refused(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct definition *absent = define("absent", "quick absent"), *unknown = define("unknown", "slow numbers"),
                      *mixed = define("mixed", "quick numbers long numbers");
    assert_int_equal(refused(f, (struct request){.definition = absent}, 1, &error), ERR_NOT_FOUND);
    assert_string_equal(error.text, "no such app");
    assert_int_equal(refused(f, (struct request){.definition = unknown}, 1, &error), ERR_PERMANENT);
    assert_int_equal(refused(f, (struct request){.definition = mixed}, 1, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "mixes jobs of the queues history and delivery"));
    definition_drop(absent);
    definition_drop(unknown);
    definition_drop(mixed);
}

/* ---- cancel ---------------------------------------------------------------------------------------------------------
 */

struct canceller {
    pthread_t thread;
    struct pg *pg;
    const char *id;
    enum err outcome;
    struct tally tally;
    atomic_bool done;
};

static void *cancel_in_thread(void *context)
{
    struct canceller *canceller = context;
    struct err_info error;
    canceller->outcome = operation_cancel(canceller->pg, canceller->id, &canceller->tally, &error);
    atomic_store(&canceller->done, true);
    return NULL;
}

static void cancel_flips_at_once_and_returns_after_the_checkpoints_in_hand(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 10);
    finish(f, &op, 1, 4);
    struct canceller canceller = {.pg = connected(f, PG_LIMITS_SERVICE), .id = op.id};
    run_sql(f->pg, "BEGIN"); /* a checkpoint in hand */
    run_sql(f->pg, "SELECT share_tally('%s', true)", op.id);
    assert_int_equal(pthread_create(&canceller.thread, NULL, cancel_in_thread, &canceller), 0);
    while (tally_of(f, op.id).state != OP_CANCELLED)
        continue;
    while (number_of(f->other, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0)
        continue; /* the drain waits */
    assert_false(atomic_load(&canceller.done));
    assert_int_equal(
        number_of(f->other, "SELECT count(*) FROM tally WHERE operation_id = '%s' AND state IN ('running', 'paused')",
                  op.id),
        0); /* no new fence passes */
    run_sql(f->pg, "UPDATE job SET checkpoint = '{\"last\": true}' WHERE operation_id = '%s' AND seq = 5", op.id);
    run_sql(f->pg, "COMMIT");
    pthread_join(canceller.thread, NULL);
    assert_int_equal(canceller.outcome, ERR_OK);
    assert_int_equal(canceller.tally.state, OP_CANCELLED);
    assert_int_equal(canceller.tally.succeeded, 4);
    assert_int_equal(canceller.tally.total, 10);
    assert_sql_text("(null)", f->other,
                    "SELECT nullif(finished_at IS NOT NULL, true) FROM operation WHERE operation_id = '%s'", op.id);
    pg_drop(canceller.pg);
}

static void a_drain_that_takes_too_long_can_be_asked_for_again(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 1);
    struct pg *hasty = connected(f, (struct pg_limits){5000, 0, 50, 0, 30000, true});
    run_sql(f->pg, "BEGIN");
    run_sql(f->pg, "SELECT share_tally('%s', true)", op.id);
    assert_int_equal(operation_cancel(hasty, op.id, &tally, &error), ERR_RETRY);
    assert_int_equal(tally_of(f, op.id).state, OP_CANCELLED);
    run_sql(f->pg, "COMMIT");
    assert_fine(operation_cancel(hasty, op.id, &tally, &error));
    pg_drop(hasty);
}

static void cancelling_twice_is_fine_and_too_late_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2), ended = accept_planned(f, f->quick, 1);
    assert_fine(operation_cancel(f->pg, op.id, &tally, &error));
    int64_t version = tally.version;
    assert_fine(operation_cancel(f->pg, op.id, &tally, &error));
    assert_int_equal(tally.version, version);
    finish(f, &ended, 1, 1);
    assert_fine(operation_advance(f->pg, ended.id, 0, &tally, &error));
    assert_int_equal(operation_cancel(f->pg, ended.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(tally.state, OP_COMPLETED);
    assert_int_equal(tally.succeeded, 1);
}

static void a_paused_operation_can_be_cancelled_but_a_cancelled_one_not_resumed(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2);
    assert_fine(operation_pause(f->pg, op.id, &tally, &error));
    assert_fine(operation_cancel(f->pg, op.id, &tally, &error));
    assert_int_equal(operation_resume(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(operation_pause(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(tally.state, OP_CANCELLED);
}

/* ---- pause, resume, advance
 * ------------------------------------------------------------------------------------------- */

static void resuming_raises_the_generation(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 2);
    assert_int_equal(operation_resume(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    assert_int_equal(tally.state, OP_RUNNING);
    int64_t generation = tally.generation;
    assert_fine(operation_pause(f->pg, op.id, &tally, &error));
    assert_int_equal(tally.state, OP_PAUSED);
    assert_int_equal(tally.generation, generation);
    assert_int_equal(operation_pause(f->pg, op.id, &tally, &error), ERR_CONFLICT);
    struct load *load = load_range(f->pg, op.id, 1, 2);
    assert_int_equal(load->count, 0); /* nothing is begun while it is paused */
    assert_int_equal(load->tally.state, OP_PAUSED);
    load_drop(load);
    assert_fine(operation_resume(f->pg, op.id, &tally, &error));
    assert_int_equal(tally.state, OP_RUNNING);
    assert_int_equal(tally.generation, generation + 1);
}

static void a_phase_ends_once_and_only_when_all_is_settled(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->twofold, 3);
    finish(f, &op, 1, 2);
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.phase, 0); /* one is open */
    finish(f, &op, 3, 3);
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.phase, 1);
    assert_false(tally.planned);
    int64_t version = tally.version;
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error)); /* somebody else was told the same */
    assert_fine(operation_advance(f->pg, op.id, 1, &tally, &error)); /* not planned yet */
    assert_int_equal(tally.version, version);
    assert_int_equal(plan_all(f, op.id).total, 6);
    finish(f, &op, 4, 6);
    assert_fine(operation_advance(f->pg, op.id, 1, &tally, &error));
    assert_int_equal(tally.state, OP_COMPLETED);
    assert_int_equal(tally.succeeded, 6);
    version = tally.version;
    assert_fine(operation_advance(f->pg, op.id, 1, &tally, &error));
    assert_int_equal(tally.version, version);
    assert_int_equal(number_of(f->other,
                               "SELECT count(*) FROM operation WHERE operation_id = '%s' AND finished_at IS NOT NULL",
                               op.id),
                     1);
}

static void a_paused_operation_is_not_advanced(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op op = accept_planned(f, f->quick, 1);
    finish(f, &op, 1, 1);
    assert_fine(operation_pause(f->pg, op.id, &tally, &error));
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.state, OP_PAUSED);
    assert_fine(operation_resume(f->pg, op.id, &tally, &error));
    assert_fine(operation_advance(f->pg, op.id, 0, &tally, &error));
    assert_int_equal(tally.state, OP_COMPLETED);
}

#define checked(test) cmocka_unit_test_teardown(test, check_invariants)

int main(void)
{
    const struct CMUnitTest tests[] = {
        checked(a_request_becomes_an_operation_pinned_to_its_definition),
        checked(an_operation_that_is_not_there_is_not_found),
        checked(a_double_click_is_one_operation_until_work_has_begun),
        checked(a_cancelled_or_paused_twin_is_not_joined),
        checked(a_single_job_says_so),
        checked(a_chosen_id_is_a_receipt),
        checked(a_request_id_is_taken_once),
        checked(a_stamped_item_finds_the_operation_that_it_joined),
        checked(equal_requests_at_once_are_one_operation),
        checked(different_requests_with_one_id_at_once_leave_one_winner),
        checked(what_the_selection_refuses_is_refused),
        checked(cancel_flips_at_once_and_returns_after_the_checkpoints_in_hand),
        checked(a_drain_that_takes_too_long_can_be_asked_for_again),
        checked(cancelling_twice_is_fine_and_too_late_is_a_conflict),
        checked(a_paused_operation_can_be_cancelled_but_a_cancelled_one_not_resumed),
        checked(resuming_raises_the_generation),
        checked(a_phase_ends_once_and_only_when_all_is_settled),
        checked(a_paused_operation_is_not_advanced),
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
