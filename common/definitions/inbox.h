/*
 * The inbox: requests by any client in any language, as JSON in a Redis list (docs/protocol.md). A worker moves some of
 * them into its own list, where each is stamped with the id that its operation will have (lua/claim.lua), and only then
 * asks PostgreSQL: who finds a request there after a death repeats it under the same id. What is refused goes to
 * `rejected`, with the reason. A turn is short, so that all other service work gets its own.
 */
#ifndef REPRISE_DEFINITIONS_INBOX_H
#define REPRISE_DEFINITIONS_INBOX_H

#include "common/queue/dispatch.h"

struct inbox {
    const struct dispatch *dispatch;
    struct pg *pg;
    const struct kind_table *kinds;
    /* Names of definitions, comma separated; "" = all. Asked for each request: it may change from one to the next. */
    const char *(*allowed)(const void *context);
    const void *context; /* of `allowed` */
    const char *worker;  /* whose list */
    int64_t max_bytes;   /* of a request; at most INBOX_ITEM_MAX. 0 = INBOX_ITEM_DEFAULT */
    bool closed;         /* only what stands in this worker's list is dealt with still */
    int64_t at_once;     /* how many a turn takes: what the last one worked off in its time. 0 = not known yet */
};

#define INBOX_ITEM_DEFAULT (1024 * 1024)  /* bytes, without the stamp */
#define INBOX_ITEM_MAX (16 * 1024 * 1024) /* what the setting may raise it to */
#define INBOX_ITEM_DEPTH 32

/* What a turn did. */
struct inbox_turn {
    int accepted;  /* operations that were made or joined */
    int unstarted; /* of them, those that the sweep has to plan on or to open */
    bool more;     /* requests are left, here or in the inbox */
};

/* Takes requests for about `budget_ms` and deals with them, those first that stand in this worker's list already. It
 * takes no more than it expects to work off in that time, so that other workers find the rest. An error (a store does
 * not answer) leaves in the list what is not done; calling again goes on. */
MUST_CHECK enum err inbox_take_turn(struct inbox *inbox, int64_t budget_ms, struct inbox_turn *turn,
                                    struct err_info *error);

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
/* How many bytes of a stamp stand before the client's own text, which one byte follows; 0 = it has no stamp. */
size_t inbox_item_stamp_bytes(const char *bytes, size_t len);

#endif
