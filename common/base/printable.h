/*
 * Foreign bytes made fit for a person's eyes. A name that somebody else chose must not move the cursor, change colours
 * or forge a second log line, so what a terminal would obey is written out instead.
 */
#ifndef REPRISE_BASE_PRINTABLE_H
#define REPRISE_BASE_PRINTABLE_H

#include <stddef.h>

/* Copies `len` bytes into `out` (`size` >= 1 bytes with the NUL). Control characters (C0, DEL, C1, line and paragraph
 * separators, bidirectional controls) and bytes that are not UTF-8 become \xNN, byte by byte. What does not fit is cut
 * between characters. Returns the length written. */
size_t printable_copy(char *out, size_t size, const char *bytes, size_t len);

#endif
