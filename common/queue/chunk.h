/*
 * A chunk: a run of jobs of one operation, the unit that travels through Redis. As JSON:
 *   {"op":"op_…","gen":3,"from":1,"to":256,"w":1}   a range; "w" marks one that counts in its operation's window
 *                                                   "first":1 follows in one of a person's single request
 *   {"op":"op_…","gen":3,"due":true}                whatever retries of the operation are due when it is loaded
 *   {"by":"w_…","op":…}                             a suspect: what worker w_… held when a fatal signal ended it
 * Scripts write them too (lua/_feed.lua). What stands in a list is compared byte by byte, so a chunk keeps its text.
 */
#ifndef REPRISE_QUEUE_CHUNK_H
#define REPRISE_QUEUE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/base/ids.h"

#define CHUNK_TEXT_MAX 256
#define CHUNK_JOBS_MAX 10000

struct chunk {
    char operation_id[ID_MAX];
    int64_t generation;
    int64_t from, to; /* of a range; 0 of a due chunk */
    bool window;
    bool first; /* an executor is kept for these */
    bool due;
    char by[ID_MAX]; /* of a suspect, else "" */
    char text[CHUNK_TEXT_MAX];
};

/* ERR_USAGE says what is wrong; `chunk->text` is then not set. */
MUST_CHECK enum err chunk_parse(const char *bytes, size_t len, struct chunk *chunk, struct err_info *error);
/* Writes `chunk->text` again from the other members. */
void chunk_write(struct chunk *chunk);
/* "w", "due" or "": as finish.lua wants it. */
const char *chunk_class(const struct chunk *chunk);

#endif
