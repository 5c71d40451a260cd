/* The inbox: what clients of any kind push is accepted, joined or refused with its reason, once. */
#include "common/queue/rebuild.h"
#include "tests/contract/queue/fixture.h"

#define BIG (10 * 1024 * 1024)
#define HUGE_BYTES ((size_t)100 * 1024 * 1024)

static const char *as_given(const void *context)
{
    return context;
}

static struct inbox inbox_of(struct fixture *f)
{
    return (struct inbox){.dispatch = &f->dispatch,
                          .pg = f->pg,
                          .kinds = &test_kinds,
                          .allowed = as_given,
                          .context = "",
                          .worker = "w_test"};
}

/* As the loop of a worker does it: the item stands in the worker's own list. */
static void put(struct fixture *f, const char *bytes, size_t len)
{
    struct err_info error;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "RPUSH");
    name_inbox_active(args, f->dispatch.prefix, "w_test");
    redis_arg_len(args, bytes, len);
    assert_fine(redis_run(f->redis, args, NULL, &error));
    redis_args_drop(args);
}

static void put_text(struct fixture *f, const char *text)
{
    put(f, text, strlen(text));
}

#define TURN_MS 200

static int process(struct fixture *f, const char *allowed)
{
    struct err_info error;
    int accepted = 0;
    struct inbox inbox = inbox_of(f);
    struct inbox_turn turn = {.more = true};
    inbox.context = allowed;
    while (turn.more) {
        assert_fine(inbox_take_turn(&inbox, TURN_MS, &turn, &error));
        accepted += turn.accepted;
    }
    assert_int_equal(redis_number(f, "LLEN {}:inbox:active:w_test"), 0);
    return accepted;
}

static int64_t info_number(struct fixture *f, const char *name)
{
    redisReply *info = redis_ask(&f->dispatch, "INFO");
    const char *at = strstr(info->str, name);
    assert_non_null(at);
    int64_t number = strtoll(at + strlen(name), NULL, 10);
    freeReplyObject(info);
    return number;
}

static int64_t operations(struct fixture *f)
{
    return number_of(f->other, "SELECT count(*) FROM operation");
}

/* The newest refusal must be of this class and name this; there are `count` of them. */
static void assert_rejected(struct fixture *f, int64_t count, const char *code, const char *part)
{
    struct err_info error;
    struct json_object *refusal;
    assert_int_equal(redis_number(f, "LLEN {}:inbox:rejected"), count);
    redisReply *reply = redis_ask(&f->dispatch, "LINDEX {}:inbox:rejected 0");
    assert_fine(json_parse(reply->str, reply->len, JSON_LIMITS_REQUEST, &refusal, &error));
    assert_string_equal(json_get_string(refusal, "code"), code);
    if (strstr(json_get_string(refusal, "reason"), part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, json_get_string(refusal, "reason"));
    assert_non_null(json_get_string(refusal, "at"));
    json_object_put(refusal);
    freeReplyObject(reply);
}

/* ---- accepted ------------------------------------------------------------------------------------------------ */

static void a_request_becomes_an_operation_that_is_dispatched(void **state)
{
    struct fixture *f = *state;
    put_text(f, "{\"definition\": \"quick\", \"args\": {\"count\": 25}}");
    assert_int_equal(process(f, ""), 1);
    assert_sql_text(
        "quick 25 inbox running true", f->other,
        "SELECT definition || ' ' || total || ' ' || requested_by || ' ' || state || ' ' || planned FROM operation "
        "JOIN tally USING (operation_id)");
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 3);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:rejected"), 0);
}

/* As Windows and Python write one: at the beginning it is read over, anywhere else it is no JSON. */
static void a_byte_order_mark_is_read_over(void **state)
{
    struct fixture *f = *state;
    put_text(f, "\xef\xbb\xbf{\"definition\":\"quick\",\"args\":{\"count\":1}}");
    put_text(f, "\xef\xbb\xbf\r\n{\"definition\":\"quick\",\"args\":{\"count\":3}}\r\n");
    assert_int_equal(process(f, ""), 2);
    put_text(f, "\xef\xbb\xbf\xef\xbb\xbf{\"definition\":\"quick\"}");
    put_text(f, "{\"definition\":\xef\xbb\xbf\"quick\"}");
    assert_int_equal(process(f, ""), 0);
    assert_rejected(f, 2, "usage", "cannot be read as JSON");
}

static void a_chosen_id_appears(void **state)
{
    struct fixture *f = *state;
    char id[ID_MAX], item[256];
    id_operation(id);
    snprintf(item, sizeof item,
             "{\"definition\":\"quick\",\"operation_id\":\"%s\",\"request_id\":\"r\",\"requested_by\":\"billing\"}",
             id);
    put_text(f, item);
    put_text(f, item); /* the client repeats until it sees it */
    assert_int_equal(process(f, ""), 2);
    assert_sql_text("billing", f->other, "SELECT requested_by FROM operation WHERE operation_id = '%s'", id);
    assert_int_equal(operations(f), 1);
    snprintf(item, sizeof item, "{\"definition\":\"quick\",\"args\":{\"count\":9},\"operation_id\":\"%s\"}", id);
    put_text(f, item);
    assert_int_equal(process(f, ""), 0);
    assert_rejected(f, 1, "conflict", id);
}

static void equal_requests_are_joined_and_go_to_the_head(void **state)
{
    struct fixture *f = *state;
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":11}}");
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":12}}");
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":12}}");
    assert_int_equal(process(f, ""), 3);
    assert_int_equal(operations(f), 2);
    PGresult *second = query(f->other, "SELECT operation_id FROM operation WHERE args = '{\"count\": 12}'");
    char first[CHUNK_TEXT_MAX];
    snprintf(first, sizeof first, "{\"op\":\"%s\",\"gen\":1,\"from\":1,\"to\":10,\"w\":1}", pg_text(second, 0, 0));
    assert_redis_text(first, f, "LINDEX {}:queue:history 0");
    PQclear(second);
}

/* What a hash says of its operation, as text. */
static char *fixed_fields(struct fixture *f, const char *id)
{
    struct buf text = BUF_INIT;
    redisReply *reply = redis_ask(
        &f->dispatch, "HMGET {}:op:%s operation_id definition subject phases queue created_at state total", id);
    for (size_t i = 0; i < redis_count(reply); i++)
        buf_addf(&text, "%s ", redis_text(redis_item(reply, i)));
    freeReplyObject(reply);
    return buf_take(&text);
}

/* It says what it would if it were opened by what PostgreSQL has. */
static void assert_hash_as_opened(struct fixture *f, const char *id)
{
    struct err_info error;
    char *together = fixed_fields(f, id);
    assert_fine(dispatch_open(&f->dispatch, f->pg, id, &error));
    char *alone = fixed_fields(f, id);
    assert_string_equal(together, alone);
    free(together);
    free(alone);
}

/* One transaction for all of them; what is refused, repeats an id or asks for more than one job comes by itself. */
static void single_requests_that_wait_together_are_accepted_together(void **state)
{
    struct fixture *f = *state;
    char id[ID_MAX], item[256];
    int64_t before = operations(f), refused = redis_number(f, "LLEN {}:inbox:rejected");
    id_operation(id);
    snprintf(item, sizeof item, "{\"definition\":\"quick\",\"args\":{\"count\":1},\"operation_id\":\"%s\"}", id);
    put_text(f, item);
    put_text(f, item);
    put_text(f, "{\"definition\":\"twofold\",\"args\":{\"count\":1}}");
    put_text(f, "{\"definition\":\"lengthy\",\"args\":{\"count\":1}}");
    put_text(f, "{\"definition\":\"lengthy\",\"args\":{\"count\":1}}");
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":4}}");
    put_text(f, "{\"definition\":\"none\"}");
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":-1}}");
    assert_int_equal(process(f, ""), 6);
    assert_int_equal(operations(f), before + 4);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:rejected"), refused + 2);
    assert_sql_text(
        "3 1 3", f->other,
        "SELECT count(*) || ' ' || count(DISTINCT o.xmin::text) || ' ' || count(*) FILTER (WHERE t.planned AND "
        "t.total = 1 AND t.last_seq = 1) FROM operation o JOIN tally t USING (operation_id) "
        "WHERE single AND o.created_at > now() - interval '1 minute' AND (definition IN ('twofold', 'lengthy') OR "
        "operation_id = '%s')",
        id);
    assert_sql_text("1", f->other, "SELECT count(*)::text FROM job WHERE operation_id = '%s'", id);
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s", id), 1);
    assert_hash_as_opened(f, id);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 2 + 1);
    assert_int_equal(redis_number(f, "LLEN {}:queue:delivery"), 1);
}

static void equal_single_requests_that_wait_together_are_one(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 40; i++)
        put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":1}}");
    assert_int_equal(process(f, ""), 40);
    assert_int_equal(operations(f), 1);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM job"), 1);
    assert_int_equal(redis_number(f, "LLEN {}:queue:history"), 1);
}

static void an_item_that_was_stamped_before_a_death_is_not_done_twice(void **state)
{
    struct fixture *f = *state;
    char stamp[ID_MAX], item[256];
    id_operation(stamp);
    snprintf(item, sizeof item, "{\"stamped\":\"%s\",\"request\":{\"definition\":\"quick\"}}", stamp);
    put_text(f, item);
    assert_int_equal(process(f, ""), 1);
    load_drop(load_range(f->pg, stamp, 1, 1)); /* its work has begun; then the item is found in a dead worker's list */
    put_text(f, item);
    assert_int_equal(process(f, ""), 1);
    assert_int_equal(operations(f), 1);
    assert_int_equal(number_of(f->other, "SELECT count(*) FROM operation WHERE operation_id = '%s'", stamp), 1);
}

static void many_items_are_all_dealt_with(void **state)
{
    struct fixture *f = *state;
    char item[128];
    for (int i = 1; i <= 35; i++) {
        snprintf(item, sizeof item, "{\"definition\":\"quick\",\"args\":{\"count\":%d}}", i % 7 == 0 ? -1 : i);
        put_text(f, item);
    }
    assert_int_equal(process(f, ""), 30);
    assert_int_equal(operations(f), 30);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:rejected"), 5);
}

/* ---- turns --------------------------------------------------------------------------------------------------- */

static void push_many(struct fixture *f, int count)
{
    for (int i = 1; i <= count; i++)
        redis_do(f, "RPUSH {}:inbox {\"definition\":\"quick\",\"args\":{\"count\":%d}}", i);
}

static void a_turn_takes_no_more_than_it_can_do_in_its_time(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct inbox inbox = inbox_of(f);
    struct inbox_turn turn;
    push_many(f, 60);
    inbox.at_once = 3;
    assert_fine(inbox_take_turn(&inbox, 0, &turn, &error)); /* no time: one, so that it goes on */
    assert_int_equal(turn.accepted, 1);
    assert_true(turn.more);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:active:w_test"), 2);
    assert_int_equal(redis_number(f, "LLEN {}:inbox"), 57);
    assert_int_equal(inbox.at_once, 1);
    inbox.at_once = 5; /* what is in the own list counts, and comes first */
    assert_fine(inbox_take_turn(&inbox, 3600 * 1000, &turn, &error));
    assert_int_equal(turn.accepted, 5);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:active:w_test"), 0);
    assert_int_equal(redis_number(f, "LLEN {}:inbox"), 54);
    assert_int_equal(inbox.at_once, 256);
    assert_int_equal(
        number_of(f->other, "SELECT (args ->> 'count')::integer FROM operation ORDER BY created_at DESC LIMIT 1"), 6);
}

/* The sweep comes every two seconds by itself; it is called sooner only for what the turn could not plan to its end. */
static void a_turn_tells_what_is_left_to_the_sweep(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct inbox inbox = inbox_of(f);
    struct inbox_turn turn;
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":3}}");
    assert_fine(inbox_take_turn(&inbox, TURN_MS, &turn, &error));
    assert_int_equal(turn.accepted, 1);
    assert_int_equal(turn.unstarted, 0);
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":5001}}");
    assert_fine(inbox_take_turn(&inbox, TURN_MS, &turn, &error));
    assert_int_equal(turn.accepted, 1);
    assert_int_equal(turn.unstarted, 1);
}

static void a_closed_inbox_is_left_alone_and_what_was_taken_ends(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct inbox inbox = inbox_of(f);
    struct inbox_turn turn;
    push_many(f, 3);
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":9}}");
    inbox.closed = true;
    assert_fine(inbox_take_turn(&inbox, TURN_MS, &turn, &error));
    assert_int_equal(turn.accepted, 1);
    assert_int_equal(redis_number(f, "LLEN {}:inbox"), 3);
}

/* ---- a Redis that goes back ---------------------------------------------------------------------------------- */

/* Copies of the inbox' keys, as a disk has them that is a second behind. */
static void save(struct fixture *f)
{
    redis_do(f, "COPY {}:inbox {}:saved:inbox REPLACE");
    redis_do(f, "COPY {}:inbox:count {}:saved:count REPLACE");
}

static void go_back(struct fixture *f)
{
    redis_do(f, "COPY {}:saved:inbox {}:inbox REPLACE");
    redis_do(f, "COPY {}:saved:count {}:inbox:count REPLACE");
    run_sql(f->other, "UPDATE tally SET loaded_at = now()"); /* all has begun: no double click any more */
}

#define SAME "{\"definition\":\"quick\",\"args\":{\"count\":5}}"

static void what_was_accepted_in_a_lost_second_is_not_done_twice(void **state)
{
    struct fixture *f = *state;
    redis_do(f, "RPUSH {}:inbox " SAME);
    assert_int_equal(process(f, ""), 1);
    run_sql(f->other, "UPDATE tally SET loaded_at = now()");
    redis_do(f, "RPUSH {}:inbox " SAME " " SAME); /* on purpose: twice more */
    save(f);
    for (int taken = 1; taken <= 2; taken++) {
        struct err_info error;
        struct inbox_turn turn;
        struct inbox inbox = inbox_of(f);
        inbox.at_once = 1;
        assert_fine(inbox_take_turn(&inbox, TURN_MS, &turn, &error));
        run_sql(f->other, "UPDATE tally SET loaded_at = now()");
        assert_int_equal(operations(f), 1 + taken);
    }
    go_back(f);
    process(f, "");
    assert_int_equal(operations(f), 3); /* neither lost nor doubled */
}

static bool rebuild(struct fixture *f)
{
    struct err_info error;
    bool did = false;
    redis_do(f, "SET {}:epoch another");
    assert_fine(rebuild_if_needed(&f->dispatch, f->pg, f->other, &did, &error));
    assert_fine(pg_ready(f->other, &error));
    return did;
}

/* Where the first of two equal requests was lost with the second that accepted it, the later one is a new one. */
static void an_equal_request_after_the_loss_is_new_work(void **state)
{
    struct fixture *f = *state;
    redis_do(f, "RPUSH {}:inbox {\"definition\":\"quick\"}");
    assert_int_equal(process(f, ""), 1);
    redis_do(f, "RPUSH {}:inbox {\"definition\":\"quick\",\"args\":{\"count\":1}}");
    save(f);
    redis_do(f, "RPUSH {}:inbox " SAME);
    assert_int_equal(process(f, ""), 2);
    go_back(f);
    assert_true(rebuild(f));
    redis_do(f, "RPUSH {}:inbox " SAME);
    process(f, "");
    assert_int_equal(operations(f), 4);
}

static void a_wiped_inbox_begins_another_era(void **state)
{
    struct fixture *f = *state;
    for (int64_t i = 1; i <= 3; i++) {
        redis_do(f, "DEL {}:inbox:count");
        redis_do(f, "RPUSH {}:inbox " SAME);
        process(f, "");
        run_sql(f->other, "UPDATE tally SET loaded_at = now()");
        assert_int_equal(operations(f), i);
    }
    static const char *const spoilt[] = {"taken -7", "taken x", "taken 1e300", "era x", "from nan"};
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        redis_do(f, "HSET {}:inbox:count %s", spoilt[i]);
        redis_do(f, "RPUSH {}:inbox " SAME);
        process(f, "");
        run_sql(f->other, "UPDATE tally SET loaded_at = now()");
        assert_int_equal(operations(f), 4 + (int64_t)i);
    }
}

/* ---- verbs --------------------------------------------------------------------------------------------------- */

static void put_verb(struct fixture *f, const char *verb, const char *id)
{
    char item[128];
    snprintf(item, sizeof item, "{\"%s\":\"%s\"}", verb, id);
    put_text(f, item);
}

static void verbs_change_the_operation_and_its_hash(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct op op = accept_planned(f, f->quick, 100);
    assert_fine(dispatch_open(&f->dispatch, f->pg, op.id, &error));
    put_verb(f, "pause", op.id);
    put_verb(f, "pause", op.id); /* twice, by two workers one after the other */
    assert_int_equal(process(f, ""), 0);
    assert_redis_text("paused", f, "HGET {}:op:%s state", op.id);
    put_verb(f, "resume", op.id);
    put_verb(f, "resume", op.id);
    process(f, "");
    assert_redis_text("running", f, "HGET {}:op:%s state", op.id);
    assert_int_equal(tally_of(f, op.id).generation, 2);
    assert_int_equal(redis_number(f, "HGET {}:op:%s gen", op.id), 2);
    put_verb(f, "cancel", op.id);
    put_verb(f, "cancel", op.id);
    process(f, "");
    assert_int_equal(tally_of(f, op.id).state, OP_CANCELLED);
    assert_redis_text("cancelled", f, "HGET {}:op:%s state", op.id);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:rejected"), 0);
    put_verb(f, "resume", op.id);
    process(f, "");
    assert_rejected(f, 1, "conflict", "cancelled");
}

static void a_verb_on_what_is_not_there_is_refused_and_makes_nothing(void **state)
{
    struct fixture *f = *state;
    char id[ID_MAX];
    id_operation(id);
    put_verb(f, "cancel", id);
    put_verb(f, "pause", "'; nonsense");
    process(f, "");
    assert_rejected(f, 2, "not_found", "nonsense");
    assert_int_equal(redis_number(f, "EXISTS {}:op:%s", id), 0);
}

/* ---- refused ------------------------------------------------------------------------------------------------- */

static void what_is_wrong_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *item, *code, *part;
    } CASES[] = {
        {"{\"definition\":\"quick\"", "usage", ""},
        {"[1]", "usage", "a request is a JSON object"},
        {"{}", "usage", "a request needs"},
        {"{\"definition\":\"absent\"}", "not_found", "no definition \"absent\""},
        {"{\"definition\":\"quick\",\"args\":{\"count\":-1}}", "usage", "count"},
        {"{\"definition\":\"quick\",\"args\":{\"colour\":\"red\"}}", "usage", "colour"},
        {"{\"definition\":\"quick\",\"args\":[]}", "usage", "\"args\" must be an object"},
        {"{\"definition\":\"quick\",\"typo\":1}", "usage", "typo"},
        {"{\"definition\":\"quick\",\"operation_id\":\"op_1\"}", "usage", "op_1"},
        {"{\"definition\":\"quick\",\"operation_id\":7}", "usage", "operation_id"},
        {"{\"definition\":\"quick\",\"cancel\":\"op_1\"}", "usage", "cancel"},
        {"{\"stamped\":\"nonsense\",\"request\":{}}", "usage", "stamped"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        put_text(f, CASES[i].item);
        assert_int_equal(process(f, ""), 0);
        assert_rejected(f, (int64_t)i + 1, CASES[i].code, CASES[i].part);
    }
    assert_int_equal(operations(f), 0);
}

static void what_is_too_deep_or_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf deep = BUF_INIT;
    buf_add_str(&deep, "{\"definition\":\"quick\",\"args\":{\"count\":");
    for (int i = 0; i < 100000; i++)
        buf_add_char(&deep, '[');
    put(f, deep.data, deep.len);
    assert_int_equal(process(f, ""), 0);
    assert_rejected(f, 1, "usage", "");

    char *big = mem_alloc(BIG);
    memset(big, 'x', BIG);
    memcpy(big, "{\"definition\":\"", 15);
    put(f, big, BIG);
    assert_int_equal(process(f, ""), 0);
    assert_rejected(f, 2, "usage", "inbox.max_bytes");
    redisReply *kept = redis_ask(&f->dispatch, "LINDEX {}:inbox:rejected 0");
    assert_true(kept->len < 1000); /* not the item, but its beginning */
    freeReplyObject(kept);
    free(big);
    buf_fini(&deep);
}

/* What is far too long must not travel: it stands in our list, and in the inbox, as clients pushed it. */
static void what_is_too_long_does_not_leave_redis(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    char *big = mem_alloc(BIG);
    memset(big, 'x', BIG);
    memcpy(big, "{\"a\":\xff\x00\"b\n", 11);
    struct redis_args *args = redis_args_new();
    redis_arg(args, "RPUSH");
    name_plain(args, f->dispatch.prefix, "inbox");
    redis_arg_len(args, big, BIG);
    redis_arg_len(args, big, BIG);
    redis_arg(args, "{\"definition\":\"quick\"}");
    assert_fine(redis_run(f->redis, args, NULL, &error));
    redis_args_drop(args);
    redis_do(f, "CONFIG RESETSTAT");
    int64_t before = info_number(f, "total_net_output_bytes:");
    assert_int_equal(process(f, ""), 1);
    assert_in_range(info_number(f, "total_net_output_bytes:") - before, 0, 100000);
    assert_rejected(f, 2, "usage", "has 10485760 bytes, of which at most 1048576 are taken (inbox.max_bytes)");
    redisReply *kept = redis_ask(&f->dispatch, "LINDEX {}:inbox:rejected 0");
    assert_non_null(strstr(kept->str, "\"bytes\":10485760"));
    assert_non_null(strstr(kept->str, "{\\\"a\\\":"));
    freeReplyObject(kept);
    free(big);
}

static void push_huge(struct fixture *f, const char *list)
{
    struct err_info error;
    char *huge = mem_alloc(HUGE_BYTES);
    memset(huge, 'x', HUGE_BYTES);
    struct redis_args *args = redis_args_new();
    redis_arg(args, "RPUSH");
    name_plain(args, f->dispatch.prefix, list);
    redis_arg_len(args, huge, HUGE_BYTES);
    assert_fine(redis_run(f->redis, args, NULL, &error));
    redis_args_drop(args);
    free(huge);
}

/* Reading it would hold up Redis for seconds. It may stand before many short ones, or in our list already. */
static void what_is_far_too_long_is_not_even_read(void **state)
{
    struct fixture *f = *state;
    push_huge(f, "inbox");
    for (int i = 0; i < 5; i++)
        put_text(f, "{\"definition\":\"quick\"}");
    push_huge(f, "inbox:active:w_test");
    assert_int_equal(process(f, ""), 5);
    assert_rejected(f, 2, "usage", "has more than 33554432 bytes, of which at most 1048576 are taken");
    assert_int_equal(redis_number(f, "EXISTS {}:inbox {}:inbox:active:w_test"), 0);
}

/* Where Redis was emptied while workers waited at the door, the next request goes through it. */
static void what_went_through_the_door_comes_back(void **state)
{
    struct fixture *f = *state;
    redis_do(f, "DEL {}:inbox:door");
    put_text(f, "{\"definition\":\"quick\"}");
    put_text(f, "{\"nonsense\":1}");
    redis_do(f, "LMOVE {}:inbox {}:inbox:door LEFT LEFT");
    assert_int_equal(process(f, ""), 1);
    assert_rejected(f, 1, "usage", "");
    assert_redis_text("string", f, "TYPE {}:inbox:door");
}

static void the_longest_request_is_a_setting(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct inbox inbox = inbox_of(f);
    struct inbox_turn turn;
    inbox.max_bytes = 24;
    put_text(f, "{\"definition\":\"quick\"  }"); /* so many */
    put_text(f, "{\"definition\":\"quick\"   }");
    assert_fine(inbox_take_turn(&inbox, 3600 * 1000, &turn, &error));
    assert_int_equal(turn.accepted, 1);
    assert_rejected(f, 1, "usage", "has 25 bytes");
}

static void bytes_that_are_no_text_are_refused_as_text(void **state)
{
    struct fixture *f = *state;
    put(f, "\xff\x00\xfe{", 4);
    assert_int_equal(process(f, ""), 0);
    assert_rejected(f, 1, "usage", "UTF-8");
    put(f, "", 0);
    assert_int_equal(process(f, ""), 0);
    assert_rejected(f, 2, "usage", "");
}

static void the_list_of_definitions_bounds_what_may_be_asked_for(void **state)
{
    struct fixture *f = *state;
    put_text(f, "{\"definition\":\"quick\"}");
    assert_int_equal(process(f, "lengthy, quic, quick-er"), 0);
    assert_rejected(f, 1, "usage", "does not take \"quick\"");
    put_text(f, "{\"definition\":\"quick\"}");
    assert_int_equal(process(f, "lengthy , quick"), 1);
}

static void only_the_newest_thousand_refusals_are_kept(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 1010; i++)
        put_text(f, "nonsense");
    log_init("test", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT); /* a thousand warnings are no news */
    process(f, "");
    assert_int_equal(redis_number(f, "LLEN {}:inbox:rejected"), 1000);
}

/* ---- stores that do not answer ------------------------------------------------------------------------------- */

static void without_postgresql_an_item_waits_stamped(void **state)
{
    struct fixture *f = *state;
    struct err_info error;
    struct inbox_turn turn;
    struct inbox inbox = inbox_of(f);
    struct pg *nowhere = pg_new("postgresql:///none?host=/nonexistent", "test", PG_LIMITS_SERVICE);
    inbox.pg = nowhere;
    put_text(f, "{\"definition\":\"quick\"}");
    put_text(f, "{\"definition\":\"quick\",\"args\":{\"count\":3}}");
    assert_int_equal(inbox_take_turn(&inbox, TURN_MS, &turn, &error), ERR_UNREACHABLE);
    assert_int_equal(turn.accepted, 0);
    assert_int_equal(redis_number(f, "LLEN {}:inbox:active:w_test"), 2);
    redisReply *item = redis_ask(&f->dispatch, "LINDEX {}:inbox:active:w_test 0");
    assert_non_null(strstr(redis_text(item), "\"stamped\":\"op_"));
    freeReplyObject(item);
    assert_int_equal(process(f, ""), 2);
    pg_drop(nowhere);
}

static int setup(void **state)
{
    queue_setup(state);
    struct fixture *f = *state;
    put_in_force(f, f->lengthy);
    put_in_force(f, f->twofold);
    put_in_force(f, f->quick);
    return 0;
}

static int teardown(void **state)
{
    assert_invariants(*state);
    return queue_teardown(state);
}

#define fresh(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        fresh(a_request_becomes_an_operation_that_is_dispatched),
        fresh(a_byte_order_mark_is_read_over),
        fresh(a_chosen_id_appears),
        fresh(equal_requests_are_joined_and_go_to_the_head),
        fresh(single_requests_that_wait_together_are_accepted_together),
        fresh(equal_single_requests_that_wait_together_are_one),
        fresh(an_item_that_was_stamped_before_a_death_is_not_done_twice),
        fresh(many_items_are_all_dealt_with),
        fresh(a_turn_takes_no_more_than_it_can_do_in_its_time),
        fresh(a_turn_tells_what_is_left_to_the_sweep),
        fresh(a_closed_inbox_is_left_alone_and_what_was_taken_ends),
        fresh(what_was_accepted_in_a_lost_second_is_not_done_twice),
        fresh(an_equal_request_after_the_loss_is_new_work),
        fresh(a_wiped_inbox_begins_another_era),
        fresh(verbs_change_the_operation_and_its_hash),
        fresh(a_verb_on_what_is_not_there_is_refused_and_makes_nothing),
        fresh(what_is_wrong_is_refused_with_its_reason),
        fresh(what_is_too_deep_or_too_long_is_refused),
        fresh(what_is_too_long_does_not_leave_redis),
        fresh(what_is_far_too_long_is_not_even_read),
        fresh(what_went_through_the_door_comes_back),
        fresh(the_longest_request_is_a_setting),
        fresh(bytes_that_are_no_text_are_refused_as_text),
        fresh(the_list_of_definitions_bounds_what_may_be_asked_for),
        fresh(only_the_newest_thousand_refusals_are_kept),
        fresh(without_postgresql_an_item_waits_stamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
