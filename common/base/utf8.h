/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef REPRISE_BASE_UTF8_H
#define REPRISE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The length (1–4) of the character that begins `bytes`, and its code point; 0 if none does or `len` is 0. */
size_t utf8_decode(const char *bytes, size_t len, uint32_t *code);
/* Writes a code point that is not a surrogate; returns its length. No NUL is added. */
size_t utf8_encode(uint32_t code, char out[4]);

/*
 * Foreign bytes made fit for a person's eyes. A name that a stranger chose must not move the cursor, change colours
 * or forge a second log line, so what a terminal would obey is written out instead.
 */

/* Copies `len` bytes into `out` (`size` >= 1 bytes with the NUL). Control characters (C0, DEL, C1, line and paragraph
 * separators, bidirectional controls) and bytes that are not UTF-8 become \xNN, byte by byte. What does not fit is cut
 * between characters. Returns the length written. */
size_t printable_copy(char *out, size_t size, const char *bytes, size_t len);

#endif
