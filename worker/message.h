/*
 * What the loop and the executors hand to each other: one struct goes to an executor with a chunk and comes back with
 * what became of it. Owned by whoever has it in hand.
 */
#ifndef REPRISE_WORKER_WORK_H
#define REPRISE_WORKER_WORK_H

#include "common/queue/chunk.h"
#include "common/queue/tally.h"

enum work_event {
    WORK_RUN,           /* loop → executor: run this chunk */
    WORK_STOP,          /* loop → executor: end the thread */
    WORK_READY,         /* executor → loop: connected, takes a chunk */
    WORK_MORE_DUE,      /* executor → loop, in mid-run: more retries of this operation are due now */
    WORK_DONE,          /* executor → loop: finished with the chunk; it leaves the active list */
    WORK_GIVE_BACK,     /* executor → loop: not done (drained, or PostgreSQL is away): back to its queue */
    WORK_SPLIT,         /* executor → loop: a suspect of many jobs: `pieces` take its place */
    WORK_SERVICE_ENDED, /* the service thread has */
    WORK_ENDED,         /* executor → loop: its thread is about to end */
};

struct work {
    enum work_event event;
    int queue;
    struct executor *executor; /* who has it, or speaks */
    struct chunk chunk;

    /* With WORK_DONE: */
    bool settled; /* `tally` is as of the last commit */
    struct tally tally;
    char finished_at[40]; /* if the operation has ended, else "" */
    int64_t next_open;    /* see struct load */
    int64_t due_ms;       /* −1 = nothing waits */
    int64_t retries;      /* change of the number that waits */

    /* With WORK_SPLIT: texts of chunks, owned. */
    char **pieces;
    size_t piece_count;
};

struct work *work_new(enum work_event event, struct executor *executor, const struct chunk *chunk);
void work_drop(struct work *work);

#endif
