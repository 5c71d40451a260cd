/*
 * Lists in pages: {"<name>": [row, …], "next": cursor or null}. Asked with `limit` (1 to 1000, 50 unless told) and, to
 * go on, with the `cursor` of the page before; or, as far as row 10 000, with `page` (from 1) or `offset`.
 *
 * The statement of a list takes $1 = rows to read, $2 = rows to pass over, $3… = the keys of the last row seen, as text
 * (all null: from the first; the last key is never null); its own filters follow. It returns these keys, as text, in
 * columns that are called cursor_1, cursor_2, …, and its order is total, so that each row is on exactly one page.
 */
#ifndef REPRISE_QUERY_PAGE_H
#define REPRISE_QUERY_PAGE_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/query/query_result.h"

/* ---- cursor ------------------------------------------------------------------------------------------------------ */

/*
 * Where a page ended, as one opaque word for the caller: the list's name and the sort keys of the page's last row.
 * It is not secret and not signed: what a forged one can do is to begin a list somewhere else. Pure.
 */

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

/* ---- pages ------------------------------------------------------------------------------------------------------- */

#define PAGE_LIMIT 50
#define PAGE_LIMIT_MAX 1000
#define PAGE_OFFSET_MAX 10000 /* deeper only by cursor: what is passed over is read */

struct page_list {
    const char *name;  /* of the JSON array */
    const char *order; /* tells the cursors of a list's sort orders apart; "" where it has one */
    int keys;          /* number of sort keys */
};

struct page {
    struct page_list list;
    int64_t limit, offset;
    struct cursor cursor;
};
/* Reads limit, page, offset and cursor. On success page_fini is owed. */
MUST_CHECK enum err page_asked(const struct query_params *asked, struct page_list list, struct page *page,
                               struct err_info *error);
void page_fini(struct page *page);

/* Appends $1, $2 and the keys. */
void page_args(const struct page *page, struct pg_args *args);
/* Reads the page and makes the answer of it. */
MUST_CHECK enum err page_read(struct pg *pg, const struct page *page, const struct sql *statement,
                              const struct pg_args *args, struct query_result *answer, struct err_info *error);
/* The list goes on behind the row with this key, though its page is not full; for a list with one key that looks at a
 * bounded number of rows. */
void page_go_on(const struct page *page, const char *key, struct query_result *answer);

#endif
