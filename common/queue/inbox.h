/*
 * The inbox: requests by any client in any language, as JSON in a Redis list (docs/protocol.md). A worker moves an item
 * into its own list, stamps it there with the id that its operation will have, and only then asks PostgreSQL: whoever
 * finds the item after a death repeats the same request. What is refused goes to `rejected`, with the reason.
 */
#ifndef REPRISE_QUEUE_INBOX_H
#define REPRISE_QUEUE_INBOX_H

#include "common/queue/dispatch.h"

struct inbox {
    const struct dispatch *dispatch;
    struct pg *pg;
    const struct kind_table *kinds;
    /* Names of definitions, comma separated; "" = all. Asked for each request: it may change from one to the next. */
    const char *(*allowed)(const void *context);
    const void *context; /* of `allowed` */
    const char *worker;  /* whose list */
};

#define INBOX_ITEM_MAX (1024 * 1024) /* bytes, without the stamp */
#define INBOX_ITEM_DEPTH 32

/* Deals with every item in this worker's list. `*accepted` counts operations that were made: they want planning. An
 * error (a store does not answer) leaves the rest where it is; calling again goes on. */
MUST_CHECK enum err inbox_process(const struct inbox *inbox, int *accepted, struct err_info *error);

/* An item as it is read: pure, for tests and fuzzing. Either definition (with args) or one of the verbs on an
 * operation. */
enum inbox_verb { INBOX_RUN, INBOX_CANCEL, INBOX_PAUSE, INBOX_RESUME };
struct inbox_item {
    enum inbox_verb verb;
    char *definition, *operation_id, *request_id, *requested_by; /* NULL = not given */
    struct json_object *args;                                    /* NULL = none */
    char stamp[ID_MAX];                                          /* "" = not stamped yet */
};
/* ERR_USAGE says what is wrong and what an item looks like. On success inbox_item_fini is owed. */
MUST_CHECK enum err inbox_item_parse(const char *bytes, size_t len, struct inbox_item *item, struct err_info *error);
void inbox_item_fini(struct inbox_item *item);

#endif
