/*
 * Runs whose text is searched: which of two ways a list finds them in. Trigrams tell which runs may have a text, but
 * that says nothing of a list's order, and of a common word they tell nearly all.
 *
 *   by walk   along the index on the sort key, looking at the text of each run: a common word fills a page soon
 *   by ids    the ids of all runs that have the text, by trigrams; few are read and sorted, many are looked up in that
 *             list while the index on the sort key is walked along
 *
 * Both give the same pages. The rule for the choice is text_search_begin; a walk that has gone too far without filling
 * its page (the word stands in the runs at the other end alone) ends, and the ids are taken.
 */
#ifndef REPRISE_QUERY_TEXT_SEARCH_H
#define REPRISE_QUERY_TEXT_SEARCH_H

#include <stdint.h>

#include "common/store/pg.h"

enum text_search_way {
    TEXT_SEARCH_AS_IT_FITS, /* what the rule says */
    TEXT_SEARCH_BY_WALK,
    TEXT_SEARCH_BY_IDS,
};

struct text_search {
    char *pattern; /* of LIKE; taken; NULL = no text is searched */
    enum text_search_way way;
    double share;  /* of all texts that have it, estimated: more than nothing */
    char *ids;     /* by ids: an array of PostgreSQL, as text */
    int64_t count; /* by ids: how many they are */
};
/* Takes the pattern, at first; no text: NULL. */
void text_search_init(struct text_search *searched, char *pattern);
void text_search_fini(struct text_search *searched);

/* Chooses the way unless one is given, and reads the ids where they are needed. By walk where an estimated twentieth of
 * all texts or more has it, or more than TEXT_SEARCH_IDS_MAX do: then a page is met sooner than the ids are read. */
MUST_CHECK enum err text_search_begin(struct pg *pg, struct text_search *searched, enum text_search_way way,
                                      struct err_info *error);
#define TEXT_SEARCH_IDS_MAX 100000

/* How many runs a walk may look at for a page that ends `rows` runs beyond the cursor: some times what is expected. */
int64_t text_search_walk_max(const struct text_search *searched, int64_t rows);
/* The walk has not filled its page: reads the ids, however many. */
MUST_CHECK enum err text_search_take_ids(struct pg *pg, struct text_search *searched, struct err_info *error);

#endif
