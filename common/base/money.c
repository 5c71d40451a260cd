/*
 * Amounts as integers of 10^-9 dollars, read from decimal text digit by digit and rounded once. A double must never
 * come in: sums kept in PostgreSQL are compared with sums made here. Called by prices, result lines and the recomputing
 * of costs.
 */
#include "common/base/money.h"

#include <assert.h>

#define SCALE_USD 9
/* No exponent of use is longer; one that is longer is an amount of nothing or too much. */
#define EXPONENT_MAX 100000

struct decimal {
    const char *digits; /* whole and fraction, with at most one point in between */
    size_t len;
    bool negative;
    int64_t point; /* how many digits stand before the point, the exponent counted in */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digit_run(const char *text, size_t len)
{
    size_t run = 0;
    while (run < len && is_digit(text[run]))
        run++;
    return run;
}

/* After the "e"; large ones are held at EXPONENT_MAX. */
static bool read_exponent(const char *text, size_t len, int64_t *exponent)
{
    bool negative = len > 0 && *text == '-';
    size_t sign = len > 0 && (*text == '-' || *text == '+');
    size_t run = digit_run(text + sign, len - sign);
    if (run == 0 || sign + run != len)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < run && value < EXPONENT_MAX; i++)
        value = value * 10 + (text[sign + i] - '0');
    *exponent = negative ? -value : value;
    return true;
}

static bool read_decimal(const char *text, size_t len, struct decimal *out)
{
    *out = (struct decimal){.negative = len > 0 && *text == '-'};
    text += out->negative;
    len -= out->negative;
    size_t whole = digit_run(text, len), end = whole;
    if (whole == 0 || (whole > 1 && *text == '0'))
        return false;
    if (end < len && text[end] == '.') {
        size_t fraction = digit_run(text + end + 1, len - end - 1);
        if (fraction == 0)
            return false;
        end += 1 + fraction;
    }
    int64_t exponent = 0;
    if (end < len && ((text[end] | 0x20) != 'e' || !read_exponent(text + end + 1, len - end - 1, &exponent)))
        return false;
    out->digits = text;
    out->len = end;
    out->point = (int64_t)whole + exponent;
    return true;
}

static bool append_digit(uint64_t *value, unsigned digit)
{
    return !__builtin_mul_overflow(*value, UINT64_C(10), value) && !__builtin_add_overflow(*value, digit, value) &&
           *value <= INT64_MAX;
}

/* The digits before the moved point; the first one behind it decides the rounding. */
static bool scaled(const struct decimal *decimal, int64_t keep, uint64_t *value)
{
    int64_t place = 0; /* of the digit in hand */
    *value = 0;
    for (size_t i = 0; i < decimal->len && place <= keep; i++) {
        if (decimal->digits[i] == '.')
            continue;
        unsigned digit = (unsigned)(decimal->digits[i] - '0');
        if (place++ == keep)
            return digit < 5 || !__builtin_add_overflow(*value, UINT64_C(1), value);
        if (!append_digit(value, digit))
            return false;
    }
    for (; place < keep && *value != 0; place++)
        if (!append_digit(value, 0))
            return false;
    return true;
}

bool money_parse_decimal(const char *text, size_t len, int scale, int64_t *out)
{
    struct decimal decimal;
    uint64_t value = 0;
    if (!read_decimal(text, len, &decimal))
        return false;
    if (decimal.point + scale >= 0 && !scaled(&decimal, decimal.point + scale, &value))
        return false;
    if (value > INT64_MAX)
        return false;
    *out = decimal.negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool money_parse(const char *text, size_t len, int64_t *nusd)
{
    int64_t value = 0;
    if (!money_parse_decimal(text, len, SCALE_USD, &value) || value > MONEY_MAX_NUSD || value < -MONEY_MAX_NUSD)
        return false;
    *nusd = value;
    return true;
}

bool money_add(int64_t *sum, int64_t nusd)
{
    assert(*sum != MONEY_UNKNOWN && nusd != MONEY_UNKNOWN);
    int64_t result = 0;
    if (__builtin_add_overflow(*sum, nusd, &result) || result > MONEY_MAX_NUSD || result < -MONEY_MAX_NUSD)
        return false;
    *sum = result;
    return true;
}

int64_t money_divide(int64_t nusd, int64_t parts)
{
    if (nusd == MONEY_UNKNOWN || parts < 1)
        return MONEY_UNKNOWN;
    int64_t quotient = nusd / parts, rest = nusd % parts;
    if (rest < 0)
        return -rest >= parts + rest ? quotient - 1 : quotient;
    return rest >= parts - rest ? quotient + 1 : quotient;
}

/* Without the sign: the dollars, and the fraction with at least `least` digits. */
static void add_digits(struct buf *buf, int64_t nusd, int least)
{
    uint64_t amount = nusd < 0 ? (uint64_t)-nusd : (uint64_t)nusd;
    uint64_t fraction = amount % (uint64_t)MONEY_NUSD_PER_USD;
    int places = SCALE_USD;
    while (places > least && fraction % 10 == 0) {
        fraction /= 10;
        places--;
    }
    buf_add_int(buf, (int64_t)(amount / (uint64_t)MONEY_NUSD_PER_USD));
    if (places == 0)
        return;
    char text[1 + SCALE_USD] = ".";
    for (int at = places; at > 0; at--, fraction /= 10)
        text[at] = (char)('0' + fraction % 10);
    buf_add(buf, text, 1 + (size_t)places);
}

void money_add_text(struct buf *buf, int64_t nusd)
{
    if (nusd == MONEY_UNKNOWN) {
        buf_add_str(buf, "unknown");
        return;
    }
    buf_add_str(buf, nusd < 0 ? "-$" : "$");
    add_digits(buf, nusd, 2);
}

void money_add_decimal(struct buf *buf, int64_t nusd)
{
    if (nusd == MONEY_UNKNOWN) {
        buf_add_str(buf, "null");
        return;
    }
    if (nusd < 0)
        buf_add_char(buf, '-');
    add_digits(buf, nusd, 0);
}
