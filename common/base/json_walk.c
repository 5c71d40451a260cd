/*
 * The grammar of RFC 8259 as a set of small steps over one span of bytes. It must never read beyond `end`, never
 * recurse deeper than its limit and never allocate: it runs over files of other programs by the gigabyte. Called by
 * json_parse.c, which builds a tree from it and adds what json.h refuses, and by the readers of history
 * (common/history/).
 */
#include "common/base/json_walk.h"

#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

#define KEY_SHOWN 200

void json_walk_init(struct json_walk *walk, const char *bytes, size_t len, int max_depth)
{
    size_t mark = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *walk = (struct json_walk){.begin = bytes + mark, .at = bytes + mark, .end = bytes + len, .depth_left = max_depth};
}

void json_walk_be_lenient(struct json_walk *walk)
{
    walk->lenient = true;
}

bool json_walk_refuse_at(struct json_walk *walk, const char *place, const char *problem)
{
    if (walk->problem == NULL) {
        walk->problem = problem;
        walk->problem_at = place;
    }
    walk->at = walk->end;
    return false;
}

bool json_walk_refuse(struct json_walk *walk, const char *problem)
{
    return json_walk_refuse_at(walk, walk->at, problem);
}

bool json_walk_refuse_twice(struct json_walk *walk, const struct json_slice *key)
{
    if (walk->problem == NULL)
        walk->twice = *key;
    return json_walk_refuse_at(walk, key->bytes - 1, "this key stands here twice");
}

/* What stands at the place where something else was expected, or twice. */
static void add_found(const struct json_walk *walk, char *out, size_t size)
{
    uint32_t code = 0;
    size_t len = utf8_decode(walk->problem_at, (size_t)(walk->end - walk->problem_at), &code);
    *out = '\0';
    if (walk->twice.bytes != NULL)
        snprintf(out, size, ": \"%.*s\"", (int)(walk->twice.len < KEY_SHOWN ? walk->twice.len : KEY_SHOWN),
                 walk->twice.bytes);
    if (strncmp(walk->problem, "expected ", 9) != 0)
        return;
    if (walk->problem_at == walk->end)
        snprintf(out, size, ", found the end");
    else if (len == 0)
        snprintf(out, size, ", found a byte that is not UTF-8");
    else
        snprintf(out, size, ", found '%.*s'", (int)len, walk->problem_at);
}

/* Line and column are counted only when something is wrong. Columns count characters, as editors do. */
enum err json_walk_fail(const struct json_walk *walk, struct err_info *error)
{
    int line = 1, column = 1;
    char found[KEY_SHOWN + 16];
    for (const char *c = walk->begin; c < walk->problem_at; c++) {
        if (*c == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)*c & 0xC0) != 0x80) {
            column++;
        }
    }
    add_found(walk, found, sizeof found);
    err_set(error, ERR_USAGE, "line %d, column %d: %s%s", line, column, walk->problem, found);
    error->line = line;
    error->column = column;
    return ERR_USAGE;
}

static bool next_is(const struct json_walk *walk, char c)
{
    return walk->at < walk->end && *walk->at == c;
}

static bool skip_char(struct json_walk *walk, char c)
{
    if (!next_is(walk, c))
        return false;
    walk->at++;
    return true;
}

static void skip_space(struct json_walk *walk)
{
    while (walk->at < walk->end && (*walk->at == ' ' || *walk->at == '\n' || *walk->at == '\r' || *walk->at == '\t'))
        walk->at++;
}

char json_walk_peek(struct json_walk *walk)
{
    skip_space(walk);
    return walk->at < walk->end ? *walk->at : '\0';
}

/* The length of NaN, Infinity or -Infinity where one of them stands, as Python's json writes them; else 0. */
static size_t no_number_here(struct json_walk *walk)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    (void)json_walk_peek(walk);
    for (size_t i = 0; walk->lenient && i < sizeof words / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(walk->end - walk->at) >= len && memcmp(walk->at, words[i], len) == 0)
            return len;
    }
    return 0;
}

bool json_walk_next_is_number(struct json_walk *walk)
{
    char c = json_walk_peek(walk);
    return (c == '-' && no_number_here(walk) == 0) || (c >= '0' && c <= '9');
}

bool json_walk_enter(struct json_walk *walk, char open)
{
    if (json_walk_peek(walk) != open)
        return json_walk_refuse(walk, open == '{' ? "expected an object" : "expected an array");
    if (walk->depth_left == 0)
        return json_walk_refuse(walk, "nested too deeply");
    walk->at++;
    walk->depth_left--;
    walk->first = true;
    return true;
}

/* True before another element; false at the end of the container, or where the comma is missing. */
static bool next_element(struct json_walk *walk, char close)
{
    bool first = walk->first;
    walk->first = false;
    skip_space(walk);
    if (walk->problem != NULL)
        return false;
    if (skip_char(walk, close)) {
        walk->depth_left++;
        return false;
    }
    if (!first && !skip_char(walk, ','))
        return json_walk_refuse(walk, close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
    return true;
}

bool json_walk_item(struct json_walk *walk)
{
    return next_element(walk, ']');
}

bool json_walk_key(struct json_walk *walk, struct json_slice *key)
{
    if (!next_element(walk, '}'))
        return false;
    if (json_walk_peek(walk) != '"')
        return json_walk_refuse(walk, "expected a key in double quotes");
    if (!json_walk_string(walk, key))
        return false;
    skip_space(walk);
    return skip_char(walk, ':') || json_walk_refuse(walk, "expected ':'");
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool skip_hex4(struct json_walk *walk)
{
    for (int i = 0; i < 4; i++, walk->at++)
        if (walk->at == walk->end || !is_hex(*walk->at))
            return json_walk_refuse(walk, "expected four hex digits after \\u");
    return true;
}

static bool skip_escape(struct json_walk *walk)
{
    walk->at++;
    if (skip_char(walk, 'u'))
        return skip_hex4(walk);
    if (walk->at == walk->end || *walk->at == '\0' || strchr("\"\\/bfnrt", *walk->at) == NULL)
        return json_walk_refuse(walk, "expected one of \"\\/bfnrtu after a backslash");
    walk->at++;
    return true;
}

static bool skip_character(struct json_walk *walk)
{
    uint32_t code;
    size_t len = utf8_decode(walk->at, (size_t)(walk->end - walk->at), &code);
    if (walk->lenient && (len == 0 || code < 0x20)) {
        walk->mended = true;
        walk->at++;
        return true;
    }
    if (len == 0)
        return json_walk_refuse(walk, "a byte that is not UTF-8");
    if (code < 0x20)
        return json_walk_refuse(walk, "a control character in a string: write it as an escape");
    walk->at += len;
    return true;
}

bool json_walk_string(struct json_walk *walk, struct json_slice *out)
{
    if (json_walk_peek(walk) != '"')
        return json_walk_refuse(walk, "expected a string");
    const char *begin = ++walk->at;
    bool escaped = false, mended = walk->mended;
    walk->mended = false;
    for (;;) {
        const char *at = walk->at;
        while (at < walk->end && (signed char)*at >= 0x20 && *at != '"' && *at != '\\')
            at++;
        walk->at = at;
        if (at == walk->end)
            return json_walk_refuse_at(walk, begin - 1, "a string without its closing quote");
        if (*at == '"')
            break;
        escaped = escaped || *at == '\\';
        if (!(*at == '\\' ? skip_escape(walk) : skip_character(walk)))
            return false;
    }
    *out = (struct json_slice){begin, (size_t)(walk->at - begin), escaped || walk->mended};
    walk->mended = walk->mended || mended;
    walk->at++;
    return true;
}

static bool next_is_digit(const struct json_walk *walk)
{
    return walk->at < walk->end && *walk->at >= '0' && *walk->at <= '9';
}

static bool skip_digits(struct json_walk *walk, const char *problem)
{
    if (!next_is_digit(walk))
        return json_walk_refuse(walk, problem);
    while (next_is_digit(walk))
        walk->at++;
    return true;
}

static bool skip_whole(struct json_walk *walk)
{
    if (!skip_char(walk, '0'))
        return skip_digits(walk, "expected a digit");
    return !next_is_digit(walk) || json_walk_refuse_at(walk, walk->at - 1, "a number with a leading zero");
}

static bool skip_exponent(struct json_walk *walk)
{
    if (!skip_char(walk, 'e') && !skip_char(walk, 'E'))
        return true;
    if (!skip_char(walk, '+'))
        skip_char(walk, '-');
    return skip_digits(walk, "expected a digit in the exponent");
}

bool json_walk_number(struct json_walk *walk, struct json_slice *out)
{
    if (!json_walk_next_is_number(walk))
        return json_walk_refuse(walk, "expected a value");
    const char *begin = walk->at;
    skip_char(walk, '-');
    if (!skip_whole(walk))
        return false;
    if (skip_char(walk, '.') && !skip_digits(walk, "expected a digit after the point"))
        return false;
    if (!skip_exponent(walk))
        return false;
    *out = (struct json_slice){begin, (size_t)(walk->at - begin), false};
    return true;
}

static bool skip_word(struct json_walk *walk, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(walk->end - walk->at) < len || memcmp(walk->at, word, len) != 0)
        return json_walk_refuse(walk, "expected a value");
    walk->at += len;
    return true;
}

bool json_walk_null(struct json_walk *walk)
{
    (void)json_walk_peek(walk);
    return skip_word(walk, "null");
}

bool json_walk_bool(struct json_walk *walk, bool *out)
{
    bool value = json_walk_peek(walk) == 't';
    if (!skip_word(walk, value ? "true" : "false"))
        return false;
    *out = value;
    return true;
}

/* Recursive, within the bound of depth. */
bool json_walk_skip(struct json_walk *walk)
{
    struct json_slice slice;
    bool ignored;
    switch (json_walk_peek(walk)) {
    case '{':
        if (!json_walk_enter(walk, '{'))
            return false;
        while (json_walk_key(walk, &slice))
            if (!json_walk_skip(walk))
                return false;
        return walk->problem == NULL;
    case '[':
        if (!json_walk_enter(walk, '['))
            return false;
        while (json_walk_item(walk))
            if (!json_walk_skip(walk))
                return false;
        return walk->problem == NULL;
    case '"':
        return json_walk_string(walk, &slice);
    case 't':
    case 'f':
        return json_walk_bool(walk, &ignored);
    case 'n':
        return skip_word(walk, "null");
    default:
        if (no_number_here(walk) == 0)
            return json_walk_number(walk, &slice);
        walk->at += no_number_here(walk);
        return true;
    }
}

bool json_walk_skip_odd(struct json_walk *walk)
{
    if (json_walk_peek(walk) != 'n')
        json_walk_note_odd(walk);
    return json_walk_skip(walk);
}

void json_walk_note_odd(struct json_walk *walk)
{
    walk->odd = true;
}

void json_walk_odd_names(const struct json_walk *walk, char *out, size_t size)
{
    size_t len = 0;
    *out = '\0';
    for (size_t i = 0; i < walk->odd_count && i < JSON_WALK_ODD_MAX && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? ", " : "", walk->odd_fields[i]);
    if (walk->odd_count > JSON_WALK_ODD_MAX && len < size)
        snprintf(out + len, size - len, ", …");
}

bool json_walk_end(struct json_walk *walk)
{
    skip_space(walk);
    if (walk->problem != NULL)
        return false;
    return walk->at == walk->end || json_walk_refuse(walk, "expected nothing after the value");
}
