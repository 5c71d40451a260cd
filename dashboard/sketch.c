#include "dashboard/sketch.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define ROWS 4
#define COUNT_MAX 1000000 /* more is as good as this */

struct cell {
    int64_t until_ms;
    int count;
};

struct sketch {
    size_t width;
    int64_t window_ms;
    struct cell *cells; /* row after row; memory that is never touched costs nothing */
};

struct sketch *sketch_new(unsigned width_bits, int64_t window_ms)
{
    assert(width_bits < 32);
    struct sketch *sketch = mem_zalloc(sizeof *sketch);
    *sketch = (struct sketch){.width = (size_t)1 << width_bits, .window_ms = window_ms};
    sketch->cells = mem_array(ROWS * sketch->width, sizeof *sketch->cells);
    return sketch;
}

void sketch_drop(struct sketch *sketch)
{
    if (sketch == NULL)
        return;
    free(sketch->cells);
    free(sketch);
}

static struct cell *cell_of(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], size_t row)
{
    uint64_t part = 0;
    memcpy(&part, key + row * sizeof part, sizeof part);
    return &sketch->cells[row * sketch->width + (size_t)(part & (sketch->width - 1))];
}

static int count_of(const struct cell *cell, int64_t now_ms)
{
    return cell->until_ms > now_ms ? cell->count : 0;
}

int sketch_count(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], int64_t now_ms)
{
    int least = INT_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        int count = count_of(cell_of(sketch, key, row), now_ms);
        least = count < least ? count : least;
    }
    return least;
}

/* Only as far as this count needs it: a cell that others raised already stays. All of them last as long as the count.
 */
void sketch_add(struct sketch *sketch, const uint8_t key[SHA256_BYTES], int more, int64_t now_ms)
{
    int wanted = sketch_count(sketch, key, now_ms) + more;
    wanted = wanted < COUNT_MAX ? wanted : COUNT_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        struct cell *cell = cell_of(sketch, key, row);
        int count = count_of(cell, now_ms);
        *cell = (struct cell){now_ms + sketch->window_ms, count > wanted ? count : wanted};
    }
}

void sketch_forget(struct sketch *sketch, const uint8_t key[SHA256_BYTES])
{
    for (size_t row = 0; row < ROWS; row++)
        *cell_of(sketch, key, row) = (struct cell){0, 0};
}

int64_t sketch_wait_ms(const struct sketch *sketch, const uint8_t key[SHA256_BYTES], int64_t now_ms)
{
    int64_t least = INT64_MAX;
    for (size_t row = 0; row < ROWS; row++) {
        int64_t until_ms = cell_of(sketch, key, row)->until_ms;
        least = until_ms < least ? until_ms : least;
    }
    return least > now_ms ? least - now_ms : 0;
}
