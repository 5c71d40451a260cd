/*
 * Where a page ended, as one opaque word for the caller: the list's name and the sort keys of the page's last row.
 * It is not secret and not signed: what a forged one can do is to begin a list somewhere else. Pure.
 */
#ifndef REPRISE_QUERY_CURSOR_H
#define REPRISE_QUERY_CURSOR_H

#include <stdbool.h>

#include "common/base/err.h"

#define CURSOR_KEYS_MAX 4
#define CURSOR_TEXT_MAX 8192 /* characters */

struct cursor {
    int count;                   /* 0 = from the first row */
    char *keys[CURSOR_KEYS_MAX]; /* as PostgreSQL writes them; NULL = null */
};
void cursor_fini(struct cursor *cursor);

/* The word; the caller's. */
char *cursor_write(const char *list, const struct cursor *cursor);
/* The reverse. False if `text` was not written for `list` with that number of keys; nothing is owed then. On success
 * cursor_fini is. */
bool cursor_read(const char *text, const char *list, int count, struct cursor *cursor);

#endif
