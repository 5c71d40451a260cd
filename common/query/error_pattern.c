/*
 * One pass over a text, word by word, with a rule for each kind of word that differs from job to job. It must never
 * join what has different causes: a number behind a word such as "status" stays. Pure, fuzzed. Called by operations.c
 * for the forms of errors.
 */
#include "common/query/error_pattern.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

#define QUOTED_MAX 400 /* bytes; a quote that is not closed within so many is none */
#define ID_LEAST 7     /* a word of so many letters and digits, with many digits, is no name */
#define ID_LONG 16     /* of so many, one digit is enough */
#define ID_DIGITS 3

/* Behind these a number says what happened. */
static const char *const telling[] = {"answered", "answer", "status", "http",  "code",    "exit",
                                      "errno",    "error",  "signal", "state", "sqlstate"};

struct word {
    const char *text;
    size_t len;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* What an id, a number or a plain word is made of. */
static bool is_plain(char c)
{
    return is_digit(c) || is_letter(c) || c == '_' || c == '-';
}

/* What may stand within a word, addresses and paths too. */
static bool is_part(char c)
{
    return c != '\0' && (is_plain(c) || strchr("./:@~%+?=&#[]", c) != NULL);
}

/* The word at `text`, without the marks that end a sentence or a clause. */
static struct word word_at(const char *text)
{
    size_t len = 0;
    while (is_part(text[len]))
        len++;
    while (len > 1 && strchr(".:?[]&=#+%", text[len - 1]) != NULL)
        len--;
    return (struct word){text, len};
}

static bool holds(struct word word, char c)
{
    return memchr(word.text, c, word.len) != NULL;
}

static size_t count_of(struct word word, bool (*is)(char))
{
    size_t count = 0;
    for (size_t i = 0; i < word.len; i++)
        count += is(word.text[i]);
    return count;
}

static bool holds_text(struct word word, const char *text)
{
    return memmem(word.text, word.len, text, strlen(text)) != NULL;
}

/* "host:443", "10.0.0.1:80", "[::1]:80" */
static bool ends_in_port(struct word word)
{
    size_t digits = 0;
    while (digits < word.len && is_digit(word.text[word.len - 1 - digits]))
        digits++;
    return digits > 0 && digits + 1 < word.len && word.text[word.len - 1 - digits] == ':';
}

/* Three points, or two colons, and nothing but digits between them that letters of hex could not be. */
static bool is_ip(struct word word)
{
    size_t points = 0, colons = 0;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.text[i];
        points += c == '.';
        colons += c == ':';
        if (c != '.' && c != ':' && strchr("0123456789abcdefABCDEF[]", c) == NULL)
            return false;
    }
    return points == 3 || colons >= 2;
}

static bool is_address(struct word word)
{
    return holds_text(word, "://") || (holds(word, '@') && word.len > 2) || ends_in_port(word) || is_ip(word);
}

/* A slash, or a point between letters: a file's or a host's name. */
static bool is_path(struct word word)
{
    if (holds(word, '/'))
        return word.len > 1;
    for (size_t i = 1; i + 1 < word.len; i++)
        if (word.text[i] == '.' && (is_letter(word.text[i - 1]) || is_letter(word.text[i + 1])))
            return true;
    return false;
}

static bool is_id(struct word word)
{
    size_t digits = count_of(word, is_digit);
    return count_of(word, is_plain) == word.len &&
           ((word.len >= ID_LEAST && digits >= ID_DIGITS && digits < word.len) || (word.len >= ID_LONG && digits > 0));
}

static bool is_telling(struct word word)
{
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        if (strlen(telling[i]) == word.len && strncasecmp(telling[i], word.text, word.len) == 0)
            return true;
    return false;
}

static bool is_number(struct word word)
{
    return count_of(word, is_digit) == word.len;
}

/* Digits, also with a point among them, become one mark each time. */
static void add_without_numbers(struct buf *out, struct word word)
{
    for (size_t i = 0; i < word.len;) {
        if (!is_digit(word.text[i])) {
            buf_add_char(out, word.text[i++]);
            continue;
        }
        while (i < word.len &&
               (is_digit(word.text[i]) || (word.text[i] == '.' && i + 1 < word.len && is_digit(word.text[i + 1]))))
            i++;
        buf_add_str(out, "<n>");
    }
}

static void add_word(struct buf *out, struct word word, struct word before)
{
    if (is_number(word) && is_telling(before))
        buf_add(out, word.text, word.len);
    else if (is_address(word))
        buf_add_str(out, "<address>");
    else if (is_path(word))
        buf_add_str(out, "<path>");
    else if (is_id(word))
        buf_add_str(out, "<id>");
    else
        add_without_numbers(out, word);
}

/* How many bytes the quoted text at `text` has, its quotes too; 0 = it is none. */
static size_t quoted(const char *text)
{
    if (*text != '"')
        return 0;
    const char *end = memchr(text + 1, '"', strnlen(text + 1, QUOTED_MAX));
    return end == NULL ? 0 : (size_t)(end - text) + 1;
}

/* Cut where a character ends. */
static void cut(struct buf *out)
{
    size_t len = 0;
    if (out->len <= ERROR_PATTERN_MAX)
        return;
    while (len < ERROR_PATTERN_MAX) {
        uint32_t code = 0;
        size_t take = utf8_decode(out->data + len, out->len - len, &code);
        take = take == 0 ? 1 : take;
        if (len + take > ERROR_PATTERN_MAX)
            break;
        len += take;
    }
    out->len = len;
    out->data[len] = '\0';
}

char *error_pattern_of(const char *text)
{
    struct buf out = BUF_INIT;
    struct word before = {"", 0};
    if (text == NULL || *text == '\0')
        return mem_strdup(FORM_OF_NOTHING);
    while (*text != '\0' && out.len <= ERROR_PATTERN_MAX) {
        size_t len = quoted(text);
        if (len > 0) {
            buf_add_str(&out, "\"<text>\"");
        } else if (is_part(*text)) {
            struct word word = word_at(text);
            add_word(&out, word, before);
            before = count_of(word, is_plain) > 0 ? word : before; /* "status: 413" */
            len = word.len;
        } else {
            buf_add_char(&out, *text);
            len = 1;
        }
        text += len;
    }
    cut(&out);
    return buf_take(&out);
}
