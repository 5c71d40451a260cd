/*
 * Whose list a run enters that has changed. Its score is asked the other way round: it is b, and a is each run whose
 * stored list it may enter, so that what a sync compares grows with what has changed and not with all there is.
 */
#include <math.h>
#include <stdint.h>

#include "common/base/mem.h"
#include "common/history/similarity_reader.h"

/* A full list whose every place asks for `least`, and gives way to whoever reaches it. */
static void expect(struct similarity_list *list, double least)
{
    list->count = SIMILARITY_BEST;
    for (size_t i = 0; i < SIMILARITY_BEST; i++)
        list->best[i] = (struct similarity_match){INT64_MAX, least};
}

static const struct similarity_match *find(const struct similarity_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->best[i].id == id)
            return &list->best[i];
    return NULL;
}

static void add(struct similarity_reader *reader, struct similarity_match match)
{
    if (reader->entered_count == reader->entered_cap) {
        reader->entered_cap = 2 * reader->entered_cap + 64;
        reader->entered = mem_grow(reader->entered, reader->entered_cap, sizeof(*reader->entered));
    }
    reader->entered[reader->entered_count++] = match;
}

static void ask(struct similarity_reader *reader, size_t other, size_t row)
{
    const struct similarity *index = reader->index;
    similarity_begin(reader, other);
    expect(&reader->list, index->rows[other].least);
    similarity_consider(reader, row);
    const struct similarity_match *match = find(&reader->list, index->rows[row].id);
    if (match != NULL)
        add(reader, (struct similarity_match){index->rows[other].id, match->score});
}

const struct similarity_match *similarity_entered(struct similarity_reader *reader, int64_t id, size_t *count)
{
    const struct similarity *index = reader->index;
    size_t row = similarity_row_of(index, id);
    reader->entered_count = *count = 0;
    if (row == SIZE_MAX || index->with_least == 0)
        return NULL;
    similarity_scan(index, row, SIMILARITY_MOST, reader->bounds); /* the same both ways */
    for (size_t n = 0; n < index->count; n++)
        if (reader->bounds[n] >= index->leasts[n] - SIMILARITY_SCAN_ERROR && n != row)
            ask(reader, n, row);
    reader->effort.looked_at += index->count;
    *count = reader->entered_count;
    return reader->entered;
}
