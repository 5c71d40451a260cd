/*
 * A state machine over one block buffer: it hands out lines from the end of what was read, and asks for the block
 * before. It does no I/O itself, and must never grow beyond one line and one block. Called by
 * worker/run/history_stream.c.
 */
#include "common/history/tail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define BLOCK_GROWTH 4
#define KEPT_MAX ((size_t)256 * 1024)

void tail_init(struct tail *tail)
{
    *tail = (struct tail){.block = NULL};
}

void tail_fini(struct tail *tail)
{
    free(tail->block);
    tail_init(tail);
}

void tail_begin(struct tail *tail, int64_t size)
{
    assert(size >= 0);
    if (tail->cap > KEPT_MAX)
        tail_fini(tail);
    tail->start = tail->end = tail->cap;
    tail->searched = 0;
    tail->position = size;
    tail->next_block = TAIL_FIRST_BLOCK;
    tail->skipping = false;
    tail->overlong = 0;
}

static void drop_carry(struct tail *tail)
{
    tail->start = tail->end = tail->cap;
    tail->searched = 0;
}

/* Gives out what stands from `from` to the end, unless that is nothing. */
static bool take_line(struct tail *tail, size_t from, struct tail_line *line)
{
    size_t begin = from, end = tail->end;
    while (begin < end && tail->block[begin] == '\0')
        begin++;
    while (end > begin && tail->block[end - 1] == '\0')
        end--;
    *line = (struct tail_line){tail->block + begin, end - begin, tail->position + (int64_t)(begin - tail->start)};
    return end > begin;
}

/* The line behind the last newline; the newline goes with it. */
static bool cut_at(struct tail *tail, size_t newline, struct tail_line *line)
{
    bool found = !tail->skipping && take_line(tail, newline + 1, line);
    tail->skipping = false;
    tail->end = newline;
    tail->searched = 0;
    return found;
}

/* The first line of the stream has no newline before it. */
static bool cut_first(struct tail *tail, struct tail_line *line)
{
    bool found = !tail->skipping && take_line(tail, tail->start, line);
    tail->end = tail->start;
    tail->searched = 0;
    return found;
}

enum tail_step tail_next(struct tail *tail, struct tail_line *line)
{
    while (tail->end > tail->start) {
        size_t unsearched = tail->end - tail->start - tail->searched;
        const char *newline = memrchr(tail->block + tail->start, '\n', unsearched);
        if (newline != NULL) {
            if (cut_at(tail, (size_t)(newline - tail->block), line))
                return TAIL_LINE;
        } else if (tail->position == 0) {
            return cut_first(tail, line) ? TAIL_LINE : TAIL_DONE;
        } else {
            tail->searched = tail->end - tail->start;
            break;
        }
    }
    if (tail->position == 0)
        return TAIL_DONE;
    if (tail->searched > TAIL_LINE_MAX && !tail->skipping) {
        tail->skipping = true;
        tail->overlong++;
    }
    if (tail->skipping)
        drop_carry(tail);
    return TAIL_FEED;
}

/* Free room of `len` bytes before what is kept, which moves to the very end. */
static void make_room(struct tail *tail, size_t len)
{
    size_t kept = tail->end - tail->start;
    if (kept + len > tail->cap) {
        size_t cap = tail->cap > 0 ? tail->cap : TAIL_FIRST_BLOCK;
        while (cap < kept + len)
            cap *= 2;
        char *block = mem_alloc(cap);
        if (kept > 0)
            memcpy(block + cap - kept, tail->block + tail->start, kept);
        free(tail->block);
        tail->block = block;
        tail->cap = cap;
    } else if (tail->start < len && kept > 0) {
        memmove(tail->block + tail->cap - kept, tail->block + tail->start, kept);
    } else if (tail->start >= len) {
        return;
    }
    tail->start = tail->cap - kept;
    tail->end = tail->cap;
}

char *tail_room(struct tail *tail, size_t *len, int64_t *offset)
{
    assert(tail->position > 0);
    size_t want = tail->next_block;
    if ((int64_t)want > tail->position)
        want = (size_t)tail->position;
    make_room(tail, want);
    tail->position -= (int64_t)want;
    tail->start -= want;
    if (tail->next_block < TAIL_MAX_BLOCK)
        tail->next_block *= BLOCK_GROWTH;
    if (tail->next_block > TAIL_MAX_BLOCK)
        tail->next_block = TAIL_MAX_BLOCK;
    *len = want;
    *offset = tail->position;
    return tail->block + tail->start;
}

void tail_fed(struct tail *tail)
{
    assert(tail->start < tail->end);
}
