/* The scripts of workers' lives: beat, reap, accept, refuse; and of a rebuild: wipe, seal; and the checker's own:
 * inspect. */
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/queue/chunk.h"
#include "tests/contract/queue/queue_test.h"

#define QUEUE ":queue:delivery"
#define ACTIVE ":active:delivery:w_1"
#define CHUNK(n) "{\"op\":\"op_01HKM0000000000000000000A1\",\"gen\":1,\"from\":" #n ",\"to\":" #n ",\"w\":1}"
#define DUE "{\"op\":\"op_01HKM0000000000000000000A1\",\"gen\":1,\"due\":true}"
#define DAY_MS "86400000"
#define FAR "99999999999999"

static void assert_list(struct queue_test *t, const char *key, const char *expected)
{
    assert_texts(command(t, "LRANGE %s 0 -1", key), expected);
}

/* ---- beat -------------------------------------------------------------------------------------------------------- */

enum { BEAT_DROPPED, BEAT_BEATS, BEAT_SILENT, BEAT_UNKNOWN, BEAT_DUE };

/* One queue; `held` and `named` are counts followed by that many chunks. */
static redisReply *beat(struct queue_test *t, const char *held, const char *named)
{
    return script(t, &lua_beat,
                  ":workers :worker:w_1 :epoch :beats " QUEUE " " ACTIVE " :delayed:delivery | w_1 {} 5000 0 10 %s %s",
                  held, named);
}

static void assert_item(redisReply *reply, size_t index, const char *expected)
{
    struct buf out = BUF_INIT;
    const redisReply *list = redis_item(reply, index);
    for (size_t i = 0; i < redis_count(list); i++)
        buf_addf(&out, "%s%s", i > 0 ? " " : "", redis_text(redis_item(list, i)));
    assert_string_equal(out.len > 0 ? out.data : "", expected);
    buf_fini(&out);
}

static void a_beat_shows_life_and_counts(void **state)
{
    struct queue_test *t = *state;
    redisReply *first = beat(t, "0", "0");
    assert_int_equal(redis_int(redis_item(first, BEAT_DROPPED)), 0);
    assert_int_equal(redis_int(redis_item(first, BEAT_BEATS)), 1);
    freeReplyObject(first);
    redisReply *second = beat(t, "0", "0");
    assert_int_equal(redis_int(redis_item(second, BEAT_BEATS)), 2);
    assert_int_equal(redis_count(redis_item(second, BEAT_SILENT)), 0);
    freeReplyObject(second);
    assert_texts(command(t, "GET :worker:w_1"), "{}");
    assert_in_range(number_from(t, "PTTL :worker:w_1"), 1, 5000);
    assert_int_equal(number_from(t, "ZCARD :workers"), 1);
}

/* A key of ours, then bytes as they are. */
static void run_bytes(struct queue_test *t, const char *verb, const char *key, const char *score, const char *bytes,
                      size_t len)
{
    struct err_info error = {.code = ERR_OK};
    redis_args_reset(t->args);
    redis_arg(t->args, verb);
    redis_argf(t->args, "%s%s", t->prefix, key);
    if (score != NULL)
        redis_arg(t->args, score);
    redis_arg_len(t->args, bytes, len);
    assert_fine(redis_run(t->redis, t->args, NULL, &error));
}

static const struct {
    const char *bytes;
    size_t len;
} spoilt[] = {{"{\"op\":\0x}", 10}, {"\0", 1}, {"\xff\xfe\0\xff", 4}};

static void a_beat_drops_what_none_of_us_writes(void **state)
{
    struct queue_test *t = *state;
    char *big = mem_zalloc(1000001);
    memset(big, 'x', 1000000);
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        run_bytes(t, "RPUSH", ACTIVE, NULL, spoilt[i].bytes, spoilt[i].len);
        run_bytes(t, "ZADD", ":delayed:delivery", "1", spoilt[i].bytes, spoilt[i].len);
        run_bytes(t, "ZADD", ":workers", "1", spoilt[i].bytes, spoilt[i].len);
    }
    run_bytes(t, "RPUSH", ACTIVE, NULL, big, 1000000);
    run_bytes(t, "ZADD", ":delayed:delivery", "1", big, 1000000);
    run_bytes(t, "ZADD", ":workers", "1", big, 1000000);
    run_bytes(t, "ZADD", ":workers", "1", "", 0);
    run_bytes(t, "ZADD", ":workers", "inf", "w_far", 5);
    run_bytes(t, "ZADD", ":delayed:delivery", "inf", "op_far", 6);
    run_command(t, "RPUSH " ACTIVE " nonsense");
    redisReply *reply = beat(t, "0", "0");
    assert_int_equal(redis_int(redis_item(reply, BEAT_DROPPED)), 15);
    assert_item(reply, BEAT_UNKNOWN, "nonsense"); /* goes back, and the worker that takes it says so */
    assert_item(reply, BEAT_SILENT, "");
    assert_item(reply, BEAT_DUE, "");
    freeReplyObject(reply);
    assert_list(t, ACTIVE, "nonsense");
    assert_int_equal(number_from(t, "EXISTS :delayed:delivery"), 0);
    assert_int_equal(number_from(t, "ZCARD :workers"), 1);
    free(big);
}

/* The ids that a client made up, `count` of them, `ago_ms` before now. */
static void forge_workers(struct queue_test *t, const char *name, int count, int ago_ms)
{
    redis_args_reset(t->args);
    redis_arg(t->args, "EVAL");
    redis_arg(t->args, "local time = redis.call('TIME') for i = 1, ARGV[2] do "
                       "redis.call('ZADD', KEYS[1], time[1] * 1000 - ARGV[3] + i / 1000, ARGV[1] .. i) end");
    redis_arg_int(t->args, 1);
    redis_argf(t->args, "%s:workers", t->prefix);
    redis_arg(t->args, name);
    redis_arg_int(t->args, count);
    redis_arg_int(t->args, ago_ms);
    struct err_info error = {.code = ERR_OK};
    assert_fine(redis_run(t->redis, t->args, NULL, &error));
}

static void made_up_workers_are_bounded_and_push_out_no_true_one(void **state)
{
    struct queue_test *t = *state;
    forge_workers(t, "old", 3000, 10 * 60 * 1000);
    forge_workers(t, "late", 3000, -60 * 60 * 1000);
    run_command(t, "ZADD :workers 1 w_oldest");
    redisReply *reply = beat(t, "0", "0");
    assert_in_range(redis_int(redis_item(reply, BEAT_DROPPED)), 2001, 2002);
    freeReplyObject(reply);
    assert_int_equal(number_from(t, "ZCARD :workers"), 4000);
    assert_in_range(number_from(t, "ZSCORE :workers w_1"), 2, INT64_MAX);
    redisReply *again = beat(t, "0", "0");
    assert_int_equal(redis_int(redis_item(again, BEAT_DROPPED)), 0);
    freeReplyObject(again);
}

static void fields_that_none_of_us_writes_go_unread(void **state)
{
    struct queue_test *t = *state;
    char *big = mem_zalloc(1000001);
    memset(big, 'x', 1000000);
    run_command(t, "HSET :op:x gen 4 state running");
    run_bytes(t, "HSET", ":op:x", "out", big, 1000000);
    run_bytes(t, "HSET", ":op:x", "cancelled", big, 1000000);
    redisReply *fields = script(t, &lua_fields, ":op:x | gen out absent");
    assert_string_equal(redis_text(redis_item(fields, 0)), "4");
    assert_int_equal(redis_item(fields, 1)->type, REDIS_REPLY_NIL);
    assert_int_equal(redis_item(fields, 2)->type, REDIS_REPLY_NIL);
    freeReplyObject(fields);
    redisReply *flagged = script(t, &lua_flags, ":op:x |");
    assert_int_equal(redis_count(flagged), 0);
    freeReplyObject(flagged);
    assert_int_equal(number_from(t, "HLEN :op:x"), 2);
    free(big);
}

static void entries_are_cut(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " abcdef ghi jkl");
    run_command(t, "RPUSH " ACTIVE " mno");
    redisReply *lists = script(t, &lua_entries, QUEUE " " ACTIVE " | 2 0 4");
    assert_int_equal(redis_count(redis_item(lists, 0)), 2);
    assert_string_equal(redis_text(redis_item(redis_item(lists, 0), 0)), "abcd");
    assert_string_equal(redis_text(redis_item(redis_item(lists, 1), 0)), "mno");
    freeReplyObject(lists);
    lists = script(t, &lua_entries, QUEUE " " ACTIVE " | 0 3 4");
    assert_int_equal(redis_count(redis_item(lists, 0)), 3);
    assert_int_equal(redis_count(redis_item(lists, 1)), 0);
    freeReplyObject(lists);
}

static void what_is_too_long_to_be_a_chunk_is_cut_and_gone(void **state)
{
    struct queue_test *t = *state;
    char *big = mem_zalloc(1000001);
    memset(big, 'x', 1000000);
    run_bytes(t, "RPUSH", QUEUE, NULL, big, 1000000);
    run_command(t, "RPUSH " QUEUE " a");
    redisReply *taken = script(t, &lua_take, QUEUE " " ACTIVE " | 2 ''");
    assert_int_equal(redis_item(taken, 0)->len, 300);
    assert_string_equal(redis_text(redis_item(taken, 1)), "a");
    freeReplyObject(taken);
    assert_list(t, ACTIVE, "a");
    run_bytes(t, "RPUSH", ACTIVE, NULL, big, 1000000);
    redisReply *moved =
        script(t, &lua_reap, ":workers :worker:w_1 :inbox :inbox:active:w_1 " ACTIVE " " QUEUE " | w_1 0 '' " DAY_MS);
    assert_int_equal(redis_count(moved), 1);
    freeReplyObject(moved);
    assert_list(t, QUEUE, "a");
    free(big);
}

static void a_beat_names_what_the_worker_does_not_know(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1) " " CHUNK(2) " " CHUNK(3));
    redisReply *reply = beat(t, "2 " CHUNK(1) " " CHUNK(3), "0");
    assert_item(reply, BEAT_UNKNOWN, CHUNK(2));
    freeReplyObject(reply);
    assert_list(t, ACTIVE, CHUNK(1) " " CHUNK(2) " " CHUNK(3)); /* once is not enough: a take may be under way */
    assert_list(t, QUEUE, "");
}

static void what_is_named_twice_goes_back_to_the_head(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " " CHUNK(9));
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1) " " CHUNK(2));
    redisReply *reply = beat(t, "1 " CHUNK(1), "1 " CHUNK(2));
    assert_item(reply, BEAT_UNKNOWN, "");
    freeReplyObject(reply);
    assert_list(t, ACTIVE, CHUNK(1));
    assert_list(t, QUEUE, CHUNK(2) " " CHUNK(9));
}

static void what_has_become_known_meanwhile_stays(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1));
    freeReplyObject(beat(t, "1 " CHUNK(1), "1 " CHUNK(1)));
    freeReplyObject(beat(t, "0", "1 " CHUNK(7))); /* gone already: nothing to give back */
    assert_list(t, ACTIVE, CHUNK(1));
    assert_list(t, QUEUE, "");
}

static void a_beat_tells_who_is_silent_and_what_is_due(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "ZADD :workers 1 w_old 2 w_older " FAR " w_young");
    run_command(t, "ZADD :delayed:delivery 1 op_due " FAR " op_later");
    redisReply *reply = beat(t, "0", "0");
    assert_item(reply, BEAT_SILENT, "w_older w_old");
    assert_item(reply, BEAT_DUE, "op_due");
    freeReplyObject(reply);
    assert_int_equal(number_from(t, "ZCARD :delayed:delivery"), 2); /* it is due.lua that takes it */
}

/* ---- reap -------------------------------------------------------------------------------------------------------- */

static redisReply *reap(struct queue_test *t, const char *dead_ms, const char *target, const char *how)
{
    return script(t, &lua_reap, ":workers :worker:w_1 :inbox :inbox:active:w_1 " ACTIVE " %s | w_1 %s %s " DAY_MS,
                  target, dead_ms, how);
}

/* It is listed for ten seconds more, as one whose last beat is a day old, in which its lists are looked after. */
static void one_that_ended_by_itself_is_forgotten_soon(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "ZADD :workers %lld w_1", (long long)(clock_wall_us() / 1000));
    run_command(t, "SET :worker:w_1 {}");
    freeReplyObject(reap(t, "0", QUEUE, "ended"));
    int64_t forgotten_ms = clock_wall_us() / 1000 - strtoll(DAY_MS, NULL, 10);
    assert_int_equal(number_from(t, "EXISTS :worker:w_1"), 0);
    assert_in_range(number_from(t, "ZSCORE :workers w_1"), forgotten_ms + 5000, forgotten_ms + 10000);
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1)); /* a BLMOVE that was late */
    freeReplyObject(reap(t, "5000", QUEUE, "''"));
    assert_list(t, QUEUE, CHUNK(1));
    assert_int_equal(number_from(t, "ZCARD :workers"), 1);
    run_command(t, "ZINCRBY :workers -20000 w_1");
    freeReplyObject(reap(t, "5000", QUEUE, "''"));
    assert_int_equal(number_from(t, "ZCARD :workers"), 0);
}

static void what_the_dead_held_goes_back_to_the_head_in_order(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "ZADD :workers 1 w_1");
    run_command(t, "RPUSH " QUEUE " " CHUNK(9));
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1) " " CHUNK(2));
    run_command(t, "RPUSH :inbox newest");
    run_command(t, "RPUSH :inbox:active:w_1 older old");
    redisReply *moved = reap(t, "5000", QUEUE, "''");
    assert_int_equal(redis_count(moved), 2);
    freeReplyObject(moved);
    assert_list(t, QUEUE, CHUNK(1) " " CHUNK(2) " " CHUNK(9));
    assert_list(t, ACTIVE, "");
    assert_list(t, ":inbox", "older old newest");
    assert_texts(reap(t, "5000", QUEUE, "''"), "");
}

static void the_living_are_not_reaped(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " ACTIVE " " CHUNK(1));
    run_command(t, "ZADD :workers " FAR " w_1");
    assert_texts(reap(t, "5000", QUEUE, "''"), ""); /* beat lately */
    run_command(t, "ZADD :workers 1 w_1");
    run_command(t, "SET :worker:w_1 {}");
    assert_texts(reap(t, "5000", QUEUE, "''"), ""); /* its heartbeat has not expired */
    assert_list(t, ACTIVE, CHUNK(1));
    assert_texts(reap(t, "0", QUEUE, "''"), CHUNK(1)); /* its supervisor saw it die */
    assert_int_equal(number_from(t, "EXISTS :worker:w_1"), 0);
    assert_list(t, QUEUE, CHUNK(1));
}

/* The first entry of the suspects, which must be readable as a chunk. */
static struct chunk first_suspect(struct queue_test *t)
{
    struct err_info error;
    struct chunk chunk;
    redisReply *entry = command(t, "LINDEX :suspects:delivery 0");
    assert_fine(chunk_parse(entry->str, entry->len, &chunk, &error));
    freeReplyObject(entry);
    return chunk;
}

static void a_fatal_signal_makes_suspects_that_know_their_worker(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " ACTIVE " " DUE);
    freeReplyObject(reap(t, "0", ":suspects:delivery", "suspect"));
    struct chunk chunk = first_suspect(t);
    assert_string_equal(chunk.by, "w_1");
    assert_true(chunk.due);
    assert_string_equal(chunk.operation_id, "op_01HKM0000000000000000000A1");
    assert_list(t, ACTIVE, "");
    assert_int_equal(number_from(t, "ZCARD :workers"), 1); /* it is looked at for another day */
}

static void a_suspect_that_kills_again_stays_readable(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " ACTIVE " {\"by\":\"w_0\",\"op\":\"op_01HKM0000000000000000000A1\",\"gen\":1,\"due\":true}");
    freeReplyObject(reap(t, "0", ":suspects:delivery", "suspect"));
    assert_string_equal(first_suspect(t).by, "w_0"); /* who had loaded its jobs as due */
}

static void the_dead_are_forgotten_after_a_day(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "ZADD :workers 1 w_1");
    freeReplyObject(reap(t, "5000", QUEUE, "''"));
    assert_int_equal(number_from(t, "ZCARD :workers"), 0);
    redisReply *time = command(t, "TIME");
    int64_t an_hour_ago = (redis_int(redis_item(time, 0)) - 3600) * 1000;
    freeReplyObject(time);
    run_command(t, "ZADD :workers %" PRId64 " w_1", an_hour_ago);
    freeReplyObject(reap(t, "5000", QUEUE, "''"));
    assert_int_equal(number_from(t, "ZCARD :workers"), 1);
}

/* ---- the inbox ------------------------------------------------------------------------------------------------- */

static void refusals_are_kept_and_acceptances_are_not(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH :inbox:active:w_1 bad good");
    assert_int_equal(script_number(t, &lua_refuse, ":inbox:active:w_1 :inbox:rejected | bad why-1"), 1);
    assert_int_equal(script_number(t, &lua_refuse, ":inbox:active:w_1 :inbox:rejected | good ''"), 1);
    assert_int_equal(script_number(t, &lua_refuse, ":inbox:active:w_1 :inbox:rejected | bad why-2"), 0);
    assert_list(t, ":inbox:active:w_1", "");
    assert_list(t, ":inbox:rejected", "why-1");
}

static void the_newest_thousand_refusals_are_kept(void **state)
{
    struct queue_test *t = *state;
    for (int i = 0; i < 1005; i++) {
        run_command(t, "RPUSH :inbox:active:w_1 item");
        script_number(t, &lua_refuse, ":inbox:active:w_1 :inbox:rejected | item why-%d", i);
    }
    assert_int_equal(number_from(t, "LLEN :inbox:rejected"), 1000);
    assert_texts(command(t, "LINDEX :inbox:rejected 0"), "why-1004");
    assert_texts(command(t, "LINDEX :inbox:rejected -1"), "why-5");
}

/* ---- rebuild ----------------------------------------------------------------------------------------------------- */

static int64_t wipe(struct queue_test *t, const char *found, const char *nonce)
{
    return script_number(t, &lua_wipe,
                         ":epoch :ops :inbox :inbox:count " QUEUE " :delayed:delivery :suspects:delivery " ACTIVE
                         " | %s %s era",
                         found, nonce);
}

static int64_t seal(struct queue_test *t, const char *nonce)
{
    return script_number(t, &lua_seal, ":epoch :beats | %s the-epoch 40", nonce);
}

static void a_wipe_takes_all_lists_but_the_inbox(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " a");
    run_command(t, "RPUSH " ACTIVE " b");
    run_command(t, "RPUSH :inbox c");
    run_command(t, "ZADD :delayed:delivery 1 d");
    assert_int_equal(wipe(t, "''", "nonce-1"), 1);
    assert_int_equal(number_from(t, "EXISTS " QUEUE " " ACTIVE " :delayed:delivery"), 0);
    assert_list(t, ":inbox", "c");
    assert_texts(command(t, "GET :epoch"), "nonce-1");
}

static void a_wipe_refuses_where_another_was_quicker(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " a");
    assert_int_equal(wipe(t, "''", "nonce-1"), 1);
    run_command(t, "RPUSH " QUEUE " a");
    assert_int_equal(wipe(t, "''", "nonce-2"), 0);
    assert_list(t, QUEUE, "a");
    assert_texts(command(t, "GET :epoch"), "nonce-1");
}

static void only_the_wiper_can_seal(void **state)
{
    struct queue_test *t = *state;
    wipe(t, "''", "nonce-1");
    wipe(t, "nonce-1", "nonce-2"); /* the first one was given up */
    assert_int_equal(seal(t, "nonce-1"), 0);
    assert_texts(command(t, "GET :epoch"), "nonce-2");
    assert_int_equal(seal(t, "nonce-2"), 1);
    assert_texts(command(t, "GET :epoch"), "the-epoch");
    assert_int_equal(seal(t, "nonce-2"), 0);
}

static void the_counter_of_beats_never_goes_back(void **state)
{
    struct queue_test *t = *state;
    wipe(t, "''", "nonce-1");
    seal(t, "nonce-1");
    assert_texts(command(t, "GET :beats"), "40");
    run_command(t, "SET :beats 90");
    wipe(t, "the-epoch", "nonce-2");
    seal(t, "nonce-2");
    assert_texts(command(t, "GET :beats"), "90");
}

/* A store that was emptied in mid-rebuild has no nonce, so that it cannot be sealed as if it were whole. */
static void a_wipe_by_others_spoils_the_seal(void **state)
{
    struct queue_test *t = *state;
    wipe(t, "''", "nonce-1");
    run_command(t, "DEL :epoch");
    assert_int_equal(seal(t, "nonce-1"), 0);
    assert_int_equal(number_from(t, "EXISTS :epoch"), 0);
}

/* ---- inspect ----------------------------------------------------------------------------------------------------- */

static void inspect_reads_all_and_bounds_each_list(void **state)
{
    struct queue_test *t = *state;
    run_command(t, "RPUSH " QUEUE " a b c");
    run_command(t, "ZADD :delayed:delivery 5 op_1");
    run_command(t, "HSET :op:x gen 4 out 2");
    run_command(t, "SADD :ops x");
    run_command(t, "SET :epoch e");
    redisReply *all = script(t, &lua_inspect, ":workers :ops " QUEUE " :delayed:delivery :epoch :op:x | 1 1 1 2 1");
    const redisReply *list = redis_item(redis_item(all, 3), 0);
    assert_int_equal(redis_int(redis_item(list, 0)), 3);
    assert_int_equal(redis_count(redis_item(list, 1)), 2);
    const redisReply *set = redis_item(redis_item(all, 4), 0);
    assert_int_equal(redis_int(redis_item(set, 0)), 1);
    assert_string_equal(redis_text(redis_item(redis_item(set, 1), 0)), "op_1");
    assert_string_equal(redis_text(redis_item(redis_item(all, 5), 0)), "e");
    const redisReply *hash = redis_item(redis_item(all, 6), 0);
    assert_int_equal(redis_int(redis_item(hash, 0)), -1);
    assert_int_equal(redis_int(redis_item(redis_item(hash, 1), 0)), 4);
    freeReplyObject(all);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, queue_test_fresh)
    const struct CMUnitTest tests[] = {
        TEST(a_beat_shows_life_and_counts),
        TEST(a_beat_drops_what_none_of_us_writes),
        TEST(made_up_workers_are_bounded_and_push_out_no_true_one),
        TEST(fields_that_none_of_us_writes_go_unread),
        TEST(entries_are_cut),
        TEST(what_is_too_long_to_be_a_chunk_is_cut_and_gone),
        TEST(a_beat_names_what_the_worker_does_not_know),
        TEST(what_is_named_twice_goes_back_to_the_head),
        TEST(what_has_become_known_meanwhile_stays),
        TEST(a_beat_tells_who_is_silent_and_what_is_due),
        TEST(one_that_ended_by_itself_is_forgotten_soon),
        TEST(what_the_dead_held_goes_back_to_the_head_in_order),
        TEST(the_living_are_not_reaped),
        TEST(a_fatal_signal_makes_suspects_that_know_their_worker),
        TEST(a_suspect_that_kills_again_stays_readable),
        TEST(the_dead_are_forgotten_after_a_day),
        TEST(refusals_are_kept_and_acceptances_are_not),
        TEST(the_newest_thousand_refusals_are_kept),
        TEST(a_wipe_takes_all_lists_but_the_inbox),
        TEST(a_wipe_refuses_where_another_was_quicker),
        TEST(only_the_wiper_can_seal),
        TEST(the_counter_of_beats_never_goes_back),
        TEST(a_wipe_by_others_spoils_the_seal),
        TEST(inspect_reads_all_and_bounds_each_list),
    };
    return cmocka_run_group_tests(tests, queue_test_open, queue_test_close);
}
