/*
 * The first look at every run: plain loops over arrays, which the compiler turns into vector instructions (this file
 * is built with -O3 for that). NAN compares false, so an unknown number ends as likeness 0.
 */
#include "common/history/similarity_private.h"

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
