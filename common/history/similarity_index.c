/*
 * The index that similarity asks: texts, lower-cased and kept in blocks, how often each letter stands in them, and
 * arrays over all runs for the first look at every one. That look is plain loops, which the compiler turns into vector
 * instructions (this file is built with -O3 for that). It does not change while it has readers.
 */
#include "common/history/similarity.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/history/lower.h"

#define BLOCK_BYTES ((size_t)1 << 18)

/* Texts are kept in blocks that never move; a greater one gets a block of its own. */
struct similarity_block {
    struct similarity_block *next;
    size_t used, size;
    uint64_t bytes[]; /* the strictest of what is kept: anchors */
};

struct similarity *similarity_new(void)
{
    struct similarity *index = mem_zalloc(sizeof(*index));
    index->ratio = text_ratio_new();
    index->pieces = text_pieces_new();
    return index;
}

void similarity_drop(struct similarity *index)
{
    if (index == NULL)
        return;
    while (index->blocks != NULL) {
        struct similarity_block *block = index->blocks;
        index->blocks = block->next;
        free(block);
    }
    text_ratio_drop(index->ratio);
    text_pieces_drop(index->pieces);
    free(index->rows);
    free(index->letters);
    free(index->costs);
    free(index->durations);
    free(index->lengths);
    free(index->statuses);
    free(index->leasts);
    free(index);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static void *take_bytes(struct similarity *index, size_t bytes)
{
    bytes = (bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    struct similarity_block *block = index->blocks;
    if (block == NULL || block->size - block->used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        block = mem_alloc(sizeof(*block) + size);
        *block = (struct similarity_block){.next = index->blocks, .size = size};
        index->blocks = block;
        index->bytes_of_blocks += sizeof(*block) + size;
    }
    void *place = (char *)block->bytes + block->used;
    block->used += bytes;
    return place;
}

static uint8_t width_of(const uint32_t *codes, size_t count)
{
    uint32_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= codes[i];
    return all <= UINT8_MAX ? 1 : all <= UINT16_MAX ? 2 : 4;
}

static void keep_text(struct similarity *index, struct similarity_row *row, const uint32_t *codes, size_t count)
{
    assert(count < UINT32_MAX / 2);
    row->length = (uint32_t)count;
    row->width = width_of(codes, count);
    void *text = take_bytes(index, count * row->width + 1);
    row->text = text;
    if (row->width == 4)
        memcpy(text, codes, count * sizeof(*codes));
    else if (row->width == 2)
        for (size_t i = 0; i < count; i++)
            ((uint16_t *)text)[i] = (uint16_t)codes[i];
    else
        for (size_t i = 0; i < count; i++)
            ((uint8_t *)text)[i] = (uint8_t)codes[i];
}

static void keep_anchors(struct similarity *index, struct similarity_row *row, const uint32_t *codes, size_t count)
{
    if (count < TEXT_RATIO_LONG || count > TEXT_ANCHORS_LENGTH_MAX)
        return;
    struct text_anchor *found = mem_array(count, sizeof(*found));
    size_t anchor_count = text_anchors_find(index->pieces, index->ratio, (struct text_codes){codes, count}, found);
    if (anchor_count != SIZE_MAX) {
        struct text_anchor *anchors = take_bytes(index, anchor_count * sizeof(*anchors));
        memcpy(anchors, found, anchor_count * sizeof(*anchors));
        row->anchors = anchors;
        row->anchor_count = (uint32_t)anchor_count;
    }
    free(found);
}

static size_t class_of(uint32_t code)
{
    if (code >= 'a' && code <= 'z')
        return code - 'a';
    if (code == ' ')
        return 26;
    if (code >= '0' && code <= '9')
        return 27 + (code & 1);
    return 29 + code % 3;
}

static void count_letters(struct similarity_letters *letters, const uint32_t *codes, size_t count)
{
    memset(letters, 0, sizeof(*letters));
    if (count <= SIMILARITY_COUNTED_MAX)
        for (size_t i = 0; i < count; i++)
            letters->counts[class_of(codes[i])]++;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void make_room(struct similarity *index)
{
    if (index->count < index->cap)
        return;
    index->cap += index->cap / 2 + 256;
    index->rows = mem_grow(index->rows, index->cap, sizeof(*index->rows));
    index->letters = mem_grow(index->letters, index->cap, sizeof(*index->letters));
    index->costs = mem_grow(index->costs, index->cap, sizeof(*index->costs));
    index->durations = mem_grow(index->durations, index->cap, sizeof(*index->durations));
    index->lengths = mem_grow(index->lengths, index->cap, sizeof(*index->lengths));
    index->statuses = mem_grow(index->statuses, index->cap, sizeof(*index->statuses));
    index->leasts = mem_grow(index->leasts, index->cap, sizeof(*index->leasts));
}

static float as_float(double number)
{
    return isnan(number) ? NAN : number > 0 ? (float)number : SIMILARITY_ZERO;
}

static void add_numbers(struct similarity *index, const struct similarity_row *row)
{
    size_t n = index->count;
    index->costs[n] = as_float(row->cost);
    index->durations[n] = as_float(row->duration_s);
    index->lengths[n] = row->text == NULL ? NAN : as_float(row->length);
    index->statuses[n] = row->status;
    index->leasts[n] = (float)row->least;
}

void similarity_add(struct similarity *index, const struct similarity_run *run)
{
    assert(index->count == 0 || run->id > index->rows[index->count - 1].id);
    make_room(index);
    struct similarity_row *row = &index->rows[index->count];
    *row = (struct similarity_row){
        .id = run->id,
        .cost = run->cost_nusd < 0 ? NAN : (double)run->cost_nusd,
        .duration_s = isfinite(run->duration_s) && run->duration_s >= 0 ? run->duration_s : NAN,
        .status = run->status,
        .least = run->least,
    };
    memset(&index->letters[index->count], 0, sizeof(*index->letters));
    if (run->text != NULL) {
        size_t count;
        uint32_t *codes = lower_codes(run->text, run->len, &count);
        keep_text(index, row, codes, count);
        keep_anchors(index, row, codes, count);
        count_letters(&index->letters[index->count], codes, count);
        free(codes);
    }
    add_numbers(index, row);
    index->with_least += isnan(row->least) ? 0 : 1;
    index->count++;
}

size_t similarity_row_of(const struct similarity *index, int64_t id)
{
    size_t from = 0, to = index->count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (index->rows[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < index->count && index->rows[from].id == id ? from : SIZE_MAX;
}

void similarity_seal(struct similarity *index)
{
    text_pieces_seal(index->pieces);
}

size_t similarity_count(const struct similarity *index)
{
    return index->count;
}

int64_t similarity_id(const struct similarity *index, size_t row)
{
    assert(row < index->count);
    return index->rows[row].id;
}

size_t similarity_bytes(const struct similarity *index)
{
    size_t of_row = sizeof(*index->rows) + sizeof(*index->letters) + 4 * sizeof(float) + sizeof(int);
    return sizeof(*index) + index->cap * of_row + index->bytes_of_blocks + text_pieces_bytes(index->pieces);
}

/* ---- the first look at every run; NAN compares false, so an unknown number ends as likeness 0 -------------------- */

struct look {
    float cost, duration, length;
    int status;
};

/* 1 if equal, NAN if one is unknown: the order of the operands matters. */
static inline float min_over_max(float a, float b)
{
    float least = a < b ? a : b, greatest = a > b ? a : b;
    return least / greatest;
}

static inline float known(float likeness)
{
    return likeness > 0 ? likeness : 0;
}

void similarity_scan(const struct similarity *index, size_t row, struct similarity_weights weights, float *bounds)
{
    const float *costs = index->costs, *durations = index->durations, *lengths = index->lengths;
    const int *statuses = index->statuses;
    struct look a = {costs[row], durations[row], lengths[row], statuses[row]};
    for (size_t n = 0; n < index->count; n++) {
        float shorter = a.length < lengths[n] ? a.length : lengths[n];
        float ratio = 2 * shorter / (a.length + lengths[n]);
        float weight = lengths[n] < TEXT_RATIO_LONG ? weights.short_text : weights.long_text;
        float status = statuses[n] == a.status ? 0.2F : 0;
        bounds[n] = weight * known(ratio) + status + 0.2F * known(min_over_max(a.cost, costs[n])) +
                    0.2F * known(min_over_max(a.duration, durations[n])) + SIMILARITY_SCAN_ERROR;
    }
}

size_t similarity_letters_in_common(const struct similarity_letters *one, const struct similarity_letters *other)
{
    int16_t sums[SIMILARITY_CLASSES];
    for (size_t i = 0; i < SIMILARITY_CLASSES; i++)
        sums[i] = one->counts[i] < other->counts[i] ? one->counts[i] : other->counts[i];
    size_t sum = 0;
    for (size_t i = 0; i < SIMILARITY_CLASSES; i++)
        sum += (size_t)sums[i];
    return sum;
}
