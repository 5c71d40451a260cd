/* A part of JSON text that a walk (json_walk.h) has found and checked. */
#ifndef REPRISE_BASE_JSON_SLICE_H
#define REPRISE_BASE_JSON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed. Of a string: what stands between the quotes. */
struct json_slice {
    const char *bytes; /* NULL: there is none */
    size_t len;
    bool escaped; /* a string with backslashes in it, or with bytes that are no text */
};

/* Whether the string is `text`, its escapes understood. */
bool json_slice_is(const struct json_slice *slice, const char *text);
/* The string with its escapes resolved, the caller's to free; NUL, halves of surrogate pairs and bytes that are not
 * UTF-8 become U+FFFD. */
char *json_slice_text(const struct json_slice *slice);
/* The value of four hex digits, as they stand behind \u in a slice. */
uint32_t json_slice_hex4(const char *digits);

#endif
