/*
 * Requests from Redis, item by item: claimed into this worker's own list and stamped with an id (lua/claim.lua), read
 * (inbox_item.c), accepted in PostgreSQL, and removed only after that. An item that cannot be read or is refused goes
 * to the rejected ones with its reason; where PostgreSQL does not answer, it stays and is tried again. An item must
 * never be lost or accepted twice. Called by the maintenance thread of each worker process.
 */
#include "common/definitions/inbox.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/submission.h"
#include "common/queue/names.h"
#include "embedded/lua.h"

#define REJECTED_TEXT_MAX 500 /* so much of a refused item is kept beside the reason */
#define CLAIM_FIRST 16
#define CLAIM_MAX 256
#define CLAIM_BYTES (4 * 1024 * 1024) /* of all requests of a turn; one may be longer */
#define STAND_IN_BEGINS "{\"too_long\":"
#define STAND_IN_DEPTH 2

/* ---- the item's life in Redis ------------------------------------------------------------------------------------ */

/* `*items` is what stands in our list, each stamped, none longer than is allowed. */
static enum err claim(const struct inbox *inbox, redisReply **items, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    char era[ID_MAX];
    id_operation(era);
    name_plain(args, inbox->dispatch->prefix, "inbox");
    name_inbox_active(args, inbox->dispatch->prefix, inbox->worker);
    name_plain(args, inbox->dispatch->prefix, "inbox:count");
    name_plain(args, inbox->dispatch->prefix, "inbox:door");
    redis_arg_int(args, inbox->at_once);
    redis_arg_int(args, inbox->max_bytes == 0 ? INBOX_ITEM_DEFAULT : inbox->max_bytes);
    redis_arg_int(args, CLAIM_BYTES);
    redis_arg_int(args, REJECTED_TEXT_MAX);
    redis_arg(args, strchr(era, '_') + 1);
    redis_arg(args, inbox->closed ? "1" : "0");
    enum err err = redis_run_script(inbox->dispatch->redis, &lua_claim, 4, args, items, error);
    redis_args_drop(args);
    FAULT_POINT("inbox.claimed");
    return err;
}

static enum err end_item(const struct inbox *inbox, const struct buf *raw, const char *refusal, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_inbox_active(args, inbox->dispatch->prefix, inbox->worker);
    name_plain(args, inbox->dispatch->prefix, "inbox:rejected");
    redis_arg_len(args, raw->data, raw->len);
    redis_arg(args, refusal);
    enum err err = redis_run_script(inbox->dispatch->redis, &lua_refuse, 2, args, NULL, error);
    redis_args_drop(args);
    return err;
}

/* An item on its way to its end. */
struct entry {
    struct buf raw;
    struct inbox_item item;
    bool runs;  /* a request that may be accepted together with others, which was not tried yet */
    bool ended; /* it is dealt with */
};

struct entries {
    struct entry *list;
    size_t count;
};

/* Those that were accepted leave the list, in one message. */
static enum err end_accepted(const struct inbox *inbox, struct entry *entries, const struct submission_item *items,
                             size_t count, struct err_info *error)
{
    struct redis_args **args = mem_array(count + 1, sizeof(struct redis_args *));
    size_t accepted = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].done) {
            args[accepted] = redis_args_new();
            name_inbox_active(args[accepted], inbox->dispatch->prefix, inbox->worker);
            name_plain(args[accepted], inbox->dispatch->prefix, "inbox:rejected");
            redis_arg_len(args[accepted], entries[i].raw.data, entries[i].raw.len);
            redis_arg(args[accepted++], "");
        }
    enum err err = redis_run_scripts(inbox->dispatch->redis, &lua_refuse, 2, args, accepted, error);
    for (size_t i = 0; i < count; i++)
        entries[i].ended = err == ERR_OK && items[i].done;
    for (size_t i = 0; i < accepted; i++)
        redis_args_drop(args[i]);
    free(args);
    return err;
}

/* What a client sent: `bytes` of it, of which `shown` is the beginning. */
struct sent {
    int64_t bytes;
    struct buf shown;
};

static void sent_show(struct sent *sent, const char *bytes, size_t len)
{
    buf_add(&sent->shown, bytes, len < REJECTED_TEXT_MAX ? len : REJECTED_TEXT_MAX);
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

/* What claim.lua left of a request that is too long. False: it is no such thing. */
static bool read_stand_in(const char *bytes, size_t len, struct sent *sent)
{
    struct json_object *object = NULL;
    struct err_info ignored = {0};
    if (len < strlen(STAND_IN_BEGINS) || memcmp(bytes, STAND_IN_BEGINS, strlen(STAND_IN_BEGINS)) != 0 ||
        json_parse(bytes, len, (struct json_limits){4 * REJECTED_TEXT_MAX, STAND_IN_DEPTH}, &object, &ignored) !=
            ERR_OK)
        return false;
    const char *hex = json_get_string(object, "begins");
    sent->bytes = json_get_int(object, "too_long", 0);
    for (; hex != NULL && hex_value(hex[0]) >= 0 && hex_value(hex[1]) >= 0; hex += 2)
        buf_add_char(&sent->shown, (char)(hex_value(hex[0]) * 16 + hex_value(hex[1])));
    json_object_put(object);
    return true;
}

/* The client's own text, out of its stamp. */
static void read_sent(const struct buf *raw, struct sent *sent)
{
    size_t before = inbox_item_stamp_bytes(raw->data, raw->len), after = before > 0 ? 1 : 0;
    if (read_stand_in(raw->data, raw->len, sent))
        return;
    sent->bytes = (int64_t)(raw->len - before - after);
    sent_show(sent, raw->data + before, raw->len - before - after);
}

static enum err reject(const struct inbox *inbox, const struct buf *raw, const struct err_info *reason,
                       struct err_info *error)
{
    char at[CLOCK_ISO_MAX];
    struct buf refusal = BUF_INIT;
    struct sent sent = {0, BUF_INIT};
    if (raw->len > 0)
        read_sent(raw, &sent);
    clock_iso8601_ms(clock_wall_us(), at);
    buf_addf(&refusal, "{\"at\":\"%s\",\"code\":\"%s\",\"reason\":", at, err_name(reason->code));
    json_add_string(&refusal, reason->text, strlen(reason->text));
    buf_addf(&refusal, ",\"bytes\":%" PRId64 ",\"request\":", sent.bytes);
    /* Up to a NUL: many readers of JSON take none, our own among them. */
    const char *shown = sent.shown.len == 0 ? "" : sent.shown.data;
    json_add_string(&refusal, shown, strnlen(shown, sent.shown.len));
    buf_add_char(&refusal, '}');
    log_warn("an inbox request was refused: %s", reason->text);
    enum err err = end_item(inbox, raw, refusal.data, error);
    buf_fini(&sent.shown);
    buf_fini(&refusal);
    return err;
}

/* ---- what an item asks for --------------------------------------------------------------------------------------- */

static bool is_allowed(const char *allowed, const char *definition)
{
    size_t len = strlen(definition);
    for (const char *at = allowed; *at != '\0'; at += strcspn(at, ",")) {
        at += strspn(at, ", ");
        if (strncmp(at, definition, len) == 0 && (at[len] == '\0' || at[len] == ',' || at[len] == ' '))
            return true;
    }
    return allowed[0] == '\0';
}

/* PostgreSQL has it: the start only makes it begin sooner than the sweep would. False: something is left to the sweep,
 * as of a request of more than one step. */
static bool start_soon(const struct submitter *submitter, struct submission *submission)
{
    const struct submission_start *start = &submission->start;
    submission_start(submitter, submission);
    const struct err_info *why = start->plan_error.code != ERR_OK ? &start->plan_error : &start->redis_error;
    if (why->code != ERR_OK)
        log_info("%s was accepted and waits for the sweep: %s", submission->accepted.operation_id, why->text);
    return start->planned && start->dispatched;
}

static struct request request_of(const struct inbox_item *item)
{
    return (struct request){.handle = item->definition,
                            .args = item->args,
                            .operation_id = item->operation_id,
                            .stamp = item->stamp,
                            .request_id = item->request_id,
                            .requested_by = item->requested_by == NULL ? "inbox" : item->requested_by};
}

static enum err run_definition(const struct inbox *inbox, const struct inbox_item *item, struct inbox_turn *turn,
                               struct err_info *error)
{
    if (!is_allowed(inbox->allowed(inbox->context), item->definition))
        return err_set(error, ERR_USAGE, "the inbox does not take \"%s\": inbox.definitions does not name it",
                       item->definition);
    struct submitter submitter = {.pg = inbox->pg, .kinds = inbox->kinds, .dispatch = inbox->dispatch};
    struct submission submission = {.args = NULL};
    struct request request = request_of(item);
    enum err err = submission_request(&submitter, &request, &submission, error);
    FAULT_POINT("inbox.accepted");
    if (err == ERR_OK) {
        log_info("inbox: %s was asked for: %s%s", item->definition, submission.accepted.operation_id,
                 submission.accepted.repeated ? " (it waits already)" : "");
        turn->accepted++;
        turn->unstarted += !start_soon(&submitter, &submission);
    }
    submission_fini(&submission);
    return err;
}

/* An item may be done twice, by two workers one after the other: then it finds what it wants. */
static bool is_so_already(const struct inbox_item *item, const struct tally *tally)
{
    return (item->verb == INBOX_PAUSE && tally->state == OP_PAUSED) ||
           (item->verb == INBOX_RESUME && tally->state == OP_RUNNING);
}

static enum err change_operation(const struct inbox *inbox, const struct inbox_item *item, struct err_info *error)
{
    struct tally tally = {0};
    enum err err = ERR_OK;
    if (item->verb == INBOX_CANCEL)
        err = operation_cancel(inbox->pg, item->operation_id, &tally, error);
    else if (item->verb == INBOX_PAUSE)
        err = operation_pause(inbox->pg, item->operation_id, &tally, error);
    else
        err = operation_resume(inbox->pg, item->operation_id, &tally, error);
    if (err == ERR_CONFLICT && is_so_already(item, &tally))
        err = ERR_OK;
    if (err == ERR_OK && item->verb == INBOX_RESUME)
        err = dispatch_open(inbox->dispatch, inbox->pg, item->operation_id, error);
    else if (err == ERR_OK)
        err = dispatch_refresh(inbox->dispatch, inbox->pg, item->operation_id, error);
    return err;
}

static bool is_passing(enum err err)
{
    return err == ERR_UNREACHABLE || err == ERR_RETRY || err == ERR_FENCED || err == ERR_BUSY;
}

static enum err read_request(const struct buf *raw, struct inbox_item *item, int64_t longest, struct err_info *reason)
{
    struct sent sent = {0, BUF_INIT};
    bool too_long = raw->len > 0 && read_stand_in(raw->data, raw->len, &sent), unread = sent.shown.len == 0;
    buf_fini(&sent.shown);
    if (too_long)
        return err_set(reason, ERR_USAGE,
                       "the request has %s%" PRId64 " bytes, of which at most %" PRId64
                       " are taken (inbox.max_bytes); send less, or raise it",
                       unread ? "more than " : "", sent.bytes, longest);
    return inbox_item_parse(raw->data, raw->len, item, reason);
}

/* One item to its end. A passing trouble leaves it in the list, stamped, for the next call or the next worker. */
static enum err process(const struct inbox *inbox, const struct buf *raw, struct inbox_turn *turn,
                        struct err_info *error)
{
    struct inbox_item item = {0};
    struct err_info reason = {0};
    enum err err = read_request(raw, &item, inbox->max_bytes == 0 ? INBOX_ITEM_DEFAULT : inbox->max_bytes, &reason);
    if (err == ERR_OK)
        err = item.verb == INBOX_RUN ? run_definition(inbox, &item, turn, &reason)
                                     : change_operation(inbox, &item, &reason);
    inbox_item_fini(&item);
    if (is_passing(err)) {
        *error = reason;
        return err;
    }
    return err == ERR_OK ? end_item(inbox, raw, "", error) : reject(inbox, raw, &reason, error);
}

/* ---- a turn ------------------------------------------------------------------------------------------------------ */

static void entry_read(const struct inbox *inbox, const redisReply *bytes, struct entry *entry)
{
    struct err_info ignored = {0};
    buf_add(&entry->raw, bytes->str, bytes->len);
    int64_t longest = inbox->max_bytes == 0 ? INBOX_ITEM_DEFAULT : inbox->max_bytes;
    entry->runs = read_request(&entry->raw, &entry->item, longest, &ignored) == ERR_OK &&
                  entry->item.verb == INBOX_RUN && is_allowed(inbox->allowed(inbox->context), entry->item.definition);
}

/* Neighbours that ask for single requests are accepted together. What is left of them comes one by one. */
static enum err run_together(const struct inbox *inbox, struct entry *entries, size_t count, struct inbox_turn *turn,
                             struct err_info *error)
{
    struct submission_item *items = mem_array(count + 1, sizeof *items);
    struct submitter submitter = {.pg = inbox->pg, .kinds = inbox->kinds, .dispatch = inbox->dispatch};
    for (size_t i = 0; i < count; i++)
        items[i].request = request_of(&entries[i].item);
    enum err err = submissions_request(&submitter, items, count, error);
    FAULT_POINT("inbox.accepted");
    for (size_t i = 0; err == ERR_OK && i < count; i++) {
        if (!items[i].done)
            continue;
        log_info("inbox: %s was asked for: %s%s", entries[i].item.definition, items[i].accepted.operation_id,
                 items[i].accepted.repeated ? " (it waits already)" : "");
        turn->accepted++;
        turn->unstarted += !items[i].started;
    }
    if (err == ERR_OK)
        err = end_accepted(inbox, entries, items, count, error);
    free(items);
    return err;
}

/* A step of a turn, from entry `at` on, which is not dealt with yet: so many requests as stand together, once, or one
 * item. */
static enum err deal_with_next(const struct inbox *inbox, struct entry *entries, size_t count, struct inbox_turn *turn,
                               struct err_info *error)
{
    size_t together = 0;
    while (together < count && together < SUBMISSIONS_MAX && entries[together].runs)
        entries[together++].runs = false;
    if (together > 0)
        return run_together(inbox, entries, together, turn, error);
    enum err err = process(inbox, &entries[0].raw, turn, error);
    entries[0].ended = err == ERR_OK;
    return err;
}

/* In their order, while there is time; at least one step. */
static enum err deal_with_all(const struct inbox *inbox, const struct entries *all, int64_t until_ms,
                              struct inbox_turn *turn, struct err_info *error)
{
    enum err err = ERR_OK;
    bool first = true;
    for (size_t at = 0; err == ERR_OK && at < all->count && (first || clock_mono_ms() < until_ms);) {
        if (!all->list[at].ended) {
            err = deal_with_next(inbox, all->list + at, all->count - at, turn, error);
            first = false;
        }
        at += all->list[at].ended;
    }
    return err;
}

static struct entries entries_read(const struct inbox *inbox, const redisReply *items)
{
    struct entries all = {mem_array(redis_count(items) + 1, sizeof(struct entry)), redis_count(items)};
    for (size_t i = 0; i < all.count; i++)
        entry_read(inbox, redis_item(items, i), &all.list[i]);
    return all;
}

/* How many of them were dealt with. */
static int64_t entries_drop(struct entries *all)
{
    int64_t ended = 0;
    for (size_t i = 0; i < all->count; i++) {
        ended += all->list[i].ended;
        inbox_item_fini(&all->list[i].item);
        buf_fini(&all->list[i].raw);
    }
    free(all->list);
    return ended;
}

/* So many as the last turn would have done in its time. */
static int64_t count_for(int64_t dealt_with, int64_t passed_ms, int64_t budget_ms)
{
    int64_t fit = dealt_with * budget_ms / (passed_ms < 1 ? 1 : passed_ms);
    return fit < 1 ? 1 : fit > CLAIM_MAX ? CLAIM_MAX : fit;
}

enum err inbox_take_turn(struct inbox *inbox, int64_t budget_ms, struct inbox_turn *turn, struct err_info *error)
{
    redisReply *items = NULL;
    *turn = (struct inbox_turn){.accepted = 0};
    if (inbox->at_once == 0)
        inbox->at_once = CLAIM_FIRST;
    enum err err = claim(inbox, &items, error);
    int64_t began_ms = clock_mono_ms();
    struct entries all = entries_read(inbox, items);
    if (err == ERR_OK)
        err = deal_with_all(inbox, &all, began_ms + budget_ms, turn, error);
    turn->more = all.count > 0;
    int64_t dealt_with = entries_drop(&all);
    if (dealt_with > 0)
        inbox->at_once = count_for(dealt_with, clock_mono_ms() - began_ms, budget_ms);
    if (items != NULL)
        freeReplyObject(items);
    return err;
}
