/*
 * What the program prints. Names and errors are other people's bytes: every line goes through the same filter, so no
 * control character reaches a terminal, whatever its source.
 */
#ifndef REPRISE_PRODUCER_OUT_H
#define REPRISE_PRODUCER_OUT_H

#include <json-c/json_object.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

/* A line on stdout: the result. */
void out_line(const char *format, ...) PRINTF_LIKE(1, 2);
/* A line on stderr, which is not a part of the result: what else a person should know. */
void out_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* A JSON document and a line's end on stdout. Takes `document`. */
void out_json(struct json_object *document);
/* An error as a person reads it, or as {"error":{"code":"not_found","text":"…"}}: on stderr in both cases. */
void out_error(const struct err_info *error, bool json);
/* False where stdout took not all of it. */
bool out_flush(void);

/* Appends `text` as it may be shown; NULL as "". */
void out_add_safe(struct buf *buf, const char *text);
/* Appends "12,345,678". */
void out_add_count(struct buf *buf, int64_t number);
/* Appends "12.3 MiB". */
void out_add_bytes(struct buf *buf, int64_t bytes);

struct out_value {
    const char *name; /* without braces; NULL ends a list */
    const char *text; /* NULL = not known: "?" */
};
/* Appends `text` with each {name} that the list has replaced. What it does not have stays as it stands. */
void out_add_template(struct buf *buf, const char *text, const struct out_value *values);

#endif
