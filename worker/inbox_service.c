/*
 * The inbox's rounds, on a service thread: one turn of common/definitions/inbox.c each. While requests are known to
 * wait the rounds follow one another; once the inbox is empty the loop thread watches it (inbox_watch.c) and wakes this
 * one. Each second it looks by itself, too: a watch may have lost its connection.
 */
#include "worker/inbox_service.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/definitions/inbox.h"
#include "common/kinds/kinds.h"
#include "common/queue/sweep.h"
#include "worker/service.h"

#define TURN_MS 200 /* at a stretch; then it is looked whether the process is to end */
#define REDIS_COMMAND_MS 2000
#define WISH_INBOX 1

struct inbox_service {
    struct process_state *process;
    struct maintenance *maintenance; /* borrowed */
    struct service *service;
    struct pg *pg;
    struct redis *redis;
    struct dispatch dispatch;
    struct inbox inbox;
    bool empty;      /* it was looked at and found empty, and no wish has said otherwise since */
    bool more;       /* requests are known to wait, perhaps in our list since before the inbox was closed */
    bool told_empty; /* the loop watches the inbox */
};

static const char *allowed_definitions(const void *process)
{
    return process_config(process)->inbox_definitions;
}

static enum err stores_ready(struct inbox_service *inbox, struct err_info *error)
{
    enum err err = pg_ready(inbox->pg, error);
    return err == ERR_OK ? redis_ready(inbox->redis, error) : err;
}

static enum err take_turn(struct inbox_service *inbox, struct err_info *error)
{
    struct inbox_turn turn = {.accepted = 0};
    enum err err = stores_ready(inbox, error);
    if (err == ERR_OK)
        err = inbox_take_turn(&inbox->inbox, TURN_MS, &turn, error);
    inbox->more = turn.more;
    inbox->empty = err == ERR_OK && !turn.more;
    if (turn.unstarted > 0)
        maintenance_ask(inbox->maintenance, MAINTENANCE_PLANS);
    if (err != ERR_OK && key_repair_is_blamed(error->text))
        maintenance_ask(inbox->maintenance, MAINTENANCE_KEYS);
    return err;
}

static enum err run_round(void *context, bool ticks, struct err_info *error)
{
    struct inbox_service *inbox = context;
    const struct config *config = process_config(inbox->process);
    inbox->inbox.closed = !config->inbox_enabled;
    inbox->inbox.max_bytes = config->inbox_max_bytes;
    if (inbox->inbox.closed && !inbox->more)
        return ERR_OK;
    if (inbox->empty && !inbox->more && !ticks)
        return ERR_OK;
    return take_turn(inbox, error);
}

static void want(void *context, int wish)
{
    struct inbox_service *inbox = context;
    (void)wish;
    inbox->told_empty = inbox->empty = false;
}

static bool hurries(const void *context)
{
    return ((const struct inbox_service *)context)->more;
}

/* The loop watches the inbox once it is empty, until a request comes. */
static void tell_if_empty(void *context, struct mailbox *loop)
{
    struct inbox_service *inbox = context;
    if (inbox->told_empty || !inbox->empty || !process_config(inbox->process)->inbox_enabled)
        return;
    inbox->told_empty = true;
    mailbox_put(loop, message_new(MESSAGE_INBOX_EMPTY, NULL, NULL));
}

static const struct service_work work = {
    .name = "the inbox", .want = want, .hurry = hurries, .round = run_round, .tell = tell_if_empty};

/* ---- life -------------------------------------------------------------------------------------------------------- */

struct inbox_service *inbox_service_new(struct process_state *process, struct maintenance *maintenance)
{
    const struct config *config = process_config(process);
    struct inbox_service *inbox = mem_zalloc(sizeof *inbox);
    inbox->process = process;
    inbox->maintenance = maintenance;
    inbox->pg = pg_new(config->postgres_url, "reprise inbox", PG_LIMITS_SERVICE);
    inbox->redis = redis_new(process->redis, REDIS_COMMAND_MS, REDIS_COMMAND_MS);
    inbox->dispatch = (struct dispatch){inbox->redis, config->redis_prefix};
    inbox->inbox = (struct inbox){.dispatch = &inbox->dispatch,
                                  .pg = inbox->pg,
                                  .kinds = &kinds,
                                  .allowed = allowed_definitions,
                                  .context = process,
                                  .worker = process->worker};
    inbox->service = service_new(process, &work, inbox);
    return inbox;
}

void inbox_service_start(struct inbox_service *inbox, struct mailbox *loop)
{
    service_start(inbox->service, loop);
}

void inbox_service_wake(struct inbox_service *inbox)
{
    service_ask(inbox->service, WISH_INBOX);
}

void inbox_service_stop(struct inbox_service *inbox)
{
    service_stop(inbox->service);
}

void inbox_service_drop(struct inbox_service *inbox)
{
    if (inbox == NULL)
        return;
    service_drop(inbox->service);
    redis_drop(inbox->redis);
    pg_drop(inbox->pg);
    free(inbox);
}
