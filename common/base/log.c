/*
 * One line is one write(2): lines of several threads and processes on the same pipe then stay whole, as long as they
 * are under PIPE_BUF, which LOG_MESSAGE_MAX sees to for all but the oddest texts. A line that cannot be written is
 * lost; the work goes on.
 */
#include "common/base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/utf8.h"

#define LOG_MESSAGE_MAX 2048
#define IDENTITY_MAX 64
#define ESCAPED_MAX 4 /* printable_copy makes at most four bytes of one */

static const struct {
    const char *name, *padded;
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", "DEBUG"},
    [LOG_LEVEL_INFO] = {"info", "INFO "},
    [LOG_LEVEL_WARN] = {"warn", "WARN "},
    [LOG_LEVEL_ERROR] = {"error", "ERROR"},
};

struct scope {
    char operation[ID_MAX]; /* "" = none */
    int64_t seq, attempt;
};

static const char *log_program = "reprise";
static char log_identity_text[IDENTITY_MAX];
static _Atomic(enum log_level) log_least = LOG_LEVEL_INFO; /* changes while threads write */
static bool log_as_json;
static _Thread_local struct scope log_object;

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

void log_init(const char *program, enum log_level least, enum log_format format)
{
    assert(program != NULL);
    log_program = program;
    log_least = least;
    log_as_json = format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !isatty(STDERR_FILENO));
}

static enum log_level level_of(const char *word)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(word, levels[i].name) == 0)
            return (enum log_level)i;
    return LOG_LEVEL_INFO;
}

void log_set_level(const char *level)
{
    atomic_store_explicit(&log_least, level_of(level), memory_order_relaxed);
}

void log_start(const char *program, const char *level, const char *format)
{
    log_init(program, level_of(level),
             strcmp(format, "json") == 0   ? LOG_FORMAT_JSON
             : strcmp(format, "text") == 0 ? LOG_FORMAT_TEXT
                                           : LOG_FORMAT_AUTO);
}

void log_identity(const char *identity)
{
    copy_text(log_identity_text, sizeof log_identity_text, identity);
}

void log_scope(const char *operation_id, int64_t seq, int64_t attempt)
{
    copy_text(log_object.operation, sizeof(log_object.operation), operation_id);
    log_object.seq = seq;
    log_object.attempt = attempt;
}

void log_scope_clear(void)
{
    log_object = (struct scope){.operation = ""};
}

static void add_string_member(struct buf *line, const char *key, const char *text)
{
    buf_addf(line, ",\"%s\":", key);
    json_add_string(line, text, strlen(text));
}

static void add_int_member(struct buf *line, const char *key, int64_t number)
{
    buf_addf(line, ",\"%s\":", key);
    buf_add_int(line, number);
}

static void add_json(struct buf *line, const char *time, enum log_level level, const char *message)
{
    buf_addf(line, "{\"time\":\"%s\",\"level\":\"%s\"", time, levels[level].name);
    add_string_member(line, "program", log_program);
    add_int_member(line, "pid", getpid());
    if (log_identity_text[0] != '\0')
        add_string_member(line, "identity", log_identity_text);
    if (log_object.operation[0] != '\0')
        add_string_member(line, "operation", log_object.operation);
    if (log_object.seq != 0)
        add_int_member(line, "job", log_object.seq);
    if (log_object.attempt != 0)
        add_int_member(line, "attempt", log_object.attempt);
    add_string_member(line, "message", message);
    buf_add_str(line, "}\n");
}

static void add_printable(struct buf *line, const char *text)
{
    size_t len = strlen(text), room = ESCAPED_MAX * len;
    char *end = buf_reserve(line, room);
    line->len += printable_copy(end, room + 1, text, len);
}

static void add_text(struct buf *line, const char *time, enum log_level level, const char *message)
{
    buf_addf(line, "%s %s ", time, levels[level].padded);
    add_printable(line, log_program);
    if (log_identity_text[0] != '\0') {
        buf_add_char(line, ' ');
        add_printable(line, log_identity_text);
    }
    if (log_object.operation[0] != '\0') {
        buf_add_char(line, ' ');
        add_printable(line, log_object.operation);
    }
    if (log_object.seq != 0) {
        buf_add_str(line, " job ");
        buf_add_int(line, log_object.seq);
    }
    if (log_object.attempt != 0) {
        buf_add_str(line, " attempt ");
        buf_add_int(line, log_object.attempt);
    }
    buf_add_str(line, ": ");
    add_printable(line, message);
    buf_add_char(line, '\n');
}

static void put_line(const struct buf *line)
{
    for (size_t done = 0; done < line->len;) {
        ssize_t n = write(STDERR_FILENO, line->data + done, line->len - done);
        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR)
            return;
    }
}

void log_write(enum log_level level, const char *format, ...)
{
    if (level < atomic_load_explicit(&log_least, memory_order_relaxed))
        return;
    int kept_errno = errno;
    char message[LOG_MESSAGE_MAX], time[CLOCK_ISO_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    assert(len >= 0);
    clock_iso8601_ms(clock_wall_us(), time);
    struct buf line = BUF_INIT;
    if (log_as_json)
        add_json(&line, time, level, message);
    else
        add_text(&line, time, level, message);
    put_line(&line);
    buf_fini(&line);
    errno = kept_errno;
}
