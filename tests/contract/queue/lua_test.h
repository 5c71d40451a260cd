/* What the tests of the scripts share: one operation of 100 jobs, and its chunks. After each test the windows add up.
 */
#ifndef REPRISE_TESTS_LUA_TEST_H
#define REPRISE_TESTS_LUA_TEST_H

#include "tests/contract/queue/queue_test.h"

#define OP "op_01HKM0000000000000000000A1"
#define OTHER "op_01HKM0000000000000000000B2"
#define QUEUE ":queue:delivery"
#define ACTIVE ":active:delivery:w_1"
#define HASH ":op:" OP
#define NOTHING "0 0 '' 0 0 0 0 0 0 ''"

/* Chunks of OP as _feed.lua writes them. */
#define CHUNK(gen, from, to) "{\"op\":\"" OP "\",\"gen\":" #gen ",\"from\":" #from ",\"to\":" #to ",\"w\":1}"
#define FIRST(gen, from, to)                                                                                           \
    "{\"op\":\"" OP "\",\"gen\":" #gen ",\"from\":" #from ",\"to\":" #to ",\"w\":1,\"first\":1}"
#define DUE(gen) "{\"op\":\"" OP "\",\"gen\":" #gen ",\"due\":true}"

/* Opens 100 jobs in chunks of 10. `version`: of a tally that runs and has settled nothing. */
static inline int64_t open_op(struct queue_test *t, int generation, int window, int version)
{
    return script_number(t, &lua_open,
                         HASH " " QUEUE " :ops :delayed:delivery | " OP " %d 1 100 10 %d 0 -1 :events "
                              "1 %d running 0 100 0 0 0 0 '' queue delivery subject a/b",
                         generation, window, version);
}

/* Finishes a chunk that settled nothing. */
static inline int64_t finish(struct queue_test *t, const char *chunk, int generation, const char *class, int next_open)
{
    return script_number(t, &lua_finish,
                         ACTIVE " " HASH " " QUEUE " :delayed:delivery | %s " OP " %d %s %d -1 0 :events " NOTHING,
                         chunk, generation, class, next_open);
}

static inline redisReply *take(struct queue_test *t, int n)
{
    return script(t, &lua_take, QUEUE " " ACTIVE " | %d ''", n);
}

static inline redisReply *queue(struct queue_test *t)
{
    return command(t, "LRANGE " QUEUE " 0 -1");
}

static inline redisReply *fields(struct queue_test *t, const char *names)
{
    return command(t, "HMGET " HASH " %s", names);
}

/* The windows are counted over the lists of known workers. */
static inline int fresh_with_a_worker(void **state)
{
    queue_test_fresh(state);
    run_command((struct queue_test *)*state, "ZADD :workers 1 w_1");
    return 0;
}

static inline int windows_add_up(void **state)
{
    assert_windows(*state);
    return 0;
}

/* A test of the scripts: its tables and keys are fresh, and the windows add up after it. */
#define LUA_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_with_a_worker, windows_add_up)

#endif
