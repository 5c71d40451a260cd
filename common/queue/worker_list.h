/*
 * The workers that Redis knows, with what they say of themselves. Two requests, however many ids there are: any client
 * that writes to Redis can make up thousands.
 */
#ifndef REPRISE_QUEUE_WORKER_LIST_H
#define REPRISE_QUEUE_WORKER_LIST_H

#include "common/queue/dispatch.h"

#define WORKER_LIST_FORGET_MS (24 * 60 * 60 * 1000) /* an id stays so long after its last beat */
#define WORKER_LIST_MAX 10000                       /* the latest beats are read */

struct worker_list {
    size_t count;
    redisReply *beats, *said;
};

/* worker_list_fini is owed in any case. */
MUST_CHECK enum err worker_list_read(const struct dispatch *dispatch, struct worker_list *list, struct err_info *error);
void worker_list_fini(struct worker_list *list);

/* By index, the latest beat first. */
const char *worker_list_id(const struct worker_list *list, size_t i);
int64_t worker_list_silent_ms(const struct worker_list *list, size_t i);
/* It ended by itself, and is about to go (lua/reap.lua). */
bool worker_list_has_ended(const struct worker_list *list, size_t i);
/* Its heartbeat (JSON); "" = it ran out. */
const char *worker_list_said(const struct worker_list *list, size_t i);

#endif
