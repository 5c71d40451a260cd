/* Sums of numbers that came from elsewhere (Redis, a request): at the ends of their range they stay there. */
#ifndef REPRISE_BASE_BOUNDED_H
#define REPRISE_BASE_BOUNDED_H

#include <stdint.h>

static inline int64_t bounded_add(int64_t a, int64_t b)
{
    int64_t sum = 0;
    return !__builtin_add_overflow(a, b, &sum) ? sum : b > 0 ? INT64_MAX : INT64_MIN;
}

static inline int64_t bounded_subtract(int64_t a, int64_t b)
{
    int64_t difference = 0;
    return !__builtin_sub_overflow(a, b, &difference) ? difference : b < 0 ? INT64_MAX : INT64_MIN;
}

#endif
