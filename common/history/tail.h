/*
 * The lines of a stream from its end towards its beginning, fed in blocks: the result line of a stream of megabytes is
 * two kilobytes at the end. Memory is bounded: a line longer than TAIL_LINE_MAX is passed over, and counted.
 *     tail_begin(&tail, size);
 *     while ((step = tail_next(&tail, &line)) != TAIL_DONE)
 *         if (step == TAIL_LINE) …
 *         else { room = tail_room(&tail, &len, &offset); read exactly `len` bytes at `offset` into it; tail_fed(&tail);
 * }
 */
#ifndef REPRISE_HISTORY_TAIL_H
#define REPRISE_HISTORY_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAIL_FIRST_BLOCK ((size_t)4 * 1024)
#define TAIL_MAX_BLOCK ((size_t)1024 * 1024)
#define TAIL_LINE_MAX ((size_t)4 * 1024 * 1024)

struct tail {
    char *block; /* what has been read and not yet been given out stands in [start, end) */
    size_t cap, start, end;
    size_t searched;   /* so many bytes before `end` hold no newline */
    int64_t position;  /* of block[start] in the stream */
    size_t next_block; /* blocks grow, so that a long search makes few calls */
    bool skipping;     /* the end of the line in hand was too long to keep */
    int64_t overlong;  /* lines passed over */
};

enum tail_step { TAIL_LINE, TAIL_FEED, TAIL_DONE };

/* Borrowed from the tail until the next call. Not empty; without the newline, and without NUL bytes at its edges,
 * which a file system leaves where a writer died. */
struct tail_line {
    const char *bytes;
    size_t len;
    int64_t offset; /* in the stream */
};

/* Before the first tail_begin. */
void tail_init(struct tail *tail);
void tail_fini(struct tail *tail);
/* Starts at the end of a stream of `size` bytes; the memory of a stream before is used again, unless it was much. */
void tail_begin(struct tail *tail, int64_t size);
enum tail_step tail_next(struct tail *tail, struct tail_line *line);
/* After TAIL_FEED: where to put which bytes of the stream. */
char *tail_room(struct tail *tail, size_t *len, int64_t *offset);
/* The room has been filled. */
void tail_fed(struct tail *tail);

#endif
