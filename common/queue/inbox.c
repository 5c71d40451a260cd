#include "common/queue/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/begin.h"
#include "common/queue/catalog.h"
#include "common/queue/names.h"
#include "embedded/lua.h"

#define REJECTED_TEXT_MAX 500 /* so much of a refused item is kept beside the reason */

/* ---- the item's life in Redis ---------------------------------------------------------------------------------- */

static enum err list_items(const struct inbox *inbox, redisReply **items, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "LRANGE");
    name_inbox_active(args, inbox->dispatch->prefix, inbox->worker);
    redis_arg(args, "0");
    redis_arg(args, "9"); /* few: nothing bounds how long an item is */
    enum err err = redis_run(inbox->dispatch->redis, args, items, error);
    redis_args_drop(args);
    return err;
}

/* Replaces the item in the list by its stamped form; `*raw` is then that form. */
static enum err stamp(const struct inbox *inbox, struct inbox_item *item, struct buf *raw, struct err_info *error)
{
    struct buf stamped = BUF_INIT;
    id_operation(item->stamp);
    buf_addf(&stamped, "{\"stamped\":\"%s\",\"request\":", item->stamp);
    buf_add(&stamped, raw->data, raw->len);
    buf_add_char(&stamped, '}');
    struct redis_args *args = redis_args_new();
    name_inbox_active(args, inbox->dispatch->prefix, inbox->worker);
    redis_arg_len(args, raw->data, raw->len);
    redis_arg_len(args, stamped.data, stamped.len);
    redisReply *reply = NULL;
    enum err err = redis_run_script(inbox->dispatch->redis, &lua_accept, 1, args, &reply, error);
    if (err == ERR_OK && redis_int(reply) == 0)
        err = err_set(error, ERR_FENCED, "the inbox item is not in our list any more");
    if (reply != NULL)
        freeReplyObject(reply);
    redis_args_drop(args);
    buf_fini(raw);
    *raw = stamped;
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

static enum err reject(const struct inbox *inbox, const struct buf *raw, const struct err_info *reason,
                       struct err_info *error)
{
    char at[CLOCK_ISO_MAX];
    struct buf refusal = BUF_INIT;
    clock_iso8601_ms(clock_wall_us(), at);
    buf_addf(&refusal, "{\"at\":\"%s\",\"code\":\"%s\",\"reason\":", at, err_name(reason->code));
    json_add_string(&refusal, reason->text, strlen(reason->text));
    buf_addf(&refusal, ",\"bytes\":%zu,\"request\":", raw->len);
    /* Up to a NUL: many readers of JSON take none, our own among them. */
    size_t shown = raw->len < REJECTED_TEXT_MAX ? raw->len : REJECTED_TEXT_MAX;
    json_add_string(&refusal, raw->data, shown == 0 ? 0 : strnlen(raw->data, shown));
    buf_add_char(&refusal, '}');
    log_warn("an inbox request was refused: %s", reason->text);
    enum err err = end_item(inbox, raw, refusal.data, error);
    buf_fini(&refusal);
    return err;
}

/* ---- what an item asks for ------------------------------------------------------------------------------------- */

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

/* PostgreSQL has it: what follows only makes it begin sooner than the sweep would. */
static void begin_soon(const struct inbox *inbox, const struct accepted *accepted)
{
    struct err_info ignored = {0};
    struct tally tally;
    enum plan_status status;
    bool waits = false;
    int64_t live_workers = 0;
    const char *id = accepted->operation_id;
    enum err err = begin_plan(inbox->pg, inbox->kinds, id, &tally, &status, &ignored);
    if (err == ERR_OK)
        err = begin_open(inbox->dispatch, inbox->pg, id, &live_workers, &ignored);
    if (err == ERR_OK && accepted->repeated)
        err = begin_join(inbox->dispatch, inbox->pg, id, &waits, &live_workers, &ignored);
    if (err != ERR_OK)
        log_info("%s was accepted and waits for the sweep: %s", accepted->operation_id, ignored.text);
}

static enum err run_definition(const struct inbox *inbox, const struct inbox_item *item, struct err_info *error)
{
    if (!is_allowed(inbox->allowed(inbox->context), item->definition))
        return err_set(error, ERR_USAGE, "the inbox does not take \"%s\": inbox.definitions does not name it",
                       item->definition);
    struct accepted accepted = {0};
    struct request request = {.handle = item->definition,
                              .args = item->args,
                              .operation_id = item->operation_id,
                              .stamp = item->stamp,
                              .request_id = item->request_id,
                              .requested_by = item->requested_by == NULL ? "inbox" : item->requested_by};
    enum err err = catalog_accept(inbox->pg, inbox->kinds, &request, &accepted, error);
    FAULT_POINT("inbox.accepted");
    if (err == ERR_OK) {
        log_info("inbox: %s was asked for: %s%s", item->definition, accepted.operation_id,
                 accepted.repeated ? " (it waits already)" : "");
        begin_soon(inbox, &accepted);
    }
    free(accepted.subject);
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

/* One item to its end. A passing trouble leaves it in the list, stamped, for the next call or the next worker. */
static enum err process(const struct inbox *inbox, struct buf *raw, int *accepted, struct err_info *error)
{
    struct inbox_item item = {0};
    struct err_info reason = {0};
    enum err err = inbox_item_parse(raw->data, raw->len, &item, &reason);
    if (err == ERR_OK && item.stamp[0] == '\0' && item.verb == INBOX_RUN) {
        err = stamp(inbox, &item, raw, error);
        if (err != ERR_OK) {
            inbox_item_fini(&item);
            return err == ERR_FENCED ? ERR_OK : err; /* another has it now */
        }
        FAULT_POINT("inbox.stamped");
    }
    if (err == ERR_OK)
        err = item.verb == INBOX_RUN ? run_definition(inbox, &item, &reason) : change_operation(inbox, &item, &reason);
    *accepted += err == ERR_OK && item.verb == INBOX_RUN;
    inbox_item_fini(&item);
    if (is_passing(err)) {
        *error = reason;
        return err;
    }
    return err == ERR_OK ? end_item(inbox, raw, "", error) : reject(inbox, raw, &reason, error);
}

/* `*dealt_with`: how many items; each of them has left the list. */
static enum err process_some(const struct inbox *inbox, size_t *dealt_with, int *accepted, struct err_info *error)
{
    redisReply *items = NULL;
    enum err err = list_items(inbox, &items, error);
    *dealt_with = redis_count(items);
    for (size_t i = 0; i < redis_count(items) && err == ERR_OK; i++) {
        struct buf raw = BUF_INIT;
        buf_add(&raw, redis_item(items, i)->str, redis_item(items, i)->len);
        err = process(inbox, &raw, accepted, error);
        buf_fini(&raw);
    }
    if (items != NULL)
        freeReplyObject(items);
    return err;
}

enum err inbox_process(const struct inbox *inbox, int *accepted, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t dealt_with = 1; err == ERR_OK && dealt_with > 0;)
        err = process_some(inbox, &dealt_with, accepted, error);
    return err;
}
