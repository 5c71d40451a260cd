/*
 * Pieces by number: a table by hash while they are gathered, a list by piece once they are sealed, so that one pass
 * over two sorted lists tells how far each of them stands in a text. It must never give one piece two numbers. Called
 * by text_anchors.c.
 */
#include "common/history/text_windows.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "common/base/mem.h"

#define CLASS_BITS 6
#define CLASS_OTHER 37

struct numbered {
    uint64_t piece;
    uint32_t number;
};

/* While it grows a table by hash, of one more than the number; then a list by piece. */
struct text_windows {
    struct numbered *list;
    size_t count, cap;
    uint32_t *table;
    size_t table_size; /* a power of two */
    bool is_sealed;
};

uint32_t text_windows_class(uint32_t code)
{
    if (code >= 'a' && code <= 'z')
        return code - 'a';
    if (code >= '0' && code <= '9')
        return 26 + (code - '0');
    return code == ' ' ? CLASS_OTHER - 1 : CLASS_OTHER + code % (TEXT_WINDOWS_NONE - CLASS_OTHER);
}

struct text_windows *text_windows_new(void)
{
    return mem_zalloc(sizeof(struct text_windows));
}

void text_windows_drop(struct text_windows *windows)
{
    if (windows == NULL)
        return;
    free(windows->list);
    free(windows->table);
    free(windows);
}

size_t text_windows_count(const struct text_windows *windows)
{
    return windows->count;
}

size_t text_windows_bytes(const struct text_windows *windows)
{
    return sizeof(*windows) + windows->cap * sizeof(*windows->list) + windows->table_size * sizeof(*windows->table);
}

/* ---- growing ----------------------------------------------------------------------------------------------------- */

static uint32_t *place_of(const struct text_windows *windows, uint64_t piece)
{
    size_t at = (piece * UINT64_C(0x9E3779B97F4A7C15)) >> 20 & (windows->table_size - 1);
    while (windows->table[at] != 0 && windows->list[windows->table[at] - 1].piece != piece)
        at = (at + 1) & (windows->table_size - 1);
    return &windows->table[at];
}

static void make_room(struct text_windows *windows)
{
    if (2 * windows->count < windows->table_size)
        return;
    windows->table_size = windows->table_size == 0 ? 1024 : 2 * windows->table_size;
    free(windows->table);
    windows->table = mem_array(windows->table_size, sizeof(*windows->table));
    for (size_t n = 0; n < windows->count; n++)
        *place_of(windows, windows->list[n].piece) = (uint32_t)n + 1;
    windows->cap = windows->table_size;
    windows->list = mem_grow(windows->list, windows->cap, sizeof(*windows->list));
}

uint32_t text_windows_add(struct text_windows *windows, uint64_t piece)
{
    assert(!windows->is_sealed);
    make_room(windows);
    uint32_t *place = place_of(windows, piece);
    if (*place == 0) {
        windows->list[windows->count] = (struct numbered){piece, (uint32_t)windows->count};
        *place = (uint32_t)++windows->count;
    }
    return *place - 1;
}

static int by_piece(const void *one, const void *other)
{
    uint64_t a = ((const struct numbered *)one)->piece, b = ((const struct numbered *)other)->piece;
    return (a > b) - (a < b);
}

void text_windows_seal(struct text_windows *windows)
{
    free(windows->table);
    windows->table = NULL;
    windows->table_size = 0;
    windows->is_sealed = true;
    if (windows->count == 0)
        return;
    qsort(windows->list, windows->count, sizeof(*windows->list), by_piece);
    windows->cap = windows->count;
    windows->list = mem_grow(windows->list, windows->cap, sizeof(*windows->list));
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static int by_number(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* Of how many classes two pieces begin alike. */
static inline uint8_t common(uint64_t one, uint64_t other)
{
    static const uint8_t classes[64] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2,  2,  3,  3, 3, 3,
                                        3, 3, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 6, 6,  6,  6,  6, 7, 7,
                                        7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9, 10, 10, 10, 10};
    uint64_t differs = one ^ other;
    return differs == 0 ? TEXT_WINDOWS_LENGTH
                        : classes[__builtin_clzll(differs) - (64 - TEXT_WINDOWS_LENGTH * CLASS_BITS)];
}

/* Both lists are sorted: what begins most like a piece stands beside it. */
void text_windows_match(const struct text_windows *windows, uint64_t *pieces, size_t count, uint8_t *matched)
{
    size_t next = 0;
    assert(windows->is_sealed); /* else what is said would be too little */
    if (count > 0)
        qsort(pieces, count, sizeof(*pieces), by_number);
    for (size_t n = 0; n < windows->count; n++) {
        uint64_t piece = windows->list[n].piece;
        while (next < count && pieces[next] < piece)
            next++;
        uint8_t after = next < count ? common(piece, pieces[next]) : 0;
        uint8_t before = next > 0 ? common(piece, pieces[next - 1]) : 0;
        matched[windows->list[n].number] = after > before ? after : before;
    }
}
