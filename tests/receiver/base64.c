#include "tests/receiver/base64.h"

#include <string.h>

/* The value of a digit plus one; 0 = no digit. */
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

static size_t padding_of(const char *text, size_t len)
{
    if (len == 0 || text[len - 1] != '=')
        return 0;
    return text[len - 2] == '=' ? 2 : 1;
}

/* Four characters into 24 bits, of which the last `padding` characters give none; false if they are no group. */
static bool read_group(const char *text, size_t padding, uint32_t *bits)
{
    *bits = 0;
    for (size_t i = 0; i < 4; i++) {
        uint8_t digit = i < 4 - padding ? digits[(uint8_t)text[i]] : 1;
        if (digit == 0)
            return false;
        *bits = *bits << 6 | (uint32_t)(digit - 1);
    }
    return (*bits & ((UINT32_C(1) << 8 * padding) - 1)) == 0;
}

bool base64_add_decoded(struct buf *out, const char *text, size_t len)
{
    if (len % 4 != 0)
        return false;
    size_t last = padding_of(text, len);
    uint8_t *to = (uint8_t *)buf_reserve(out, len / 4 * 3);
    for (size_t at = 0; at < len; at += 4) {
        uint32_t bits;
        if (!read_group(text + at, at + 4 == len ? last : 0, &bits))
            return false;
        *to++ = (uint8_t)(bits >> 16);
        *to++ = (uint8_t)(bits >> 8);
        *to++ = (uint8_t)bits;
    }
    out->len += len / 4 * 3 - last;
    out->data[out->len] = '\0';
    return true;
}
