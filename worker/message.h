/*
 * A message between the loop thread and an executor or a service thread. A message that carries a chunk goes to
 * an executor (MESSAGE_RUN) and the same struct comes back with what became of the chunk. The thread that has it in
 * hand owns it; mailbox_put passes it on.
 */
#ifndef REPRISE_WORKER_MESSAGE_H
#define REPRISE_WORKER_MESSAGE_H

#include "common/queue/chunk.h"
#include "common/queue/tally.h"

struct executor;

enum message_kind {
    MESSAGE_RUN,           /* loop → executor: run this chunk, and those behind it (`next`) */
    MESSAGE_STOP,          /* loop → executor: end the thread */
    MESSAGE_READY,         /* executor → loop: connected to PostgreSQL, can take a chunk */
    MESSAGE_MORE_DUE,      /* executor → loop, in mid-run: more retries of this operation are due now */
    MESSAGE_DONE,          /* executor → loop: finished with the chunk; it leaves the active list */
    MESSAGE_GIVE_BACK,     /* executor → loop: not done (drained, or PostgreSQL is away): back to its queue */
    MESSAGE_SPLIT,         /* executor → loop: a suspect of many jobs: `pieces` take its place */
    MESSAGE_ENDED,         /* executor → loop: its thread is about to end */
    MESSAGE_INBOX_EMPTY,   /* inbox service → loop: no request is left; it is to be woken by the next */
    MESSAGE_SERVICE_ENDED, /* service → loop: its thread is about to end */
};

struct message {
    enum message_kind kind;
    int queue;
    struct executor *executor; /* the one that has it, or sent it */
    struct chunk chunk;
    struct message *next; /* with MESSAGE_RUN: single requests that are run together go as one */

    /* With MESSAGE_DONE: */
    bool settled; /* `tally` is as of the last commit */
    struct tally tally;
    char finished_at[40]; /* if the operation has ended, else "" */
    int64_t next_open;    /* see struct load */
    int64_t due_ms;       /* −1 = nothing waits */
    int64_t retries;      /* change of the number that waits */
    int64_t took_us;      /* of a single request: what its handler took; 0 = not known */

    /* With MESSAGE_SPLIT: texts of chunks, owned. */
    char **pieces;
    size_t piece_count;
};

/* `chunk` is copied; NULL = none. */
struct message *message_new(enum message_kind kind, struct executor *executor, const struct chunk *chunk);
void message_drop(struct message *message);

#endif
