/*
 * The answers of similarity: for a run, all others by falling bound of their score, the texts of those that may still
 * be among the best compared; and, for a run that has changed, the lists of others that it enters. Exact, whatever the
 * bounds leave out (similarity.h says why).
 */
#include "common/history/similarity.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* Runs are sorted by their bound into steps of 1/STEPS_PER_ONE, from 1 down to SIMILARITY_LEAST. */
#define STEPS_PER_ONE 256
#define STEPS (STEPS_PER_ONE / 2 + 2)
/* So many runs are considered before all. */
#define LIKELY 32

struct reader_text {
    struct text_codes text;
    uint32_t *room;
    size_t cap;
};

struct similarity_reader {
    const struct similarity *index;
    struct text_ratio *ratio;
    struct text_reach *reach;
    struct reader_text a, b; /* in full width */
    float *bounds;           /* by row */
    uint32_t *order;         /* rows by falling bound */
    uint32_t step_ends[STEPS];
    size_t row;    /* whose best are sought */
    bool is_ready; /* its text is set */
    struct similarity_list list;
    struct similarity_match *entered;
    size_t entered_count, entered_cap;
    struct similarity_effort effort;
};

/* What a score consists of beside the text, each 0 to 1. */
struct similarity_likeness {
    double status, cost, duration;
};

struct similarity_reader *similarity_reader_new(const struct similarity *index)
{
    struct similarity_reader *reader = mem_zalloc(sizeof(*reader));
    reader->index = index;
    reader->ratio = text_ratio_new();
    reader->reach = text_reach_new(index->pieces);
    reader->bounds = mem_array(index->count + 1, sizeof(*reader->bounds));
    reader->order = mem_array(index->count + 1, sizeof(*reader->order));
    return reader;
}

void similarity_reader_drop(struct similarity_reader *reader)
{
    if (reader == NULL)
        return;
    text_ratio_drop(reader->ratio);
    text_reach_drop(reader->reach);
    free(reader->a.room);
    free(reader->b.room);
    free(reader->bounds);
    free(reader->order);
    free(reader->entered);
    free(reader);
}

struct similarity_effort similarity_reader_effort(const struct similarity_reader *reader)
{
    return reader->effort;
}

/* ---- the score --------------------------------------------------------------------------------------------------- */

static double min_over_max(double a, double b)
{
    if (isnan(a) || isnan(b))
        return 0;
    double least = a < b ? a : b, greatest = a < b ? b : a;
    return greatest > 0 ? least / greatest : 1;
}

static struct similarity_likeness likeness_of(const struct similarity_row *a, const struct similarity_row *b)
{
    return (struct similarity_likeness){a->status == b->status ? 1 : 0, min_over_max(a->cost, b->cost),
                                        min_over_max(a->duration_s, b->duration_s)};
}

/* Rounded in one way only, so that a greater ratio never gives a smaller score: bounds hold to the bit. */
static double score_of(const struct similarity_likeness *likeness, double ratio)
{
    return 0.40 * ratio + 0.20 * likeness->status + 0.20 * likeness->cost + 0.20 * likeness->duration;
}

/* ---- the five best ----------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct similarity_list *list, double score, int64_t id)
{
    if (list->count < SIMILARITY_BEST)
        return score >= SIMILARITY_LEAST;
    const struct similarity_match *last = &list->best[SIMILARITY_BEST - 1];
    return score > last->score || (score >= last->score && id < last->id);
}

static bool holds(const struct similarity_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->best[i].id == id)
            return true;
    return false;
}

static void enter(struct similarity_list *list, double score, int64_t id)
{
    if (!is_wanted(list, score, id) || holds(list, id))
        return;
    size_t place = list->count < SIMILARITY_BEST ? list->count++ : SIMILARITY_BEST - 1;
    for (; place > 0; place--) {
        const struct similarity_match *before = &list->best[place - 1];
        if (before->score > score || (before->score >= score && before->id < id))
            break;
        list->best[place] = *before;
    }
    list->best[place] = (struct similarity_match){id, score};
}

static double least_wanted(const struct similarity_list *list)
{
    return list->count < SIMILARITY_BEST ? SIMILARITY_LEAST : list->best[SIMILARITY_BEST - 1].score;
}

/* ---- one other run ----------------------------------------------------------------------------------------------- */

static struct text_codes widen(struct reader_text *text, const struct similarity_row *row)
{
    if (row->length > text->cap) {
        text->cap = 2 * (size_t)row->length;
        text->room = mem_grow(text->room, text->cap, sizeof(*text->room));
    }
    if (row->width == 4)
        memcpy(text->room, row->text, row->length * sizeof(uint32_t));
    else if (row->width == 2)
        for (size_t i = 0; i < row->length; i++)
            text->room[i] = ((const uint16_t *)row->text)[i];
    else
        for (size_t i = 0; i < row->length; i++)
            text->room[i] = ((const uint8_t *)row->text)[i];
    return (struct text_codes){text->room, row->length};
}

static size_t most_matches(const struct similarity *index, size_t row_a, size_t row_b)
{
    uint32_t a = index->rows[row_a].length, b = index->rows[row_b].length;
    if (a > SIMILARITY_COUNTED_MAX || b > SIMILARITY_COUNTED_MAX)
        return a < b ? a : b;
    return similarity_letters_in_common(&index->letters[row_a], &index->letters[row_b]);
}

/* A little too few rather than one too many. */
static size_t matches_needed(const struct similarity_list *list, const struct similarity_likeness *likeness,
                             size_t total)
{
    double ratio = (least_wanted(list) - score_of(likeness, 0)) / 0.40;
    double matches = ceil(ratio * (double)total / 2 - 1e-6);
    return matches > 0 ? (size_t)matches : 0;
}

/* Whether the texts can have so many characters in common, by b's anchors. */
static bool may_have(const struct similarity_reader *reader, const struct similarity_row *b, size_t needed)
{
    if (b->anchors == NULL)
        return true;
    struct text_anchors anchors = {b->text, b->anchors, b->length, b->anchor_count, b->width};
    return text_reach_bound(reader->reach, &anchors) >= needed;
}

/* Only where a text is really looked at: most are not. */
static void make_ready(struct similarity_reader *reader)
{
    if (reader->is_ready)
        return;
    struct text_codes text = widen(&reader->a, &reader->index->rows[reader->row]);
    text_ratio_set(reader->ratio, text);
    text_reach_set(reader->reach, text);
    reader->is_ready = true;
}

static void consider_text(struct similarity_reader *reader, size_t other, const struct similarity_likeness *likeness)
{
    const struct similarity_row *a = &reader->index->rows[reader->row], *b = &reader->index->rows[other];
    struct similarity_list *list = &reader->list;
    size_t total = (size_t)a->length + b->length;
    reader->effort.counted++;
    size_t most = most_matches(reader->index, reader->row, other);
    if (!is_wanted(list, score_of(likeness, text_ratio_of(most, a->length, b->length)), b->id))
        return;
    make_ready(reader);
    size_t needed = matches_needed(list, likeness, total);
    if (!may_have(reader, b, needed))
        return;
    reader->effort.compared++;
    size_t matches = text_ratio_matches(reader->ratio, widen(&reader->b, b), needed);
    enter(list, score_of(likeness, text_ratio_of(matches, a->length, b->length)), b->id);
}

/* `reader->row` against another: in the end its score is in the list if it belongs there. */
static void reader_consider(struct similarity_reader *reader, size_t other)
{
    const struct similarity_row *a = &reader->index->rows[reader->row], *b = &reader->index->rows[other];
    struct similarity_likeness likeness = likeness_of(a, b);
    size_t shorter = a->length < b->length ? a->length : b->length;
    if (a->text == NULL || b->text == NULL)
        enter(&reader->list, score_of(&likeness, 0), b->id);
    else if (is_wanted(&reader->list, score_of(&likeness, text_ratio_of(shorter, a->length, b->length)), b->id))
        consider_text(reader, other, &likeness);
}

/* ---- all others -------------------------------------------------------------------------------------------------- */

/* Step 0 is the best. */
static uint32_t step_of(float bound)
{
    float distance = (1.0F - bound) * STEPS_PER_ONE;
    return distance > 0 ? (uint32_t)distance : 0;
}

/* Sorts the rows that can be wanted at all. */
static void sort_by_bound(struct similarity_reader *reader)
{
    size_t count = reader->index->count;
    uint32_t ends[STEPS] = {0}, sum = 0;
    for (size_t n = 0; n < count; n++)
        if (reader->bounds[n] >= (float)SIMILARITY_LEAST)
            ends[step_of(reader->bounds[n])]++;
    for (size_t step = 0; step < STEPS; step++) {
        uint32_t size = ends[step];
        ends[step] = sum;
        sum += size;
    }
    for (size_t n = 0; n < count; n++)
        if (reader->bounds[n] >= (float)SIMILARITY_LEAST)
            reader->order[ends[step_of(reader->bounds[n])]++] = (uint32_t)n;
    memcpy(reader->step_ends, ends, sizeof(ends));
}

/* From now on `row` is compared with others; the list is empty. */
static void reader_begin(struct similarity_reader *reader, size_t row)
{
    reader->row = row;
    reader->is_ready = false;
    reader->list.count = 0;
}

/* The runs that may well be among the best, so that the fifth best score is high before the others come. A run that is
 * considered twice is entered once. */
static void consider_likely(struct similarity_reader *reader)
{
    size_t count = reader->index->count;
    similarity_scan(reader->index, reader->row, SIMILARITY_LIKELY, reader->bounds);
    sort_by_bound(reader);
    for (uint32_t at = 0; at < reader->step_ends[STEPS - 1] && at < LIKELY; at++)
        if (reader->order[at] != reader->row)
            reader_consider(reader, reader->order[at]);
    reader->effort.looked_at += count;
}

static void consider_all(struct similarity_reader *reader)
{
    uint32_t at = 0;
    similarity_scan(reader->index, reader->row, SIMILARITY_MOST, reader->bounds);
    sort_by_bound(reader);
    for (size_t step = 0; step < STEPS; step++) {
        float most = 1.0F - (float)step / STEPS_PER_ONE + SIMILARITY_SCAN_ERROR;
        if (step > 0 && most < (float)least_wanted(&reader->list))
            return;
        for (; at < reader->step_ends[step]; at++)
            if (reader->order[at] != reader->row)
                reader_consider(reader, reader->order[at]);
    }
}

bool similarity_best(struct similarity_reader *reader, int64_t id, struct similarity_list *list)
{
    size_t row = similarity_row_of(reader->index, id);
    if (row == SIZE_MAX)
        return false;
    reader_begin(reader, row);
    consider_likely(reader);
    consider_all(reader);
    *list = reader->list;
    return true;
}

/* ---- whose lists a run enters ------------------------------------------------------------------------------------ */

/*
 * Whose list a run enters that has changed. Its score is asked the other way round: it is b, and a is each run whose
 * stored list it may enter, so that what a sync compares grows with what has changed and not with all there is.
 */
/* A full list whose every place asks for `least`, and gives way to a run that reaches it. */
static void list_expect(struct similarity_list *list, double least)
{
    list->count = SIMILARITY_BEST;
    for (size_t i = 0; i < SIMILARITY_BEST; i++)
        list->best[i] = (struct similarity_match){INT64_MAX, least};
}

static const struct similarity_match *list_find(const struct similarity_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->best[i].id == id)
            return &list->best[i];
    return NULL;
}

static void entered_add(struct similarity_reader *reader, struct similarity_match match)
{
    if (reader->entered_count == reader->entered_cap) {
        reader->entered_cap = 2 * reader->entered_cap + 64;
        reader->entered = mem_grow(reader->entered, reader->entered_cap, sizeof(*reader->entered));
    }
    reader->entered[reader->entered_count++] = match;
}

static void entered_ask(struct similarity_reader *reader, size_t other, size_t row)
{
    const struct similarity *index = reader->index;
    reader_begin(reader, other);
    list_expect(&reader->list, index->rows[other].least);
    reader_consider(reader, row);
    const struct similarity_match *match = list_find(&reader->list, index->rows[row].id);
    if (match != NULL)
        entered_add(reader, (struct similarity_match){index->rows[other].id, match->score});
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
            entered_ask(reader, n, row);
    reader->effort.looked_at += index->count;
    *count = reader->entered_count;
    return reader->entered;
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

bool similarity_equal(const struct similarity_list *one, const struct similarity_list *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (one->best[i].id != other->best[i].id || one->best[i].score != other->best[i].score)
            return false;
    return true;
}

void similarity_add_match(const struct similarity_match *match, struct buf *out)
{
    buf_addf(out, "{\"id\":%" PRId64 ",\"similarity_score\":%.17g}", match->id, match->score);
}

void similarity_add_json(const struct similarity_list *list, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        similarity_add_match(&list->best[i], out);
    }
    buf_add_char(out, ']');
}
