/*
 * UTF-8 byte by byte (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF), for text that comes in
 * pieces cut anywhere. The classifier of contents and the escaper of bodies both stand on it, so they cannot disagree.
 */
#ifndef REPRISE_DELIVERIES_UTF8_STREAM_H
#define REPRISE_DELIVERIES_UTF8_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed = between two characters. */
struct utf8_stream {
    uint8_t missing;   /* bytes that the character begun still lacks */
    uint8_t low, high; /* what the next of them may be */
};

enum utf8_stream_step {
    UTF8_STREAM_DONE,   /* the byte ends a character */
    UTF8_STREAM_MORE,   /* the character goes on */
    UTF8_STREAM_REFUSED /* the byte cannot stand here; the state is between two characters again, without the byte */
};

enum utf8_stream_step utf8_stream_step(struct utf8_stream *state, uint8_t byte);
/* How many of the bytes, from the first, are ASCII: the fast path of both users. */
size_t utf8_stream_ascii_run(const uint8_t *bytes, size_t len);

#endif
