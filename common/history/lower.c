/*
 * Lower case over the tables of lower_table.c, and the words of a text. It must not use the C library's own functions
 * for that, which go by locale and version. Pure. Called by patterns, scores and similarity.
 */
#include "common/history/lower.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

#define REPLACEMENT 0xFFFD
#define CAPITAL_I_DOT 0x130
#define COMBINING_DOT 0x307
#define CAPITAL_SIGMA 0x3A3
#define SMALL_SIGMA 0x3C3
#define FINAL_SIGMA 0x3C2

static uint32_t *decode(const char *text, size_t len, size_t *count)
{
    uint32_t *codes = mem_array(len + 1, sizeof(*codes));
    size_t n = 0;
    for (size_t at = 0; at < len; n++) {
        size_t bytes = utf8_decode(text + at, len - at, &codes[n]);
        if (bytes == 0)
            codes[n] = REPLACEMENT;
        at += bytes > 0 ? bytes : 1;
    }
    *count = n;
    return codes;
}

static uint32_t lower_of(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
    size_t from = 0, to = lower_shifts_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        const struct lower_shift *shift = &lower_shifts[middle];
        if (code < shift->from)
            to = middle;
        else if (code > shift->to)
            from = middle + 1;
        else
            return (code - shift->from) % (uint32_t)shift->step == 0 ? (uint32_t)((int32_t)code + shift->shift) : code;
    }
    return code;
}

static bool is_in(const struct lower_range *ranges, size_t count, uint32_t code)
{
    size_t from = 0, to = count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (code >= ranges[middle].from && code <= ranges[middle].to)
            return true;
        if (code < ranges[middle].from)
            to = middle;
        else
            from = middle + 1;
    }
    return false;
}

/* Whether the first character from `at` on, by steps of `step`, that counts is a letter with case. */
static bool cased_beside(const uint32_t *codes, size_t count, size_t at, int step)
{
    size_t i = at + (size_t)step; /* before the first: wraps to more than any count */
    while (i < count && is_in(lower_skipped, lower_skipped_count, codes[i]))
        i += (size_t)step;
    return i < count && is_in(lower_cased, lower_cased_count, codes[i]);
}

static uint32_t lower_sigma(const uint32_t *codes, size_t count, size_t at)
{
    bool ends_word = cased_beside(codes, count, at, -1) && !cased_beside(codes, count, at, 1);
    return ends_word ? FINAL_SIGMA : SMALL_SIGMA;
}

uint32_t *lower_codes(const char *text, size_t len, size_t *count)
{
    size_t read;
    uint32_t *codes = decode(text, len, &read);
    uint32_t *lower = mem_array(2 * read + 1, sizeof(*lower));
    size_t n = 0;
    for (size_t i = 0; i < read; i++) {
        if (codes[i] == CAPITAL_SIGMA) {
            lower[n++] = lower_sigma(codes, read, i);
        } else if (codes[i] == CAPITAL_I_DOT) {
            lower[n++] = 'i';
            lower[n++] = COMBINING_DOT;
        } else {
            lower[n++] = lower_of(codes[i]);
        }
    }
    free(codes);
    *count = n;
    return lower;
}

char *lower_utf8(const char *text, size_t len, size_t *out_len)
{
    size_t count;
    uint32_t *codes = lower_codes(text, len, &count);
    struct buf out = BUF_INIT;
    for (size_t i = 0; i < count; i++) {
        char bytes[4];
        buf_add(&out, bytes, utf8_encode(codes[i], bytes));
    }
    free(codes);
    *out_len = out.len;
    return buf_take(&out);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static bool is_space(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } spaces[] = {{0x09, 0x0D},     {0x1C, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
                  {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        if (code >= spaces[i].from && code <= spaces[i].to)
            return true;
    return false;
}

size_t words_count(const char *text, size_t len)
{
    size_t count = 0;
    bool in_word = false;
    for (size_t at = 0; text != NULL && at < len;) {
        uint32_t code;
        size_t bytes = utf8_decode(text + at, len - at, &code);
        bool is_word = bytes == 0 || !is_space(code);
        count += is_word && !in_word;
        in_word = is_word;
        at += bytes > 0 ? bytes : 1;
    }
    return count;
}

static bool is_of_word(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c) || c == '_';
}

bool words_have(const char *text, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    const char *end = text + len, *at = text;
    while ((at = memmem(at, (size_t)(end - at), word, word_len)) != NULL) {
        bool begins = at == text || !is_of_word(at[-1]);
        bool ends = at + word_len == end || !is_of_word(at[word_len]);
        if (begins && ends)
            return true;
        at++;
    }
    return false;
}
