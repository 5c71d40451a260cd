/*
 * The reader. It builds json-c's objects but does not use json-c's tokener: that one, even when strict, takes single
 * quotes, clamps large integers, lets the last of two equal keys win and lets NUL into strings. A recursive descent of
 * RFC 8259 with `max_depth` as its bound is shorter than a check beside the tokener, and knows the place of each error.
 */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/utf8.h"

struct reader {
    const char *at, *end, *begin;
    int depth_left;
    struct buf scratch; /* the string or number being read */
    struct err_info *error;
};

static enum err read_value(struct reader *reader, struct json_object **out);

/* Line and column are counted only when something is wrong. Columns count characters, as editors do. */
static enum err fail_at(struct reader *reader, const char *place, const char *format, ...) PRINTF_LIKE(3, 4);
static enum err fail_at(struct reader *reader, const char *place, const char *format, ...)
{
    int line = 1, column = 1;
    for (const char *c = reader->begin; c < place; c++) {
        if (*c == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)*c & 0xC0) != 0x80) {
            column++;
        }
    }
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(reader->error, ERR_USAGE, "line %d, column %d: %s", line, column, text);
    reader->error->line = line;
    reader->error->column = column;
    return ERR_USAGE;
}

static enum err fail_expected(struct reader *reader, const char *what)
{
    if (reader->at == reader->end)
        return fail_at(reader, reader->at, "expected %s, found the end", what);
    uint32_t code = 0;
    size_t len = utf8_decode(reader->at, (size_t)(reader->end - reader->at), &code);
    if (len == 0)
        return fail_at(reader, reader->at, "expected %s, found a byte that is not UTF-8", what);
    return fail_at(reader, reader->at, "expected %s, found '%.*s'", what, (int)len, reader->at);
}

static bool next_is(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

static bool next_is_digit(const struct reader *reader)
{
    return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

static bool skip(struct reader *reader, char c)
{
    if (!next_is(reader, c))
        return false;
    reader->at++;
    return true;
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end &&
           (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r'))
        reader->at++;
}

/* Out of memory in json-c ends the program as everywhere else. */
static struct json_object *made(struct json_object *object)
{
    if (object == NULL)
        abort();
    return object;
}

static enum err read_hex4(struct reader *reader, uint32_t *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, reader->at++) {
        char c = reader->at < reader->end ? *reader->at : '\0';
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return fail_expected(reader, "four hex digits after \\u");
        *code = *code << 4 | digit;
    }
    return ERR_OK;
}

/* After "\u". A code point above U+FFFF comes as two escapes, which must be a pair. */
static enum err read_unicode(struct reader *reader, const char *escape)
{
    uint32_t code = 0, low = 0;
    if (read_hex4(reader, &code) != ERR_OK)
        return ERR_USAGE;
    if (code == 0)
        return fail_at(reader, escape, "NUL is not allowed in a string");
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (!skip(reader, '\\') || !skip(reader, 'u'))
            return fail_at(reader, escape, "half of a surrogate pair");
        if (read_hex4(reader, &low) != ERR_OK)
            return ERR_USAGE;
        if (low < 0xDC00 || low > 0xDFFF)
            return fail_at(reader, escape, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code <= 0xDFFF) {
        return fail_at(reader, escape, "half of a surrogate pair");
    }
    char text[4];
    buf_add(&reader->scratch, text, utf8_encode(code, text));
    return ERR_OK;
}

static enum err read_escape(struct reader *reader)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *escape = reader->at++;
    if (skip(reader, 'u'))
        return read_unicode(reader, escape);
    const char *letter = reader->at < reader->end ? memchr(letters, *reader->at, sizeof(letters) - 1) : NULL;
    if (letter == NULL)
        return fail_expected(reader, "one of \"\\/bfnrtu after a backslash");
    buf_add_char(&reader->scratch, meanings[letter - letters]);
    reader->at++;
    return ERR_OK;
}

/* How many of the next bytes stand for themselves: most of most strings. */
static size_t plain_run(const struct reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - reader->at);
}

/* Into `scratch`, decoded. */
static enum err read_string(struct reader *reader)
{
    const char *quote = reader->at++;
    buf_reset(&reader->scratch);
    buf_add(&reader->scratch, "", 0);
    while (reader->at < reader->end && *reader->at != '"') {
        size_t plain = plain_run(reader);
        if (plain > 0) {
            buf_add(&reader->scratch, reader->at, plain);
            reader->at += plain;
            continue;
        }
        uint32_t code = 0;
        size_t len = utf8_decode(reader->at, (size_t)(reader->end - reader->at), &code);
        if (len == 0)
            return fail_at(reader, reader->at, "a byte that is not UTF-8");
        if (code < 0x20)
            return fail_at(reader, reader->at, "a control character in a string: write it as \\u%04x", (unsigned)code);
        if (code == '\\') {
            if (read_escape(reader) != ERR_OK)
                return ERR_USAGE;
            continue;
        }
        buf_add(&reader->scratch, reader->at, len);
        reader->at += len;
    }
    if (!skip(reader, '"'))
        return fail_at(reader, quote, "a string without its closing quote");
    return ERR_OK;
}

static enum err read_string_value(struct reader *reader, struct json_object **out)
{
    if (read_string(reader) != ERR_OK)
        return ERR_USAGE;
    *out = made(json_object_new_string_len(reader->scratch.data, (int)reader->scratch.len));
    return ERR_OK;
}

static enum err skip_digits(struct reader *reader, const char *what)
{
    if (!next_is_digit(reader))
        return fail_expected(reader, what);
    while (next_is_digit(reader))
        reader->at++;
    return ERR_OK;
}

/* Past the number by RFC 8259's grammar; `*whole` says whether it has neither fraction nor exponent. */
static enum err skip_number(struct reader *reader, bool *whole)
{
    skip(reader, '-');
    if (skip(reader, '0')) {
        if (next_is_digit(reader))
            return fail_at(reader, reader->at - 1, "a number with a leading zero");
    } else if (skip_digits(reader, "a digit") != ERR_OK) {
        return ERR_USAGE;
    }
    *whole = true;
    if (skip(reader, '.')) {
        *whole = false;
        if (skip_digits(reader, "a digit after the point") != ERR_OK)
            return ERR_USAGE;
    }
    if (skip(reader, 'e') || skip(reader, 'E')) {
        *whole = false;
        if (!skip(reader, '+'))
            skip(reader, '-');
        return skip_digits(reader, "a digit in the exponent");
    }
    return ERR_OK;
}

/* strtod reads a point because no program of ours leaves the C locale. */
static enum err read_number(struct reader *reader, struct json_object **out)
{
    const char *start = reader->at;
    bool whole = false;
    if (skip_number(reader, &whole) != ERR_OK)
        return ERR_USAGE;
    buf_reset(&reader->scratch);
    buf_add(&reader->scratch, start, (size_t)(reader->at - start));
    errno = 0;
    if (whole) {
        long long number = strtoll(reader->scratch.data, NULL, 10);
        if (errno == ERANGE)
            return fail_at(reader, start, "an integer beyond 64 bits");
        *out = made(json_object_new_int64(number));
        return ERR_OK;
    }
    double number = strtod(reader->scratch.data, NULL);
    if (!isfinite(number))
        return fail_at(reader, start, "a number that is too large");
    *out = made(json_object_new_double(number));
    return ERR_OK;
}

static enum err read_array(struct reader *reader, struct json_object *array)
{
    skip_space(reader);
    if (skip(reader, ']'))
        return ERR_OK;
    for (;;) {
        struct json_object *item = NULL;
        skip_space(reader);
        if (read_value(reader, &item) != ERR_OK)
            return ERR_USAGE;
        if (json_object_array_add(array, item) != 0)
            abort();
        skip_space(reader);
        if (skip(reader, ']'))
            return ERR_OK;
        if (!skip(reader, ','))
            return fail_expected(reader, "',' or ']'");
    }
}

/* The key is entered with null first, so that `scratch` is free for the value and a repetition is seen at the key. */
static enum err read_member(struct reader *reader, struct json_object *object)
{
    skip_space(reader);
    const char *quote = reader->at;
    if (!next_is(reader, '"'))
        return fail_expected(reader, "a key in double quotes");
    if (read_string(reader) != ERR_OK)
        return ERR_USAGE;
    if (json_object_object_get_ex(object, reader->scratch.data, NULL))
        return fail_at(reader, quote, "the key \"%.200s\" stands here twice", reader->scratch.data);
    char *key = buf_take(&reader->scratch);
    struct json_object *value = NULL;
    skip_space(reader);
    enum err err = skip(reader, ':') ? ERR_OK : fail_expected(reader, "':'");
    if (err == ERR_OK) {
        skip_space(reader);
        err = read_value(reader, &value);
    }
    if (err == ERR_OK && json_object_object_add(object, key, value) != 0)
        abort();
    free(key);
    return err;
}

static enum err read_object(struct reader *reader, struct json_object *object)
{
    skip_space(reader);
    if (skip(reader, '}'))
        return ERR_OK;
    for (;;) {
        if (read_member(reader, object) != ERR_OK)
            return ERR_USAGE;
        skip_space(reader);
        if (skip(reader, '}'))
            return ERR_OK;
        if (!skip(reader, ','))
            return fail_expected(reader, "',' or '}'");
    }
}

static enum err read_container(struct reader *reader, struct json_object **out)
{
    if (reader->depth_left == 0)
        return fail_at(reader, reader->at, "nested too deeply");
    reader->depth_left--;
    bool is_object = *reader->at++ == '{';
    struct json_object *container = made(is_object ? json_object_new_object() : json_object_new_array());
    enum err err = is_object ? read_object(reader, container) : read_array(reader, container);
    reader->depth_left++;
    if (err != ERR_OK) {
        json_object_put(container);
        return err;
    }
    *out = container;
    return ERR_OK;
}

static bool skip_word(struct reader *reader, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0)
        return false;
    reader->at += len;
    return true;
}

/* On failure `*out` is left alone. */
static enum err read_value(struct reader *reader, struct json_object **out)
{
    if (next_is(reader, '{') || next_is(reader, '['))
        return read_container(reader, out);
    if (next_is(reader, '"'))
        return read_string_value(reader, out);
    if (next_is(reader, '-') || next_is_digit(reader))
        return read_number(reader, out);
    if (skip_word(reader, "null"))
        *out = NULL;
    else if (skip_word(reader, "true"))
        *out = made(json_object_new_boolean(1));
    else if (skip_word(reader, "false"))
        *out = made(json_object_new_boolean(0));
    else
        return fail_expected(reader, "a value");
    return ERR_OK;
}

enum err json_parse(const char *bytes, size_t len, struct json_limits limits, struct json_object **out,
                    struct err_info *error)
{
    assert(limits.max_bytes <= INT32_MAX && limits.max_depth >= 1);
    *out = NULL;
    if (len > limits.max_bytes)
        return err_set(error, ERR_USAGE, "JSON of %zu bytes: at most %zu are allowed", len, limits.max_bytes);
    if (len == 0)
        bytes = "";
    struct reader reader = {.at = bytes,
                            .end = bytes + len,
                            .begin = bytes,
                            .depth_left = limits.max_depth,
                            .scratch = BUF_INIT,
                            .error = error};
    struct json_object *value = NULL;
    skip_space(&reader);
    enum err err = read_value(&reader, &value);
    if (err == ERR_OK) {
        skip_space(&reader);
        if (reader.at < reader.end)
            err = fail_expected(&reader, "nothing after the value");
    }
    buf_fini(&reader.scratch);
    if (err != ERR_OK) {
        json_object_put(value);
        return err;
    }
    *out = value;
    return ERR_OK;
}
