/*
 * Everything that the producer writes to stdout and stderr goes through here, so that one filter keeps control
 * characters of other people's texts from the terminal, in lines as in JSON. Nothing else in this program calls printf
 * on a result.
 */
#include "producer/out.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

#define ESCAPED_MAX 4 /* printable_copy makes at most four bytes of one */

void out_add_safe(struct buf *buf, const char *text)
{
    if (text == NULL)
        return;
    size_t len = strlen(text), room = ESCAPED_MAX * len + 1;
    char *place = buf_reserve(buf, room);
    buf->len += printable_copy(place, room, text, len);
}

static void write_line(FILE *stream, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void write_line(FILE *stream, const char *format, va_list args)
{
    char *raw = NULL;
    struct buf line = BUF_INIT;
    if (vasprintf(&raw, format, args) < 0)
        abort();
    out_add_safe(&line, raw);
    buf_add_char(&line, '\n');
    fwrite(line.data, 1, line.len, stream);
    buf_fini(&line);
    free(raw);
}

void out_line(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(stdout, format, args);
    va_end(args);
}

void out_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    write_line(stderr, format, args);
    va_end(args);
}

/* JSON itself has escapes for what printable_copy would spoil: a character that it changes is written as \uXXXX. */
static void add_safe_json(struct buf *buf, const char *json)
{
    size_t len = strlen(json);
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        char shown[ESCAPED_MAX * 4 + 1];
        size_t take = utf8_decode(json + at, len - at, &code);
        if (take == 0)
            take = 1, code = 0xFFFD;
        bool plain = printable_copy(shown, sizeof shown, json + at, take) == take;
        if (plain)
            buf_add(buf, json + at, take);
        else
            buf_addf(buf, "\\u%04" PRIx32, code); /* all of them are in the basic plane */
        at += take;
    }
}

void out_json(struct json_object *document)
{
    struct buf text = BUF_INIT;
    add_safe_json(&text,
                  json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    buf_add_char(&text, '\n');
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
    json_object_put(document);
}

void out_error(const struct err_info *error, bool json)
{
    if (!json) {
        out_note("producer: %s", error->text);
        return;
    }
    struct buf text = BUF_INIT, safe = BUF_INIT;
    buf_addf(&text, "{\"error\":{\"code\":\"%s\",\"text\":", err_name(error->code));
    json_add_string(&text, error->text, strlen(error->text));
    buf_add_str(&text, "}}");
    fflush(stdout);
    add_safe_json(&safe, text.data);
    fprintf(stderr, "%s\n", safe.data);
    buf_fini(&safe);
    buf_fini(&text);
}

bool out_flush(void)
{
    return fflush(stdout) == 0 && ferror(stdout) == 0;
}

void out_add_count(struct buf *buf, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    if (number < 0)
        buf_add_char(buf, '-');
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            buf_add_char(buf, ',');
        buf_add_char(buf, digits[i]);
    }
}

void out_add_bytes(struct buf *buf, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double size = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024) {
        buf_addf(buf, "%" PRId64 " B", bytes);
        return;
    }
    while (size >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        size /= 1024;
        unit++;
    }
    buf_addf(buf, "%.1f %s", size, units[unit]);
}

static const struct out_value *named_value(const struct out_value *values, const char *name, size_t len)
{
    for (; values->name != NULL; values++)
        if (strlen(values->name) == len && strncmp(values->name, name, len) == 0)
            return values;
    return NULL;
}

void out_add_template(struct buf *buf, const char *text, const struct out_value *values)
{
    while (*text != '\0') {
        size_t plain = strcspn(text, "{");
        buf_add(buf, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        size_t len = strcspn(text + 1, "{}");
        const struct out_value *value = text[1 + len] == '}' ? named_value(values, text + 1, len) : NULL;
        if (value != NULL) {
            buf_add_str(buf, value->text == NULL ? "?" : value->text);
            text += len + 2;
        } else {
            buf_add_char(buf, *text++);
        }
    }
}
