#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/history/similarity.h"
#include "common/history/similarity_private.h"
#include "common/history/similarity_reader.h"

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

struct similarity_likeness similarity_likeness_of(const struct similarity_row *a, const struct similarity_row *b)
{
    return (struct similarity_likeness){a->status == b->status ? 1 : 0, min_over_max(a->cost, b->cost),
                                        min_over_max(a->duration_s, b->duration_s)};
}

double similarity_score(const struct similarity_likeness *likeness, double ratio)
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

static struct text_ratio_text widen(struct reader_text *text, const struct similarity_row *row)
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
    return (struct text_ratio_text){text->room, row->length};
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
    double ratio = (least_wanted(list) - similarity_score(likeness, 0)) / 0.40;
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
    struct text_ratio_text text = widen(&reader->a, &reader->index->rows[reader->row]);
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
    if (!is_wanted(list, similarity_score(likeness, text_ratio_of(most, a->length, b->length)), b->id))
        return;
    make_ready(reader);
    size_t needed = matches_needed(list, likeness, total);
    if (!may_have(reader, b, needed))
        return;
    reader->effort.compared++;
    size_t matches = text_ratio_matches(reader->ratio, widen(&reader->b, b), needed);
    enter(list, similarity_score(likeness, text_ratio_of(matches, a->length, b->length)), b->id);
}

void similarity_consider(struct similarity_reader *reader, size_t other)
{
    const struct similarity_row *a = &reader->index->rows[reader->row], *b = &reader->index->rows[other];
    struct similarity_likeness likeness = similarity_likeness_of(a, b);
    size_t shorter = a->length < b->length ? a->length : b->length;
    if (a->text == NULL || b->text == NULL)
        enter(&reader->list, similarity_score(&likeness, 0), b->id);
    else if (is_wanted(&reader->list, similarity_score(&likeness, text_ratio_of(shorter, a->length, b->length)), b->id))
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

void similarity_begin(struct similarity_reader *reader, size_t row)
{
    reader->row = row;
    reader->is_ready = false;
    reader->list.count = 0;
}

/* The runs that may well be among the best, so that the fifth best score is high before the others come. Whoever is
 * considered twice is entered once. */
static void consider_likely(struct similarity_reader *reader)
{
    size_t count = reader->index->count;
    similarity_scan(reader->index, reader->row, SIMILARITY_LIKELY, reader->bounds);
    sort_by_bound(reader);
    for (uint32_t at = 0; at < reader->step_ends[STEPS - 1] && at < LIKELY; at++)
        if (reader->order[at] != reader->row)
            similarity_consider(reader, reader->order[at]);
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
                similarity_consider(reader, reader->order[at]);
    }
}

bool similarity_best(struct similarity_reader *reader, int64_t id, struct similarity_list *list)
{
    size_t row = similarity_row_of(reader->index, id);
    if (row == SIZE_MAX)
        return false;
    similarity_begin(reader, row);
    consider_likely(reader);
    consider_all(reader);
    *list = reader->list;
    return true;
}
