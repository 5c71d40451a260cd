/* Redis wiped, replaced or rolled back: what is noticed, what is built again, and what stays. */
#include "common/queue/rebuild.h"

#include "embedded/lua.h"
#include "tests/contract/queue/fixture.h"

static bool rebuilt(struct fixture *f)
{
    struct err_info error;
    bool did;
    assert_fine(rebuild_if_needed(&f->dispatch, f->pg, f->other, &did, &error));
    assert_fine(pg_ready(f->other, &error));
    return did;
}

static void assert_epoch_is_true(struct fixture *f)
{
    PGresult *epoch = query(f->pg, "SELECT epoch FROM store_state");
    assert_redis_text(pg_text(epoch, 0, 0), f, "GET {}:epoch");
    PQclear(epoch);
}

/* An operation dispatched, some of it done, and things of its in every list. */
static struct op scattered(struct fixture *f)
{
    struct err_info error;
    struct op op = accept_planned(f, f->quick, 100);
    finish(f, &op, 1, 25);
    assert_fine(dispatch_open(&f->dispatch, f->pg, op.id, &error));
    redis_do(f, "ZADD {}:workers 1 w_gone");
    redis_do(f, "LMOVE {}:queue:history {}:active:history:w_gone LEFT RIGHT");
    redis_do(f, "RPUSH {}:suspects:history {\"junk\":1}");
    redis_do(f, "ZADD {}:delayed:history 5 %s", op.id);
    redis_do(f, "RPUSH {}:queue:delivery {\"junk\":2}");
    redis_do(f, "RPUSH {}:inbox {\"definition\":\"quick\"}");
    redis_do(f, "RPUSH {}:inbox:active:w_gone {\"definition\":\"quick\"}");
    return op;
}

static void assert_dispatched_again(struct fixture *f, const struct op *op, int64_t generation)
{
    assert_int_equal(tally_of(f, op->id).generation, generation);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op->id), generation);
    char first[CHUNK_TEXT_MAX];
    snprintf(first, sizeof first, "{\"op\":\"%s\",\"gen\":%d,\"from\":26,\"to\":35,\"w\":1}", op->id, (int)generation);
    assert_redis_text(first, f, "LINDEX {}:queue:history 0"); /* from its lowest open job */
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 3);
    assert_int_equal(
        redis_number(f, "EXISTS {}:active:history:w_gone {}:suspects:history {}:delayed:history {}:queue:delivery"), 0);
}

static void an_empty_redis_is_built_from_postgresql(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 100);
    finish(f, &op, 1, 25);
    assert_true(rebuilt(f));
    assert_epoch_is_true(f);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 3);
    assert_int_equal(redis_number(f, "HGET {}:op:%s completed", op.id), 25);
    assert_int_equal(redis_number(f, "SISMEMBER {}:ops %s", op.id), 1);
    assert_false(rebuilt(f)); /* once */
    assert_int_equal(tally_of(f, op.id).generation, 2);
}

static void a_redis_of_another_time_loses_its_lists_but_not_the_inbox(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    struct op op = scattered(f);
    redis_do(f, "SET {}:epoch another");
    assert_true(rebuilt(f));
    assert_epoch_is_true(f);
    assert_dispatched_again(f, &op, 2);
    assert_int_equal(redis_number(f, "LLEN {}:inbox"), 1);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:active:w_gone"), 1);
}

static void a_counter_that_went_back_gives_a_rollback_away(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    redis_do(f, "SET {}:beats 500");
    assert_false(rebuilt(f));
    assert_int_equal(number_of(f->other, "SELECT beats FROM store_state"), 500); /* remembered */
    struct op op = scattered(f);
    redis_do(f, "SET {}:beats 499");
    assert_true(rebuilt(f));
    assert_dispatched_again(f, &op, 2);
    assert_int_equal(redis_number(f, "GET {}:beats"), 500); /* goes on from there */
    redis_do(f, "INCR {}:beats");
    assert_false(rebuilt(f));
}

/* A restart that lost less than a beat: epoch and counter are as they were. */
static void another_run_of_redis_is_not_believed(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    assert_int_equal(number_of(f->other, "SELECT length(redis_run) FROM store_state"), 40);
    struct op op = scattered(f);
    run_sql(f->pg, "UPDATE store_state SET redis_run = 'the one before'");
    assert_true(rebuilt(f));
    assert_epoch_is_true(f);
    assert_dispatched_again(f, &op, 2);
    assert_false(rebuilt(f)); /* it is remembered */
}

static void a_run_that_was_never_known_is_taken_down(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    run_sql(f->pg, "UPDATE store_state SET redis_run = NULL"); /* as after an upgrade */
    assert_false(rebuilt(f));
    assert_int_equal(number_of(f->other, "SELECT length(redis_run) FROM store_state"), 40);
}

static void a_redis_that_hides_its_run_is_judged_by_the_rest(void **state)
{
    struct fixture *f = *state;
    struct redis *all_seeing = f->dispatch.redis;
    struct redis_address address = f->address;
    address.user = "blinkered", address.password = "blinkered";
    redis_do(f, "ACL SETUSER blinkered on >blinkered ~* &* +@all -info");
    assert_true(rebuilt(f));
    run_sql(f->pg, "UPDATE store_state SET redis_run = 'the one before'");
    f->dispatch.redis = redis_new(&address, 5000, 5000);
    assert_false(rebuilt(f));
    redis_do(f, "SET {}:epoch another");
    assert_true(rebuilt(f));
    redis_drop(f->dispatch.redis);
    f->dispatch.redis = all_seeing;
    redis_do(f, "ACL DELUSER blinkered");
}

static void a_counter_beyond_reason_is_not_taken_over(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    redis_do(f, "SET {}:beats 7");
    assert_false(rebuilt(f));
    static const char *const written[] = {
        "9223372036854775807", "-1",         "nonsense", "1125899906842623", /* 2^50 - 1 */
        "9007199254740993",    "2000000000", "1.5",      "1e3",
        "99999999999999999999"};
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        redis_do(f, "SET {}:beats %s", written[i]);
        assert_true(rebuilt(f));
        assert_int_equal(redis_number(f, "INCR {}:beats"), 8);
        redis_do(f, "SET {}:beats 7");
        assert_false(rebuilt(f));
        assert_int_equal(number_of(f->other, "SELECT beats FROM store_state"), 7);
    }
}

/* As one was left that had believed such a counter: it is rebuilt once, not each second. */
static void a_counter_that_was_believed_is_begun_again(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    run_sql(f->other, "UPDATE store_state SET beats = 1125899906842622");
    redis_do(f, "SET {}:beats 1125899906842630");
    assert_true(rebuilt(f));
    redis_do(f, "INCR {}:beats");
    assert_false(rebuilt(f));
    assert_in_range(number_of(f->other, "SELECT beats FROM store_state"), 0, 10);
}

static void a_rebuild_that_died_is_made_again(void **state)
{
    struct fixture *f = *state;
    assert_true(rebuilt(f));
    struct op op = scattered(f);
    redis_do(f, "SET {}:epoch nonce:w_dead"); /* wiped and not sealed */
    assert_true(rebuilt(f));
    assert_epoch_is_true(f);
    assert_dispatched_again(f, &op, 2);
}

static int64_t run_lua(struct fixture *f, const struct lua *script, const char *const *keys,
                       const char *const *arguments)
{
    struct err_info error;
    struct redis_args *args = redis_args_new();
    redisReply *reply = NULL;
    int count = 0;
    for (; keys[count] != NULL; count++)
        redis_argf(args, "%s%s", f->dispatch.prefix, keys[count]);
    for (int i = 0; arguments[i] != NULL; i++)
        redis_arg(args, arguments[i]);
    assert_fine(redis_run_script(f->redis, script, count, args, &reply, &error));
    int64_t number = redis_int(reply);
    freeReplyObject(reply);
    redis_args_drop(args);
    return number;
}

static void a_slow_rebuilder_neither_wipes_nor_seals_what_another_built(void **state)
{
    struct fixture *f = *state;
    static const char *const wiped[] = {":epoch", ":ops", ":inbox", ":inbox:count", ":queue:history", NULL},
                             *const sealed[] = {":epoch", ":beats", NULL};
    assert_true(rebuilt(f));
    scattered(f);
    const char *const late[] = {"", "nonce:late", "era", NULL}; /* it found an empty Redis */
    assert_int_equal(run_lua(f, &lua_wipe, wiped, late), 0);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 2);
    assert_epoch_is_true(f);
    redis_do(f, "SET {}:epoch nonce:other");
    const char *const seal[] = {"nonce:late", "true", "7", NULL};
    assert_int_equal(run_lua(f, &lua_seal, sealed, seal), 0);
    assert_redis_text("nonce:other", f, "GET {}:epoch");
}

struct rebuilder {
    pthread_t thread;
    struct fixture *fixture;
    enum err outcome;
    bool did;
};

static void *rebuild_in_thread(void *context)
{
    struct rebuilder *rebuilder = context;
    struct fixture *f = rebuilder->fixture;
    struct err_info error;
    struct pg *pg = connected(f, PG_LIMITS_SERVICE), *lock = connected(f, PG_LIMITS_HOT);
    struct redis *redis = redis_new(&f->address, 5000, 5000);
    struct dispatch dispatch = {redis, f->dispatch.prefix};
    rebuilder->outcome = rebuild_if_needed(&dispatch, pg, lock, &rebuilder->did, &error);
    redis_drop(redis);
    pg_drop(lock);
    pg_drop(pg);
    return NULL;
}

static void who_waited_for_the_lock_looks_again(void **state)
{
    struct fixture *f = *state;
    struct op op = accept_planned(f, f->quick, 10);
    struct rebuilder rebuilders[3];
    run_sql(f->other, "BEGIN");
    run_sql(f->other, "SELECT pg_advisory_xact_lock(hashtextextended('rebuild', 0))");
    for (int i = 0; i < 3; i++) {
        rebuilders[i] = (struct rebuilder){.fixture = f};
        assert_int_equal(pthread_create(&rebuilders[i].thread, NULL, rebuild_in_thread, &rebuilders[i]), 0);
    }
    while (number_of(f->pg, "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = "
                            "current_database() WHERE locktype = 'advisory' AND NOT granted") < 3)
        continue;
    run_sql(f->other, "COMMIT");
    int did = 0;
    for (int i = 0; i < 3; i++) {
        pthread_join(rebuilders[i].thread, NULL);
        assert_int_equal(rebuilders[i].outcome, ERR_OK);
        did += rebuilders[i].did;
    }
    assert_int_equal(did, 1);
    assert_int_equal(tally_of(f, op.id).generation, 2);
}

static void what_has_ended_or_is_paused_stays_so(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct tally tally;
    struct op ended = accept_planned(f, f->quick, 1), paused = accept_planned(f, f->quick, 20);
    finish(f, &ended, 1, 1);
    assert_fine(operation_advance(f->pg, ended.id, 0, &tally, &error));
    assert_fine(operation_pause(f->pg, paused.id, &tally, &error));
    assert_true(rebuilt(f));
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s", ended.id), 0);
    assert_redis_text("paused", f, "HGET {}:op:%s state", paused.id);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 0);
    assert_fine(operation_resume(f->pg, paused.id, &tally, &error));
    assert_fine(dispatch_open(&f->dispatch, f->pg, paused.id, &error));
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 2);
}

/* A store_state without its row vouches for nothing, and a worker must not die of it. */
static void a_state_that_is_gone_is_told(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    bool did;
    run_sql(f->pg, "DELETE FROM store_state");
    assert_int_equal(rebuild_if_needed(&f->dispatch, f->pg, f->other, &did, &error), ERR_PERMANENT);
    assert_non_null(strstr(error.text, "store_state"));
    run_sql(f->pg, "INSERT INTO store_state DEFAULT VALUES");
    assert_true(rebuilt(f));
}

static int teardown(void **state)
{
    assert_invariants(*state);
    return queue_teardown(state);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, queue_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(an_empty_redis_is_built_from_postgresql),
        fresh(a_redis_of_another_time_loses_its_lists_but_not_the_inbox),
        fresh(a_counter_that_went_back_gives_a_rollback_away),
        fresh(another_run_of_redis_is_not_believed),
        fresh(a_run_that_was_never_known_is_taken_down),
        fresh(a_redis_that_hides_its_run_is_judged_by_the_rest),
        fresh(a_counter_beyond_reason_is_not_taken_over),
        fresh(a_counter_that_was_believed_is_begun_again),
        fresh(a_rebuild_that_died_is_made_again),
        fresh(a_slow_rebuilder_neither_wipes_nor_seals_what_another_built),
        fresh(who_waited_for_the_lock_looks_again),
        fresh(what_has_ended_or_is_paused_stays_so),
        fresh(a_state_that_is_gone_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
