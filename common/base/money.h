/*
 * Money: whole nano-dollars (1e-9 USD) in 64 bits, what numeric(18,9) holds. It is read from the decimal text that
 * a person wrote and never passes through a double: 0.1 + 0.2 is 0.3 here.
 */
#ifndef REPRISE_BASE_MONEY_H
#define REPRISE_BASE_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

#define MONEY_NUSD_PER_USD INT64_C(1000000000)
/* Not known: what stands for NULL. No amount is this one. */
#define MONEY_UNKNOWN INT64_MIN
/* The range of numeric(18,9), in both directions. */
#define MONEY_MAX_NUSD INT64_C(999999999999999999)

/* Reads a decimal number by JSON's grammar (RFC 8259: -12.5e-3) times 10^`scale`, rounded half away from zero as
 * PostgreSQL's numeric is. False, and `*out` left alone, if it is not one or does not fit into 64 bits. */
bool money_parse_decimal(const char *text, size_t len, int scale, int64_t *out);
/* The same for dollars, within MONEY_MAX_NUSD. */
bool money_parse(const char *text, size_t len, int64_t *nusd);

/* `*sum` += `nusd`; false, and `*sum` left alone, where the result leaves the range. Neither may be MONEY_UNKNOWN. */
bool money_add(int64_t *sum, int64_t nusd);

/* A part of an amount, rounded half away from zero; MONEY_UNKNOWN if the amount is unknown or `parts` < 1. */
int64_t money_divide(int64_t nusd, int64_t parts);

/* All digits that count, at least two after the point: "$2.37", "$0.000012", "-$1.50"; "unknown" for MONEY_UNKNOWN. */
void money_add_text(struct buf *buf, int64_t nusd);
/* As a JSON number and as input of numeric(18,9), without needless zeros: "2.37", "0", "-0.000000001"; "null" for
 * MONEY_UNKNOWN. */
void money_add_decimal(struct buf *buf, int64_t nusd);

/* ---- sums that stay within their range --------------------------------------------------------------------------- */

/* Sums of numbers that came from elsewhere (Redis, a request): at the ends of their range they stay there. */

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
