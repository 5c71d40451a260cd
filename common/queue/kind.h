/*
 * What the queue must know of a kind of job. The table of kinds stands above this box (common/kinds); everything here
 * is told by it, so that a new kind needs no change of the queue.
 */
#ifndef REPRISE_QUEUE_KIND_H
#define REPRISE_QUEUE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/store/text.h"

/* A named set of job keys, from which a phase is planned. */
struct selection {
    const char *name;
    /* $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit: inserts jobs and returns how many
     * and the new cursor. Keyset-paged: fewer than the limit means that nothing is left. NULL: a definition brings its
     * own (recipe.h). */
    const struct sql *plan;
    /* $1 args (jsonb) → one row: what a person would call it, jobs, files, bytes (null = not known), SQLSTATE of the
     * refusal or null, its text. Asked before an operation is accepted, and by a dry run. NULL where `plan` is. */
    const struct sql *check;
};

struct kind {
    const char *name;
    const char *queue;                  /* one of queue_names */
    int chunk;                          /* jobs per chunk; 1 for long ones */
    const char *chunk_arg;              /* the argument that says another number of jobs per chunk; NULL = none */
    bool exclusive;                     /* holds a lease on its key while it runs */
    bool long_chunks;                   /* a chunk may take longer than the definition's timeout, which is of a job */
    bool sends_requests;                /* a dead holder's last request may be under way for 30 s */
    const struct selection *selections; /* ended by a NULL name */
    /* $1 operation, $2 keys text[], $3 checkpoints text[]: what a cancel leaves on the things that its removed jobs had
     * begun to change; NULL = nothing. */
    const struct sql *cancel_mark;
};

struct kind_table {
    const struct kind *kinds;
    size_t count;
};

/* By name; NULL = there is none. */
static inline const struct kind *kind_find(const struct kind_table *table, const char *name)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->kinds[i].name, name) == 0)
            return &table->kinds[i];
    return NULL;
}

static inline const struct selection *selection_find(const struct kind *kind, const char *name)
{
    for (const struct selection *s = kind->selections; s->name != NULL; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

#endif
