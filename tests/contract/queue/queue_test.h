/* What the contract tests of the queue share: both stores, migrated once; for each test empty tables and a prefix of
 * its own. */
#ifndef REPRISE_TESTS_QUEUE_TEST_H
#define REPRISE_TESTS_QUEUE_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/queue/redis_snapshot.h"
#include "common/store/migrate.h"
#include "embedded/lua.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

#define assert_fine(call) assert_no_error((call), &error, __FILE__, __LINE__)

static inline void assert_no_error(enum err outcome, const struct err_info *error, const char *file, int line)
{
    if (outcome)
        print_error("%s [%s] %s\n", err_name(outcome), error->sqlstate, error->text);
    _assert_true(outcome == ERR_OK, "it succeeds", file, line);
}

struct queue_test {
    struct stores *stores;
    struct pg *pg;
    struct redis_address address;
    struct redis *redis;
    struct redis_args *args;
    char prefix[96];
    int number; /* of the test */
};

/* Several statements without parameters. */
static inline void PRINTF_LIKE(2, 3) sql(struct queue_test *t, const char *format, ...)
{
    struct buf text = BUF_INIT;
    struct err_info error = {.code = ERR_OK};
    va_list values;
    va_start(values, format);
    char *room = buf_reserve(&text, 65536);
    vsnprintf(room, 65536, format, values);
    va_end(values);
    assert_fine(pg_script(t->pg, room, &error));
    buf_fini(&text);
}

static inline void queue_test_connect(struct queue_test *t)
{
    struct err_info error = {.code = ERR_OK};
    t->pg = pg_new(stores_postgres_url(t->stores), "test", PG_LIMITS_PROGRAM);
    assert_fine(pg_ready(t->pg, &error));
    assert_fine(redis_address_parse(stores_redis_url(t->stores), &t->address, &error));
    t->redis = redis_new(&t->address, 5000, 5000);
    t->args = redis_args_new();
    struct migrate_done done;
    assert_fine(migrate_ensure(t->pg, MIGRATE_ANY, &done, &error));
    assert_fine(pg_ready(t->pg, &error));
}

static inline int queue_test_open(void **state)
{
    struct queue_test *t = mem_zalloc(sizeof *t);
    t->stores = stores_new();
    queue_test_connect(t);
    *state = t;
    return 0;
}

static inline int queue_test_close(void **state)
{
    struct queue_test *t = *state;
    redis_args_drop(t->args);
    redis_drop(t->redis);
    redis_address_fini(&t->address);
    pg_drop(t->pg);
    stores_drop(t->stores);
    free(t);
    return 0;
}

static inline int queue_test_fresh(void **state)
{
    struct queue_test *t = *state;
    snprintf(t->prefix, sizeof t->prefix, "%s%d", stores_prefix(t->stores), ++t->number);
    sql(t, "TRUNCATE operation, operation_alias, tally, job, job_outcome, exclusive, apps, repositories, deliveries, "
           "delivery_intents, definition_versions, activity, activity_fresh, cost_audit_log, cost_webhook "
           "CASCADE");
    return 0;
}

/* ---- Redis ----------------------------------------------------------------------------------------------------- */

/* A command of words separated by spaces; ':' at a word's beginning stands for the prefix and a colon. The caller
 * frees. */
static inline redisReply *PRINTF_LIKE(2, 3) command(struct queue_test *t, const char *format, ...)
{
    char words[4096];
    struct err_info error = {.code = ERR_OK};
    redisReply *reply = NULL;
    va_list values;
    va_start(values, format);
    int len = vsnprintf(words, sizeof words, format, values);
    va_end(values);
    assert_in_range(len, 1, sizeof words - 1);
    redis_args_reset(t->args);
    char *rest = words;
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " "))
        redis_argf(t->args, "%s%s", word[0] == ':' ? t->prefix : "", word);
    assert_fine(redis_run(t->redis, t->args, &reply, &error));
    return reply;
}

#define run_command(...) freeReplyObject(command(__VA_ARGS__))

static inline int64_t number_in(redisReply *reply)
{
    int64_t number = redis_int(reply);
    freeReplyObject(reply);
    return number;
}
#define number_from(...) number_in(command(__VA_ARGS__))

/* The texts of a reply (a list, or one text), joined by spaces; the caller frees. */
static inline char *joined(redisReply *reply)
{
    struct buf out = BUF_INIT;
    if (reply->type == REDIS_REPLY_ARRAY)
        for (size_t i = 0; i < redis_count(reply); i++)
            buf_addf(&out, "%s%s", i > 0 ? " " : "", redis_text(redis_item(reply, i)));
    else if (reply->type == REDIS_REPLY_INTEGER)
        buf_add_int(&out, reply->integer);
    else
        buf_add_str(&out, redis_text(reply));
    freeReplyObject(reply);
    return buf_take(&out);
}

static inline void assert_texts_at(redisReply *reply, const char *expected, const char *file, int line)
{
    char *got = joined(reply);
    _assert_string_equal(got, expected, file, line);
    free(got);
}
#define assert_texts(reply, expected) assert_texts_at((reply), (expected), __FILE__, __LINE__)

/* A script, with keys and arguments as words: the keys stand before "|". */
static inline redisReply *PRINTF_LIKE(3, 4) script(struct queue_test *t, const struct lua *lua, const char *format, ...)
{
    char words[8192];
    struct err_info error = {.code = ERR_OK};
    redisReply *reply = NULL;
    va_list values;
    va_start(values, format);
    int len = vsnprintf(words, sizeof words, format, values);
    va_end(values);
    assert_in_range(len, 1, sizeof words - 1);
    redis_args_reset(t->args);
    int keys = -1;
    char *rest = words;
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        if (strcmp(word, "|") == 0)
            keys = redis_args_count(t->args);
        else /* "''" is an empty argument */
            redis_argf(t->args, "%s%s", word[0] == ':' ? t->prefix : "", strcmp(word, "''") == 0 ? "" : word);
    }
    assert_in_range(keys, 1, 1000);
    assert_fine(redis_run_script(t->redis, lua, keys, t->args, &reply, &error));
    return reply;
}
#define script_number(...) number_in(script(__VA_ARGS__))

/* After each script: what the hashes count is what stands in the lists (I5, I9), and no window is exceeded. */
static inline void assert_windows(struct queue_test *t)
{
    struct err_info error = {.code = ERR_OK};
    const struct dispatch dispatch = {t->redis, t->prefix};
    const struct redis_snapshot_spec spec = {
        .whole = true, .with_inbox = true, .entries_max = REDIS_SNAPSHOT_ALL_ENTRIES};
    struct redis_snapshot *snapshot = NULL;
    assert_fine(redis_snapshot_take(&dispatch, &spec, &snapshot, &error));
    for (const struct snapshot_operation *op = snapshot->operations; op != NULL; op = op->hh.next)
        if (op->present) {
            assert_int_equal(op->window_chunks, op->out);
            assert_int_equal(op->due_chunks, op->dues);
            assert_in_range(op->due_chunks, 0, op->window);
        }
    for (size_t i = 0; i < snapshot->list_count; i++)
        assert_null(snapshot->lists[i].unreadable);
    redis_snapshot_drop(snapshot);
}

#endif
