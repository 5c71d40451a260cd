/* Answers that are lists: for people the columns that a table names, as JSON the document as it is. */
#ifndef REPRISE_PRODUCER_LIST_H
#define REPRISE_PRODUCER_LIST_H

#include "common/query/query_result.h"
#include "producer/session.h"
#include "producer/table.h"

struct list_column {
    const char *title;
    const char *column;
    enum column_format format;
};

struct list {
    const struct list_column *columns; /* ended by a NULL title */
    const char *none;                  /* what to say where there is nothing */
};

/* What a question is asked with: the options of the command line, by their names, and values that stand elsewhere. */
#define LIST_ALSO_MAX 2
struct list_also {
    const char *name, *value; /* NULL name = no more */
};
struct list_source {
    const struct session *session;
    struct list_also also[LIST_ALSO_MAX];
};
struct query_params list_params(const struct list_source *source);

/* Connects, asks, prints. `also` may be NULL, else it has LIST_ALSO_MAX entries. */
MUST_CHECK enum err list_run(struct session *session, query_fn *question, const struct list_also *also,
                             const struct list *list, struct err_info *error);
void list_print(const struct session *session, const struct query_result *answer, const struct list *list);

#endif
