/* Operations: looking them up, accepting requests, and recognising one that was made before. */
#include "common/definitions/definition_registry.h"
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

/* ---- accepting ----------------------------------------------------------------------------------------------- */

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
    assert_fine(definition_of_operation(f->pg, operation, &pinned, &error));
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
    };
    return cmocka_run_group_tests(tests, queue_setup, queue_teardown);
}
